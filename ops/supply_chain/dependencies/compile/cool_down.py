"""Cool-down arithmetic: which moment a compile may look up to, and which exceptions are still needed.

Moments are RFC 3339 texts in UTC with whole seconds, so that their order as text is their order in time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ops.supply_chain.contracts.values.compile_request import Bypass, Header
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import timestamp


def youngest_allowed(now: datetime, *, cool_down_days: int) -> str:
    """Return the moment after which a release is too young to be picked."""
    return timestamp(now - timedelta(days=cool_down_days))


def next_moment(recorded: str, allowed: str) -> str:
    """Return the moment of a new compile: never before the one that the lock records.

    uv drops a pin that was uploaded after its moment, seeded or not, and silently takes an older release;
    a moment that went backwards would do that to every pin in between.

    Args:
        recorded: The lock's moment, empty where it has none.
        allowed: What the cool-down allows.
    """
    return max(recorded, allowed)


def refuse_future(header: Header, now: datetime, *, where: str) -> None:
    """Refuse a lock that claims to have been compiled later than now.

    Raises:
        InputError: Its moment, or one of a bypass, lies in the future: it would lift the cool-down.
    """
    present = timestamp(now)
    for what, moment in [("the lock", header.compiled_at), *((one.name, one.moment) for one in header.bypasses)]:
        if moment > present:
            raise InputError(
                f"{where}: the moment recorded for {what} is {moment}, later than now ({present})",
                hint="Set this machine's clock, or remove that line from the lock's header and compile again.",
            )


def merge_bypasses(recorded: tuple[Bypass, ...], asked: tuple[Bypass, ...], *, moment: str) -> tuple[Bypass, ...]:
    """Return the exceptions of a new compile.

    Args:
        recorded: Those in the lock's header.
        asked: New ones, which replace recorded ones of the same name.
        moment: That of the new compile; what reaches no further is no longer an exception.
    Returns:
        Sorted by name.
    """
    merged = {one.name: one for one in (*recorded, *asked) if one.moment > moment}
    return tuple(merged[name] for name in sorted(merged))

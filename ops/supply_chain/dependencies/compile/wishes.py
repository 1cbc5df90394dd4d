"""From the command line to a wish: which pins may go, and which exceptions from the cool-down are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from ops.supply_chain.contracts.values.compile_request import Bypass
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.compile.cool_down import youngest_allowed
from ops.supply_chain.dependencies.compile.job import Job, Wish

_PACKAGE = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.+!_-]+))?")


def wish_of(
    *,
    now: datetime,
    cool_down_days: int,
    upgrade: bool,
    upgrade_packages: Sequence[str],
    bypasses: Sequence[str],
    reason: str,
) -> Wish:
    """Make a wish from what the user typed.

    Args:
        now: The run's moment.
        cool_down_days: The least age of a release.
        upgrade: `--upgrade`.
        upgrade_packages: Each `--upgrade-package`.
        bypasses: Each `--bypass-cool-down`.
        reason: `--reason`, the same for all bypasses.
    Raises:
        UsageError: A name is none, or a bypass and its reason do not come together.
    """
    why = printable(" ".join(without_credentials(reason).split()))
    if bypasses and not why:
        raise UsageError(
            "--bypass-cool-down has no --reason", hint="Say why it cannot wait; the reason is recorded in the lock."
        )
    if reason and not bypasses:
        raise UsageError("--reason is given without --bypass-cool-down", hint="Name the package that it is for.")
    moment = timestamp(now)
    exceptions = [(*_parse(one, "--bypass-cool-down"), why) for one in bypasses]
    return Wish(
        now=moment,
        allowed=youngest_allowed(now, cool_down_days=cool_down_days),
        upgrade=upgrade,
        upgrade_packages=tuple(sorted(_joined(*_parse(one, "--upgrade-package")) for one in upgrade_packages)),
        bypasses=tuple(
            Bypass(name=name, version=version, moment=moment, reason=text) for name, version, text in sorted(exceptions)
        ),
    )


def refuse_unknown(wish: Wish, jobs: Iterable[Job]) -> None:
    """Refuse a wish about a package that no lock has: it is misspelt, or meant for another project.

    Raises:
        UsageError: There is such a name.
    """
    known = {name for job in jobs for name in (*job.pins.versions, *job.names)}
    unknown = sorted(wish.names - known)
    if unknown:
        raise UsageError(f"no lock has {', '.join(unknown)}", hint="Spell it as the lock does.")


def _parse(text: str, option: str) -> tuple[str, str]:
    match = _PACKAGE.fullmatch(text)
    if match is None:
        raise UsageError(f"{option} {text!r}: expected NAME or NAME==VERSION")
    return normalise(match["name"]), match["version"] or ""


def _joined(name: str, version: str) -> str:
    return f"{name}=={version}" if version else name

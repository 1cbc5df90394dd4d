"""How moments are written and read: RFC 3339, UTC, whole seconds, `Z`. Reads no clock."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.supply_chain.core.errors import InputError


def timestamp(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC, whole seconds, with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamp_of_epoch(seconds: int) -> str:
    """Write Unix seconds as RFC 3339 in UTC with `Z`."""
    return timestamp(datetime.fromtimestamp(seconds, UTC))


def parse_timestamp(text: str, *, where: str) -> datetime:
    """Read an RFC 3339 moment with any offset.

    Raises:
        InputError: Not such a moment, or one without an offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{where}: {text!r} is not an RFC 3339 moment") from error
    if moment.tzinfo is None:
        raise InputError(f"{where}: {text!r} has no time zone")
    return moment.astimezone(UTC)

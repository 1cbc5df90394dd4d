"""How moments are written and read: RFC 3339, UTC, whole seconds, `Z`. Reads no clock."""

from __future__ import annotations

from collections.abc import Mapping
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


def age_text(seconds: int) -> str:
    """Return an age in words: in hours, or in days from two days on."""
    hours = seconds // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004 - two days


def feed_age_text(counts: Mapping[str, int]) -> str:
    """Return the age of a stage's advisories in words, from its counts; empty if it used none."""
    hours = counts.get("feed_age_hours")
    return "" if hours is None else f"advisories {age_text(hours * 3600)} old"

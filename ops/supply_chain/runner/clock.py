"""The run's one reading of the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def read_clock() -> datetime:
    """Return the current time in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)

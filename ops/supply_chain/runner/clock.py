"""The run's one reading of the clock.

A stage that runs again to reproduce a release runs with the clock stopped at the time of that release: what depends on the
day (waivers, rules with a date) is then decided as it was.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_stopped: list[datetime] = []


def read_clock() -> datetime:
    """Return the current time in UTC, in whole seconds."""
    return _stopped[0] if _stopped else datetime.now(UTC).replace(microsecond=0)


def read_stopwatch() -> float:
    """Return seconds since an arbitrary moment, for durations; always 0 with the clock stopped."""
    return 0.0 if _stopped else time.monotonic()


def stop_clock(moment: datetime) -> None:
    """Stop the clock of this process at a moment, in whole seconds."""
    _stopped[:] = [moment]

"""Whether the clock went back while a run lasted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.moments import timestamp

WENT_BACK = "clock.went-back"
SLACK_SECONDS = 2
"""A correction by so little is normal: clocks are kept right in small steps, and records have whole seconds."""


class _Times(msgspec.Struct):
    stage: str
    invocation: str
    finished: str


def finished_stages(records: Path | None, *, invocation: str) -> frozenset[str]:
    """Return the stages of a run that have finished.

    Args:
        records: The folder with their records; None where the stage is no part of a run.
        invocation: The pipeline run.
    """
    return frozenset(times.stage for times in _of_run(records, invocation))


def setbacks(
    started: datetime, now: datetime, *, invocation: str, records: Path | None, earlier: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Return a finding if the clock went back: waivers, feeds and certificates that expired may count as valid then.

    Args:
        started: When the stage started.
        now: A reading of the clock after its work.
        invocation: The pipeline run.
        records: The folder with the records of its other stages; None where the stage is no part of a run.
        earlier: The stages that had finished when this one started; None for all. Another one ran at the same time, and may
            have finished after this one started.
    """
    before = [("this stage started", timestamp(started), min(started, now))]
    for times in _of_run(records, invocation):
        after = min(started, now) if earlier is None or times.stage in earlier else now
        before.append((f"{times.stage} finished", times.finished, after))
    what, latest, after = max(before, key=lambda row: datetime.fromisoformat(row[1]) - row[2])
    ahead = (datetime.fromisoformat(latest) - after).total_seconds()
    if ahead <= SLACK_SECONDS:
        return ()
    return (
        Finding(
            code=WENT_BACK,
            severity=Severity.HIGH,
            message=f"the system clock went back by {ahead:.0f} seconds or more: {what} at {latest}, "
            f"and later it was {timestamp(after)}",
            next_step="Set this machine's clock, and start the whole run again.",
        ),
    )


def _of_run(records: Path | None, invocation: str) -> Iterator[_Times]:
    for path in sorted(records.glob("*.json")) if records else ():
        try:
            times = msgspec.json.decode(path.read_bytes(), type=_Times)
            datetime.fromisoformat(times.finished)
        except (OSError, ValueError):
            continue  # whoever needs that record says what is wrong with it
        if times.invocation == invocation:
            yield times

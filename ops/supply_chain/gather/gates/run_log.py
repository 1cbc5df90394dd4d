"""The root causes of a run as its screen has them: those of its records, and the errors with which stages ended, from its log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.run_log import MOST_BYTES, LoggedStage, read_log
from ops.supply_chain.contracts.files.verdict import Verdict
from ops.supply_chain.contracts.values.cause import RootCause
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.stage_errors import StageEnds, with_errors
from ops.supply_chain.runner.dist_lock import LOG_NAME

CLOSING = frozenset({"render_report"})
"""Stages that end a session and decide nothing about it."""


def causes_of_run(dist: Path, records: Sequence[Record], verdicts: Iterable[Verdict]) -> tuple[RootCause, ...]:
    """Return the root causes of the run in a folder.

    A stage that ended with an error has no findings: its error is in the log alone, without credentials. A run whose stages wrote to the
    terminal, or to a public log, has none.

    Args:
        dist: The run's folder.
        records: Its records.
        verdicts: What the policy decided about it, if it decided.
    """
    causes = root_causes(records, verdicts)
    stages = _logged(dist / LOG_NAME)
    failed = {stage.stage for stage in stages if stage.code} - CLOSING
    ended = [row.script for row in PIPELINE if row.script in failed]
    if not ended:
        return causes
    codes = {stage.stage: stage.code for stage in reversed(stages) if stage.code}
    errors = {name: "\n".join(stage.error for stage in stages if stage.stage == name and stage.code) for name in ended}
    ends = StageEnds(lambda stage: codes.get(stage, ExitCode.PASS), lambda stage: errors.get(stage, ""))
    return tuple(with_errors(causes, ended, ends)[0])


def _logged(path: Path) -> tuple[LoggedStage, ...]:
    """Return the stages of a log; none where there is no log that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ()
        return read_log(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ()

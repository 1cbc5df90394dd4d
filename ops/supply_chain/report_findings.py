"""Report the gates' findings: on the terminal, as SARIF, JSON and Markdown, or encrypted for the maintainers.

Reads    dist/records/; dist/earlier/, the records of the scan before
Writes   dist/findings/: N.sarif, N.json, N.md; with --encrypt N.json.age for `[public_log].recipients`;
         Markdown to $GITHUB_STEP_SUMMARY if that is set.
Decides  nothing
Exits    0 all records were read; 2 a recipient is invalid; 3 a record is broken or from another run; 5 there
         is no record; 6 a file cannot be written.
Network  none.
Source   SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/; https://age-encryption.org/v1.

With --public-log no name is written unencrypted: with recipients the findings are encrypted to them, without any
only counts are shown. The records themselves are not encrypted: a public run must not upload `dist/records/`.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("report_findings")

import argparse
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import UnsetType

from ops.supply_chain import PIPELINE
from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.github import step_summary
from ops.supply_chain.adapters.tools import age
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.cause_lines import CauseText, cause_text
from ops.supply_chain.gather.gates.records import read_records
from ops.supply_chain.gather.gates.run_log import causes_of_run
from ops.supply_chain.gather.gates.since import expected_gates, since_earlier
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.risk.findings.render.markdown import counts_only, report_markdown, summary
from ops.supply_chain.risk.findings.render.sarif import sarif
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.findings.render.text import report_text
from ops.supply_chain.risk.findings.report import build_report
from ops.supply_chain.runner.arguments import written_line
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.runner.streams import terminal_width

FOLDER = "findings"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for encryption."""
    parser.add_argument("--encrypt", action="store_true", help="also write N.json.age for the configured recipients")
    parser.add_argument(
        "--encrypted-only",
        action="store_true",
        help="write only N.json.age (always with --public-log)",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    width = terminal_width()  # read before the runner redirects stdout
    return run_stage("report_findings", __doc__, arguments, partial(_perform, width=width), argv)


def _perform(run: StageRun, *, width: int | None = None) -> StageResult:
    report, causes = _report(run)
    plain = not (run.args.public_log or run.args.encrypted_only)
    files = {**(_plain_files(report, causes) if plain else {}), **_encrypted_files(run, report)}
    empty(run.dist / FOLDER)
    for name, data in sorted(files.items()):
        write_atomic(run.dist / FOLDER / name, data)
    if step_summary.wanted():
        step_summary.append(summary(report, causes) if plain else counts_only(report))
    written = [f"{FOLDER}/{name}" for name in sorted(files)]
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join([report_text(report, width=width), written_line(run.dist / FOLDER, written)]),
        counts={
            **report.standing,
            "waived": report.waived,
            "records": len(report.stages),
            "without_record": len(report.without_record),
            "files": len(files),
            **_since_counts(report),
        },
        document={"files": written, "report": report},
    )


def _since_counts(report: FindingsReport) -> dict[str, int]:
    if isinstance(report.since, UnsetType):
        return {}
    return {f"since_{state.value}".replace("-", "_"): count for state, count in report.since.counts.items()}


def _report(run: StageRun) -> tuple[FindingsReport, list[CauseText]]:
    records = read_records(run)
    if not records:
        raise UnavailableError("there is no record to report", hint=f"Run the gates first: {command('daily_scan')}.")
    report = build_report(
        records,
        component=run.project.name,
        version=records[0].version,
        gates={row.script for row in PIPELINE if row.gate},
        expected=expected_gates(run.dist),
    )
    report = msgspec.structs.replace(report, since=since_earlier(run.dist, report, records))
    fail_on = run.config.gate.fail_on
    return report, [
        cause_text(mark_of(cause, fail_on=fail_on), cause) for cause in causes_of_run(run.dist, records, ())
    ]


def _plain_files(report: FindingsReport, causes: Sequence[CauseText]) -> dict[str, bytes]:
    document = sarif(report, generator=(GENERATOR, GENERATOR_VERSION))
    return {
        f"{report.component}.json": canonical.encode(report),
        f"{report.component}.md": report_markdown(report, causes).encode(),
        f"{report.component}.sarif": canonical.encode(document),
    }


def _encrypted_files(run: StageRun, report: FindingsReport) -> dict[str, bytes]:
    recipients = run.config.public_log.recipients
    asked = run.args.encrypt or run.args.encrypted_only
    if asked and not recipients:
        raise UsageError(
            f"{age.WHERE} is empty, so there is no recipient to encrypt for",
            hint="Add the maintainers' age public keys.",
            kind=ErrorClass.NO_CONFIGURATION,
        )
    if not asked and not (run.args.public_log and recipients):
        return {}
    return {f"{report.component}.json{age.SUFFIX}": age.encrypt(canonical.encode(report), recipients)}


if __name__ == "__main__":
    leave(main())

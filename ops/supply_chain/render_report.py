"""Render what a run examined, found and decided as one self-contained HTML page, with a Markdown summary.

Reads    dist/, data/artifacts/supply-chain/N/; of a scan dist/earlier/, the records of the scan before
Writes   dist/report/: index.html, summary.md; with --pdf report.pdf; Markdown to $GITHUB_STEP_SUMMARY where that is
         set. With --public-log nothing in plain text: index.html.age for `[public_log].recipients` where there are any.
Decides  nothing
Exits    0 written, 2 usage, 3 a file of the run is broken or of another run; 5 there is no run to show (the page is
         written and says so), or --pdf and there is no Chromium; 6 a file cannot be written.
Network  none; the page makes no requests either, and its security policy forbids them.
Source   WCAG 2.2 AA, https://www.w3.org/TR/WCAG22/; Content Security Policy Level 3, https://www.w3.org/TR/CSP3/. Same
         inputs on the same day give the same bytes. A PDF contains the time of printing and is not reproducible.

The verdict is "Allowed" only where every gate left a record and passed, the policy allows exactly these bytes, and the
release was verified (dist/verification/verification.json).
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("render_report")

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.github import step_summary
from ops.supply_chain.adapters.tools import age
from ops.supply_chain.contracts.files.claims import ClaimsReport
from ops.supply_chain.core.errors import ErrorClass, StageError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.assurance.claims.evaluate import add_options, claims_of
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.runner.arguments import written_line
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import hold_for
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.runner.streams import typing_in_files

if TYPE_CHECKING:
    from ops.supply_chain.assurance.report.page import ReportPage

FOLDER = "report"
PAGE, SUMMARY, PDF = "index.html", "summary.md", "report.pdf"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add further outputs, and whether claims are evaluated."""
    parser.add_argument("--pdf", action="store_true", help="print the page to dist/report/report.pdf with Chromium")
    parser.add_argument(
        "--claims", action="store_true", help="verify the retained evidence again and show what it supports"
    )
    add_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: it shows the records of others.

    Returns:
        The exit code.
    """
    return run_stage("render_report", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    if run.args.pdf and run.args.public_log:
        raise UsageError(
            "--pdf and --public-log: a PDF contains what a public log must not",
            hint="Use one of them.",
            kind=ErrorClass.COMMAND_LINE,
        )
    # Only a dist folder is emptied: `--dist` may name a folder that has another `report`.
    with hold_for(run.dist, run.root):
        page = _page(run)
        files = _files(run, page)
        empty(run.dist / FOLDER)
        for name, data in sorted(files.items()):
            write_atomic(run.dist / FOLDER / name, data)
        _append_summary(run, page)
        if run.args.pdf:
            from ops.supply_chain.adapters.tools.chromium import print_pdf

            print_pdf(run.dist / FOLDER / PAGE, run.dist / FOLDER / PDF)
    written = [f"{FOLDER}/{name}" for name in sorted([*files, *([PDF] if run.args.pdf else [])])]
    return StageResult(
        outcome=Outcome.PASS if page.inputs else Outcome.NOT_EXAMINED,
        text=_text(page, written_line(run.dist / FOLDER, written)),
        counts=_counts(page, len(written)),
        document={"files": written, "headline": page.headline, "tiles": page.tiles},
    )


def _page(run: StageRun) -> ReportPage:
    from ops.supply_chain.assurance.report.page import build_page
    from ops.supply_chain.gather.assurance.report import NO_CLAIMS, read_evidence

    claims, problem = _claims(run) if run.args.claims or run.args.evidence else (None, NO_CLAIMS)
    return build_page(read_evidence(run, claims=claims, claims_problem=problem))


def _claims(run: StageRun) -> tuple[ClaimsReport | None, str]:
    """Evaluate the claims; a failure is shown on the page and does not prevent the rest."""
    try:
        return claims_of(run, evidence=run.args.evidence), ""
    except UsageError:
        raise
    except StageError as error:
        return None, f"Claims could not be evaluated: {error.message}"


def _files(run: StageRun, page: ReportPage) -> dict[str, bytes]:
    from ops.supply_chain.adapters.files.report_templates import read_templates
    from ops.supply_chain.assurance.report.html import render
    from ops.supply_chain.assurance.report.markdown import summary

    recipients = run.config.public_log.recipients
    if run.args.public_log and not recipients:
        return {}
    whole = render(page, read_templates(TREE), generator=(GENERATOR, GENERATOR_VERSION), typing=typing_in_files())
    if run.args.public_log:
        return {f"{PAGE}{age.SUFFIX}": age.encrypt(whole, recipients)}
    return {PAGE: whole, SUMMARY: summary(page).encode()}


def _append_summary(run: StageRun, page: ReportPage) -> None:
    if not step_summary.wanted():
        return
    from ops.supply_chain.assurance.report.markdown import counts_only, summary

    step_summary.append(counts_only(page) if run.args.public_log else summary(page))


def _counts(page: ReportPage, files: int) -> dict[str, int]:
    return {
        "files": files,
        "findings": page.findings.open,
        "overdue": page.timeline.overdue,
        "packages": len(page.packages.all) if page.packages else 0,
        "rules": page.policy.total,
        "rules_passed": page.policy.passed,
        "waived": page.findings.waived,
    }


def _text(page: ReportPage, written: str) -> str:
    headline = page.headline
    lines = [f"{page.component} {page.version}: {headline.word}", f"  {headline.sentence}"]
    lines += [f"  {view.text.mark} {view.text.title}" for view in page.causes.first]
    left = len(page.causes.rest) + page.causes.left
    lines += [f"  and {left} more" + (" cause" if left == 1 else " causes")] if left else []
    lines += [f"  - {reason}" for reason in headline.reasons]
    lines += [f"  - and {headline.more} more"] if headline.more else []
    return "\n".join([*lines, written])


if __name__ == "__main__":
    leave(main())

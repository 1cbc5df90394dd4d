"""Check that the source under release is its commit, and that every place states the same version.

What differs from the commit: changed files, files that are not tracked unless a committed .gitignore ignores them, and
what git is set to hide (core.fileMode, assume-unchanged, skip-worktree, .git/info/exclude, .git/info/attributes). Every
file is read and compared with what a checkout writes. What a release reads (locks and what they include and are compiled
from, configuration, rules, templates, workflows) counts although a committed .gitignore ignores it, and so do files that
are not checked out.
dist/ and the retained releases are left out. The version under release has to be that of the tag at HEAD, of the
project's metadata, and of no other commit's tag; tags are v1.2, 1.2, NAME==1.2 or NAME-v1.2, compared by PEP 440. Where the build backend
takes the version from git's tag, the tag at HEAD states it, and nothing is run. No
waiver applies, and [gate].fail_on does not: --allow-dirty releases the tree as it is, and customers see it.

--test-results adds the results of the tests to the release, and a failed test denies it. --sarif adds the results of a static
analysis, Semgrep's for example; those of [gate].fail_on or more deny. A file that is no complete analysis of this commit, or does
not name it, is not examined, never clean.

Reads    the project's files, git, project metadata; JUnit XML with --test-results; SARIF with --sarif
Writes   record; with --test-results dist/tests/N-tests.json
Decides  the source is its commit, all versions agree; no test failed that was given, and no
         result of an analysis denies
Exits    0 it is and they do, or the project is not under git and they do; 2 usage; 3 a file of the project, or a
         report of tests, cannot be read; 4 something differs, a test failed, or a result of an analysis denies; 5 git does
         not answer, a SARIF file is no analysis of this commit, or the version is known only to a build backend that was
         not run.
Network  none; with [locks].allow_builds and a version that a build backend computes, the package index for the
         backend's requirements.
Source   git-status(1); PEP 440, https://peps.python.org/pep-0440/; PEP 517, https://peps.python.org/pep-0517/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_source")

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.folders import empty, measure
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.suite_results import SuiteResults
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.source import SourceChange
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.junit import LARGEST_BYTES, UnreadableJunitError, read_junit
from ops.supply_chain.formats.sarif import LARGEST_BYTES as SARIF_BYTES
from ops.supply_chain.formats.sarif import SarifReport, read_sarif
from ops.supply_chain.gather.release.source import released_version, source_changes
from ops.supply_chain.release.analysis import RESULT, UNEXAMINED, Unreadable, analysis_findings
from ops.supply_chain.release.provenance.agreement import (
    ALLOW_DIRTY,
    UNREAD,
    VERSION_OPTION,
    change_findings,
    compared,
    version_findings,
)
from ops.supply_chain.release.results import FOLDER as RESULTS_FOLDER
from ops.supply_chain.release.results import failure_findings, merge_results, results_source
from ops.supply_chain.risk.gates.outcome import decide_outcome
from ops.supply_chain.runner.arguments import absolute
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    parser.add_argument(
        "--allow-dirty",
        action="store_true",
        help="release a tree that differs from its commit; recorded, and shown to customers",
    )
    parser.add_argument(
        "--test-results",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="JUnit XML with the results of the tests of this commit; may be repeated. A failed test denies the release",
    )
    parser.add_argument(
        "--sarif",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="SARIF with the results of a static analysis of this commit; may be repeated. A result denies by [gate].fail_on",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_source", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    state, changes, version = run.project.source, source_changes(run), released_version(run)
    commit = state.commit if state else ""
    results, analyses = _results(run), _analyses(run)
    code_findings = analysis_findings(analyses, commit)
    findings = (
        *change_findings(changes, commit, allowed=run.args.allow_dirty),
        *version_findings(version),
        *(failure_findings(results) if results else ()),
        *code_findings,
    )
    places = compared(version)
    # How the version was given to this run is no fact of the commit: a second run may be given it in another way.
    stated = [place for place in places if place != VERSION_OPTION]
    counts = {"changed": len(changes), "versions": len(stated), "under_git": int(state is not None)}
    if results:
        counts |= {"tests": sum(report.tests for report in results.reports), "tests_failed": len(results.failed)}
    if analyses:
        counts |= {
            "analyses": len(analyses),
            "analyses_not_examined": sum(finding.code == UNEXAMINED for finding in code_findings),
            "analysis_results": sum(
                len(found.results) for found in analyses.values() if isinstance(found, SarifReport)
            ),
        }
    return StageResult(
        outcome=_outcome(findings, fail_on=run.config.gate.fail_on),
        text=_text(run, changes, places),
        counts=counts,
        findings=findings,
        options={
            **({ALLOW_DIRTY: "yes"} if run.args.allow_dirty else {}),
            **({"test_results": str(len(results.reports))} if results else {}),
            **({"sarif": str(len(analyses))} if analyses else {}),
        },
        writes=(run.dist_ref(run.dist / results_source(run.project.name)),) if results else (),
        notes=() if state else ("the project is not under git: no commit is named, and changes are not detected",),
        document={"counts": counts, "commit": commit, "changed": [change.path for change in changes]},
    )


def _results(run: StageRun) -> SuiteResults | None:
    """Write the results of tests that were given; None if none were.

    Raises:
        InputError: A report cannot be read, or no test ran.
    """
    empty(run.dist / RESULTS_FOLDER)
    reports = {}
    for given in run.args.test_results:
        path = absolute(given)
        size = measure(path).size
        # A report that is too large is not read whole to be refused.
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        try:
            cases = read_junit(data)
        except UnreadableJunitError as error:
            hint = "Give the JUnit XML that the test runner wrote."
            raise InputError(f"{given}: {printable(str(error))}", hint=hint) from error
        if len(data) != size:
            raise InputError(f"{given}: was changed while it was read", hint="Run it again.")
        reports[FileRef(path=path.name, sha256=sha256_bytes(data), size=size)] = cases
    if not reports:
        return None
    results = merge_results(reports, component=run.project.name, version=run.project.version)
    if not (results.passed or results.flaky or results.failed):
        raise InputError("--test-results: every test was skipped", hint="Run the tests, and give their results.")
    canonical.write(run.dist / results_source(run.project.name), results)
    return results


def _analyses(run: StageRun) -> dict[str, SarifReport | Unreadable]:
    """Read the SARIF files that were given: name -> report, or why it is none.

    Raises:
        InputError: One is not there, or cannot be opened.
    """
    found: dict[str, SarifReport | Unreadable] = {}
    for number, given in enumerate(run.args.sarif, 1):
        path = absolute(given)
        measure(path)
        with path.open("rb") as file:
            data = file.read(SARIF_BYTES + 1)
        name = path.name if path.name not in found else f"{path.name} ({number})"
        try:
            found[name] = read_sarif(data)
        except UnexpectedShapeError as error:
            found[name] = Unreadable(str(error))
    return found


def _outcome(findings: Sequence[Finding], *, fail_on: Severity) -> Outcome:
    """Return the outcome; what could not be read or is about another commit is no disagreement, and no pass.

    Args:
        findings: All of them.
        fail_on: The lowest severity of a result of an analysis that denies; for everything else it is `low`.
    """
    decided = [finding for finding in findings if finding.code not in (UNREAD, UNEXAMINED)]
    results = [finding for finding in decided if finding.code == RESULT]
    others = [finding for finding in decided if finding.code != RESULT]
    all_examined = len(decided) == len(findings)
    return worst(
        [
            decide_outcome(others, fail_on=Severity.LOW, all_examined=all_examined),
            decide_outcome(results, fail_on=fail_on, all_examined=all_examined),
        ]
    )


def _text(run: StageRun, changes: Sequence[SourceChange], places: Sequence[str]) -> str:
    state = run.project.source
    differs = f"{plural(len(changes), 'path')} not as committed" if changes else "as committed"
    source = f"commit {state.commit[:12]}, {differs}" if state else "not under git"
    stated = f"stated by {', '.join(places)}" if places else "stated nowhere else"
    return f"{source}; version {run.project.version} {stated}"


if __name__ == "__main__":
    leave(main())

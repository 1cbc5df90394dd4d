"""The results of the tests of a release, merged from several reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.suite_results import ReportCounts, SuiteResults
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats.junit import CaseState, JunitCase

FAILED = "tests.failed"
FOLDER = "tests"
MOST_FAILURES = 50
"""Failed tests that have a finding each; the others are counted in one more."""


def results_source(component: str) -> str:
    """Return the path of the results in `dist/`."""
    return f"{FOLDER}/{component}-tests.json"


def merge_results(reports: Mapping[FileRef, Sequence[JunitCase]], *, component: str, version: str) -> SuiteResults:
    """Merge the test cases of several reports.

    Args:
        reports: Each report's file, `path` being its name, and its test cases; one report at least.
        component: N.
        version: V.
    """
    cases = [case for found in reports.values() for case in found]
    failed = _names(cases, CaseState.FAILED)
    flaky = _names(cases, CaseState.FLAKY) - failed
    return SuiteResults(
        schema="tests/1",
        component=component,
        version=version,
        reports=tuple(
            _report(ref, found) for ref, found in sorted(reports.items(), key=lambda row: (row[0].path, row[0].sha256))
        ),
        passed=tuple(sorted(_names(cases, CaseState.PASSED) - failed - flaky)),
        flaky=tuple(sorted(flaky)),
        failed=tuple(sorted(failed)),
    )


def failure_findings(results: SuiteResults) -> tuple[Finding, ...]:
    """Return a finding for each failed test; the first ones, and one for all others."""
    step = "Correct what fails, run the tests again, and give their new report."
    found = [
        Finding(code=FAILED, severity=Severity.HIGH, message=f"failed: {printable(name)}", next_step=step)
        for name in results.failed[:MOST_FAILURES]
    ]
    more = len(results.failed) - MOST_FAILURES
    if more > 0:
        found.append(
            Finding(code=FAILED, severity=Severity.HIGH, message=f"failed: {plural(more, 'more test')}", next_step=step)
        )
    return tuple(found)


def _names(cases: Iterable[JunitCase], state: CaseState) -> set[str]:
    return {case.name for case in cases if case.state is state}


def _report(ref: FileRef, cases: Sequence[JunitCase]) -> ReportCounts:
    counts = Counter(case.state for case in cases)
    return ReportCounts(
        name=ref.path,
        sha256=ref.sha256,
        size=ref.size,
        tests=len(cases),
        passed=counts[CaseState.PASSED],
        flaky=counts[CaseState.FLAKY],
        failed=counts[CaseState.FAILED],
        skipped=counts[CaseState.SKIPPED],
        expected_failures=counts[CaseState.EXPECTED_FAILURE],
    )

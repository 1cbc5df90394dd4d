"""The results of tests: merged without making anything better, released, attested, and a failure denies the release."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_source
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.attestations import PREDICATES
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.formats.json_reader import Node, read
from ops.supply_chain.formats.junit import CaseState, JunitCase
from ops.supply_chain.release.results import MOST_FAILURES, failure_findings, merge_results
from ops.supply_chain.trust.attestations.statements import supported
from ops.supply_chain.trust.attestations.suite import test_result_predicate as predicate_of
from tests.release.handmade import Handmade

GOOD = '<testsuite><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite>'
BAD = '<testsuite><testcase name="a"><failure/></testcase><testcase name="c"/></testsuite>'


def ref(name: str) -> FileRef:
    return FileRef(path=name, sha256="0" * 64, size=1)


def merged(*reports: dict[str, CaseState]) -> Any:
    files = {
        ref(f"{number}.xml"): [JunitCase(name, state) for name, state in report.items()]
        for number, report in enumerate(reports)
    }
    return merge_results(files, component="N", version="V")


def predicate(*reports: dict[str, CaseState]) -> Any:
    return predicate_of(read(canonical.encode(merged(*reports))))


def test_the_worst_of_several_reports_counts() -> None:
    P, F, K, S = CaseState.PASSED, CaseState.FAILED, CaseState.FLAKY, CaseState.SKIPPED  # noqa: N806 - a table
    found = merged({"a": P, "b": P, "c": K, "d": S, "e": S}, {"a": F, "b": S, "c": P, "d": S, "f": P})
    assert (found.passed, found.flaky, found.failed) == (("b", "f"), ("c",), ("a",))


def test_what_was_skipped_is_in_the_annotations_alone() -> None:
    states = {"a": CaseState.PASSED, "b": CaseState.SKIPPED, "c": CaseState.EXPECTED_FAILURE}
    found = predicate(states)
    assert found == {
        "result": "PASSED",
        "configuration": [
            {
                "name": "0.xml",
                "digest": {"sha256": "0" * 64},
                "annotations": {"role": "test-results", "tests": "3", "skipped": "1", "expectedFailures": "1"},
            }
        ],
        "passedTests": ["a"],
        "warnedTests": [],
        "failedTests": [],
    }
    canonical.decode(canonical.encode(found), PREDICATES["test-result"], where="predicate")


@pytest.mark.parametrize("seed", range(20))
def test_a_result_is_never_better_than_its_reports(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    reports = [
        {f"t{number}": chance.choice(list(CaseState)) for number in range(chance.randrange(1, 6))}
        for _ in range(chance.randrange(1, 4))
    ]
    found = predicate(*reports)
    every = [(name, state) for report in reports for name, state in report.items()]
    assert found["failedTests"] == sorted({name for name, state in every if state is CaseState.FAILED})
    assert {*found["passedTests"]} <= {name for name, state in every if state is CaseState.PASSED}
    assert (found["result"] == "FAILED") is bool(found["failedTests"])
    lists = [{*found[key]} for key in ("passedTests", "warnedTests", "failedTests")]
    assert all(not (first & second) for first, second in pairwise([*lists, lists[0]]))
    assert predicate(*reversed(reports))["passedTests"] == found["passedTests"]


def test_findings_are_bounded() -> None:
    findings = failure_findings(merged({f"t{number}": CaseState.FAILED for number in range(MOST_FAILURES + 3)}))
    assert (len(findings), findings[-1].message) == (MOST_FAILURES + 1, "failed: 3 more tests")


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = Handmade(tmp_path)
    found.project()
    return found


def check(release: Handmade, *texts: str) -> int:
    words = []
    for number, text in enumerate(texts):
        words += ["--test-results", str(release.write(f"reports/{number}.xml", text))]
    return release.run(check_source.main, *words)


def test_given_results_are_written_recorded_and_released(release: Handmade) -> None:
    assert check(release, GOOD, GOOD.replace('"a"', '"z"')) == ExitCode.PASS
    record = release.document("records/check_source.json")
    assert [ref["path"] for ref in record["writes"]] == ["dist:tests/N-tests.json"]
    assert (record["options"], record["counts"]["tests"]) == ({"test_results": "2"}, 4)
    assert release.document("tests/N-tests.json")["passed"] == ["a", "z"]
    assert supported(Node({"records": [record]})) == ("release", "test-result", "vsa")
    assert release.run(check_source.main) == ExitCode.PASS
    assert not (release.dist / "tests").exists()
    assert release.document("records/check_source.json")["writes"] == []


def test_a_failed_test_denies_the_release(release: Handmade) -> None:
    assert check(release, GOOD, BAD) == ExitCode.DENIED
    (finding,) = release.document("records/check_source.json")["findings"]
    assert (finding["code"], finding["message"]) == ("tests.failed", "failed: a")


@pytest.mark.parametrize(
    "text",
    ["", "<x/>", "<!DOCTYPE x>" + GOOD, GOOD[:-5], '<testsuite><testcase name="b"><skipped/></testcase></testsuite>'],
)
def test_a_report_that_shows_nothing_is_refused(
    release: Handmade, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check(release, text) == ExitCode.INPUT
    assert "error: " in capfd.readouterr().err
    assert not (release.dist / "tests").exists()
    assert release.run(check_source.main, "--test-results", str(release.base / "none.xml")) == ExitCode.INPUT


def test_the_document_has_the_names_of_the_reports_and_no_path(release: Handmade) -> None:
    check(release, GOOD)
    text = json.dumps(release.document("tests/N-tests.json"))
    assert '"0.xml"' in text
    assert str(release.base) not in text

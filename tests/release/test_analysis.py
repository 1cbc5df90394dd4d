"""SARIF files that a release is given: results deny by severity; what is no analysis of this commit is not examined."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.formats.sarif import SarifReport, SarifResult
from ops.supply_chain.release.analysis import MOST_FINDINGS, RESULT, UNEXAMINED, Unreadable, analysis_findings
from tests.adapters.files.test_git import git
from tests.formats.test_sarif import COMMIT, result, run
from tests.test_check_source import LOCK, Source


@pytest.fixture
def source(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Source:
    return Source(tmp_path, capfd)


def given(source: Source, *runs: dict[str, Any], commit: str = "", name: str = "a.sarif") -> list[str]:
    """Write a SARIF file about a commit, by default the one under release, and return the words that give it."""
    head = commit or git(source.root, "rev-parse", "HEAD").strip()
    for entry in runs:
        if entry.get("versionControlProvenance"):
            entry["versionControlProvenance"][0]["revisionId"] = head
    path = source.root.parent / name
    path.write_text(json.dumps({"version": "2.1.0", "runs": list(runs)}))
    return ["--sarif", str(path)]


def test_a_clean_analysis_of_this_commit_passes_and_is_recorded(source: Source) -> None:
    code, record = source.check(*given(source, run(), run()))
    assert (code, record["outcome"], record["findings"]) == (ExitCode.PASS, "pass", [])
    assert record["options"] == {"sarif": "1"}
    assert (record["counts"]["analyses"], record["counts"]["analyses_not_examined"]) == (1, 0)


@pytest.mark.parametrize(
    ("level", "fail_on", "code"),
    [
        ("error", "high", ExitCode.DENIED),
        ("warning", "high", ExitCode.PASS),
        ("warning", "low", ExitCode.DENIED),
        ("note", "low", ExitCode.DENIED),
        ("none", "low", ExitCode.PASS),
        ("strange", "high", ExitCode.DENIED),
    ],
)
def test_a_result_denies_by_its_severity(source: Source, level: str, fail_on: str, code: ExitCode) -> None:
    source.commit(".security-config.toml", f'[gate]\nfail_on = "{fail_on}"\n')
    found, record = source.check(*given(source, run(result(level=level))))
    assert found == code
    [finding] = record["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == (RESULT, "src/a.py", 3)
    assert finding["message"] == "supply-chain.pinned: a b"


def test_a_weaker_threshold_is_for_results_alone(source: Source) -> None:
    source.commit(".security-config.toml", '[gate]\nfail_on = "critical"\n')
    assert source.check(*given(source, run(result())))[0] == ExitCode.PASS
    source.write("requirements.txt", LOCK + "# changed\n")
    assert source.check(*given(source, run(result())))[0] == ExitCode.DENIED


def test_a_suppressed_result_is_shown_and_passes(source: Source) -> None:
    code, record = source.check(*given(source, run(result(suppressions=[{"kind": "inSource"}]))))
    assert code == ExitCode.PASS
    [finding] = record["findings"]
    assert (finding["severity"], finding["message"]) == ("info", "suppressed: supply-chain.pinned: a b")


def test_another_commit_is_not_examined(source: Source) -> None:
    code, record = source.check(*given(source, run(), commit="f" * 40))
    assert (code, record["outcome"]) == (ExitCode.NOT_EXAMINED, "not-examined")
    [finding] = record["findings"]
    assert finding["code"] == UNEXAMINED
    assert finding["message"] == "a.sarif: is no analysis of this commit: a run is about the commit ffffffffffff"


@pytest.mark.parametrize("more", [{"versionControlProvenance": []}, {"invocations": [{"executionSuccessful": False}]}])
def test_what_is_not_shown_to_be_whole_is_not_examined(source: Source, more: dict[str, Any]) -> None:
    assert source.check(*given(source, run(), run(**more)))[0] == ExitCode.NOT_EXAMINED


def test_a_result_denies_although_its_run_is_incomplete(source: Source) -> None:
    assert (
        source.check(*given(source, run(result(), invocations=[{"executionSuccessful": False}])))[0] == ExitCode.DENIED
    )


@pytest.mark.parametrize("data", [b"", b"{", b'{"version": "2.1.0", "runs": []}', b"\xff\xfe", b"[" * 5000])
def test_what_cannot_be_read_is_not_examined(source: Source, data: bytes) -> None:
    (source.root.parent / "b.sarif").write_bytes(data)
    words = [*given(source, run()), "--sarif", str(source.root.parent / "b.sarif")]
    code, record = source.check(*words)
    assert code == ExitCode.NOT_EXAMINED
    assert [finding["code"] for finding in record["findings"]] == [UNEXAMINED]
    assert (record["counts"]["analyses"], record["counts"]["analyses_not_examined"]) == (2, 1)


def test_a_file_that_is_not_there_is_an_error(source: Source) -> None:
    assert source.check("--sarif", str(source.root / "none.sarif"))[0] == ExitCode.INPUT


def test_files_of_one_name_count_each(source: Source) -> None:
    words = given(source, run(result()))
    other = source.root.parent / "more"
    other.mkdir()
    (other / "a.sarif").write_text("{")
    code, record = source.check(*words, "--sarif", str(other / "a.sarif"))
    assert code == ExitCode.DENIED
    assert record["counts"]["analyses"] == 2
    assert sorted(finding["code"] for finding in record["findings"]) == [RESULT, UNEXAMINED]


def test_the_worst_results_come_first_and_the_rest_is_counted_with_its_worst_severity() -> None:
    results = tuple(
        SarifResult("r", Severity.LOW if number else Severity.CRITICAL, "m", "a.py", number, suppressed=False)
        for number in reversed(range(MOST_FINDINGS + 5))
    )
    found = analysis_findings({"a": SarifReport(("t",), (COMMIT,), (), results)}, COMMIT)
    assert len(found) == MOST_FINDINGS + 1
    assert found[0].severity is Severity.CRITICAL
    assert (found[-1].severity, found[-1].message) == (Severity.LOW, "a: 5 more results")


def test_without_git_no_analysis_is_of_this_commit() -> None:
    found = analysis_findings({"a": SarifReport(("t",), (COMMIT,), (), ()), "b": Unreadable("x\x1b[2J")}, "")
    assert [finding.code for finding in found] == [UNEXAMINED, UNEXAMINED]
    assert "\x1b" not in found[1].message

"""SARIF of others: results with severity and place, and nothing incomplete that looks clean."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats import sarif
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.sarif import SarifReport, SarifResult, read_sarif

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RULE = {
    "id": "supply-chain.pinned",
    "shortDescription": {"text": "Not pinned"},
    "defaultConfiguration": {"level": "error"},
}


def run(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "tool": {"driver": {"name": "Semgrep OSS", "rules": [RULE]}},
        "versionControlProvenance": [{"repositoryUri": "https://github.com/acme/widget", "revisionId": COMMIT}],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": []}],
        "results": list(results),
        **more,
    }


def result(uri: str = "src/a.py", line: int = 3, **more: Any) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}
    return {"ruleId": RULE["id"], "message": {"text": "a\n  b"}, "locations": [place], **more}


def read(*runs: dict[str, Any], **more: Any) -> SarifReport:
    return read_sarif(json.dumps({"version": "2.1.0", "runs": list(runs), **more}).encode())


def one(**more: Any) -> SarifResult:
    [found] = read(run(result(**more))).results
    return found


def test_a_result_has_rule_severity_message_and_place() -> None:
    report = read(run(result()), run())
    assert report == SarifReport(
        tools=("Semgrep OSS",),
        commits=(COMMIT,),
        incomplete=(),
        results=(SarifResult("supply-chain.pinned", Severity.HIGH, "a b", "src/a.py", 3, suppressed=False),),
    )


LEVELS = {
    "error": ({"level": "error"}, Severity.HIGH),
    "warning": ({"level": "warning"}, Severity.MEDIUM),
    "note": ({"level": "note"}, Severity.LOW),
    "none": ({"level": "none"}, Severity.INFO),
    "another": ({"level": "ERROR"}, Severity.UNKNOWN),
    "that of the rule": ({}, Severity.HIGH),
    "no rule": ({"ruleId": "unknown"}, Severity.MEDIUM),
    "a more specific rule": ({"ruleId": "supply-chain.pinned/1"}, Severity.HIGH),
    "a rule by position": ({"ruleId": None, "ruleIndex": 0}, Severity.HIGH),
    "a reference": ({"ruleId": None, "rule": {"id": "supply-chain.pinned"}}, Severity.HIGH),
}


@pytest.mark.parametrize(("more", "severity"), LEVELS.values(), ids=LEVELS.keys())
def test_severity_is_that_of_the_level(more: dict[str, Any], severity: Severity) -> None:
    assert one(**more).severity is severity


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ("9.0", Severity.CRITICAL),
        ("8.9", Severity.HIGH),
        (4, Severity.MEDIUM),
        ("0.1", Severity.LOW),
        ("0.0", Severity.INFO),
        ("NaN", Severity.UNKNOWN),
        ("11", Severity.UNKNOWN),
        ("-1", Severity.UNKNOWN),
        ("high", Severity.UNKNOWN),
        ([], Severity.UNKNOWN),
    ],
)
def test_the_score_of_a_rule_comes_first(score: object, severity: Severity) -> None:
    rule = {**RULE, "properties": {"security-severity": score}}
    [found] = read(run(result(level="note"), tool={"driver": {"name": "x", "rules": [rule]}})).results
    assert found.severity is severity


NOTHING = [{"kind": "pass"}, {"kind": "notApplicable"}, {"kind": "informational"}, {"baselineState": "absent"}]


@pytest.mark.parametrize("more", NOTHING)
def test_what_needs_nothing_is_left_out(more: dict[str, Any]) -> None:
    assert read(run(result(**more))).results == ()


@pytest.mark.parametrize(
    "more", [{"kind": "fail"}, {"kind": "open"}, {"kind": "review"}, {"baselineState": "unchanged"}]
)
def test_what_needs_something_is_not(more: dict[str, Any]) -> None:
    assert len(read(run(result(**more))).results) == 1


@pytest.mark.parametrize(
    ("suppressions", "suppressed"),
    [
        ([], False),
        ([{"kind": "inSource"}], True),
        ([{"kind": "inSource", "status": "accepted"}], True),
        ([{"kind": "inSource"}, {"kind": "external", "status": "underReview"}], False),
        ([{"kind": "external", "status": "rejected"}], False),
    ],
)
def test_only_accepted_suppressions_count(suppressions: list[dict[str, str]], suppressed: bool) -> None:
    assert one(suppressions=suppressions).suppressed is suppressed


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("a%20b/c.py", "a b/c.py"),
        ("./a/../b.py", "b.py"),
        ("../b.py", ""),
        ("a/../../b.py", ""),
        ("%2e%2e/b.py", ""),
        ("/etc/passwd", ""),
        ("file:///etc/passwd", ""),
        ("https://example.org/a.py", ""),
        ("//host/a.py", ""),
        ("a\\b.py", ""),
        ("a%0Ab.py", ""),
        ("a%1b[2J.py", ""),
        ("http://[bad", ""),
        ("", ""),
        ("x" * 400, ""),
    ],
)
def test_a_path_is_inside_the_project_or_empty(uri: str, path: str) -> None:
    assert one(uri=uri).path == path


INCOMPLETE = {
    "no results": {"results": None},
    "results elsewhere": {"externalPropertyFileReferences": {"results": [{"location": {"uri": "x"}}]}},
    "it failed": {"invocations": [{"executionSuccessful": False}]},
    "one of two failed": {"invocations": [{"executionSuccessful": True}, {"executionSuccessful": False}]},
    "it reports an error": {
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [{"level": "error", "message": {"text": "x"}}]}
        ]
    },
    "its rules do not load": {
        "invocations": [{"executionSuccessful": True, "toolConfigurationNotifications": [{"level": "error"}]}]
    },
}


@pytest.mark.parametrize("more", INCOMPLETE.values(), ids=INCOMPLETE.keys())
def test_a_run_that_is_no_whole_analysis_says_so(more: dict[str, Any]) -> None:
    assert read(run(), run(**more)).incomplete
    assert read(run(), run()).incomplete == ()


@pytest.mark.parametrize("origin", [None, [], [{"repositoryUri": "x"}]])
def test_a_run_without_a_commit_is_seen(origin: object) -> None:
    assert read(run(), run(versionControlProvenance=origin)).commits == (COMMIT, "")


MALFORMED = {
    "empty": b"",
    "not JSON": b"<sarif/>",
    "an array": b"[]",
    "no version": b'{"runs": []}',
    "another version": b'{"version": "2.0.0", "runs": []}',
    "no run": b'{"version": "2.1.0", "runs": []}',
    "no tool": b'{"version": "2.1.0", "runs": [{"results": []}]}',
    "a key twice": b'{"version": "2.1.0", "version": "2.1.0", "runs": []}',
    "deep": b'{"version": "2.1.0", "runs": ' + b"[" * 300 + b"]" * 300 + b"}",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_sarif_is_an_error(data: bytes) -> None:
    with pytest.raises(UnexpectedShapeError):
        read_sarif(data)


@pytest.mark.parametrize(
    "broken",
    [
        {"ruleId": None},
        {"ruleId": None, "ruleIndex": 7},
        {"ruleId": None, "ruleIndex": True},
        {"kind": "FAIL"},
        {"line": -1},
        {"line": "3"},
        {"message": "text"},
        {"locations": {}},
    ],
)
def test_a_result_of_another_shape_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedShapeError):
        read(run(result(**broken)))


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    assert len(read(run(result()), run(result())).results) == 2
    with pytest.raises(UnexpectedShapeError, match="at most 2 results"):
        read(run(result(), result()), run(result()))
    assert len(one(message={"text": "x" * 10_000}).message) == sarif.LONGEST_TEXT
    with pytest.raises(UnexpectedShapeError, match="at most"):
        read_sarif(b" " * (sarif.LARGEST_BYTES + 1))


def test_damage_anywhere_never_makes_a_result_vanish_quietly() -> None:
    """A damaged value is an error, or the result remains: only what a result itself states takes it out."""
    chosen = random.Random(7)  # noqa: S311 - a bounded sample, not a secret
    allowed = {"kind", "baselineState", "results", "runs"}
    for _ in range(400):
        document: Any = json.loads(json.dumps({"version": "2.1.0", "runs": [run(result())]}))
        node: Any = document
        while True:
            key: Any = chosen.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if not isinstance(node[key], (dict, list)) or not node[key] or chosen.random() < 0.2:
                break
            node = node[key]
        if key in allowed:
            continue
        node[key] = chosen.choice([None, 1, "", " ", [], {}, "x", True, [[]], {"a": 1}])
        try:
            report = read_sarif(json.dumps(document).encode())
        except UnexpectedShapeError:
            continue
        assert len(report.results) == 1 or report.incomplete or report.commits != (COMMIT,), (key, node)

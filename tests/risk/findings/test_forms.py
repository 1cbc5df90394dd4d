"""Table, Markdown and SARIF: nothing is lost in any of them, and no name can break out of one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.markdown import counts_only, escape, markdown, summary
from ops.supply_chain.risk.findings.sarif import sarif
from ops.supply_chain.risk.findings.table import table
from tests.risk.findings.support import FINDINGS, finding, report

GENERATOR = ("sealwright", "1.0")
WAIVED = finding("urllib3", waived_by="CVE-2026-1, ann, until 2026-12-31", due="2026-11-30")


def as_sarif(*findings: Finding, **more: Any) -> dict[str, Any]:
    document = sarif(report(*findings), generator=GENERATOR, **more)
    [run] = document["runs"]
    return {**run, "whole": document}


def test_the_table() -> None:
    text = table(report(finding(due="2026-12-01", also_at=("b.txt:1", "c.txt:2", "d.txt:3"), places=9), WAIVED))
    assert text == (
        "check_vulnerabilities  fail          2 locks, 10 locked, 10 examined; OSV snapshot, 3 hours old\n"
        "check_hashes           no record    it was not run, or did not end: nothing is known of what it looks at\n"
        "check_locks            no record    it was not run, or did not end: nothing is known of what it looks at\n"
        "check_malware          no record    it was not run, or did not end: nothing is known of what it looks at\n"
        "\n"
        "HIGH\n"
        "  idna 3.20  CVE-2026-1, vulnerability.known  due 2026-12-01\n"
        "    what: idna 3.20 has CVE-2026-1\n"
        "    where: functions/one/requirements.txt:3, b.txt:1, c.txt:2 and 6 more\n"
        "    next: Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna\n"
        "\n"
        "WAIVED\n"
        "  urllib3 3.20  CVE-2026-1, vulnerability.known  high\n"
        "    what: urllib3 3.20 has CVE-2026-1\n"
        "    where: functions/one/requirements.txt:3\n"
        "    waived by: CVE-2026-1, ann, until 2026-12-31\n"
        "\n"
        "findings: 2, from records: 1; 1 standing (1 high), 1 waived"
    )


def test_a_terminal_has_a_width_and_a_log_has_none() -> None:
    found = report(finding())
    assert max(map(len, table(found, width=60).splitlines())) <= 60
    assert max(map(len, table(found).splitlines())) > 60
    words = [" ".join(text.split()) for text in (table(found), table(found, width=1))]
    assert words[0] == words[1]


def test_what_was_not_examined_is_said_and_nothing_is_ever_called_clean() -> None:
    found = report(outcome=Outcome.NOT_EXAMINED, notes=("something outside did not answer",))
    for text in (table(found), markdown(found), summary(found), counts_only(found)):
        assert "not-examined" in text
        assert "no record" in text
        assert "clean" not in text.lower()
    assert "  note: something outside did not answer\n" in table(found)


ESCAPED = {
    "a|b": r"a\|b",
    "<b>&amp;": "&lt;b&gt;&amp;amp;",
    "[x](http://e.example)": r"\[x\]\(http&#58;//e.example\)",
    "www.e.example": "www&#46;e.example",
    "@team": "&#64;team",
    r"a\|b": r"a\\\|b",
    "`x` *y* _z_": r"\`x\` \*y\* \_z\_",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    assert escape(text) == ESCAPED[text]


def test_the_markdown() -> None:
    found = markdown(report(finding(due="2026-12-01", places=2), WAIVED))
    assert found == (
        "## Findings: acme 1.0\n\n"
        r"findings&#58; 2, from records&#58; 1; 1 standing \(1 high\), 1 waived." + "\n\n"
        "| stage | outcome | examined |\n|---|---|---|\n"
        r"| check\_vulnerabilities | fail | 2 locks, 10 locked, 10 examined; OSV snapshot, 3 hours old |" + "\n"
        r"| check\_hashes | no record | not run, or it did not end |" + "\n"
        r"| check\_locks | no record | not run, or it did not end |" + "\n"
        r"| check\_malware | no record | not run, or it did not end |" + "\n"
        "\n### High\n\n| package | what | where | due | next step |\n|---|---|---|---|---|\n"
        r"| idna 3.20 | idna 3.20 has CVE\-2026\-1 \(CVE\-2026\-1, vulnerability.known\) "
        r"| functions/one/requirements.txt&#58;3 and 1 more | 2026\-12\-01 "
        r"| Move idna to 4.0 or later&#58; nox \-s lock \-\- \-\-upgrade\-package idna |" + "\n"
        "\n### Waived\n\n| package | what | where | due | waived by |\n|---|---|---|---|---|\n"
        r"| urllib3 3.20 | urllib3 3.20 has CVE\-2026\-1 \(CVE\-2026\-1, vulnerability.known\) "
        r"| functions/one/requirements.txt&#58;3 |  | CVE\-2026\-1, ann, until 2026\-12\-31 |" + "\n"
    )


def test_a_summary_that_does_not_fit_says_so_and_keeps_the_worst() -> None:
    found = report(*(finding(f"p{number:03}") for number in range(99)), finding("worst", severity=Severity.CRITICAL))
    short = summary(found, most_bytes=2000)
    assert len(short.encode()) <= 2000
    assert "The findings do not fit here" in short
    assert "| worst 3.20 |" in short
    assert "p098" not in short
    assert summary(found) == markdown(found)


def test_counts_only_names_nothing() -> None:
    text = counts_only(report(finding("secret-package", path="secret/path")))
    assert not re.search("secret|idna|CVE|acme|1\\.0|OSV", text)
    assert "1 standing" in text


def test_sarif_of_one_finding() -> None:
    run = as_sarif(finding(also_at=("b.txt:12", "odd:name"), places=3, due="2026-12-01"))
    [result], [rule] = run["results"], run["tool"]["driver"]["rules"]
    fingerprints = result.pop("partialFingerprints")
    assert re.fullmatch("[0-9a-f]{16}:1", fingerprints["primaryLocationLineHash"])
    assert result == {
        "level": "error",
        "locations": [place("functions/one/requirements.txt", 3)],
        "message": {
            "text": "idna 3.20 has CVE-2026-1 (CVE-2026-1, vulnerability.known) At 3 places. Due 2026-12-01. "
            "Next: Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna"
        },
        "properties": {"code": "vulnerability.known", "severity": "high", "subject": "idna 3.20"},
        "relatedLocations": [place("b.txt", 12), place("odd%3Aname", 1)],
        "ruleId": "vulnerability.known/CVE-2026-1",
        "ruleIndex": 0,
    }
    assert rule == {
        "defaultConfiguration": {"level": "error"},
        "fullDescription": {"text": "idna 3.20 has CVE-2026-1"},
        "help": {"text": "Next:\n- Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna"},
        "id": "vulnerability.known/CVE-2026-1",
        "properties": {"precision": "high", "security-severity": "8.0", "tags": ["security", "supply-chain"]},
        "shortDescription": {"text": "CVE-2026-1 (high)"},
    }


def place(uri: str, line: int) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}


LEVELS = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "8.0"),
    Severity.UNKNOWN: ("error", "8.0"),
    Severity.MEDIUM: ("warning", "5.5"),
    Severity.LOW: ("note", "2.0"),
    Severity.INFO: ("note", None),
}


@pytest.mark.parametrize("severity", LEVELS)
def test_levels(severity: Severity) -> None:
    run = as_sarif(finding(severity=severity))
    score = run["tool"]["driver"]["rules"][0]["properties"].get("security-severity")
    assert (run["results"][0]["level"], score) == LEVELS[severity]


def fingerprint(*findings: Finding) -> list[str]:
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in as_sarif(*findings)["results"]]


def test_a_fingerprint_outlives_moved_lines_and_counted_days() -> None:
    now = fingerprint(finding())
    assert now == fingerprint(finding(line=99, message="due in 2 days", due="2026-12-03", next_step="Other."))
    assert now == fingerprint(finding(waived_by="w"))
    others = [finding("other"), finding(version="3.21"), finding(path="b.txt"), finding(aliases=("CVE-2026-2",))]
    assert now[0] not in [fingerprint(one)[0] for one in others]
    twice = fingerprint(finding(), finding(line=9))
    assert [one.rpartition(":")[2] for one in twice] == ["1", "2"]


def test_waived_is_suppressed_and_there() -> None:
    [result] = as_sarif(WAIVED)["results"]
    assert result["suppressions"] == [
        {"justification": "CVE-2026-1, ann, until 2026-12-31", "kind": "external", "status": "accepted"}
    ]
    assert "suppressions" not in as_sarif(finding())["results"][0]


URIS = {
    "a b/c#d?.txt": "a%20b/c%23d%3F.txt",
    "/etc/passwd": "etc/passwd",
    "//host/x": "host/x",
    "javascript:x": "javascript%3Ax",
    "": ".security-config.toml",
    "å.txt": "%C3%A5.txt",
}


@pytest.mark.parametrize("path", URIS)
def test_a_path_is_a_relative_reference(path: str) -> None:
    [result] = as_sarif(finding(path=path, line=0))["results"]
    assert result["locations"] == [place(URIS[path], 1)]


def test_too_many_results_are_cut_and_counted() -> None:
    found = [finding(f"p{number}") for number in range(4)] + [WAIVED]
    run = as_sarif(*found, most_results=3)
    assert [one["properties"]["subject"] for one in run["results"]] == ["p0 3.20", "p1 3.20", "p2 3.20"]
    said = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert said[-1] == "2 findings are left out here, the least severe and the waived: 3 are the most told"


def test_no_link_and_no_placeholder_comes_out_of_a_message() -> None:
    [result] = as_sarif(finding(message="[x](http://e.example) {0}", package="[y](1)"))["results"]
    assert "[x] (http://e.example) { 0}" in result["message"]["text"]
    assert result["properties"]["subject"] == "[y] (1) 3.20"


def valid_for_github(run: dict[str, Any]) -> list[str]:
    """The rules of GitHub's that the schema does not have."""
    problems = []
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    if len(set(ids)) != len(ids):
        problems.append("a rule twice")
    for rule in rules:
        texts = [rule["id"], *(rule[field]["text"] for field in ("shortDescription", "fullDescription", "help"))]
        problems += ["an empty text"] * (not all(text.strip() for text in texts))
        problems += ["too many tags"] * (len(rule["properties"]["tags"]) > 20)
    for result in run["results"]:
        problems += ["no place"] * (len(result["locations"]) != 1)
        problems += ["an empty message"] * (not result["message"]["text"].strip())
        problems += ["another rule"] * (ids[result["ruleIndex"]] != result["ruleId"])
    return problems


@given(findings=FINDINGS)
@settings(derandomize=True, max_examples=150, deadline=None)
def test_every_finding_is_in_every_form_and_breaks_none(findings: list[Finding]) -> None:
    found = report(*findings)
    run = as_sarif(*findings)
    assert valid_for_github(run) == []
    assert len(run["results"]) == len(found.findings)
    waived = [bool(one.get("suppressions")) for one in run["results"]]
    assert waived == [bool(one.waived_by) for one in found.findings]
    assert json.loads(encode(run["whole"])) == run["whole"]
    for one in found.findings:
        assert escape(one.waived_by or one.next_step) in markdown(found)
    rows = [line for line in markdown(found).split("\n") if line.startswith("| ")]
    assert len(rows) == 1 + 4 + len(found.findings) + markdown(found).count("\n### ")
    for row in rows:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) in (4, 6)
        assert not re.search(r"<|(?<!&)#(?!#)|\x1b|\r", row.replace(r"\#", ""))
    lines = table(found).split("\n")
    assert sum(line.startswith("    next: ") for line in lines) == sum(found.standing.values())
    assert sum(line.startswith("    waived by: ") for line in lines) == found.waived
    assert [line for line in lines if line.lstrip().startswith("::") or "##[" in line] == []


def test_the_sarif_is_valid(shared_data: Path) -> None:
    import jsonschema_rs

    schema = json.loads((shared_data / "schemas/sarif-2.1.0.schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    hostile = finding("::x|<a>\n", message="", version="", path="a b\x00", also_at=("", "x:1"), aliases=())
    for found in ((), (finding(), WAIVED, hostile, finding(severity=Severity.INFO, path="", line=0))):
        document = as_sarif(*found)["whole"]
        assert [error.message for error in validator.iter_errors(document)] == []
    document["runs"][0]["results"][0].pop("message")
    assert not validator.is_valid(document)

"""Table, Markdown and SARIF: nothing is lost in any of them, and no name can break out of one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.cause_lines import cause_text
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.render.markdown import counts_only, report_markdown, summary
from ops.supply_chain.risk.findings.render.rows import rows, where
from ops.supply_chain.risk.findings.render.sarif import sarif
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.findings.render.text import MOST_MESSAGES, report_text, stage_text
from tests.risk.findings.support import FINDINGS, STATES, finding, record, report

GENERATOR = ("sealwright", "1.0")
WAIVED = finding("urllib3", waived_by="CVE-2026-1, ann, until 2026-12-31", due="2026-11-30")


def as_sarif(*findings: Finding, **more: Any) -> dict[str, Any]:
    document = sarif(report(*findings), generator=GENERATOR, **more)
    [run] = document["runs"]
    return {**run, "whole": document}


def test_the_text_of_a_report() -> None:
    text = report_text(report(finding(due="2026-12-01", also_at=("b.txt:1", "c.txt:2", "d.txt:3"), places=9), WAIVED))
    assert text == (
        "check_vulnerabilities  fail          2 locks, 10 locked, 10 examined; OSV snapshot, 3 hours old\n"
        "check_hashes           no record     it was not run or did not finish: nothing it checks was examined\n"
        "check_locks            no record     it was not run or did not finish: nothing it checks was examined\n"
        "check_malware          no record     it was not run or did not finish: nothing it checks was examined\n"
        "\n"
        "HIGH\n"
        "  idna 3.20  CVE-2026-1, vulnerability.known  due 2026-12-01\n"
        "    what: idna 3.20 has CVE-2026-1\n"
        "    where: functions/one/requirements.txt:3, b.txt:1, c.txt:2 and 6 more places\n"
        "    next: Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna\n"
        "\n"
        "WAIVED\n"
        "  urllib3 3.20  CVE-2026-1, vulnerability.known  high\n"
        "    what: urllib3 3.20 has CVE-2026-1\n"
        "    where: functions/one/requirements.txt:3\n"
        "    waived by: CVE-2026-1, ann, until 2026-12-31\n"
        "\n"
        "findings: 2, from records: 1; 1 open (1 high), 1 waived"
    )


def test_findings_that_differ_only_in_location_are_one_row() -> None:
    locks = [finding(path=f"{name}.txt", line=number) for number, name in enumerate("abcde", start=1)]
    other = finding(path="a.txt", line=9, message="another message")
    [row, second] = rows([*reversed(locks), other])
    assert (row.locations, row.places) == (("a.txt:1", "b.txt:2", "c.txt:3", "d.txt:4", "e.txt:5"), 5)
    assert (second.locations, second.places) == (("a.txt:9",), 1)
    assert where(row, most=3) == "a.txt:1, b.txt:2, c.txt:3 and 2 more places"
    assert where(row, most=4).endswith(" and 1 more place")
    found = report(*locks)
    assert report_text(found).count("what: ") == report_markdown(found).count("| idna 3.20 |") == 1
    assert "a.txt:1, b.txt:2, c.txt:3 and 2 more places" in report_text(found)
    assert len(found.findings) == len(as_sarif(*locks)["results"]) == 5


def test_the_places_of_merged_findings_add_up() -> None:
    many = finding(path="a.txt", line=1, also_at=("b.txt:1",), places=7)
    nowhere = finding(path="", line=0)
    assert [(row.locations, row.places) for row in rows([many, finding(path="c.txt", line=2), nowhere])] == [
        (("a.txt:1", "b.txt:1", "c.txt:2"), 8)
    ]
    assert [(row.locations, row.places, where(row)) for row in rows([nowhere])] == [((), 0, "")]


def test_the_rows_do_not_depend_on_the_order_of_the_findings() -> None:
    found = [finding(path="b.txt"), finding("six", severity=Severity.LOW), finding(path="a.txt"), WAIVED]
    assert rows(found) == rows(list(reversed(found))) == rows([*found, *found])


def test_messages_with_one_next_step_share_a_block_and_many_are_cut() -> None:
    def denied(number: int) -> Finding:
        return Finding(code="policy.x", severity=Severity.HIGH, message=f"p{number:03}: no hash", next_step="Add it.")

    lines = report_text(report(*(denied(number) for number in range(MOST_MESSAGES + 2)))).split("\n")
    start = lines.index("HIGH")
    assert lines[start : start + 3] == ["HIGH", "  policy.x", "    what: p000: no hash"]
    end = lines.index("    next: Add it.")
    assert lines[end - 1] == "    and 2 more: all are in the JSON result"
    assert lines.count("    next: Add it.") == 1
    assert "next:" not in report_text(report())


def test_a_next_step_of_several_lines_keeps_them_and_no_line_starts_a_command() -> None:
    lines = stage_text(record(finding(next_step="Add:\n[table]\n::error::x\x1b[2J", path="", due=""))).split("\n")
    start = lines.index("    next: Add:")
    assert lines[start : start + 3] == ["    next: Add:", "      [table]", "      : :error: :x?[2J"]


def test_json_and_markdown_have_the_page_of_each_advisory() -> None:
    found = report(finding(aliases=("GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1", "not an identifier")))
    assert found.advisories == {
        "GHSA-aaaa-bbbb-cccc": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
        "PYSEC-2026-1": "https://osv.dev/vulnerability/PYSEC-2026-1",
    }
    shown = report_markdown(found)
    assert "[PYSEC&#45;2026&#45;1](<https://osv.dev/vulnerability/PYSEC-2026-1>)" in shown or (
        "[PYSEC-2026-1](<https://osv.dev/vulnerability/PYSEC-2026-1>)" in shown
    )
    assert "not an identifier" in shown


def test_the_markdown_begins_with_the_root_causes() -> None:
    failed = record(finding())
    causes = [cause_text(mark_of(cause, fail_on=Severity.LOW), cause) for cause in root_causes([failed], ())]
    lines = summary(report(finding()), causes).splitlines()
    assert lines[2].startswith("- **x** idna 3.20: [CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), high")
    assert lines[4] == "  - Move idna to 4.0 or later. `nox -s lock -- --upgrade-package idna`"


HOSTILE = "x\r\n::error::y\x1b[31m\u202ez|`<img>`[a](b)https://user:secret@host/"


@pytest.mark.parametrize("field", ["message", "next_step", "package", "version", "path", "waived_by", "due"])
def test_hostile_text_stays_harmless_in_each_form(field: str) -> None:
    found = report(finding(**{field: HOSTILE}))
    forms = [report_text(found), stage_text(record(finding(**{field: HOSTILE})))]
    forms += [report_markdown(found), encode(as_sarif(finding(**{field: HOSTILE}))["whole"]).decode()]
    for form in forms:
        assert not re.search("[\r\x1b\u202e]|secret", form)
    for form in forms[:2]:
        assert [line for line in form.split("\n") if line.lstrip().startswith("::")] == []
    assert "<img>" not in report_markdown(found)


def test_a_terminal_has_a_width_and_a_log_has_none() -> None:
    found = report(finding())
    assert max(map(len, report_text(found, width=60).splitlines())) <= 60
    assert max(map(len, report_text(found).splitlines())) > 60
    words = [" ".join(text.split()) for text in (report_text(found), report_text(found, width=1))]
    assert words[0] == words[1]


def test_what_was_not_examined_is_said_and_nothing_is_ever_called_clean() -> None:
    found = report(outcome=Outcome.NOT_EXAMINED, notes=("something outside did not answer",))
    for text in (report_text(found), report_markdown(found), summary(found), counts_only(found)):
        assert "not-examined" in text
        assert "no record" in text
        assert "clean" not in text.lower()
    assert "  note: something outside did not answer\n" in report_text(found)


def test_the_markdown() -> None:
    found = report_markdown(report(finding(due="2026-12-01", places=2), WAIVED))
    assert found == (
        "## Findings: acme 1.0\n\n"
        "findings: 2, from records: 1; 1 open (1 high), 1 waived.\n\n"
        "| stage | outcome | examined |\n|---|---|---|\n"
        "| check_vulnerabilities | fail | 2 locks, 10 locked, 10 examined; OSV snapshot, 3 hours old |\n"
        "| check_hashes | no record | not run, or did not finish |\n"
        "| check_locks | no record | not run, or did not finish |\n"
        "| check_malware | no record | not run, or did not finish |\n"
        "\n### High\n\n| package | what | where | due | next step |\n|---|---|---|---|---|\n"
        "| idna 3.20 | idna 3.20 has CVE-2026-1 ([CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), vulnerability.known) "
        "| functions/one/requirements.txt:3 and 1 more place | 2026-12-01 "
        "| Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna |\n"
        "\n### Waived\n\n| package | what | where | due | waived by |\n|---|---|---|---|---|\n"
        "| urllib3 3.20 | urllib3 3.20 has CVE-2026-1 ([CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), vulnerability.known) "
        "| functions/one/requirements.txt:3 |  | CVE-2026-1, ann, until 2026-12-31 |\n"
    )


def test_a_summary_that_does_not_fit_says_so_and_keeps_the_worst() -> None:
    found = report(*(finding(f"p{number:03}") for number in range(99)), finding("worst", severity=Severity.CRITICAL))
    short = summary(found, most_bytes=2000)
    assert len(short.encode()) <= 2000
    assert "The findings do not fit here" in short
    assert "| worst 3.20 |" in short
    assert "p098" not in short
    assert summary(found) == report_markdown(found)


def test_counts_only_names_nothing() -> None:
    text = counts_only(report(finding("secret-package", path="secret/path")))
    assert not re.search("secret|idna|CVE|acme|1\\.0|OSV", text)
    assert "1 open" in text


def test_counts_only_has_the_age_of_the_advisories() -> None:
    found = report()
    aged = msgspec.structs.replace(found.stages[0], counts={"feed_age_hours": 50})
    assert "| advisories 2 days old |" in counts_only(msgspec.structs.replace(found, stages=(aged,)))


def test_sarif_of_one_finding() -> None:
    run = as_sarif(finding(also_at=("b.txt:12", "odd:name"), places=3, due="2026-12-01"))
    [result], [rule] = run["results"], run["tool"]["driver"]["rules"]
    fingerprints = result.pop("partialFingerprints")
    assert list(fingerprints) == ["sealwrightFinding/v1"]
    assert re.fullmatch("[0-9a-f]{64}:1", fingerprints["sealwrightFinding/v1"])
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
        "fullDescription": {"text": "Advisory CVE-2026-1 is about a locked version."},
        "help": {
            "text": "Each result has the next step. https://nvd.nist.gov/vuln/detail/CVE-2026-1",
            "markdown": "Each result has the next step. [CVE-2026-1](https://nvd.nist.gov/vuln/detail/CVE-2026-1)",
        },
        "helpUri": "https://nvd.nist.gov/vuln/detail/CVE-2026-1",
        "id": "vulnerability.known/CVE-2026-1",
        "properties": {"precision": "high", "security-severity": "8.0", "tags": ["security", "supply-chain"]},
        "shortDescription": {"text": "CVE-2026-1"},
    }


def test_what_is_exploited_comes_first_in_each_form() -> None:
    _, listed, likely = STATES
    found = report(
        finding("worse", severity=Severity.CRITICAL),
        finding("likely", severity=Severity.MEDIUM, exploitation=likely),
        finding("used", severity=Severity.LOW, exploitation=listed),
    )
    shown = report_text(found)
    assert [line for line in shown.split("\n") if line.isupper()] == ["EXPLOITED", "LIKELY TO BE EXPLOITED", "CRITICAL"]
    assert "  used 3.20  CVE-2026-1, vulnerability.known  low" in shown
    assert "  likely 3.20  CVE-2026-1, vulnerability.known  medium  EPSS 97.2 %" in shown
    headings = [line for line in report_markdown(found).split("\n") if line.startswith("### ")]
    assert headings == ["### Exploited", "### Likely to be exploited", "### Critical"]
    run = sarif(found, generator=GENERATOR)["runs"][0]
    properties = [result["properties"] for result in run["results"]]
    assert [(each["kev"], each.get("exploitedSince"), each.get("epss")) for each in properties[:2]] == [
        ("listed", "2026-05-01", None),
        ("not-listed", None, 0.97213),
    ]
    assert "kev" not in properties[2]
    assert run["tool"]["driver"]["rules"][0]["properties"]["tags"] == ["exploited", "security", "supply-chain"]


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
    return [one["partialFingerprints"]["sealwrightFinding/v1"] for one in as_sarif(*findings)["results"]]


def test_a_fingerprint_outlives_moved_lines_and_counted_days() -> None:
    now = fingerprint(finding())
    assert now == fingerprint(finding(line=99, message="due in 2 days", due="2026-12-03", next_step="Other."))
    assert now == fingerprint(finding(waived_by="w"))
    others = [finding("other"), finding(version="3.21"), finding(path="b.txt"), finding(aliases=("CVE-2026-2",))]
    assert now[0] not in [fingerprint(one)[0] for one in others]
    twice = fingerprint(finding(), finding(line=9))
    assert [one.rpartition(":")[2] for one in twice] == ["1", "2"]


def test_texts_of_a_rule_do_not_depend_on_the_run() -> None:
    runs = [finding(), finding(message="other words", next_step="Other.", version="4"), finding(path="b.txt", line=7)]
    rules = [as_sarif(found)["tool"]["driver"]["rules"] for found in runs]
    assert rules[0] == rules[1] == rules[2]
    assert "helpUri" not in as_sarif(finding(code="lock.unhashed", aliases=()))["tool"]["driver"]["rules"][0]


def test_two_results_of_one_rule_on_one_line_stay_two_alerts() -> None:
    alike = [finding(code="x.y", aliases=(), path="", line=0, package=name) for name in "ab"]
    given = [one["partialFingerprints"].get("primaryLocationLineHash", "") for one in as_sarif(*alike)["results"]]
    assert [bool(value) for value in given] == [False, True]


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
    assert said[-1] == "2 findings are left out here, the least severe and the waived: 3 is the limit"


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
        assert markdown.text(one.waived_by or one.next_step) in report_markdown(found)
    lines = [line for line in report_markdown(found).split("\n") if line.startswith("| ")]
    assert len(lines) == 1 + 4 + len(rows(found.findings)) + report_markdown(found).count("\n### ")
    for row in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) in (4, 6)
        own = re.sub(r"\]\(<https://[A-Za-z0-9./-]+>\)", "]", row)  # links to advisories, whose form is checked
        assert not re.search(r"<|(?<!&)#|\x1b|\r", own)
    lines = report_text(found).split("\n")
    assert sum(line.startswith("    what: ") for line in lines) == len(rows(found.findings))
    assert ("WAIVED" in lines) is (found.waived > 0)
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

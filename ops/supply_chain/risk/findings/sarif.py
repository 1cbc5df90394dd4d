"""Findings as SARIF 2.1.0, located at the lock line, in the form that GitHub's code scanning takes.

One rule for each kind of finding, and one for each advisory; its help is what to do. A fingerprint is made
of the rule, the package, the version and the file: a finding stays the same when lines move or a message
counts days. What is waived is there, suppressed.

Source: OASIS SARIF 2.1.0; github/docs "SARIF support for code scanning"; facts/standards.md section 11.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.risk.findings.gather import WORST_FIRST
from ops.supply_chain.risk.findings.wording import examined, identifiers, label, subject

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub refuses a run with more; it shows the worst 5,000."""

MOST_RELATED = 10
"""Further places of one finding that are told; its message says how many there are."""

MOST_STEPS = 5
LONGEST_TEXT = 1000
FINGERPRINT = "sealwrightFinding/v1"

_ADVISORIES = ("vulnerability", "malware")
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.UNKNOWN: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""GitHub's bands are over 9.0, 7.0, 4.0 and 0.1; records keep levels, not scores, so these are their middles."""

_MARKUP = re.compile(r"\](?=\()|\{(?=[0-9])")

Json = dict[str, Any]


def sarif(report: FindingsReport, *, generator: tuple[str, str], most_results: int = MOST_RESULTS) -> Json:
    """Return the document.

    Args:
        report: The findings, worst first.
        generator: Name and version of what made it.
        most_results: How many to tell; those left out are the last, and how many is said.
    """
    told = report.findings[:most_results]
    rules = _rules(told)
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    name, version = generator
    run = {
        "automationDetails": {"id": "sealwright/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(report, len(told))}],
        "results": [_result(one, places, seen) for one in told],
        "tool": {"driver": {"name": name, "rules": rules, "semanticVersion": version, "version": version}},
    }
    return {"$schema": SCHEMA, "runs": [run], "version": "2.1.0"}


def rule_id(finding: Finding) -> str:
    """Return the rule of a finding: its code, and for an advisory its id as well."""
    advisory = finding.code.split(".", 1)[0] in _ADVISORIES and finding.aliases
    return f"{finding.code}/{finding.aliases[0]}" if advisory else finding.code


def _rules(findings: Sequence[Finding]) -> list[Json]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(rule_id(finding), []).append(finding)
    return [_rule(name, grouped[name]) for name in sorted(grouped)]


def _rule(name: str, findings: Sequence[Finding]) -> Json:
    worst = min((one.severity for one in findings), key=WORST_FIRST.index)
    advisory = name != findings[0].code
    about = findings[0].message if advisory else f"{name}: a finding of sealwright"
    properties: Json = {"precision": "high", "tags": ["security", "supply-chain"]}
    if worst in _SCORES:
        properties["security-severity"] = _SCORES[worst]
    return {
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "fullDescription": {"text": _text(about)},
        "help": {"text": _help(findings)},
        "id": name,
        "properties": properties,
        "shortDescription": {"text": _text(f"{name.rsplit('/', 1)[-1]} ({label(worst)})")},
    }


def _help(findings: Sequence[Finding]) -> str:
    steps = list(dict.fromkeys(one.next_step for one in findings))
    more = f"\nand {len(steps) - MOST_STEPS} more: see each result" if len(steps) > MOST_STEPS else ""
    return "Next:\n" + "\n".join(f"- {_text(step)}" for step in steps[:MOST_STEPS]) + more


def _result(finding: Finding, places: dict[str, int], seen: Counter[str]) -> Json:
    rule = rule_id(finding)
    key = sha256_bytes(repr((rule, finding.package, finding.version, finding.path)).encode())
    seen[key] += 1
    result: Json = {
        "level": _LEVELS[finding.severity],
        "locations": [_location(finding.path, finding.line)],
        "message": {"text": _message(finding)},
        "partialFingerprints": {
            # The form of GitHub's own: 16 digits and the how-manieth of its kind in the file.
            "primaryLocationLineHash": f"{key[:16]}:{seen[key]}",
            FINGERPRINT: f"{key}:{seen[key]}",
        },
        "properties": {"code": finding.code, "severity": finding.severity.value, "subject": _text(subject(finding))},
        "ruleId": rule,
        "ruleIndex": places[rule],
    }
    if finding.also_at:
        result["relatedLocations"] = [_elsewhere(place) for place in finding.also_at[:MOST_RELATED]]
    if finding.waived_by:
        result["suppressions"] = [{"justification": _text(finding.waived_by), "kind": "external", "status": "accepted"}]
    return result


def _message(finding: Finding) -> str:
    due = f" Due {finding.due}." if finding.due and not finding.waived_by else ""
    more = f" At {finding.places} places." if finding.places > 1 else ""
    return f"{_text(finding.message)} ({_text(identifiers(finding))}){more}{due} Next: {_text(finding.next_step)}"


def _elsewhere(place: str) -> Json:
    path, _, line = place.rpartition(":")
    return _location(path, int(line)) if path and line.isascii() and line.isdecimal() else _location(place, 0)


def _location(path: str, line: int) -> Json:
    # GitHub drops a result without a place: what is about no file is shown where the project is configured.
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path or CONFIG_NAME)},
            "region": {"startLine": max(line, 1)},
        }
    }


def _uri(path: str) -> str:
    """Return a relative reference: never one with a scheme, an authority or a root (RFC 3986, 4.2)."""
    return quote(path.lstrip("/") or CONFIG_NAME, safe="/-._~+@=,")


def _notifications(report: FindingsReport, told: int) -> list[Json]:
    left = len(report.findings) - told
    texts = [f"{stage.stage}: {stage.outcome.value}. {examined(stage)}" for stage in report.stages]
    texts += [f"{gate}: no record" for gate in report.without_record]
    if left:
        texts.append(f"{left} findings are left out here, the least severe and the waived: {told} are the most told")
    return [{"level": "note", "message": {"text": _text(text)}} for text in texts]


def _text(text: str) -> str:
    """Return text that is not empty and not too long, and that SARIF takes as it is.

    GitHub refuses an empty text and cuts a long one. `[text](target)` would be a link and `{0}` a
    placeholder (SARIF 3.11.5, 3.11.6).
    """
    shown = _MARKUP.sub(r"\g<0> ", text.strip()) or "-"
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"

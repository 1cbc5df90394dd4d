"""Findings as SARIF 2.1.0, located at the lock line, in the form that GitHub's code scanning takes.

One rule for each code, and one for each advisory; its texts are the same in every run, and what to do is in each
result. A fingerprint is computed from the rule, the package, the version and the file: a finding stays the same when lines
move or a message counts days. GitHub's own fingerprint, of the line, is left to the uploader, except where it would be
the same for two results.
Waived findings are included, suppressed. Findings that differ only in location stay separate results here: code
scanning marks each location and tracks it by its own fingerprint. Compared with an earlier scan, each result has its
`baselineState`, and what is gone is there too, as absent: GitHub reads no such state (docs/report.md).

Source: OASIS SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/;
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import UnsetType

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.findings_report import FindingsReport, FindingState
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding, Severity
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.advisory_ids import advisory_page
from ops.supply_chain.risk.findings.render.rows import row_of, since_sentence, stage_coverage

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub refuses a run with more; it shows the worst 5,000."""

MOST_RELATED = 10
"""Related locations of one result; its message gives the total."""

LONGEST_TEXT = 1000
FINGERPRINT = "sealwrightFinding/v1"

_KINDS = {"vulnerability": "Advisory", "malware": "Report of malware"}
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
"""The middles of GitHub's bands (above 9.0, 7.0, 4.0 and 0.1): records have levels, not scores."""

_MARKUP = re.compile(r"\](?=\()|\{(?=[0-9])")

Json = dict[str, Any]


def sarif(
    report: FindingsReport,
    *,
    generator: tuple[str, str],
    most_results: int = MOST_RESULTS,
    existing: Collection[Finding] | None = None,
) -> Json:
    """Return the document.

    Args:
        report: The findings, worst first.
        generator: Name and version of the program.
        most_results: How many results to write; the last ones are left out, and a notification gives their number.
        existing: The findings that an earlier state has as well: each result then says whether it is new or unchanged
            (SARIF 3.27.24, `baselineState`). None compares as `since` of the report does, if it is set: a result that the
            earlier scan does not decide has no state, and what is gone is a result that is absent.
    """
    states, absent = _states(report, existing)
    written = report.findings[:most_results]
    gone = absent[: most_results - len(written)]
    rules = _rules((*written, *gone))
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    name, version = generator
    run = {
        "automationDetails": {"id": "sealwright/" if existing is None else "sealwright-change/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": _notifications(report, len(written))}
        ],
        "results": [
            *({**_result(finding, places, seen), **_baseline(states.get(finding))} for finding in written),
            *({**_result(finding, places, seen), **_baseline(FindingState.ABSENT)} for finding in gone),
        ],
        "tool": {"driver": {"name": name, "rules": rules, "semanticVersion": version, "version": version}},
    }
    return {"$schema": SCHEMA, "runs": [run], "version": "2.1.0"}


def rule_id(finding: Finding) -> str:
    """Return the rule of a finding: its code, with the advisory's id for an advisory."""
    advisory = finding.code.split(".", 1)[0] in _KINDS and finding.aliases
    return f"{finding.code}/{finding.aliases[0]}" if advisory else finding.code


def _rules(findings: Sequence[Finding]) -> list[Json]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(rule_id(finding), []).append(finding)
    return [_rule(name, grouped[name]) for name in sorted(grouped)]


def _rule(name: str, findings: Sequence[Finding]) -> Json:
    worst = min((finding.severity for finding in findings), key=WORST_FIRST.index)
    exploited = ["exploited"] if any(finding.is_exploited for finding in findings) else []
    properties: Json = {"precision": "high", "tags": [*exploited, "security", "supply-chain"]}
    if worst in _SCORES:
        properties["security-severity"] = _SCORES[worst]
    code, _, advisory = name.partition("/")
    page = advisory_page(advisory)
    about = f"{_KINDS[code.split('.', 1)[0]]} {advisory} is about a locked version" if advisory else f"Finding {code}"
    helped = "Each result has the next step."
    rule: Json = {
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "fullDescription": {"text": _text(f"{about}.")},
        "help": {"text": _text(f"{helped} {page}".rstrip())},
        "id": name,
        "properties": properties,
        "shortDescription": {"text": _text(advisory or code)},
    }
    if page:
        rule |= {"helpUri": page, "help": {**rule["help"], "markdown": f"{helped} [{advisory}]({page})"}}
    return rule


def _result(finding: Finding, places: dict[str, int], seen: Counter[str]) -> Json:
    rule, subject = rule_id(finding), row_of(finding).subject
    key = sha256_bytes(repr((rule, finding.package, finding.version, finding.path)).encode())
    seen[key] += 1
    result: Json = {
        "level": _LEVELS[finding.severity],
        "locations": [_location(finding.path, finding.line)],
        "message": {"text": _message(finding)},
        "partialFingerprints": {FINGERPRINT: f"{key}:{seen[key]}"},
        "properties": {
            "code": finding.code,
            "severity": finding.severity.value,
            "subject": _text(subject),
            **_exploitation(finding),
        },
        "ruleId": rule,
        "ruleIndex": places[rule],
    }
    at = f"{rule} {finding.path} {max(finding.line, 1)}"
    seen[at] += 1
    if seen[at] > 1:
        # GitHub's own form: 16 digits, and the number of the result among equal ones in the file.
        result["partialFingerprints"]["primaryLocationLineHash"] = f"{key[:16]}:{seen[key]}"
    if finding.also_at:
        result["relatedLocations"] = [_elsewhere(place) for place in finding.also_at[:MOST_RELATED]]
    if finding.waived_by:
        result["suppressions"] = [{"justification": _text(finding.waived_by), "kind": "external", "status": "accepted"}]
    return result


def _exploitation(finding: Finding) -> Json:
    """Return what feeds say of the exploitation of a vulnerability; nothing where none was asked."""
    known = finding.exploitation
    if isinstance(known, UnsetType):
        return {}
    properties: Json = {"kev": known.listing.value}
    if known.is_exploited:
        properties |= {"exploitedSince": known.exploited, "ransomware": known.ransomware}
    if known.epss is not None:
        properties |= {"epss": known.epss, "epssPercentile": known.percentile, "epssDate": known.scored}
    return properties


def _states(
    report: FindingsReport, existing: Collection[Finding] | None
) -> tuple[dict[Finding, FindingState], tuple[Finding, ...]]:
    """Return the state of each finding that has one, and the findings that are gone."""
    if existing is not None:
        known = {True: FindingState.UNCHANGED, False: FindingState.NEW}
        return {finding: known[finding in existing] for finding in report.findings}, ()
    if isinstance(report.since, UnsetType):
        return {}, ()
    return dict(zip(report.findings, report.since.states, strict=True)), report.since.absent


def _baseline(state: FindingState | None) -> Json:
    return {} if state is None or state is FindingState.NOT_COMPARED else {"baselineState": state.value}


def _message(finding: Finding) -> str:
    due = f" Due {finding.due}." if finding.due and not finding.waived_by else ""
    more = f" At {finding.places} places." if finding.places > 1 else ""
    identifiers = _text(", ".join(row_of(finding).identifiers))
    return f"{_text(finding.message)} ({identifiers}){more}{due} Next: {_text(finding.next_step)}"


def _elsewhere(place: str) -> Json:
    path, _, line = place.rpartition(":")
    return _location(path, int(line)) if path and line.isascii() and line.isdecimal() else _location(place, 0)


def _location(path: str, line: int) -> Json:
    # GitHub drops a result without a location: a finding that is about no file is shown at the configuration.
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path or CONFIG_NAME)},
            "region": {"startLine": max(line, 1)},
        }
    }


def _uri(path: str) -> str:
    """Return a relative reference: never one with a scheme, an authority or a root (RFC 3986, 4.2)."""
    return quote(path.lstrip("/") or CONFIG_NAME, safe="/-._~+@=,")


def _notifications(report: FindingsReport, written: int) -> list[Json]:
    left = len(report.findings) - written
    texts = [f"{stage.stage}: {stage.outcome.value}. {stage_coverage(stage)}" for stage in report.stages]
    texts += [f"{gate}: no record" for gate in report.without_record]
    if since := since_sentence(report):
        texts.append(since)
        texts += () if isinstance(report.since, UnsetType) else report.since.not_compared
    if left:
        texts.append(f"{left} findings are left out here, the least severe and the waived: {written} is the limit")
    return [{"level": "note", "message": {"text": _text(text)}} for text in texts]


def _text(text: str) -> str:
    """Return text that is neither empty nor too long and has no SARIF markup.

    GitHub refuses an empty text and cuts a long one. `[text](target)` would be a link and `{0}` a
    placeholder (SARIF 3.11.5, 3.11.6).
    """
    shown = _MARKUP.sub(r"\g<0> ", text.strip()) or "-"
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"

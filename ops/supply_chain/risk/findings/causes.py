"""Root causes of a run: findings and denials that one change deals with are one entry.

- What several stages report of the same thing is one finding. Two advisories about one version are two findings and one
  cause; findings without a file, and those of one stage, are the same only if their sentences are.
- An advisory about what releases contain is one cause, whatever versions of the package they contain; everything that
  advisories say of a product of a supplier is one, too.
- A package without a version or a hash is one cause, with everything that could not be examined because of it.
- What could not be examined because a service did not answer is one cause for each service.
- Baselines and timestamps that no earlier run has recorded are one cause: the first run.
- A denial belongs to the findings that it repeats. One that repeats none is a cause of its own, so that no denial is
  left without an explanation.

Source: docs/report.md, "Root causes".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Reason, Verdict
from ops.supply_chain.contracts.values.cause import CauseKind, RootCause
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding, Severity, priority
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.cause_lines import advisory_name
from ops.supply_chain.risk.findings.render.rows import clean, order, row_of, rows

POLICY_CODE = "policy."
"""Prefix of the codes under which the policy's stage repeats its denials as findings."""

_UNPINNED = frozenset({"lock.unpinned", "lock.unhashed"})
_FIRST_STEP = "lock.unpinned"
_NO_SOURCE = "lock.no-source"
_FIRST_RUN = frozenset({"publisher.no-baseline", "lock.no-moment", "lock.no-sbom"})
_NOT_EXAMINED = ".not-examined"
_UNREAD = "lock.unread"
"""A file that was found and not read: nothing in it was examined."""

_ADVISORIES = {
    "malware.known": CauseKind.MALWARE,
    "malware.shipped": CauseKind.MALWARE,
    "malware.supplied": CauseKind.MALWARE,
    "vulnerability.known": CauseKind.VULNERABILITY,
    "vulnerability.shipped": CauseKind.VULNERABILITY,
    "waiver.exploited": CauseKind.VULNERABILITY,
    "vulnerability.supplied": CauseKind.VULNERABILITY,
}
_SHIPPED = frozenset({"malware.shipped", "vulnerability.shipped"})
"""What releases contain that customers run: one cause for each advisory, whatever versions of the package they contain."""

_SUPPLIED = frozenset({"malware.supplied", "vulnerability.supplied"})
"""What suppliers' products contain: one cause for each product, which the message begins with."""

MOST_ADVISORIES = 3
"""Of a product of a supplier, that the title of its cause names."""

_WAIVED = "waiver.exploited"
"""A waived vulnerability that is exploited since it was accepted."""

_CHANGED = ("hash.", "publisher.", "lock.", "source.", "build.", "change.")
"""Gates whose findings are about something that is other than it should be."""

_ALONE = re.compile(r"\((?P<name>[a-z0-9][a-z0-9._-]*)\)")
"""The one package that a finding about several pins names."""

_PURL = re.compile(r"pkg:pypi/(?P<name>[^@?#]+)")
_REPEATS = "release.findings"
_EXAMINED = "release.examined"
_OUTCOMES = "release.outcomes"
_DERIVED = {"generate_vex": "check_vulnerabilities"}
"""Stages without findings of their own, and the gate whose result they describe."""

_KINDS = tuple(CauseKind)

_Key = tuple[str, ...]


class _Denial(NamedTuple):
    code: str
    title: str
    reason: Reason


class _Group:
    """The findings of one cause, with the stages that report them, and the denials that it explains."""

    def __init__(self, kind: CauseKind) -> None:
        self.kind = kind
        self.findings: list[Finding] = []
        self.stages: set[str] = set()
        self.denials: list[_Denial] = []

    @property
    def unexamined(self) -> bool:
        """Whether something could not be examined because of it."""
        return any(
            finding.code.endswith(_NOT_EXAMINED) or finding.code in (*_UNPINNED, _UNREAD) for finding in self.findings
        )


def root_causes(records: Sequence[Record], verdicts: Iterable[Verdict]) -> tuple[RootCause, ...]:
    """Return the root causes of a run, what matters most first.

    Args:
        records: All records of the run.
        verdicts: What the policy decided about it, if it decided.
    Returns:
        Malware and vulnerabilities first, of these what is exploited, then the most severe; then what denies; then the
        rest. Each open finding is in exactly one cause, and each denial belongs to one.
    """
    reported = [
        (record.stage, clean(finding))
        for record in records
        for finding in record.findings
        if not finding.waived_by and not finding.code.startswith(POLICY_CODE)
    ]
    groups = _grouped(reported)
    for denial in _denials(verdicts):
        key = _explanation(denial, reported, groups)
        group = groups.setdefault(key, _Group(CauseKind.POLICY))
        group.denials.append(denial)
        if denial.code in (_OUTCOMES, _EXAMINED):
            group.stages.add(denial.reason.subject)
    return tuple(sorted(map(_cause, groups.values()), key=_weight))


def causes_of(stage: str, findings: Iterable[Finding]) -> tuple[RootCause, ...]:
    """Return the root causes of one stage's open findings, in the order of `root_causes`."""
    reported = [(stage, clean(finding)) for finding in findings if not finding.waived_by]
    return tuple(sorted(map(_cause, _grouped(reported).values()), key=_weight))


def _grouped(reported: Sequence[tuple[str, Finding]]) -> dict[_Key, _Group]:
    findings = [finding for _, finding in reported]
    unpinned = {finding.package for finding in findings if finding.package and finding.code in _UNPINNED}
    alone = _unpinned_files(findings)
    groups: dict[_Key, _Group] = {}
    same: dict[tuple[object, ...], dict[str, dict[str, Finding]]] = {}
    for stage, finding in sorted(reported, key=lambda entry: (order(entry[1]), entry[0])):
        same.setdefault(_identity(finding), {}).setdefault(stage, {}).setdefault(finding.message, finding)
    for by_stage in same.values():
        # Two stages may use other words for the same thing; two sentences of one stage are two things.
        most = max(by_stage.values(), key=len)
        for finding in most.values():
            kind, key = _key(finding, unpinned, alone)
            group = groups.setdefault(key, _Group(kind))
            group.findings.append(finding)
            group.stages.update(by_stage)
    return groups


def _identity(finding: Finding) -> tuple[object, ...]:
    """Return what two stages that report the same thing have in common."""
    about = "" if finding.path else finding.message
    place = (finding.path, finding.line)
    return (finding.code, finding.package, finding.version, *place, finding.aliases, about)


def _unpinned_files(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the files in which exactly one package is not pinned, with that package."""
    found: dict[str, set[str]] = {}
    for finding in findings:
        if finding.code in _UNPINNED and finding.package:
            found.setdefault(finding.path, set()).add(finding.package)
    return {path: next(iter(names)) for path, names in found.items() if len(names) == 1}


def _key(finding: Finding, unpinned: Collection[str], alone: Mapping[str, str]) -> tuple[CauseKind, _Key]:
    code, package = finding.code, finding.package
    unexamined = code.endswith(_NOT_EXAMINED)
    if unexamined and not package:
        named = _ALONE.search(finding.message)
        package = named["name"] if named is not None and named["name"] in unpinned else ""
        if not package:
            return CauseKind.NOT_EXAMINED, ("service", finding.next_step)
    if code in _ADVISORIES:
        about = finding.aliases[:1] if code in _SHIPPED else (finding.version,)
        package, about = (_product(finding), ()) if code in _SUPPLIED else (package, about)
        return _ADVISORIES[code], (code, package, *about)
    if package in unpinned and (unexamined or code in _UNPINNED):
        return CauseKind.UNPINNED, ("unpinned", package)
    if code == _NO_SOURCE and finding.path in alone:
        return CauseKind.UNPINNED, ("unpinned", alone[finding.path])
    if code in _FIRST_RUN:
        return CauseKind.FIRST_RUN, ("first run",)
    kind = CauseKind.NOT_EXAMINED if unexamined else _kind(code)
    return kind, (code, package) if package else (code, finding.next_step)


def _kind(code: str) -> CauseKind:
    if code == _UNREAD:
        return CauseKind.NOT_EXAMINED
    return CauseKind.CHANGED if code.startswith(_CHANGED) else CauseKind.OTHER


def _denials(verdicts: Iterable[Verdict]) -> list[_Denial]:
    found = {
        (rule.code, reason.subject, reason.message): _Denial(rule.code, rule.title, reason)
        for verdict in verdicts
        for rule in verdict.rules
        if rule.outcome is not Outcome.PASS
        for reason in (*rule.denials, *rule.unknowns)
    }
    bare = {
        (rule.code, "", rule.title): _Denial(rule.code, rule.title, Reason(message=rule.title, subject="", fix=""))
        for verdict in verdicts
        for rule in verdict.rules
        if rule.outcome is not Outcome.PASS and not (rule.denials or rule.unknowns)
    }
    return [*found.values(), *bare.values()]


def _explanation(denial: _Denial, reported: Iterable[tuple[str, Finding]], groups: Mapping[_Key, _Group]) -> _Key:
    """Return the key of the cause of a denial; a new one where no finding explains it."""
    code, reason = denial.code, denial.reason
    if code == _REPEATS:
        for stage, finding in reported:
            if reason.message == f"{stage}: {finding.severity} finding {finding.code}: {finding.message}":
                return next(key for key, group in groups.items() if _has(group, finding))
    if code in (_OUTCOMES, _EXAMINED):
        stage = followed(reason.subject)
        of_stage = [key for key, group in groups.items() if stage in group.stages]
        if of_stage:
            return min(of_stage, key=lambda key: _blame(groups[key], unexamined=code == _EXAMINED))
    purl = _PURL.match(reason.subject)
    if purl is not None and ("unpinned", purl["name"]) in groups:
        return ("unpinned", purl["name"])
    return ("denial", code)


def _blame(group: _Group, *, unexamined: bool) -> tuple[bool, bool, int, int]:
    """Sort key of the causes of a stage that did not pass; for one that did not examine everything, a service first."""
    is_service = group.kind is CauseKind.NOT_EXAMINED
    return (
        unexamined and not group.unexamined,
        unexamined and not is_service,
        _worst(group.findings),
        _KINDS.index(group.kind),
    )


def _has(group: _Group, finding: Finding) -> bool:
    return any(_identity(known) == _identity(finding) for known in group.findings)


def _worst(findings: Iterable[Finding]) -> int:
    return min((WORST_FIRST.index(finding.severity) for finding in findings), default=len(WORST_FIRST) - 1)


def _weight(cause: RootCause) -> tuple[object, ...]:
    is_known_bad = cause.kind in (CauseKind.MALWARE, CauseKind.VULNERABILITY)
    severity, kind = WORST_FIRST.index(cause.severity), _KINDS.index(cause.kind)
    if is_known_bad:
        urgency = min(priority(finding.severity, finding.due, finding.exploitation)[0] for finding in cause.findings)
        return (0, kind, urgency, severity, not cause.denies, -cause.places, cause.title)
    return (1, not cause.denies, kind, severity, -len(cause.findings), cause.title)


def _cause(group: _Group) -> RootCause:
    findings = tuple(group.findings)
    shown = rows(findings)
    locations = tuple(dict.fromkeys(location for row in shown for location in row.locations))
    # To pin a package comes before everything that follows from it.
    steps = [finding.next_step for finding in sorted(findings, key=lambda finding: finding.code != _FIRST_STEP)]
    steps += [denial.reason.fix for denial in group.denials if denial.reason.fix and not findings]
    steps = [step for step in steps if step]
    severity = WORST_FIRST[_worst(findings)] if findings else Severity.HIGH
    return RootCause(
        kind=group.kind,
        title=_title(group),
        severity=severity,
        findings=findings,
        stages=tuple(sorted(group.stages)),
        denials=len(group.denials),
        locations=locations,
        places=max(len(locations), sum(row.places for row in map(row_of, findings))) if locations else 0,
        steps=tuple(dict.fromkeys(steps)),
    )


def _title(group: _Group) -> str:
    findings = group.findings
    if not findings:
        return _denied(group.denials)
    first = findings[0]
    subject = f"{first.package} {first.version}".strip()
    if group.kind in (CauseKind.MALWARE, CauseKind.VULNERABILITY):
        if first.code in _SHIPPED:
            versions = dict.fromkeys(finding.version for finding in findings)
            subject = f"{first.package} {', '.join(versions)}  shipped"
        if first.code == _WAIVED:
            subject += "  waived"
        names = dict.fromkeys(advisory_name(finding.aliases) or finding.code for finding in findings)
        if first.code in _SUPPLIED:
            rest = f" and {len(names) - MOST_ADVISORIES} more" if len(names) > MOST_ADVISORIES else ""
            return f"{_product(first)}  supplied  {', '.join(list(names)[:MOST_ADVISORIES])}{rest}"
        return f"{subject}  {', '.join(names)}"
    if group.kind is CauseKind.UNPINNED:
        codes = {finding.code for finding in findings}
        lacks = " and ".join(
            word for code, word in (("lock.unpinned", "version"), ("lock.unhashed", "hash")) if code in codes
        )
        named = next(finding.package for finding in findings if finding.code in _UNPINNED)
        return f"{named} has no {lacks.replace(' and ', ' and no ')}"
    if group.kind is CauseKind.FIRST_RUN:
        counts = {code: sum(finding.code == code for finding in findings) for code in sorted(_FIRST_RUN)}
        return "first run: " + ", ".join(
            f"{_FIRST_RUN_WORDS[code]} ({plural(count, 'lock')})" for code, count in counts.items() if count
        )
    message = first.message.rstrip(".")
    named = f"{subject}: {message}" if subject and first.package not in message else message
    more = len({finding.message for finding in findings}) - 1
    return named + (f", and {more} more" if more > 0 else "")


_FIRST_RUN_WORDS = {
    "lock.no-moment": "no timestamp of compilation",
    "lock.no-sbom": "no committed SBOM",
    "publisher.no-baseline": "no publisher baseline",
}


def _product(finding: Finding) -> str:
    return finding.message.partition(": ")[0]


def _denied(denials: Sequence[_Denial]) -> str:
    first = denials[0]
    more = len(denials) - 1
    others = f", and {more} more" if more else ""
    if not first.reason.subject:
        return first.title + others
    return first.reason.compared_with(first.title, others=others)


def followed(stage: str) -> str:
    """Return the gate whose result a stage without findings of its own describes; else the stage itself."""
    return _DERIVED.get(stage, stage)


def waived_findings(records: Sequence[Record]) -> tuple[Finding, ...]:
    """Return the waived findings of a run, each once, the most severe first."""
    found: dict[tuple[object, ...], Finding] = {}
    for record in records:
        for finding in map(clean, record.findings):
            if finding.waived_by:
                found.setdefault(_identity(finding), finding)
    return tuple(sorted(found.values(), key=order))

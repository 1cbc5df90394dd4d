"""The problems of a distribution: their codes, how severe they are, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import excerpt

SCOPE = "distribution"
UNREADABLE = "distribution.unreadable"
MOST_OF_A_CODE = 20
"""Findings with the same code about one distribution; one more counts the rest."""

_REBUILD = "Correct the build configuration, and build the distribution again from a clean checkout."
_EXCLUDE = "Exclude the file in the build configuration, and build again from a clean checkout."
_RENAME = "Let the build backend name the file: build again, and do not rename what it wrote."
_REPACK = "Build again with a current build backend, and do not edit the archive afterwards."
_REVOKE = "Revoke the secret, remove the file from the source and its history, and build again."
_NOTE = "Check that this is intended."

_HIGH, _MEDIUM, _LOW, _INFO = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO
_KINDS: dict[str, tuple[Severity, str]] = {
    UNREADABLE: (_HIGH, _REPACK),
    "distribution.case-collision": (_HIGH, _REBUILD),
    "distribution.common-name": (_MEDIUM, _EXCLUDE),
    "distribution.compiled-file": (_LOW, _EXCLUDE),
    "distribution.description": (_MEDIUM, "Correct the description or its content type in the project's metadata."),
    "distribution.description-not-rendered": (_INFO, _NOTE),
    "distribution.duplicate-content": (_INFO, _NOTE),
    "distribution.duplicate-member": (_HIGH, _REPACK),
    "distribution.empty": (_MEDIUM, "Check which files the build configuration includes."),
    "distribution.entry-point": (_MEDIUM, "Correct the entry point in the project's metadata, or include its module."),
    "distribution.file-mode": (_HIGH, "Remove the set-user-ID, set-group-ID and sticky bits, and build again."),
    "distribution.file-name": (_MEDIUM, _RENAME),
    "distribution.licence-file": (
        _MEDIUM,
        "Include the licence files that the metadata names, or correct `license-files`.",
    ),
    "distribution.link": (_HIGH, "Replace the link with a copy of the file, or let it lead to a member."),
    "distribution.metadata": (_MEDIUM, "Correct the project's metadata, and build again with a current build backend."),
    "distribution.missing": (_HIGH, "Build the distribution, and add it to the folder."),
    "distribution.missing-file": (_HIGH, _REBUILD),
    "distribution.name": (_HIGH, _RENAME),
    "distribution.no-embedded-sbom": (
        _LOW,
        "Build it with build_distributions, which puts the SBOM in, or set [build].embed = false.",
    ),
    "distribution.no-modules": (_INFO, _NOTE),
    "distribution.no-sdist": (
        _LOW,
        "Add the source distribution: an index takes none once the release is some days old.",
    ),
    "distribution.not-importable": (_INFO, _NOTE),
    "distribution.other-file": (
        _MEDIUM,
        "Keep only wheels, source distributions, their attestations and report.json in that folder.",
    ),
    "distribution.record-extra": (_HIGH, _REPACK),
    "distribution.record-hash": (_HIGH, _REPACK),
    "distribution.record-malformed": (_HIGH, _REPACK),
    "distribution.record-missing": (_HIGH, _REPACK),
    "distribution.secret": (_HIGH, _REVOKE),
    "distribution.secret-file": (_HIGH, _REVOKE),
    "distribution.several-top-level": (_INFO, _NOTE),
    "distribution.source-differs": (_INFO, _NOTE),
    "distribution.stray-file": (_LOW, _EXCLUDE),
    "distribution.tags": (_HIGH, _RENAME),
    "distribution.top-level-file": (_LOW, _EXCLUDE),
    "distribution.top-level-init": (_MEDIUM, _REBUILD),
    "distribution.unsafe-path": (_HIGH, _REPACK),
    "distribution.version": (_HIGH, _RENAME),
}
"""Code -> severity where a problem has no other, and the next step."""

SEVERITIES = {code: severity for code, (severity, _) in _KINDS.items()}
"""Code -> severity where a problem has no other."""


class Issue(NamedTuple):
    """One problem: its code, the member that it is about (empty: the whole distribution), and what is wrong with it."""

    code: str
    member: str
    text: str
    severity: Severity | None = None


def findings_of(filename: str, issues: Iterable[Issue], *, package: str = "", version: str = "") -> tuple[Finding, ...]:
    """Return the findings about one distribution, in the order of the issues.

    Args:
        filename: Of the distribution.
        issues: What was found; of many with the same code the first are kept, and the rest is counted.
        package: Its name, as far as it is known.
        version: Its version, likewise.
    """
    seen: Counter[str] = Counter()
    worst: dict[str, Issue] = {}
    found = []
    for issue in issues:
        seen[issue.code] += 1
        if seen[issue.code] <= MOST_OF_A_CODE:
            found.append(_finding(filename, issue, package, version))
        else:
            worst[issue.code] = max(worst.get(issue.code, issue), issue, key=_weight)
    for code, issue in worst.items():
        rest = Issue(
            code, "", f"{seen[code] - MOST_OF_A_CODE} more, for example {excerpt(issue.member)}", _severity(issue)
        )
        found.append(_finding(filename, rest, package, version))
    return tuple(found)


def _finding(filename: str, issue: Issue, package: str, version: str) -> Finding:
    where = f"{excerpt(filename)}: {excerpt(issue.member)}" if issue.member else excerpt(filename)
    severity = _severity(issue)
    return Finding(
        code=issue.code,
        severity=severity,
        message=f"{where}: {excerpt(issue.text)}",
        next_step=_NOTE if severity is _INFO else _KINDS[issue.code][1],
        package=package,
        version=version,
    )


def _severity(issue: Issue) -> Severity:
    return issue.severity or SEVERITIES[issue.code]


def _weight(issue: Issue) -> int:
    return (_INFO, _LOW, _MEDIUM, _HIGH).index(_severity(issue))

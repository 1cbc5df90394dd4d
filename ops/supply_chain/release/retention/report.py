"""What is told of retained releases: a line each, and a finding for each thing that is wrong.

Source: DESIGN section 2, `retain_artifacts.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.release.retention.rules import PruneDecision


def release_line(held: HeldRelease) -> str:
    """Tell of one retained release."""
    if held.manifest is None:
        return f"{held.component} {held.version}: damaged"
    one = held.manifest
    size = sum(file.size for file in one.files)
    state = "damaged" if held.problems else "as its manifest says"
    return (
        f"{held.component} {held.version}: {len(one.files)} files, {size} bytes, "
        f"retained {one.retained_at} until {one.retained_until}, {state}"
    )


def decision_line(decision: PruneDecision, *, applied: bool) -> str:
    """Tell what became of one retained release, or would."""
    removed = "removed" if applied else "would be removed"
    verb = removed if decision.remove else "stays"
    return f"{decision.held.component} {decision.held.version}: {verb}: {decision.reason}"


def damage_findings(releases: Iterable[HeldRelease]) -> tuple[Finding, ...]:
    """Return a finding for each problem of each release, in the releases' order."""
    return tuple(
        Finding(
            code="retention.damaged",
            severity=Severity.HIGH,
            message=f"{held.component}: {problem}",
            next_step="Restore this release from a copy kept elsewhere; do not edit its manifest.",
        )
        for held in releases
        for problem in held.problems
    )


def other_bytes_findings(version: str, names: Iterable[str]) -> tuple[Finding, ...]:
    """Return a finding for each file in which a second making differs from what is retained."""
    return tuple(
        Finding(
            code="retention.other-bytes",
            severity=Severity.HIGH,
            message=f"{name}: {version} is retained with other bytes",
            next_step="Release under a new version; a version that was released stays what it was.",
        )
        for name in names
    )


def unsigned_findings(version: str) -> tuple[Finding, ...]:
    """Return the finding that a release was retained before it was signed."""
    return (
        Finding(
            code="retention.retained-unsigned",
            severity=Severity.MEDIUM,
            message=f"{version} is retained without signatures, and what is retained stays what it was",
            next_step="Keep the signed files elsewhere, or release under a new version; sign before retaining.",
        ),
    )


def unverified_findings(version: str) -> tuple[Finding, ...]:
    """Return the finding that verifying a release found it wanting."""
    return (
        Finding(
            code="retention.not-verified",
            severity=Severity.HIGH,
            message=f"{version} does not verify, says dist/verification/verification.json",
            next_step="Do what the report says, make the release again, and verify it: nox -s release.",
        ),
    )


def findings_text(findings: Iterable[Finding]) -> str:
    """Write findings for people: what, then what to do next."""
    return "\n".join(f"{finding.message}\n  next: {finding.next_step}" for finding in findings)

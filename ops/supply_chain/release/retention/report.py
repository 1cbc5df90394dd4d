"""The report on retained releases: one line each, and a finding for each problem."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ops.supply_chain.contracts.config.periods import SupportState, SupportStatus
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.release.retention.rules import PruneDecision


def release_line(held: HeldRelease, until: date | None = None) -> str:
    """Return the line of one retained release.

    Args:
        held: The release.
        until: The last day on which it must be kept, if that is not the day of its manifest.
    """
    if held.manifest is None:
        return f"{held.component} {held.version}: damaged"
    manifest = held.manifest
    size = sum(file.size for file in manifest.files)
    state = "damaged" if held.problems else "intact"
    last = until.isoformat() if until else manifest.retained_until
    return (
        f"{held.component} {held.version}: {len(manifest.files)} files, {size} bytes, "
        f"retained {manifest.retained_at} until {last}, {state}"
    )


def decision_line(decision: PruneDecision, *, applied: bool) -> str:
    """Return what pruning did, or would do, with one retained release."""
    removed = "removed" if applied else "would be removed"
    verb = removed if decision.remove else "kept"
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
    """Return a finding for each file that differs from the retained release of the same version."""
    return tuple(
        Finding(
            code="retention.other-bytes",
            severity=Severity.HIGH,
            message=f"{name}: {version} is retained with different content",
            next_step="Release under a new version; a released version never changes.",
        )
        for name in names
    )


def other_source_findings(version: str, why: str) -> tuple[Finding, ...]:
    """Return the finding that the second making of a retained version is of another source."""
    return (
        Finding(
            code="retention.other-source",
            severity=Severity.HIGH,
            message=f"{version} is retained, and this one was {why}: dist/release/ is not that release",
            next_step="Do not publish dist/release/. Release under a new version; a released version never changes.",
        ),
    )


def unsigned_findings(version: str) -> tuple[Finding, ...]:
    """Return the finding that a release was retained before it was signed."""
    return (
        Finding(
            code="retention.retained-unsigned",
            severity=Severity.MEDIUM,
            message=f"{version} is retained without signatures, and a retained release never changes",
            next_step="Keep the signed files elsewhere, or release under a new version; sign before retaining.",
        ),
    )


def unverified_findings(version: str) -> tuple[Finding, ...]:
    """Return the finding that a release does not verify."""
    return (
        Finding(
            code="retention.not-verified",
            severity=Severity.HIGH,
            message=f"{version} does not verify (dist/verification/verification.json)",
            next_step=f"Fix what the report lists, then run the release again: {command('release')}.",
        ),
    )


_SUPPORT = {
    SupportState.ENDS_SOON: ("support.ends-soon", Severity.LOW),
    SupportState.ENDED: ("support.ended", Severity.LOW),
    SupportState.SHORT: ("support.short", Severity.MEDIUM),
    SupportState.UNSTATED: ("support.unstated", Severity.MEDIUM),
    SupportState.NOT_EXAMINED: ("support.not-examined", Severity.MEDIUM),
}
"""Code and severity of the findings; what is only listed has none."""


def support_findings(component: str, statuses: Iterable[SupportStatus]) -> tuple[Finding, ...]:
    """Return a finding for each support period that ends soon, has ended, is short, missing or unclear.

    None of them damages a release, or keeps one from being retained.

    Args:
        component: N.
        statuses: Of its retained releases.
    """
    return tuple(
        Finding(
            code=_SUPPORT[status.state][0],
            severity=_SUPPORT[status.state][1],
            message=f"{component} {status.versions}: {status.sentence}",
            next_step=status.next_step,
        )
        for status in statuses
        if status.state in _SUPPORT
    )

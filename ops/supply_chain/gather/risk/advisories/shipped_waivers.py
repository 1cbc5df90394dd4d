"""Waivers about what releases contain, which today's locks may not have any more.

The gates of locks do not call such a waiver unused: `check_releases` does, if it covers nothing of the releases either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.risk.waivers.apply import apply_waivers, concerns, covers
from ops.supply_chain.risk.waivers.model import MALWARE, VULNERABILITY, Waiver
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun

if TYPE_CHECKING:
    # Most scans have no waiver that covers nothing, and read no release.
    from ops.supply_chain.gather.risk.advisories.shipped import ReadReleases
    from ops.supply_chain.risk.advisories.shipped import ShippedRelease

IDLE = ("waiver.partial", "waiver.unused")


class ShippedWaivers:
    """Whether waivers may be about releases; they are read on the first question about a project.

    Args:
        run: The stage's run.
    """

    def __init__(self, run: StageRun) -> None:
        self._run = run
        self._read: dict[str, ReadReleases | None] = {}

    def __call__(self, project: GateProject, waiver: Waiver) -> bool:
        """Return whether a supported release contains what a waiver is about; also if releases cannot be read."""
        if not _is_about_packages(waiver):
            return False
        if project.label not in self._read:
            self._read[project.label] = _releases(self._run, project)
        read = self._read[project.label]
        return read is None or bool(read.findings) or is_shipped(waiver, read.releases)


def is_shipped(waiver: Waiver, releases: Sequence[ShippedRelease]) -> bool:
    """Return whether a release contains what a waiver is about, by package and version."""
    return _is_about_packages(waiver) and any(concerns(waiver, *key) for release in releases for key in release.pins)


def unused_waivers(
    run: StageRun, releases: Sequence[ShippedRelease], found: Sequence[Finding], locked: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield a finding for each waiver about releases that covers nothing, neither of them nor of today's locks.

    Args:
        run: The project's run.
        releases: Its supported releases.
        found: What advisories state of them.
        locked: What advisories state of today's locks.
    """
    day, warn_days = today(run, run.config), run.config.waiver_rules.warn_days
    waivers = [
        waiver
        for waiver in parse_waivers(run.config)[0]
        if waiver.date <= day <= waiver.expires
        and is_shipped(waiver, releases)
        and not any(covers(waiver, finding) for finding in locked)
    ]
    scopes = frozenset({VULNERABILITY, MALWARE})
    for finding in apply_waivers(found, waivers, scopes=scopes, today=day, warn_days=warn_days):
        if finding.code in IDLE:
            yield finding


def _releases(run: StageRun, project: GateProject) -> ReadReleases | None:
    """Return the supported releases of a project; None if they cannot be read."""
    from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
    from ops.supply_chain.gather.gates.fleet import run_of
    from ops.supply_chain.gather.risk.advisories.shipped import held_releases, read_releases

    try:
        own = run_of(run, project)
        return read_releases(own, held_releases(ArtifactStore(own.artifacts), own.project.name))
    except StageError:
        return None


def _is_about_packages(waiver: Waiver) -> bool:
    """Return whether a waiver can cover what `check_releases` finds: by an advisory, or by the code of such a finding."""
    from ops.supply_chain.risk.advisories.shipped import SHIPPED, SHIPPED_MALWARE

    if "." in waiver.id:
        return waiver.id in (SHIPPED, SHIPPED_MALWARE)
    return waiver.scope in (VULNERABILITY, MALWARE)

"""Read the input of a review: configuration, locks, baselines, retained releases, SBOM, security.txt.

Everything is local; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.assurance.policy.consent import entry_problem
from ops.supply_chain.assurance.review.dependencies import Licences
from ops.supply_chain.assurance.review.expiries import WaiverUnderReview
from ops.supply_chain.contracts.config.periods import SupportStatus, support_statuses
from ops.supply_chain.contracts.config.policy import WeakenedSetting
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.release.retention.rules import (
    KeptUntil,
    by_configuration,
    newest,
    retained_on,
    with_chain_problems,
)
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun

SBOM_NAMES = ("{}-sbom.cdx.json", "{}-sbom.spdx3.json", "{}-sbom.spdx.json")
"""Names of a released SBOM; the first existing one is read."""

CONTACT_PATHS = (".well-known/security.txt", "security.txt")
"""Paths of the file in a project; the first match wins."""


def read_releases(store: ArtifactStore, component: str) -> tuple[HeldRelease, ...]:
    """Read every retained release of a component in full, with the problems of the chain.

    Raises:
        InputError: The list of pruned releases is malformed.
    """
    held = [store.release(component, version, digests=True) for version in store.versions(component)]
    return with_chain_problems(held, store.pruned(component))


def released_sbom(store: ArtifactStore, manifest: Manifest) -> Path | None:
    """Return where the SBOM of a retained release lies; None if it has none that we read."""
    names = {file.name for file in manifest.files}
    prefix = f"{manifest.component}-{manifest.version}"
    found = next((name for pattern in SBOM_NAMES if (name := pattern.format(prefix)) in names), None)
    return store.file(manifest.component, manifest.version, found) if found else None


def kept_until(run: StageRun) -> KeptUntil:
    """Return until when a release must be kept, by its manifest and by the configuration of today."""
    return by_configuration(run.config)


def read_support(run: StageRun, releases: Sequence[HeldRelease], within_days: int) -> tuple[SupportStatus, ...]:
    """Return the support periods of the intact releases."""
    intact = [retained_on(held.manifest) for held in releases if held.manifest and not held.problems]
    return support_statuses(run.config, intact, utc_day(run), within_days=within_days)


def read_waivers(run: StageRun) -> tuple[list[WaiverUnderReview], list[str]]:
    """Return the valid waivers, and a sentence for each malformed one."""
    found, malformed = parse_waivers(run.config)
    waivers = [
        WaiverUnderReview(
            waiver.place, waiver.id, waiver.package, waiver.owner, waiver.reason, waiver.date, waiver.expires
        )
        for waiver in found
    ]
    return waivers, [problem.message for problem in malformed]


def read_baselines(run: StageRun, locks: Sequence[Lock]) -> dict[str, PublisherBaseline]:
    """Read the publisher baseline beside each lock, where there is one.

    Raises:
        InputError: A baseline is malformed.
    """
    files = ProjectFiles(run.root)
    found: dict[str, PublisherBaseline] = {}
    for lock in locks:
        path = baseline_beside(lock.path)
        data = files.read(path)
        if data is not None:
            found[lock.path] = canonical.decode(data, PublisherBaseline, where=path)
    return found


def stated_names(run: StageRun, locks: Sequence[Lock]) -> dict[str, frozenset[str]]:
    """Return for each lock the names that its source requests; none for an unreadable source."""
    from ops.supply_chain.adapters.files.lock_sources import read_text
    from ops.supply_chain.dependencies.updates.ranges import ranges_of

    def read(path: str) -> str | None:
        try:
            return read_text(run.root, path)
        except InputError:
            return None

    sources = {lock.source for lock in locks if lock.source}
    names = {source: frozenset(ranges_of(source, read)) for source in sources}
    return {lock.path: names.get(lock.source, frozenset()) for lock in locks}


def read_licences(run: StageRun, store: ArtifactStore, releases: Sequence[HeldRelease]) -> Licences:
    """Read licences from the SBOM of the newest intact release, else from that of the last run.

    Raises:
        InputError: The SBOM is malformed.
    """
    name = run.project.name
    last = newest([held for held in releases if not held.problems])
    if last is not None:
        for pattern in SBOM_NAMES:
            path = store.file(name, last.version, pattern.format(f"{name}-{last.version}"))
            if path.is_file():
                return licences_in(path, f"the SBOM of {last.version}")
    path = run.dist / "sbom" / f"{name}-sbom.json"
    return licences_in(path, "the SBOM of the last run") if path.is_file() else Licences({}, "")


def licences_in(path: Path, source: str) -> Licences:
    """Read the licences of an SBOM of any format that we read.

    Raises:
        InputError: It is broken, or of another format.
    """
    from ops.supply_chain.inventory.comparison.compare import read_inventory

    inventory = read_inventory(canonical.load_plain(canonical.read_bytes(path), where=path.name), where=path.name)
    known = {
        (key[1], version): item.licences
        for key, versions in inventory.items.items()
        for version, item in versions.items()
    }
    return Licences(known, source)


def read_contact(run: StageRun) -> tuple[str, str | None]:
    """Return where `security.txt` is or should be, and its text, None where there is none.

    Raises:
        InputError: It is no file that can be read.
    """
    files = ProjectFiles(run.root)
    for path in CONTACT_PATHS:
        data = files.read(path)
        if data is not None:
            return path, data.decode("utf-8", "replace")
    return CONTACT_PATHS[0], None


def weakened_settings(run: StageRun) -> list[tuple[WeakenedSetting, str]]:
    """Return each entry of `[[policy.weakened]]`, with why it accepts nothing today; empty where it does."""
    return [(entry, entry_problem(entry, utc_day(run))) for entry in run.config.policy.weakened]


def utc_day(run: StageRun) -> date:
    """Return the day of the run in UTC."""
    return run.now.astimezone(UTC).date()

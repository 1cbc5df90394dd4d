"""The search in retained releases of all components: each is found, whether the registry has its SBOM or not.

Of a registered release only the digest of its SBOM is computed; any other one is read. A release that is not as its
manifest says is a problem, and never counts as clear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    RegisteredDocument,
    RegistryEntry,
    RegistryHit,
)
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable
from ops.supply_chain.suppliers.affected.model import FoundPlace, PlaceKind, PlaceStatus, Problem
from ops.supply_chain.suppliers.affected.search import Search
from ops.supply_chain.suppliers.entries import components_of, digests_of, utc

CHECK = command("retention", "--verify")


class RetainedSbom(NamedTuple):
    """The SBOM of a retained release: its manifest, the file's name, its bytes and their digest."""

    manifest: Manifest
    name: str
    data: bytes
    digest: str


class RetainedReleases(NamedTuple):
    """The retained releases of all components, oldest first, and what is not as it was retained."""

    held: tuple[HeldRelease, ...] = ()
    sboms: tuple[RetainedSbom, ...] = ()
    problems: tuple[Problem, ...] = ()


def retained_releases(store: ArtifactStore) -> RetainedReleases:
    """Read the manifests and SBOMs of all retained releases."""
    held: list[HeldRelease] = []
    sboms: list[RetainedSbom] = []
    problems: list[Problem] = []
    try:
        names = [(component, version) for component in store.components() for version in store.versions(component)]
    except InputError as error:
        return RetainedReleases(
            problems=(Problem(f"retained releases were not searched: {printable(error.message)}", error.hint),)
        )
    for component, version in names:
        release = store.release(component, version, digests=False)
        held.append(release)
        found = _sbom(store, release)
        if isinstance(found, RetainedSbom):
            sboms.append(found)
        else:
            text = f"release {printable(component)} {printable(version)} was not searched: {printable(found)}"
            problems.append(Problem(text, f"Check the retained releases: {CHECK}"))
    sboms.sort(key=lambda sbom: (sbom.manifest.component, sbom.manifest.sequence))
    return RetainedReleases(tuple(held), tuple(sboms), tuple(problems))


def _sbom(store: ArtifactStore, release: HeldRelease) -> RetainedSbom | str:
    """Return the SBOM of a release, or why it cannot be used."""
    manifest = release.manifest
    if manifest is None or release.problems:
        return release.problems[0] if release.problems else "its manifest cannot be read"
    from ops.supply_chain.gather.gates.retained_sboms import release_sbom

    try:
        file = release_sbom(manifest.files)
        data = canonical.read_bytes(store.file(release.component, release.version, file.name))
    except InputError as error:
        return error.message
    digest = sha256_bytes(data)
    if digest != file.sha256:
        return f"{file.name}: has another SHA-256 than the manifest says"
    return RetainedSbom(manifest, file.name, data, digest)


def read_sbom(sbom: RetainedSbom, *, whole: bool) -> ReceivedSbom | str:
    """Return a release's SBOM, or why it cannot be used.

    Args:
        sbom: It.
        whole: False to read only what identifies its components, which is quicker.
    """
    from ops.supply_chain.formats.json_reader import UnexpectedShapeError
    from ops.supply_chain.formats.received.read import read_identities, read_received
    from ops.supply_chain.gather.gates.retained_sboms import incomplete_reason

    try:
        document = (read_received if whole else read_identities)(sbom.data)
    except UnexpectedShapeError as error:
        return f"{sbom.name}: {error}"
    problem = incomplete_reason(document)
    return f"{sbom.name}: {problem}" if problem else document


def own_entry(sbom: RetainedSbom, document: ReceivedSbom) -> RegistryEntry:
    """Return what the registry stores of an own release."""
    manifest = sbom.manifest
    return RegistryEntry(
        document=RegisteredDocument(
            digest=sbom.digest,
            kind=DocumentKind.SBOM,
            format=f"{document.standard.value} {document.version}".strip(),
            supplier="",
            product=manifest.component,
            product_version=manifest.version,
            ingested=manifest.retained_at,
            decision=IntakeDecision.ACCEPTED,
            name=f"{manifest.component}/{manifest.version}/{sbom.name}",
            size=len(sbom.data),
            own=True,
            stated=utc(document.timestamp),
        ),
        components=tuple(components_of(document)),
        digests=tuple(digests_of(document)),
    )


def unregistered_hits(
    releases: RetainedReleases, known: Collection[str]
) -> tuple[tuple[RegistryHit, ...], tuple[Problem, ...]]:
    """Return every component of the releases that the registry does not have, as it would return them.

    Args:
        releases: All of them.
        known: Digests of the SBOMs of own releases in the registry.
    """
    hits: list[RegistryHit] = []
    problems: list[Problem] = []
    for sbom in releases.sboms:
        if sbom.digest in known:
            continue
        document = read_sbom(sbom, whole=False)
        if isinstance(document, str):
            label = f"{printable(sbom.manifest.component)} {printable(sbom.manifest.version)}"
            problems.append(
                Problem(
                    f"release {label} was not searched: {printable(document)}", f"Check the retained releases: {CHECK}"
                )
            )
            continue
        entry = own_entry(sbom, document)
        hits += [RegistryHit(entry.document, component, ordered=True) for component in entry.components]
    return tuple(hits), tuple(problems)


def retained_file_places(releases: RetainedReleases, digest: str) -> Iterator[FoundPlace]:
    """Yield the retained files that have a SHA-256."""
    for release in releases.held:
        manifest = release.manifest
        for file in manifest.files if manifest is not None else ():
            if file.sha256 == digest:
                yield FoundPlace(
                    kind=PlaceKind.RELEASE,
                    status=PlaceStatus.AFFECTED,
                    owner=f"{release.component} {release.version}",
                    package=file.name,
                    version="",
                    where="retained file",
                    since=manifest.retained_at[:10] if manifest is not None else "",
                    name=release.component,
                    product=release.component,
                    release=release.version,
                )


def matching(hits: Sequence[RegistryHit], search: Search) -> Iterator[RegistryHit]:
    """Yield the components that are wanted."""
    for hit in hits:
        if search.decide(hit.component) is not None:
            yield hit

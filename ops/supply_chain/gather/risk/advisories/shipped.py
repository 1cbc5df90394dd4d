"""The pins of retained, supported releases, read from their SBOMs after their digests were checked.

A release that is not exactly as its manifest says, or whose SBOM cannot be read as a whole, is not examined and never
counts as clear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ops.supply_chain.adapters.files.artifact_store import STORE_FOLDER, ArtifactStore
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.periods import RetainedOn
from ops.supply_chain.contracts.config.supported import supported_releases, unmatched_entries
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import (
    DEFAULT_INDEX,
    Lock,
    LockEntry,
    LockKind,
    Pin,
    PinSource,
    PinSourceKind,
)
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity, ReceivedSbom, SbomComponent
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.cyclonedx import IN_WHEEL
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.wheel import parse_file_name
from ops.supply_chain.gather.gates.retained_sboms import incomplete_reason, release_sbom
from ops.supply_chain.gather.gates.sboms import NO_PACKAGE_URL, OtherPart, identified
from ops.supply_chain.release.retention.rules import retained_on, with_chain_problems
from ops.supply_chain.risk.advisories.others import other_key
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.risk.advisories.shipped import ShippedRelease
from ops.supply_chain.runner.context import StageRun

CHANGED, NOT_EXAMINED = "shipped.changed", "shipped.not-examined"
NOTHING_RETAINED = "shipped.nothing-retained"
_LOCAL = ("sealwright:local", "true")
"""Property of the project's own packages, which come from its folders and no index."""

_SOURCES = {"repository_url": PinSourceKind.INDEX, "download_url": PinSourceKind.URL, "vcs_url": PinSourceKind.VCS}
_RESTORE = "Restore it from a backup, or from where it is published; do not make the same version again."


class ShippedPart(NamedTuple):
    """A component that is no package of PyPI, as the first release lists it; the SBOMs of all that do, oldest first.

    `wheels` are the pins whose wheels contain it; empty if it is no part of a wheel.
    """

    part: OtherPart
    sboms: tuple[str, ...]
    wheels: frozenset[PinKey] = frozenset()


class ReadReleases(NamedTuple):
    """The retained releases of a component.

    `releases` are the supported ones that were read, oldest first, `locks` their SBOMs. `findings` are about what is not as
    its manifest says, or was not read. `retained` counts all, `supported` those to examine. `others` are their components that
    are no packages of PyPI. `wheels` is a package -> the pins whose wheels contain it; one that is also a pin itself is not
    in it. `refs` are the SBOMs by digest.
    """

    releases: tuple[ShippedRelease, ...] = ()
    locks: tuple[Lock, ...] = ()
    findings: tuple[Finding, ...] = ()
    retained: int = 0
    supported: int = 0
    others: tuple[ShippedPart, ...] = ()
    wheels: Mapping[PinKey, frozenset[PinKey]] = MappingProxyType({})
    refs: tuple[FileRef, ...] = ()


def held_releases(store: ArtifactStore, component: str) -> tuple[HeldRelease, ...]:
    """Read a component's manifests, oldest first, with what is not as they say; digests of files are not checked.

    Raises:
        InputError: The list of pruned releases is broken.
    """
    held = [store.release(component, version, digests=False) for version in store.versions(component)]
    return with_chain_problems(held, store.pruned(component))


def read_releases(run: StageRun, held: Sequence[HeldRelease]) -> ReadReleases:
    """Read the supported releases.

    Args:
        run: The stage's run.
        held: All retained ones, oldest first.
    """
    wanted = _supported(run, held)
    reader = _Reader(run, ArtifactStore(run.artifacts))
    findings = [*_changed(held), *_unlisted(run, held)]
    read = [(release, reader.read(release)) for release in wanted]
    findings += reader.changed
    findings += [_not_examined(release.version, result) for release, result in read if isinstance(result, str)]
    whole = [result for _, result in read if not isinstance(result, str)]
    return ReadReleases(
        releases=tuple(release for release, _ in whole),
        locks=tuple(lock for _, lock in whole),
        findings=tuple(findings),
        retained=len(held),
        supported=len(wanted),
        others=reader.others(),
        wheels=reader.wheels(),
        refs=tuple(FileRef(path=f"artifacts:{lock.source}", sha256=lock.sha256, size=lock.size) for _, lock in whole),
    )


def _supported(run: StageRun, held: Sequence[HeldRelease]) -> tuple[HeldRelease, ...]:
    """Return the supported releases, and those whose manifest cannot be read."""
    known = [retained_on(release.manifest) for release in held if release.manifest is not None]
    chosen = {release.version for release in supported_releases(run.config, known, run.now.date())}
    return tuple(release for release in held if release.manifest is None or release.version in chosen)


def _changed(held: Sequence[HeldRelease]) -> Iterator[Finding]:
    for release in held:
        for problem in release.problems:
            yield changed(release.version, problem)


def changed(version: str, problem: str) -> Finding:
    """Return the finding that a retained release is not as it was."""
    return Finding(
        code=CHANGED,
        severity=Severity.CRITICAL,
        message=f"release {printable(version)} is not as it was retained: {printable(problem)}",
        next_step=_RESTORE,
        version=printable(version),
    )


def _unlisted(run: StageRun, held: Sequence[HeldRelease]) -> Iterator[Finding]:
    known = [RetainedOn(release.version, run.now.date()) for release in held]
    for entry in unmatched_entries(run.config, known):
        yield Finding(
            code=NOT_EXAMINED,
            severity=Severity.INFO,
            message=f"[releases].supported lists {printable(entry)}, and no such release is retained",
            next_step="Restore that release, or remove the entry.",
        )


def _not_examined(version: str, why: str) -> Finding:
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"release {printable(version)} was not examined: {printable(why)}",
        next_step=f"Check the retained releases: {command('retention', '--verify')}",
        version=printable(version),
    )


def nothing_retained(label: str, *, asked: bool) -> Finding:
    """Return the finding that no release is retained, and none was searched for elsewhere.

    Args:
        label: The project's name among several, else empty.
        asked: True if releases were to be restored, which needs a repository.
    """
    of = f" of {printable(label)}" if label else ""
    why = "no repository is configured to restore them from" if asked else "none was restored"
    step = (
        "Name the repository in [reporting].github"
        if asked
        else f"Restore them from GitHub: {command('check_releases', '--restore')}"
    )
    return Finding(
        code=NOTHING_RETAINED,
        severity=Severity.INFO,
        message=f"no release{of} is retained here, and {why}: what customers run was not examined",
        next_step=f"{step}; before the first release, accept it in {CONFIG_NAME} with a waiver for {NOTHING_RETAINED} "
        f'and path = "{CONFIG_NAME}".',
        path=CONFIG_NAME,
    )


def unread_project(label: str, why: str) -> Finding:
    """Return the finding that the releases of a project of a fleet were not examined, because it cannot be read."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"the releases of {printable(label)} were not examined: {printable(why)}",
        next_step="Correct its configuration, or its line in the fleet file.",
    )


class _Component(NamedTuple):
    """What a component is: pins of PyPI, or another part; its names in a release, and the pins whose wheels contain it."""

    pins: tuple[Pin, ...]
    others: tuple[OtherPart, ...]
    keys: tuple[PinKey, ...]
    wheels: frozenset[PinKey]


class _Reader:
    """Reads SBOMs; the same package in many releases is one pin."""

    def __init__(self, run: StageRun, store: ArtifactStore) -> None:
        self._run = run
        self._store = store
        self._known: dict[tuple[object, ...], _Component] = {}
        self._parts: dict[tuple[object, ...], _Component | None] = {}
        self._sboms: dict[int, list[str]] = {}
        self.changed: list[Finding] = []

    def others(self) -> tuple[ShippedPart, ...]:
        """Return the components that are no packages of PyPI, each once."""
        return tuple(
            ShippedPart(part, tuple(self._sboms[id(found)]), found.wheels)
            for found in self._known.values()
            for part in found.others
        )

    def wheels(self) -> dict[PinKey, frozenset[PinKey]]:
        """Return the packages that are only parts of wheels, with the pins that those are of."""
        pinned = {key for found in self._known.values() if not found.wheels for key in found.keys}
        inside: dict[PinKey, frozenset[PinKey]] = {}
        for found in self._known.values():
            for key in found.keys if found.wheels else ():
                inside[key] = inside.get(key, frozenset()) | found.wheels
        return {key: wheels for key, wheels in inside.items() if key not in pinned}

    def read(self, held: HeldRelease) -> tuple[ShippedRelease, Lock] | str:
        """Return a release with its SBOM as a lock, or why it cannot be examined."""
        from ops.supply_chain.formats.received.read import read_identities

        if held.manifest is None or held.problems:
            return held.problems[0] if held.problems else "its manifest cannot be read"
        try:
            file = release_sbom(held.manifest.files)
            path = self._store.file(held.component, held.version, file.name)
            data = canonical.read_bytes(path)
            document = read_identities(data) if sha256_bytes(data) == file.sha256 else None
        except (InputError, UnexpectedShapeError) as error:
            return getattr(error, "message", "") or str(error)
        if document is None:
            problem = f"{held.version}/{file.name}: has another SHA-256 than the manifest says"
            self.changed.append(changed(held.version, problem))
            return problem
        if problem := incomplete_reason(document):
            return f"{file.name}: {problem}"
        label = f"{STORE_FOLDER}/{held.component}/{held.version}/{file.name}"
        shown = path.relative_to(self._run.root).as_posix() if path.is_relative_to(self._run.root) else label
        listed = self._of(document, shown)
        pins = [pin for found in listed for pin in found.pins]
        entries = tuple(LockEntry(pin=pin, line=1, path=shown, direct=False) for pin in pins)
        lock = Lock(path=shown, kind=LockKind.SBOM, sha256=file.sha256, size=file.size, entries=entries, source=label)
        keys = frozenset(key for found in listed for key in found.keys)
        return ShippedRelease(held.version, retained_on(held.manifest).day, keys, shown), lock

    def _of(self, document: ReceivedSbom, shown: str) -> list[_Component]:
        """Return the components; the project itself, and its own packages, are left out as in locks."""
        found: dict[int, _Component] = {}
        roots = frozenset(document.roots)
        for position, part in enumerate(document.components):
            if position in roots:
                continue
            traits = (part.purl, part.version, part.name, part.type, part.cpes, part.identifiers, part.properties)
            known = self._parts.get(traits, ...)
            if known is ...:
                known = self._parts[traits] = self._identified(part, document.locations[position], shown)
            if known is not None and id(known) not in found:
                found[id(known)] = known
                self._sboms.setdefault(id(known), []).append(shown)
        return list(found.values())

    def _identified(self, part: SbomComponent, location: str, shown: str) -> _Component | None:
        """Return what a component is, the same for all that are the same package; None for the project's own packages."""
        if _LOCAL in part.properties:
            return None
        name = () if part.purl else (part.name, part.type, part.cpes)
        wheels = tuple(value for label, value in part.properties if label in IN_WHEEL)
        key = (part.purl, part.version, part.identifiers, wheels, *name)
        if key not in self._known:
            self._known[key] = _component(part, location, shown, wheels)
        return self._known[key]


def _component(part: SbomComponent, location: str, shown: str, wheels: Sequence[str]) -> _Component:
    pins: list[Pin] = []
    others: list[OtherPart] = []
    keys: list[PinKey] = []
    for package, versions in identified(part):
        if package is None or package.type != "pypi":
            kind = NO_PACKAGE_URL if package is None else package.type
            others.append(OtherPart(shown, 1, kind, part, package, versions, location))
            keys += [other_key(package, version) for version in versions if package is not None]
            continue
        source = _source(package)
        pins += [Pin(name=package.name, written_name=part.name, version=v, hashes=(), source=source) for v in versions]
        keys += [(package.name, version) for version in versions]
    return _Component(tuple(pins), tuple(others), tuple(keys), frozenset(_pin_of(wheel) for wheel in wheels))


def _pin_of(wheel: str) -> PinKey:
    """Return the pin of a wheel by its file name; of one that is none, a name that no lock has."""
    try:
        file = parse_file_name(wheel)
    except ValueError:
        return wheel, ""
    return file.name, file.version


def _source(package: PackageIdentity) -> PinSource:
    for name, value in package.qualifiers:
        if name in _SOURCES:
            return PinSource(kind=_SOURCES[name], url=value)
    return DEFAULT_INDEX

"""From locks to documents, one for each lock; `union` makes the aggregate of them.

Pure: the same locks in any order, with the same metadata, give the same documents.

    inventory = LockInventory(locks, subject, metadata)
    union = Union(inventory)
    for lock in inventory.locks:
        document = inventory.document_of(lock)
        union.add(document)
    aggregate = union.document()
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import InstallScope, Lock, LockEntry, LockKind, Pin, PinSourceKind
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp, timestamp, timestamp_of_epoch
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.build import edges
from ops.supply_chain.inventory.build.edges import Edges, Place
from ops.supply_chain.inventory.build.packages import Packages
from ops.supply_chain.inventory.build.scopes import Scopes, shipping_locks, strongest, with_reached
from ops.supply_chain.inventory.model.document import (
    GENERATOR_VERSION,
    Component,
    Document,
    LockRef,
    Occurrence,
    Package,
    TimestampSource,
)
from ops.supply_chain.inventory.model.licences import licence_of_text
from ops.supply_chain.inventory.model.naming import Identity, generic_purl, project_purl
from ops.supply_chain.inventory.model.people import name_without_address

UNKNOWN_TIMESTAMP = timestamp_of_epoch(315532800)
"""1980-01-01T00:00:00Z, which means "unknown" wherever a timestamp is required."""


class DescribedProject(msgspec.Struct, frozen=True, kw_only=True):
    """The project that the locks belong to, as far as an SBOM describes it.

    `name` is the component name; `version` may be empty, for a lock outside any release. `python_name` is
    the name in its metadata or empty; `is_package` is False where nothing can be built under that name. `licence` is an SPDX expression, a name, or empty. `author`
    makes the SBOM, `producer` makes the project; both may be empty, which is stated. `author_contact` and `producer_contact` are
    their e-mail addresses or URLs, as they are published. `timestamp` is empty
    without a commit or `SOURCE_DATE_EPOCH`: the newest lock's own timestamp is used then.
    `index_url` is the index of locks that name none, empty for the public one. `scopes` are the configured ones of
    its locks; None for a document that does not state which packages are part of the product. `product` are the PEP 503
    names that its metadata declares as plain dependencies.
    """

    name: str
    version: str = ""
    python_name: str = ""
    is_package: bool = True
    licence: str = ""
    author: str = ""
    producer: str = ""
    author_contact: str = ""
    producer_contact: str = ""
    description: str = ""
    timestamp: str = ""
    timestamp_source: TimestampSource = TimestampSource.NONE
    index_url: str = ""
    scopes: tuple[LockScope, ...] | None = None
    product: tuple[str, ...] = ()
    generator_version: str = GENERATOR_VERSION


def direct_of(answers: Iterable[bool | None]) -> bool | None:
    """Combine several entries: direct where one is, unknown where none is and one does not state it."""
    found = set(answers)
    return True if True in found else (None if None in found else False)


class _LockedPackage(NamedTuple):
    """A package in one lock: its pins there, and their entries."""

    identity: Identity
    pins: list[Pin]
    entries: list[LockEntry]


_KINDS = {kind: (kind,) for kind in LockKind}


class LockInventory:
    """All locks of a project, ready to be written as documents.

    Args:
        locks: Any order, no two of one path.
        subject: The project.
        metadata: Pin -> core metadata for those that have it; None where none was asked for.
    """

    def __init__(
        self, locks: Iterable[Lock], subject: DescribedProject, metadata: Mapping[Pin, CoreMetadata] | None = None
    ) -> None:
        self.locks = tuple(sorted(locks, key=lambda lock: lock.path))
        self.subject = subject
        self.enriched = metadata is not None
        self.root = _root_package(subject, "")
        shipping = shipping_locks(self.locks, subject.product)
        self._scopes = None if subject.scopes is None else Scopes(subject.scopes, shipping=shipping)
        self.packages = Packages(self.locks, metadata=metadata, index_url=subject.index_url, taken=(self.root.ref,))

    def document_of(self, lock: Lock) -> Document:
        """Return the document of one lock.

        Args:
            lock: One of `locks`.
        """
        root = _root_package(self.subject, lock.path)
        by_ref, places = self._places(lock, root.ref)
        found = edges.edges_of(places, lambda ref: self.packages.needs(by_ref[ref].identity) if ref in by_ref else None)
        describe = self._describer(lock)
        components = with_reached([describe(package, found[ref]) for ref, package in by_ref.items()])
        described = LockRef(
            path=printable(lock.path),
            kind=lock.kind,
            sha256=lock.sha256,
            entries=len(lock.entries),
            compiled_at=_lock_timestamp(lock.compiled_at),
        )
        return self.document(
            root=_root(root, places, found),
            components=components,
            locks=(described,),
            subject=printable(lock.path),
        )

    def is_root(self, pin: Pin) -> bool:
        """Return whether a lock's entry is the project itself, which some tools lock too."""
        return (
            pin.local
            and pin.source.kind is PinSourceKind.PATH
            and posixpath.normpath(pin.source.url.removeprefix("file://") or ".") == "."
            and bool(self.subject.python_name)
            and normalise(pin.name) == normalise(self.subject.python_name)
        )

    def _places(self, lock: Lock, root_ref: str) -> tuple[dict[str, _LockedPackage], list[Place]]:
        folder = posixpath.dirname(lock.path)
        by_ref: dict[str, _LockedPackage] = {}
        places: list[Place] = []
        packages = self.packages
        for entry in lock.entries:
            pin, identity, ref = packages.known(entry.pin, folder)
            if entry.pin.local and self.is_root(entry.pin):
                places.append(Place(root_ref, identity.key, entry))
                continue
            places.append(Place(ref, identity.key, entry))
            found = by_ref.get(ref)
            if found is None:
                by_ref[ref] = _LockedPackage(identity, [pin], [entry])
            else:
                found.pins.append(pin)
                found.entries.append(entry)
        return by_ref, places

    def _describer(self, lock: Lock) -> Callable[[_LockedPackage, Edges], Component]:
        """Return what describes the packages of a lock; a project can have half a million of them, most with one entry without groups."""
        path, own, kinds, packages = printable(lock.path), lock.path, _KINDS[lock.kind], self.packages
        ungrouped = self._scope(lock, ())

        def describe(package: _LockedPackage, found: Edges) -> Component:
            entries = package.entries
            entry = entries[0]
            if len(entries) > 1 or entry.groups or entry.path != own:
                return self._described(lock, package, found)
            return Component(
                package=packages.package(package.identity, package.pins),
                occurrences=(Occurrence(lock=path, path=path, line=entry.line),),
                depends_on=found.depends_on,
                depends_complete=found.complete,
                direct=entry.direct,
                kinds=kinds,
                scope=ungrouped,
            )

        return describe

    def _described(self, lock: Lock, package: _LockedPackage, found: Edges) -> Component:
        entries = package.entries
        scopes = [self._scope(lock, entry.groups) for entry in entries]
        return Component(
            package=self.packages.package(package.identity, package.pins),
            occurrences=_occurrences(lock, entries),
            depends_on=found.depends_on,
            depends_complete=found.complete,
            direct=direct_of([entry.direct for entry in entries]),
            groups=_sorted(printable(group) for entry in entries for group in entry.groups),
            kinds=_KINDS[lock.kind],
            scope=strongest(scope for scope in scopes if scope is not None) if self._scopes is not None else None,
        )

    def _scope(self, lock: Lock, groups: tuple[str, ...]) -> InstallScope | None:
        return None if self._scopes is None else self._scopes.scope_of(lock, groups)

    def document(
        self,
        *,
        root: Component,
        components: Iterable[Component],
        locks: Sequence[LockRef],
        subject: str = "",
        complete: bool = True,
    ) -> Document:
        """Return a document of this project with these parts, sorted; see `Document` for `subject` and `complete`."""
        stated_at, source = _timestamp(self.subject, locks)
        return Document(
            root=root,
            components=tuple(sorted(components, key=lambda component: component.package.ref)),
            timestamp=stated_at,
            timestamp_source=source,
            generator_version=self.subject.generator_version,
            author=name_without_address(self.subject.author),
            author_contact=self.subject.author_contact,
            locks=tuple(sorted(locks, key=lambda lock: lock.path)),
            subject=subject,
            complete=complete,
            enriched=self.enriched,
        )


def lock_document(
    lock: Lock, *, subject: DescribedProject, metadata: Mapping[Pin, CoreMetadata] | None = None
) -> Document:
    """Return the document of a single lock, without metadata: a pure function of the lock.

    Args:
        lock: The lock.
        subject: The project; only its `name` is needed.
        metadata: Pin -> core metadata, or None.
    """
    return LockInventory((lock,), subject, metadata).document_of(lock)


def subject_name(project: str, lock_path: str) -> str:
    """Return what a lock's document is about: the project and the lock's folder.

    A lock with another than its tool's usual name has its own name added, because several may lie in
    one folder.
    """
    folder, _, file_name = lock_path.rpartition("/")
    usual = file_name in {kind.value for kind in LockKind}
    return "/".join(filter(None, (project, printable(folder if usual else lock_path))))


def _root_package(subject: DescribedProject, lock_path: str) -> Package:
    name = subject_name(subject.name, lock_path) if lock_path else subject.name
    package_name = subject.python_name if subject.is_package else ""
    purl = project_purl(name, subject.version, package_name) or generic_purl(name, subject.version)
    return Package(
        ref=purl,
        name=name,
        key=normalise(name),
        version=subject.version,
        purl=purl,
        licence=licence_of_text(subject.licence, "project"),
        producer=name_without_address(subject.producer),
        contact=subject.producer_contact,
        summary=printable(subject.description),
        local=True,
    )


def _root(package: Package, places: Sequence[Place], found: Mapping[str, Edges]) -> Component:
    """Return the root with its direct dependencies: those that the lock states, else those that no package in it requires."""
    others = [place for place in places if place.ref != package.ref]
    own = found.get(package.ref, edges.NONE)
    required = {ref for edge in found.values() for ref in edge.depends_on or ()}
    direct = {place.ref for place in others if place.entry.direct} | set(own.depends_on or ())
    unsure = {place.ref for place in others if place.entry.direct is None}
    return Component(
        package=package,
        depends_on=_sorted(direct | (unsure - required)),
        depends_complete=own.complete and not unsure,
    )


def _occurrences(lock: Lock, entries: Sequence[LockEntry]) -> tuple[Occurrence, ...]:
    path = printable(lock.path)
    places = {(entry.path, entry.line) for entry in entries}
    return tuple(
        Occurrence(lock=path, path=path if name == lock.path else printable(name), line=line)
        for name, line in sorted(places)
    )


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _timestamp(subject: DescribedProject, locks: Iterable[LockRef]) -> tuple[str, TimestampSource]:
    if subject.timestamp:
        return subject.timestamp, subject.timestamp_source
    newest = max((lock.compiled_at for lock in locks), default="")
    return (newest, TimestampSource.COMPILED_AT) if newest else (UNKNOWN_TIMESTAMP, TimestampSource.NONE)


def _lock_timestamp(text: str) -> str:
    try:
        return timestamp(parse_timestamp(text, where="lock"))
    except InputError:
        return ""

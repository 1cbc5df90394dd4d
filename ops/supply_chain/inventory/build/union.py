"""The aggregate: exactly the union of the documents of all locks, each component attributed to its lines.

Documents are gathered in parts, which are merged: a part is the same whichever process gathered it.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from ops.supply_chain.contracts.values.lock import InstallScope, LockKind
from ops.supply_chain.inventory.build import edges
from ops.supply_chain.inventory.build.documents import LockInventory, direct_of
from ops.supply_chain.inventory.build.edges import Edges
from ops.supply_chain.inventory.build.scopes import strongest, with_reached
from ops.supply_chain.inventory.model.document import Component, Document, LockRef, Occurrence


class PackagePart(msgspec.Struct, array_like=True):
    """What some documents state about one package; equal statements are kept once.

    `lines` are the number of the place in its `UnionPart`, then the line, for each occurrence.
    """

    lines: list[int]
    statements: set[tuple[tuple[str, ...] | None, bool]]
    direct: set[bool | None]
    groups: set[str]
    kinds: set[LockKind]
    scopes: set[InstallScope]


class UnionPart(msgspec.Struct, array_like=True):
    """What the aggregate has of some documents, as it can be sent to another process.

    `places` are (lock, file) of occurrences. `roots` are (reference, depends_on, depends_complete, whether the lock has a package of
    the product, or none at all) of each document, in order. `packages` are by reference.
    """

    places: list[tuple[str, str]]
    roots: list[tuple[str, tuple[str, ...] | None, bool, bool]]
    locks: list[LockRef]
    packages: dict[str, PackagePart]


class PartBuilder:
    """Gathers documents, each once, in any order, into a part of the aggregate."""

    def __init__(self) -> None:
        self.part = UnionPart([], [], [], {})
        self._places: dict[tuple[str, str], int] = {}
        self._last: dict[str, Component] = {}

    def add(self, document: Document) -> None:
        """Add the document of one lock."""
        root = document.root
        excluded = [component.scope is InstallScope.EXCLUDED for component in document.components]
        ships = not excluded or not all(excluded)
        self.part.roots.append((root.package.ref, root.depends_on, root.depends_complete, ships))
        self.part.locks.extend(document.locks)
        packages = self.part.packages
        for component in document.components:
            ref = component.package.ref
            found = packages.get(ref)
            if found is None:
                found = packages[ref] = PackagePart([], set(), set(), set(), set(), set())
            for occurrence in component.occurrences:
                found.lines += (self._place(occurrence), occurrence.line)
            last = self._last.get(ref)
            # Most documents state the same of a package as the one before.
            if last is None or not _states_the_same(component, last):
                _add(component, found)
                self._last[ref] = component

    def _place(self, occurrence: Occurrence) -> int:
        key = (occurrence.lock, occurrence.path)
        number = self._places.get(key)
        if number is None:
            number = self._places[key] = len(self.part.places)
            self.part.places.append(key)
        return number


def _states_the_same(component: Component, last: Component) -> bool:
    return (
        component.scope is last.scope
        and component.direct is last.direct
        and component.kinds is last.kinds
        and component.groups is last.groups
        and component.depends_complete is last.depends_complete
        and component.depends_on == last.depends_on
    )


def _add(component: Component, found: PackagePart) -> None:
    found.statements.add((component.depends_on, component.depends_complete))
    found.direct.add(component.direct)
    found.groups.update(component.groups)
    found.kinds.update(component.kinds)
    if component.scope is not None:
        found.scopes.add(component.scope)


class _Gathered:
    """What the documents so far state about one package; equal statements are kept once."""

    __slots__ = ("direct", "groups", "kinds", "occurrences", "scopes", "statements")

    def __init__(self) -> None:
        self.occurrences: list[Occurrence] = []
        self.statements: set[tuple[tuple[str, ...] | None, bool]] = set()
        self.direct: set[bool | None] = set()
        self.groups: set[str] = set()
        self.kinds: set[LockKind] = set()
        self.scopes: set[InstallScope] = set()

    def add(self, part: PackagePart, places: Sequence[tuple[str, str]]) -> None:
        """Add what a part states."""
        numbers = iter(part.lines)
        for number, line in zip(numbers, numbers, strict=True):
            lock, path = places[number]
            self.occurrences.append(Occurrence(lock=lock, path=path, line=line))
        self.statements |= part.statements
        self.direct |= part.direct
        self.groups |= part.groups
        self.kinds |= part.kinds
        self.scopes |= part.scopes


class Union:
    """Gathers the documents of all locks into the aggregate.

    Args:
        inventory: Whose documents will be added, each once, in any order.
        complete: False if the project has a lock that the inventory does not have, because it cannot be read.
    """

    def __init__(self, inventory: LockInventory, *, complete: bool = True) -> None:
        self._inventory = inventory
        self._complete = complete
        packages = inventory.packages
        self._identities = {packages.ref(identity): identity for identity in packages.identities}
        self._parts: defaultdict[str, _Gathered] = defaultdict(_Gathered)
        self._roots: set[str] = set()
        self._direct: set[str] = set()
        self._all_complete = True
        self._product_complete: bool | None = None
        self._locks: list[LockRef] = []

    def add(self, document: Document) -> None:
        """Add the document of one lock."""
        builder = PartBuilder()
        builder.add(document)
        self.merge(builder.part)

    def merge(self, part: UnionPart) -> None:
        """Add what a part has of some documents."""
        for ref, depends_on, depends_complete, ships in part.roots:
            self._roots.add(ref)
            self._direct.update(depends_on or ())
            self._all_complete = self._all_complete and depends_complete
            if ships:
                self._product_complete = self._product_complete is not False and depends_complete
        self._locks.extend(part.locks)
        for ref, package in part.packages.items():
            self._parts[ref].add(package, part.places)

    def document(self) -> Document:
        """Return the aggregate of what was added.

        Whether the root's dependencies are complete is about the product: a lock that is for development only does not
        count, unless there is no other.
        """
        complete = self._all_complete if self._product_complete is None else self._product_complete
        root = Component(
            package=self._inventory.root,
            depends_on=self._renamed(self._direct, self._inventory.root.ref),
            depends_complete=self._complete and complete,
        )
        components = with_reached([self._merge(ref, parts) for ref, parts in self._parts.items()])
        return self._inventory.document(root=root, components=components, locks=self._locks, complete=self._complete)

    def _merge(self, ref: str, parts: _Gathered) -> Component:
        statements = functools.reduce(edges.merge, (Edges(*entry) for entry in parts.statements))
        return Component(
            package=self._inventory.packages.package(self._identities[ref]),
            occurrences=tuple(sorted(parts.occurrences, key=lambda place: (place.lock, place.path, place.line))),
            depends_on=None if statements.depends_on is None else self._renamed(statements.depends_on, ref),
            depends_complete=statements.complete,
            direct=direct_of(parts.direct),
            groups=tuple(sorted(parts.groups)),
            kinds=tuple(sorted(parts.kinds)),
            scope=strongest(parts.scopes) if parts.scopes else None,
        )

    def _renamed(self, refs: Collection[str], own: str) -> tuple[str, ...]:
        """Return references of lock documents as the aggregate has them: its one root replaces theirs."""
        root = self._inventory.root.ref
        return tuple(sorted({root if ref in self._roots else ref for ref in refs} - {own}))

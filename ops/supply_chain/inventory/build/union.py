"""The aggregate: exactly the union of the documents of all locks, each component attributed to its lines."""

from __future__ import annotations

import functools
from collections import defaultdict

from ops.supply_chain.contracts.values.lock import InstallScope, LockKind
from ops.supply_chain.inventory.build import edges
from ops.supply_chain.inventory.build.documents import LockInventory, direct_of
from ops.supply_chain.inventory.build.edges import Edges
from ops.supply_chain.inventory.build.scopes import strongest, with_reached
from ops.supply_chain.inventory.model.document import Component, Document, LockRef, Occurrence


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

    def add(self, component: Component) -> None:
        """Add one document."""
        self.occurrences.extend(component.occurrences)
        self.statements.add((component.depends_on, component.depends_complete))
        self.direct.add(component.direct)
        self.groups.update(component.groups)
        self.kinds.update(component.kinds)
        if component.scope is not None:
            self.scopes.add(component.scope)


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
        self._roots: list[Component] = []
        self._product_roots: list[Component] = []
        self._locks: list[LockRef] = []

    def add(self, document: Document) -> None:
        """Add the document of one lock."""
        self._roots.append(document.root)
        excluded = [component.scope is InstallScope.EXCLUDED for component in document.components]
        if not excluded or not all(excluded):
            self._product_roots.append(document.root)
        self._locks.extend(document.locks)
        for component in document.components:
            self._parts[component.package.ref].add(component)

    def document(self) -> Document:
        """Return the aggregate of what was added.

        Whether the root's dependencies are complete is about the product: a lock that is for development only does not
        count, unless there is no other.
        """
        own = self._inventory.root.ref
        roots = {root.package.ref for root in self._roots}
        root = Component(
            package=self._inventory.root,
            depends_on=_renamed({ref for root in self._roots for ref in root.depends_on or ()}, roots, own, own),
            depends_complete=self._complete
            and all(root.depends_complete for root in self._product_roots or self._roots),
        )
        components = with_reached([self._merge(ref, parts, roots) for ref, parts in self._parts.items()])
        return self._inventory.document(root=root, components=components, locks=self._locks, complete=self._complete)

    def _merge(self, ref: str, parts: _Gathered, roots: set[str]) -> Component:
        statements = functools.reduce(edges.merge, (Edges(*entry) for entry in parts.statements))
        own = self._inventory.root.ref
        return Component(
            package=self._inventory.packages.package(self._identities[ref]),
            occurrences=tuple(sorted(parts.occurrences, key=lambda place: (place.lock, place.path, place.line))),
            depends_on=None if statements.depends_on is None else _renamed(set(statements.depends_on), roots, own, ref),
            depends_complete=statements.complete,
            direct=direct_of(parts.direct),
            groups=tuple(sorted(parts.groups)),
            kinds=tuple(sorted(parts.kinds)),
            scope=strongest(parts.scopes) if parts.scopes else None,
        )


def _renamed(refs: set[str], roots: set[str], root: str, own: str) -> tuple[str, ...]:
    """Return references of lock documents as the aggregate has them: its one root replaces theirs."""
    return tuple(sorted({root if ref in roots else ref for ref in refs} - {own}))

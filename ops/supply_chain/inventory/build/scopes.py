"""What of the locks is the product: by the project's configuration, else by groups, extras and names of files.

A name shows development only where each of its words does: `test-server` may well be shipped. What is unknown is
required, so that the licence policy covers it. A package that a required one depends on is required as well, whichever
group it is in.

Source: https://cyclonedx.org/docs/1.6/json/ (`scope`);
https://packaging.python.org/en/latest/specifications/dependency-groups/ ("not included in the metadata of a
distribution"); https://python-poetry.org/docs/managing-dependencies/#dependency-groups (groups are for development,
extras for users); https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.lock import InstallScope, Lock, LockKind
from ops.supply_chain.core.development import names_development
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.globs import path_matcher
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.lock_formats import BUILD_LOCK, PIPELINE_LOCK
from ops.supply_chain.inventory.model.document import Component

MAIN = "main"
"""The group of plain dependencies, in every reader."""

_FILE_WORDS = frozenset({"lock", "locked", "pip", "pylock", "req", "reqs", "requirement", "requirements"})
"""Words of a lock's file name that are about its being one."""


@lru_cache(maxsize=8192)
def is_development_lock(path: str, kind: LockKind) -> bool:
    """Return whether the file name of a lock shows that it is for development only; folders do not count.

    Args:
        path: Relative to the project, with `/`.
        kind: Only requirements files and `pylock.*.toml` are named after what they lock.
    """
    if kind not in (LockKind.REQUIREMENTS, LockKind.PYLOCK):
        return False
    folder, _, file_name = path.rpartition("/")
    if file_name == BUILD_LOCK or path == PIPELINE_LOCK:
        return True
    words = normalise(posixpath.splitext(file_name)[0]).split("-")
    rest = [word for word in words if word not in _FILE_WORDS]
    # `test.txt` alone can be about anything; in `requirements/` it cannot.
    is_named = len(rest) < len(words) or posixpath.basename(folder).lower() in _FILE_WORDS
    return is_named and names_development("-".join(rest))


def shipping_locks(locks: Iterable[Lock], product: Collection[str]) -> frozenset[str]:
    """Return the locks that are for development by their names, and yet the only ones with a dependency of the product.

    Args:
        locks: All of a project.
        product: PEP 503 names of what its metadata declares as plain dependencies.
    """
    known = tuple(locks)
    elsewhere = {
        entry.pin.name for lock in known if not is_development_lock(lock.path, lock.kind) for entry in lock.entries
    }
    missing = frozenset(product) - elsewhere
    return frozenset(lock.path for lock in known if any(entry.pin.name in missing for entry in lock.entries))


def strongest(scopes: Iterable[InstallScope]) -> InstallScope:
    """Return the scope of what several reach; required for nothing at all."""
    return min(scopes, key=_ORDER.__getitem__, default=InstallScope.REQUIRED)


_ORDER = {scope: position for position, scope in enumerate(InstallScope)}


class _Rule(NamedTuple):
    """One entry of `[[locks.scopes]]`, ready to be compared."""

    matches: Callable[[str], bool]
    groups: frozenset[str]
    scope: InstallScope

    def applies(self, path: str, group: str) -> bool:
        return (not self.groups or group in self.groups) and self.matches(path)


class Scopes:
    """The scopes of the entries of all locks of a project.

    Args:
        rules: `[[locks.scopes]]`, in order.
        shipping: Paths of locks whose names say nothing, because they have what the product needs.
    Raises:
        UsageError: An entry has neither a path nor groups: it would be about everything.
    """

    def __init__(self, rules: Sequence[LockScope] = (), *, shipping: Collection[str] = ()) -> None:
        self._shipping = frozenset(shipping)
        for position, rule in enumerate(rules):
            if rule.path == LockScope(scope=rule.scope).path and not rule.groups:
                raise UsageError(
                    f"[[locks.scopes]] {position + 1}: expected a path or groups, found none",
                    hint="Name the locks or the groups that it is about.",
                )
        self._rules = [
            _Rule(path_matcher([rule.path]), frozenset(map(normalise, rule.groups)), rule.scope) for rule in rules
        ]
        self._known: dict[tuple[str, str], InstallScope] = {}
        self._strongest: dict[tuple[str, tuple[str, ...]], InstallScope] = {}

    def scope_of(self, lock: Lock, groups: tuple[str, ...]) -> InstallScope:
        """Return the scope of an entry: the strongest of its groups.

        Args:
            lock: The lock that it is in.
            groups: Of the entry; empty if unknown.
        """
        found = self._strongest.get((lock.path, groups))
        if found is None:
            scope = strongest(self._of_group(lock, group) for group in groups or ("",))
            found = self._strongest[lock.path, groups] = scope
        return found

    def _of_group(self, lock: Lock, group: str) -> InstallScope:
        found = self._known.get((lock.path, group))
        if found is None:
            found = self._known[(lock.path, group)] = self._decide(lock, normalise(group))
        return found

    def _decide(self, lock: Lock, group: str) -> InstallScope:
        for rule in self._rules:
            if rule.applies(lock.path, group):
                return rule.scope
        if is_development_lock(lock.path, lock.kind) and lock.path not in self._shipping:
            return InstallScope.EXCLUDED
        if group in ("", MAIN):
            return InstallScope.REQUIRED
        if group in map(normalise, lock.extras):
            return InstallScope.OPTIONAL  # an extra is part of the published metadata, whatever its name
        if names_development(group):
            return InstallScope.EXCLUDED
        by_default = group in map(normalise, lock.default_groups)
        return InstallScope.REQUIRED if by_default else InstallScope.OPTIONAL


def with_reached(components: Sequence[Component]) -> list[Component]:
    """Return the components of a document, each at least as strong as what depends on it.

    The project's own packages lend nothing: their dependencies have the scopes of their groups.
    """
    first = components[0].scope if components else None
    if all(component.scope is first for component in components):
        return list(components)
    scopes = {component.package.ref: component.scope for component in components}
    edges = {
        component.package.ref: component.depends_on or () for component in components if not component.package.local
    }
    for scope in (InstallScope.REQUIRED, InstallScope.OPTIONAL):
        for ref in _reached([ref for ref, own in scopes.items() if own is scope], edges):
            own = scopes.get(ref)
            if own is not None and _ORDER[own] > _ORDER[scope]:
                scopes[ref] = scope
    return [
        component
        if scopes[component.package.ref] is component.scope
        else msgspec.structs.replace(component, scope=scopes[component.package.ref])
        for component in components
    ]


def _reached(refs: Sequence[str], edges: Mapping[str, tuple[str, ...]]) -> set[str]:
    seen = set(refs)
    pending = list(refs)
    while pending:
        fresh = [ref for ref in edges.get(pending.pop(), ()) if ref not in seen]
        seen.update(fresh)
        pending += fresh
    return seen

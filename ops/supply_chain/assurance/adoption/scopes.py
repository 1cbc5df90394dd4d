"""Proposals which locks and groups of a project are the product, where names do not show it.

A lock or group whose name shows development is excluded without an entry (docs/configuration.md, `[[locks.scopes]]`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ops.supply_chain.assurance.adoption.model import ProposedScope
from ops.supply_chain.contracts.config.locks import LockScope
from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core.development import names_development
from ops.supply_chain.core.names import normalise

_SHIPPED_TOP = ("", "requirements")
"""Folders whose name says nothing about the locks in them."""


def proposed_scopes(
    document: Mapping[str, Any], locks: Sequence[str], *, group_locks: Mapping[str, str], present: Sequence[LockScope]
) -> tuple[ProposedScope, ...]:
    """Return proposed entries, sorted by path and groups.

    Args:
        document: The parsed `pyproject.toml`, empty where there is none.
        locks: Paths of the project's locks, relative to it.
        group_locks: Lock -> group or extra that it is compiled from; existing or not.
        present: Entries that the configuration has; a lock or group that they name is left out.
    """
    named = {entry.path for entry in present if not entry.groups}
    known = {normalise(group) for entry in present for group in entry.groups}
    extras = _names(document, "project", "optional-dependencies")
    groups = _names(document, "dependency-groups") | _names(document, "tool", "poetry", "group")
    found = [
        *_of_group_locks(group_locks, extras),
        *_of_folders(path for path in locks if path not in group_locks),
        *_of_tool_locks(locks, groups - extras),
    ]
    kept = [
        entry for entry in found if (entry.path not in named if not entry.groups else known.isdisjoint(entry.groups))
    ]
    return tuple(sorted(kept, key=lambda entry: (entry.path, entry.groups)))


def _of_group_locks(group_locks: Mapping[str, str], extras: Collection[str]) -> Iterator[ProposedScope]:
    for path, name in group_locks.items():
        if name in extras:
            reason = f"The extra {name} is installed where someone asks for it"
            yield ProposedScope(path=path, scope=InstallScope.OPTIONAL, reason=reason)
        elif not names_development(name):
            reason = f"Uncomment if the dependency group {name} is for development only"
            yield ProposedScope(path=path, scope=InstallScope.EXCLUDED, reason=reason, weakens=True)


def _of_folders(locks: Iterator[str]) -> Iterator[ProposedScope]:
    """Propose locks in a folder that is named after development, such as `dev/requirements.txt`; the folder alone does not count."""
    for path in locks:
        folder, name = posixpath.split(path)
        parts = [part for part in folder.split("/") if part not in _SHIPPED_TOP]
        by_name = names_development(posixpath.splitext(name)[0].removeprefix("requirements").strip("-_.") or "x")
        if any(map(names_development, parts)) and not by_name:
            reason = f"Uncomment if {path} is for development only"
            yield ProposedScope(path=path, scope=InstallScope.EXCLUDED, reason=reason, weakens=True)


def _of_tool_locks(locks: Sequence[str], groups: Collection[str]) -> Iterator[ProposedScope]:
    """Propose the groups of `uv.lock`, `poetry.lock` and the like whose names do not show development."""
    unclear = tuple(sorted(group for group in groups if not names_development(group)))
    for path in locks:
        if unclear and path in ("uv.lock", "poetry.lock", "pdm.lock"):
            reason = f"Uncomment what is for development only: dependency groups of {path} whose names do not show it"
            yield ProposedScope(path=path, groups=unclear, scope=InstallScope.EXCLUDED, reason=reason, weakens=True)


def _names(document: Mapping[str, Any], *keys: str) -> set[str]:
    value: Any = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return {normalise(name) for name in value} if isinstance(value, dict) else set()

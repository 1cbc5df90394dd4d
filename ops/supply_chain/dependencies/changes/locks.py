"""Locks of a base and of a change: which ones were renamed, and which are the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, PinSourceKind

LEAST_SHARED = 0.5
"""Part of all pins of two locks that both have, from which one is the other under a new name."""


def renamed_locks(before: Sequence[Lock], after: Sequence[Lock]) -> dict[str, str]:
    """Find the locks that a change renames.

    Args:
        before: The locks of the base.
        after: The locks of the change.
    Returns:
        Path in the base -> path in the change; each lock at most once, the most alike first.
    """
    gone = _without(before, {lock.path for lock in after})
    come = _without(after, {lock.path for lock in before})
    alike = [
        (-share, old.path, new.path)
        for old in gone
        for new in come
        if old.kind is new.kind and (share := _shared(old, new)) >= LEAST_SHARED
    ]
    found: dict[str, str] = {}
    for _, old_path, new_path in sorted(alike):
        if old_path not in found and new_path not in found.values():
            found[old_path] = new_path
    return found


def removed_findings(before: Sequence[Lock], paths: Collection[str], renames: dict[str, str]) -> list[Finding]:
    """Return a finding for each lock that a change removes: what it had is no longer checked.

    Args:
        before: The locks of the base.
        paths: All files of the change.
        renames: The locks that it renames.
    """
    return [
        Finding(
            code="change.lock-removed",
            severity=Severity.INFO,
            message=f"the change removes the lock {lock.path}: no gate checks its packages any more",
            next_step="Check that nothing installs from it.",
            path=lock.path,
        )
        for lock in before
        if lock.path not in paths and lock.path not in renames
    ]


def unchanged_locks(locks: Sequence[Lock], differing: Collection[str]) -> dict[str, Lock]:
    """Return the locks that read the same in another state of the project.

    Args:
        locks: The locks of one state.
        differing: Paths of files that only one state has, or that differ.
    Returns:
        By path: those of which neither the file, nor one that it includes, nor one in its folder or a folder above
        differs; a manifest or configuration of its tool lies there. A lock with a package in a folder is read again:
        what that folder has decides whose package it is.
    """
    folders = {path.rpartition("/")[0] for path in differing}
    return {lock.path: lock for lock in locks if not _is_touched(lock, differing, folders)}


def _is_touched(lock: Lock, differing: Collection[str], folders: Collection[str]) -> bool:
    files = (lock.path, *(path for path, _, _ in lock.included))
    parts = lock.path.split("/")[:-1]
    above = {"/".join(parts[:depth]) for depth in range(len(parts) + 1)}
    if any(entry.pin.source.kind is PinSourceKind.PATH for entry in lock.entries):
        return True
    return any(path in differing for path in files) or not above.isdisjoint(folders)


def _without(locks: Sequence[Lock], paths: Collection[str]) -> list[Lock]:
    return [lock for lock in locks if lock.path not in paths]


def _shared(old: Lock, new: Lock) -> float:
    if old.sha256 == new.sha256:
        return 1.0
    before, after = ({(entry.pin.name, entry.pin.version) for entry in lock.entries} for lock in (old, new))
    return len(before & after) / len(before | after) if before | after else 1.0

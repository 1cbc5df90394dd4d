"""How a lock with bad pins is made again: the command of what wrote it."""

from __future__ import annotations

import posixpath

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.lock_formats import lock_command, lock_format

_UNUSABLE = {
    "lock.weak-hash": "Lock it again with SHA-256",
    "lock.unknown-hash": "Remove that hash, then lock it again",
    "lock.malformed-hash": "Remove that hash, then lock it again",
}
"""Hashes that a plain compile keeps with their pins, or that keep uv from reading the lock; so each pin has to be named."""

_ABSENT = frozenset({"lock.unpinned", "lock.unhashed"})


def with_commands(lock: Lock) -> Lock:
    """Return a lock whose findings about pins name the command that makes it again, where one is known."""
    if not any(finding.code in _ABSENT or finding.code in _UNUSABLE for finding in lock.findings):
        return lock
    findings = tuple(
        msgspec.structs.replace(finding, next_step=step) if (step := _step(lock, finding)) else finding
        for finding in lock.findings
    )
    return msgspec.structs.replace(lock, findings=findings)


def _step(lock: Lock, finding: Finding) -> str:
    """Return what gives a pin an exact version and strong hashes; empty if what wrote the lock is not known."""
    if finding.code in _UNUSABLE and lock.source and lock.kind is LockKind.REQUIREMENTS and not lock.export:
        pin = f"{finding.package}=={printable(finding.version)}"
        return f"{_UNUSABLE[finding.code]}: {command('lock', '--upgrade-package', quoted(pin))}"
    return _whole(lock) if finding.code in _ABSENT else ""


def _whole(lock: Lock) -> str:
    """Return what makes a lock again; a requirements file without a source becomes the source."""
    base, ending = posixpath.splitext(lock.path)
    if lock.export:
        again = lock_command(lock.kind, lock.path, export=lock.export.replace(" --no-hashes", ""))
        return f"Export it again, with hashes: {again}"
    if lock.kind is not LockKind.REQUIREMENTS:
        known = lock_command(lock.kind, lock.path)
        return f"Lock again with {lock_format(lock.kind).tool}: {known}" if known else ""
    if lock.source or ending != ".txt":
        return f"Lock again, with exact versions and hashes: {command('lock')}" if lock.source else ""
    return (
        f"Compile it from what it requires now: git mv {quoted(lock.path)} {quoted(base + '.in')} && {command('lock')}"
    )

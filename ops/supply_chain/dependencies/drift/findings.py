"""The findings of the drift gate, one function a fact."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.drift.consistency import Mismatch
from ops.supply_chain.dependencies.drift.difference import Difference

NOT_EXAMINED = "lock.not-examined"

_MOST_NAMED = 3
_LONGEST = 500
_LOCK_AGAIN = "Run `nox -s lock` and look at what changes."

Change = tuple[str, str, str]
"""A package, its version as committed, its version as compiled; an empty version for absent."""


def drifted(path: str, source: str, found: Difference, changes: Sequence[Change]) -> Finding:
    """Say that a lock is not what its source compiles to.

    Args:
        path: The lock.
        source: What it is compiled from.
        found: The difference of the texts.
        changes: The packages that differ, sorted by name.
    """
    name, before, _ = changes[0] if len(changes) == 1 else ("", "", "")
    lines = "1 line differs" if found.changed == 1 else f"{found.changed} lines differ"
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is not what {source} compiles to: {lines}, the first at line {found.line}; {_what(changes)}",
        next_step=_restore(changes) if changes and all(old == new for _, old, new in changes) else _LOCK_AGAIN,
        package=name,
        version=before,
        path=path,
        line=found.line,
    )


def unresolvable(path: str, source: str, why: str) -> Finding:
    """Say that nothing satisfies a source, as of the moment of its lock."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is not what {source} compiles to: nothing satisfies it as of the lock's moment: {_one_line(why)}",
        next_step="Correct the source, or run `nox -s lock` if it has changed since.",
        path=path,
    )


def disagreeing(path: str, command: str, said: str) -> Finding:
    """Say that a lock's own tool calls it outdated."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"does not fit its manifest, says `{command}`: {_one_line(said)}",
        next_step=f"Lock again with {command.split(maxsplit=1)[0]} and look at what changes.",
        path=path,
    )


def inconsistent(path: str, found: Mismatch, tool: str) -> Finding:
    """Say in what a lock and its manifest do not agree."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=found.message,
        next_step=f"Lock again with {tool} and look at what changes.",
        package=found.package,
        version=found.version,
        path=path,
        line=found.line,
    )


def missing(path: str, source: str) -> Finding:
    """Say that a source has no lock."""
    return Finding(
        code="lock.missing",
        severity=Severity.HIGH,
        message=f"is not there, and {source} asks for packages",
        next_step="Run `nox -s lock` and commit what it makes.",
        path=path,
    )


def no_moment(path: str) -> Finding:
    """Say that a lock does not record when it was compiled."""
    return Finding(
        code="lock.no-moment",
        severity=Severity.MEDIUM,
        message="has no `# uv-compiled-at:` line: nobody can compile it again and get the same",
        next_step="Run `nox -s lock`, which records the moment.",
        path=path,
        line=1,
    )


def no_source(path: str, pins: int) -> Finding:
    """Say that nothing tells what a lock is made from."""
    return Finding(
        code="lock.no-source",
        severity=Severity.MEDIUM,
        message=f"pins {pins} packages, and no file beside it says what they are compiled from",
        next_step="Write the .in file that it is compiled from, or waive lock.no-source for this path.",
        path=path,
        line=1,
    )


def unchecked(path: str, manifest: str) -> Finding:
    """Say that a manifest leaves its dependencies to a build, and the lock's tool could not be asked."""
    return Finding(
        code="lock.unchecked",
        severity=Severity.MEDIUM,
        message=f"cannot be held against {manifest}, which leaves its dependencies to a build backend",
        next_step="Write the dependencies into [project], or waive lock.unchecked for this path.",
        path=path,
    )


def no_lock(path: str) -> Finding:
    """Say that a file declares dependencies in a project without any lock."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message="declares dependencies, and the project has no lock that could be held against it",
        next_step="Lock them (nox -s lock), or name the lock in [locks].include.",
        path=path,
    )


def not_examined(path: str, why: str, remedy: str) -> Finding:
    """Say that a lock could not be looked at, and what to do."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"could not be looked at: {_one_line(why)}",
        next_step=remedy or "Run again.",
        path=path,
    )


def _one_line(text: str) -> str:
    """Put what another tool said on one line, and not too much of it."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _what(changes: Sequence[Change]) -> str:
    if not changes:
        return "no pin does"
    told = ", ".join(_told(*one) for one in changes[:_MOST_NAMED])
    more = len(changes) - _MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told


def _told(name: str, before: str, after: str) -> str:
    old, new = printable(before), printable(after)
    if old == new:
        return f"{name} {old} with other hashes"
    return f"{name} {old} is {new}" if old and new else f"{name} {old or new} is {'missing' if new else 'too much'}"


def _restore(changes: Sequence[Change]) -> str:
    """Advise on hashes alone: a plain compile keeps those of a lock, so that the pin has to be named."""
    if len(changes) > _MOST_NAMED:
        return "Restore the lock from version control, and find out who changed its hashes."
    pins = " ".join(f"--upgrade-package {name}=={printable(version)}" for name, version, _ in changes)
    return f"Restore it from version control; only if its hashes were never right, run `nox -s lock -- {pins}`."

"""The findings of check_locks, one function per kind, and the text difference that one of them shows."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.drift.consistency import Mismatch
from ops.supply_chain.formats.lock_formats import how_to_lock

NOT_EXAMINED = "lock.not-examined"

MOST_LINES = 40
"""Lines of a difference that are shown; the rest is counted."""

_CONTEXT_LINES = 2
_MOST_NAMED = 3
_LONGEST = 500
_LOCK_AGAIN = f"Run `{command('lock')}` and review the changes."

Change = tuple[str, str, str]
"""A package, its version as committed, its version as compiled; an empty version for absent."""


class TextDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between a committed lock and its recompile.

    `line` counts from 1 in the committed lock: the first that differs, or its last if the recompile only has more.
    `changed` is the number of removed and added lines. `shown` is a unified diff, at most `MOST_LINES`.
    """

    line: int
    changed: int
    shown: tuple[str, ...]


def text_diff(committed: str, compiled: str, *, path: str, line: int = 0) -> TextDiff:
    """Compare a lock with its recompile.

    Args:
        committed: The lock's whole text.
        compiled: The recompiled text, header included.
        path: The lock, for the head of the diff.
        line: The first line that differs, if the texts are not the lock itself; 0 finds it.
    """
    old, new = committed.splitlines(), compiled.splitlines()
    equal = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    rows = list(difflib.unified_diff(old, new, f"{path} (committed)", f"{path} (compiled)", "", "", _CONTEXT_LINES, ""))
    changed = sum(1 for row in rows[2:] if row.startswith(("-", "+")))
    shown = rows[:MOST_LINES]
    more = len(rows) - len(shown)
    return TextDiff(
        line=line or max(1, min(equal + 1, len(old))),
        changed=changed,
        shown=(*shown, f"... and {more} more {'line' if more == 1 else 'lines'}") if more else tuple(shown),
    )


def drifted(path: str, source: str, diff: TextDiff, changes: Sequence[Change]) -> Finding:
    """Return the finding for a lock that differs from a recompile of its source.

    Args:
        path: The lock.
        source: Its source.
        diff: The difference of the texts.
        changes: The packages that differ, sorted by name.
    """
    name, before, _ = changes[0] if len(changes) == 1 else ("", "", "")
    lines = "1 line differs" if diff.changed == 1 else f"{diff.changed} lines differ"
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is out of date with {source}: {lines} when recompiled, the first at line {diff.line}; {_what(changes)}",
        next_step=_restore(changes) if changes and all(old == new for _, old, new in changes) else _LOCK_AGAIN,
        package=name,
        version=before,
        path=path,
        line=diff.line,
    )


def unresolvable(path: str, source: str, why: str) -> Finding:
    """Return the finding for a source that has no solution at the timestamp of its lock."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is out of date with {source}: no solution at the lock's timestamp: {_one_line(why)}",
        next_step=f"Correct the source, or run `{command('lock')}` if it has changed since.",
        path=path,
    )


def disagreeing(path: str, command: str, output: str, *, again: str) -> Finding:
    """Return the finding for a lock that its own tool calls outdated; `again` is the command that makes it again."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is out of date with its manifest according to `{command}`: {_one_line(output)}",
        next_step=f"Run `{again}` and review the changes.",
        path=path,
    )


def out_of_date_export(path: str, lock: str, diff: TextDiff, changes: Sequence[Change], command: str) -> Finding:
    """Return the finding for an exported file that differs from another export of its lock.

    Args:
        path: The file.
        lock: The lock that it is exported from.
        diff: The difference of the texts.
        changes: The packages that differ, sorted by name.
        command: What exports it again.
    """
    name, before, _ = changes[0] if len(changes) == 1 else ("", "", "")
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=f"is out of date with {lock}: {_what(changes)}",
        next_step=f"Export it again with `{command}` and review the changes.",
        package=name,
        version=before,
        path=path,
        line=diff.line,
    )


def inconsistent(path: str, found: Mismatch, again: str) -> Finding:
    """Return the finding for a lock that differs from its manifest; `again` makes it again, empty if that is not known."""
    return Finding(
        code="lock.drift",
        severity=Severity.HIGH,
        message=found.message,
        next_step=f"{f'Run `{again}`' if again else 'Lock again with its tool'} and review the changes.",
        package=found.package,
        version=found.version,
        path=path,
        line=found.line,
    )


def missing(path: str, source: str, *, left_out: bool = False) -> Finding:
    """Return the finding for a source without a lock, or with one that `[locks]` leaves out."""
    if left_out:
        return Finding(
            code="lock.missing",
            severity=Severity.HIGH,
            message=f"[locks] leaves {path} out, but not its source {source}, which declares dependencies",
            next_step=f"Exclude {source} as well, with the reason, or let {path} be read.",
            path=path,
        )
    return Finding(
        code="lock.missing",
        severity=Severity.HIGH,
        message=f"no {path}, but {source} declares dependencies",
        next_step=f"Run `{command('lock')}` and commit the result.",
        path=path,
    )


def no_timestamp(path: str) -> Finding:
    """Return the finding for a lock that does not record when it was compiled."""
    return Finding(
        code="lock.no-moment",
        severity=Severity.INFO,
        message="has no `# uv-compiled-at:` line, so it cannot be reproduced",
        next_step=f"Run `{command('lock')}`, which records the timestamp.",
        path=path,
        line=1,
    )


def left_out(path: str, source: str, name: str, marker: str) -> Finding:
    """Return the finding for a requirement that a lock has in no form, because its marker is never true there."""
    return Finding(
        code="lock.left-out",
        severity=Severity.INFO,
        message=f"does not have {name}, which {printable(source)} requires where {printable(marker)}",
        next_step=f"If the project is used there, set [locks].universal or python_version and lock again ({command('lock')}).",
        package=name,
        path=path,
        line=1,
    )


def no_source(path: str, pins: int) -> Finding:
    """Return the finding for a lock without a source."""
    return Finding(
        code="lock.no-source",
        severity=Severity.MEDIUM,
        message=f"pins {pins} {'package' if pins == 1 else 'packages'}, but has no .in file that it is compiled from",
        next_step="Write the .in file that it is compiled from, or waive lock.no-source for this path.",
        path=path,
        line=1,
    )


def unchecked(path: str, manifest: str) -> Finding:
    """Return the finding for a manifest whose dependencies only a build knows, without the lock's tool to check it."""
    return Finding(
        code="lock.unchecked",
        severity=Severity.MEDIUM,
        message=f"cannot be compared with {manifest}, which leaves its dependencies to a build backend",
        next_step="Write the dependencies into [project], or waive lock.unchecked for this path.",
        path=path,
    )


def no_lock(path: str) -> Finding:
    """Return the finding for a file that declares dependencies in a project without any lock."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message="declares dependencies, but the project has no lock",
        next_step=f"{how_to_lock(path)}, or name the lock in [locks].include.",
        path=path,
    )


def not_examined(path: str, why: str, remedy: str) -> Finding:
    """Return the finding for a lock that could not be checked."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message=f"not checked: {_one_line(why)}",
        next_step=remedy or "Run again.",
        path=path,
    )


def _one_line(text: str) -> str:
    """Return another tool's output on one line, shortened."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def _what(changes: Sequence[Change]) -> str:
    if not changes:
        return "no pin differs"
    named = ", ".join(_shown(*change) for change in changes[:_MOST_NAMED])
    more = len(changes) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _shown(name: str, before: str, after: str) -> str:
    old, new = printable(before), printable(after)
    if old == new:
        return f"{name} {old} has other hashes"
    if old and new:
        return f"{name} {old} should be {new}"
    return f"{name} {new} is missing" if new else f"{name} {old} is not required"


def _restore(changes: Sequence[Change]) -> str:
    """Return the next step for changed hashes: a plain compile keeps those of a lock, so the pin must be named."""
    if len(changes) > _MOST_NAMED:
        return "Restore the lock from version control, and find out who changed its hashes."
    pins = " ".join(f"--upgrade-package {name}=={printable(version)}" for name, version, _ in changes)
    return f"Restore it from version control; only if its hashes were never right, run `{command('lock', pins)}`."

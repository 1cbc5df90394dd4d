"""The check of one lock, and the counts, notes and document of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.commands import command

_MOST_NAMED = 3
NO_LOCK = "no lock, and no declared dependency"


class CheckMethod(StrEnum):
    """How a lock was checked, or why it was not."""

    RECOMPILED = "recompiled"
    BY_TOOL = "checked by its tool"
    BY_MANIFEST = "compared with its manifest"
    BY_LOCK = "compared pin by pin with another lock"
    EMPTY = "has no pin of its own"
    NO_SOURCE = "has no source"
    MISSING = "is missing"
    SIBLING = "differs from its lock"


class LockCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The check of one lock.

    `path` is relative to the project. `examined` is False if something outside did not answer. `same` is True if the
    lock is up to date, `from_source` if this was found without any of its pins. `diff` is the difference, for people.
    `tool` is (name, version) of the program that was run, and `note` a remark on the method.
    """

    path: str
    how: CheckMethod
    examined: bool = True
    same: bool = False
    from_source: bool = False
    findings: tuple[Finding, ...] = ()
    diff: tuple[str, ...] = ()
    tool: tuple[str, str] = ("", "")
    note: str = ""

    @property
    def drifted(self) -> bool:
        """Whether the lock is out of date or missing."""
        return any(finding.code in ("lock.drift", "lock.missing") for finding in self.findings)


def counts_of(checks: Sequence[tuple[Lock | None, LockCheck]], *, reproducible: bool, resolved: int) -> dict[str, int]:
    """Return the counts of a run.

    Args:
        checks: Every lock with its check; None for a missing lock.
        reproducible: Whether locks were recompiled with an empty cache and without their pins.
        resolved: Number of uv runs.
    Returns:
        `locks`; `locked` distinct pins, `examined` those whose every lock was examined, and the project's own pins
        (`out_of_scope`); how many locks were `recompiled`, are `reproducible`, are reproducible only with the pins
        that they `kept`, have `drifted`, were `checked_by_tool` or `checked_by_consistency` (with their manifest or another lock),
        are `empty`; uv runs (`resolved`).
    """
    pins: dict[tuple[str, str], bool] = {}
    local = set()
    for lock, check in checks:
        for entry in lock.entries if lock is not None else ():
            key = (entry.pin.name, entry.pin.version)
            if entry.pin.local:
                local.add(key)
            else:
                pins[key] = pins.get(key, True) and check.examined
    methods = Counter(check.how for _, check in checks)
    same = [check for _, check in checks if check.same and reproducible and check.how is CheckMethod.RECOMPILED]
    return {
        "locks": sum(1 for lock, _ in checks if lock is not None),
        "locked": len(pins),
        "examined": sum(pins.values()),
        "out_of_scope": len(local),
        "recompiled": sum(1 for _, check in checks if check.how is CheckMethod.RECOMPILED and check.examined),
        "reproducible": len(same),
        "kept": sum(1 for check in same if not check.from_source),
        "drifted": sum(1 for _, check in checks if check.drifted),
        "checked_by_tool": methods[CheckMethod.BY_TOOL],
        "checked_by_consistency": methods[CheckMethod.BY_MANIFEST] + methods[CheckMethod.BY_LOCK],
        "empty": methods[CheckMethod.EMPTY],
        "resolved": resolved,
    }


def notes_of(checks: Iterable[tuple[str, LockCheck]], counts: Mapping[str, int], *, unlocked: bool) -> tuple[str, ...]:
    """Return the notes of a run.

    Args:
        checks: The check of each lock, with its path as shown.
        counts: The counts of the run.
        unlocked: Whether a project without any lock declares dependencies.
    Returns:
        General notes, then the method of each lock that is not compiled by uv, and the extras that a compiled lock
        leaves out; sorted by path.
    """
    notes = [NO_LOCK] if not counts["locks"] and not counts["drifted"] and not unlocked else []
    if counts["kept"]:
        locks = "1 lock reuses" if counts["kept"] == 1 else f"{counts['kept']} locks reuse"
        notes.append(f"{locks} pins from an earlier compile; newer versions were already available")
    for path, check in sorted(checks, key=lambda pair: pair[0]):
        if check.how is CheckMethod.RECOMPILED and check.note:
            notes.append(f"{path}: {check.note}")
        if check.how in (CheckMethod.BY_TOOL, CheckMethod.BY_MANIFEST, CheckMethod.BY_LOCK):
            notes.append(f"{path}: {check.how.value} ({check.note})" if check.note else f"{path}: {check.how.value}")
    return tuple(notes)


def extras_note(left_out: Sequence[str]) -> str:
    """Return the remark on a lock that leaves out extras which its packages require of each other.

    Args:
        left_out: `name[extra]`, sorted; empty gives no remark.
    """
    if not left_out:
        return ""
    more = len(left_out) - _MOST_NAMED
    named = ", ".join(left_out[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"has no extras ({named}), so pip before 23.3 refuses it with --require-hashes; {command('lock')} adds them"


def diff_lines(checks: Iterable[tuple[str, LockCheck]]) -> tuple[str, ...]:
    """Return the lines in which each lock differs from its recompile, sorted by path."""
    changed = sorted((path, check.diff) for path, check in checks if check.diff)
    return tuple(line for path, diff in changed for line in (f"{path} differs:", *(f"  {row}" for row in diff)))


def document_of(checks: Iterable[tuple[str, LockCheck]], counts: Mapping[str, int]) -> dict[str, object]:
    """Return the result for programs: each lock, how it was checked and what differs."""
    return {
        "schema": "locks/1",
        "counts": dict(counts),
        "locks": [
            {
                "path": path,
                "how": check.how.value,
                "examined": check.examined,
                "same": check.same,
                "from_source": check.from_source,
                "diff": list(check.diff),
            }
            for path, check in sorted(checks, key=lambda pair: pair[0])
        ],
    }

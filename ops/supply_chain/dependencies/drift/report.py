"""What a run of `check_locks.py` tells: counts, notes, a text for people and a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.dependencies.drift.looked import How, Looked

NO_LOCK = "no lock, and no declared dependency"


def counts_of(looked: Sequence[tuple[Lock | None, Looked]], *, reproducible: bool, resolved: int) -> dict[str, int]:
    """Return the counts of a run.

    Args:
        looked: Every lock with what came of it; None for a lock that is not there.
        reproducible: Whether the recompile had a clean cache and no lock's pins.
        resolved: How many questions reached the compiler.
    Returns:
        `locks`; `locked` distinct pins, `examined` those of them whose every lock was looked at, pins of the
        project itself being `out_of_scope`; how many locks were `recompiled`, are `reproducible`, or
        reproducible only with the pins that they `kept`, have `drifted`, were `checked_by_tool` or
        `checked_by_consistency`, are `empty`; distinct questions `resolved`.
    """
    pins: dict[tuple[str, str], bool] = {}
    local = set()
    for lock, one in looked:
        for entry in lock.entries if lock is not None else ():
            key = (entry.pin.name, entry.pin.version)
            if entry.pin.local:
                local.add(key)
            else:
                pins[key] = pins.get(key, True) and one.examined
    hows = Counter(one.how for _, one in looked)
    same = [one for _, one in looked if one.same and reproducible]
    return {
        "locks": sum(1 for lock, _ in looked if lock is not None),
        "locked": len(pins),
        "examined": sum(pins.values()),
        "out_of_scope": len(local),
        "recompiled": sum(1 for _, one in looked if one.how is How.RECOMPILED and one.examined),
        "reproducible": len(same),
        "kept": sum(1 for one in same if not one.from_source),
        "drifted": sum(1 for _, one in looked if one.drifted),
        "checked_by_tool": hows[How.BY_TOOL],
        "checked_by_consistency": hows[How.BY_CONSISTENCY],
        "empty": hows[How.EMPTY],
        "resolved": resolved,
    }


def notes_of(looked: Iterable[tuple[str, Looked]], counts: Mapping[str, int], *, unlocked: bool) -> tuple[str, ...]:
    """Return what has to be said beside the findings.

    Args:
        looked: Each lock, with its path as shown.
        counts: Of the run.
        unlocked: Whether a project without any lock declares dependencies.
    Returns:
        Which check was used for each lock that is not compiled by uv, then what else there is; sorted by path.
    """
    told = [NO_LOCK] if not counts["locks"] and not counts["drifted"] and not unlocked else []
    if counts["kept"]:
        told.append(f"{counts['kept']} locks keep pins of an earlier compile: newer releases were out by their moment")
    for path, one in sorted(looked, key=lambda pair: pair[0]):
        if one.how in (How.BY_TOOL, How.BY_CONSISTENCY):
            told.append(f"{path}: {one.how.value} ({one.note})" if one.note else f"{path}: {one.how.value}")
    return tuple(told)


def diff_lines(looked: Iterable[tuple[str, Looked]]) -> tuple[str, ...]:
    """Return the lines in which each lock differs from its recompile, sorted by path."""
    changed = [(path, one.diff) for path, one in looked if one.diff]
    return tuple(line for path, diff in sorted(changed) for line in (f"{path} differs:", *(f"  {row}" for row in diff)))


def document_of(looked: Iterable[tuple[str, Looked]], counts: Mapping[str, int]) -> dict[str, object]:
    """Return the result for programs: each lock, how it was looked at and what differs."""
    return {
        "schema": "locks/1",
        "counts": dict(counts),
        "locks": [
            {
                "path": path,
                "how": one.how.value,
                "examined": one.examined,
                "same": one.same,
                "from_source": one.from_source,
                "diff": list(one.diff),
            }
            for path, one in sorted(looked, key=lambda pair: pair[0])
        ],
    }

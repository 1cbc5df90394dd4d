"""From facts to findings: one for each project, at every line of every lock that pins what the fact is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Entry, Lock, LockKind, Pin
from ops.supply_chain.dependencies.index_hashes import facts
from ops.supply_chain.dependencies.index_hashes.facts import AGAIN, Fact
from ops.supply_chain.dependencies.index_hashes.subjects import Scope
from ops.supply_chain.dependencies.index_hashes.verdicts import Verdict

READERS_CODES = frozenset({"lock.unhashed", "lock.unpinned", "lock.unknown-hash", "lock.malformed-hash"})
"""What a lock's reader says of pins whose hashes cannot all be compared: repeated here as it is, not said twice."""

PLACES_NAMED_AT_MOST = 1000
"""Further places that a finding names; how many there are it always tells."""

_COMMANDS = {
    LockKind.REQUIREMENTS: "nox -s lock -- --upgrade-package {name}",
    LockKind.UV: "uv lock --upgrade-package {name}",
    LockKind.POETRY: "poetry update --lock {name}",
    LockKind.PDM: "pdm update --no-sync {name}",
    LockKind.PIPFILE: "pipenv upgrade {name}",
}

_Place = tuple[str, int]
_Key = tuple[Fact, str, str]
"""A fact, with the name and version of the package that it is about."""


def findings_of(locks: Sequence[Lock], scope: Scope, verdicts: Mapping[Pin, Verdict]) -> tuple[Finding, ...]:
    """Tell what was found in the locks of one project.

    Args:
        locks: All of it.
        scope: In which their pins are.
        verdicts: One for each pin of the scope's subjects.
    Returns:
        Sorted by place; a file that several locks include is one place.
    """
    told = {(one.path, one.line) for lock in locks for one in lock.findings if one.code in READERS_CODES}
    by_pin = _facts_by_pin(scope, verdicts)
    places: dict[_Key, set[_Place]] = {}
    for lock in locks:
        for entry in lock.entries:
            for fact in by_pin.get(entry.pin, ()):
                if fact.code != "hash.unhashed" or (entry.path, entry.line) not in told:
                    key = _with_command(fact, lock.kind, entry.pin.name), entry.pin.name, entry.pin.version
                    places.setdefault(key, set()).add((entry.path, entry.line))
    ours = [_finding(key, sorted(found)) for key, found in places.items()]
    return tuple(sorted([*ours, *_repeated(locks, scope)], key=lambda one: one.sort_key))


def no_lock(path: str) -> Finding:
    """Tell that a file declares dependencies and that the project has no lock."""
    return Finding(
        code="hash.not-examined",
        severity=Severity.INFO,
        message="declares dependencies, and the project has no lock whose hashes could be compared",
        next_step="Lock them (nox -s lock), or name the lock in [locks].include.",
        path=path,
    )


def command_for(kind: LockKind, name: str) -> str:
    """Return the command that locks one package again, or words where no tool is known."""
    return _COMMANDS[kind].format(name=name) if kind in _COMMANDS else "lock again with its own tool"


def _facts_by_pin(scope: Scope, verdicts: Mapping[Pin, Verdict]) -> dict[Pin, tuple[Fact, ...]]:
    found = {pin: verdict.facts for pin, verdict in verdicts.items() if verdict.facts}
    return found | {pin: (facts.unhashed(f"{pin.name} {pin.version}".rstrip()),) for pin in scope.unusable}


def _with_command(fact: Fact, kind: LockKind, name: str) -> Fact:
    if AGAIN not in fact.next_step:
        return fact
    return fact._replace(next_step=fact.next_step.replace(AGAIN, f"{command_for(kind, name)}."))


def _finding(key: _Key, places: Sequence[_Place]) -> Finding:
    fact, name, version = key
    (path, line), *others = places
    return Finding(
        code=fact.code,
        severity=fact.severity,
        message=fact.message,
        next_step=fact.next_step,
        package=name,
        version=version,
        path=path,
        line=line,
        also_at=tuple(f"{path}:{line}" for path, line in others[:PLACES_NAMED_AT_MOST]),
        places=len(places),
    )


def _repeated(locks: Sequence[Lock], scope: Scope) -> list[Finding]:
    outside = set(scope.outside)
    found: dict[Finding, None] = {}
    for lock in locks:
        said = [one for one in lock.findings if one.code in READERS_CODES]
        beyond = {_place(entry) for entry in lock.entries if entry.pin in outside} if said else set()
        found |= dict.fromkeys(one for one in said if (one.path, one.line) not in beyond)
    return list(found)


def _place(entry: Entry) -> _Place:
    return (entry.path, entry.line)

"""Rules that every pin must meet: an exact version, strong hashes, a source that fixes its content.

Source: https://pip.pypa.io/en/stable/topics/secure-installs/ (pip accepts SHA-256, SHA-384 and SHA-512 only);
PEP 751 "hashes" (any algorithm that every Python has).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import LockEntry, Pin, PinSource, PinSourceKind
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.names import quote

STRONG = {
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Algorithm -> length in hexadecimal digits, of algorithms without known collisions."""

WEAK = {"md5": 32, "sha1": 40, "sha224": 56, "sha3_224": 56}
"""The same for algorithms that are not enough alone: collisions exist, or pip refuses them."""

_LENGTHS = {**STRONG, **WEAK}
_HEX = re.compile(r"[0-9a-f]+")
_USUAL = re.compile(r"sha256:[0-9a-f]{64}")
"""Nearly every hash of every lock, in the form that is kept."""


class Hashes(NamedTuple):
    """The hashes of a pin or a file, sorted by use.

    `usable` are well-formed, sorted, without duplicates, weak ones included. `unknown` have an
    unknown algorithm, `malformed` a value that is not a hash of its algorithm; both as written.
    """

    usable: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()


def sort_hashes(written: Iterable[str]) -> Hashes:
    """Sort `<algorithm>:<hexadecimal>` texts into usable, unknown and malformed.

    Args:
        written: In any order and case, duplicates allowed; may be empty.
    """
    usable: set[str] = set()
    unknown: set[str] = set()
    malformed: set[str] = set()
    for text in written:
        if _USUAL.fullmatch(text):
            usable.add(text)
            continue
        algorithm, _, value = text.strip().lower().partition(":")
        if algorithm not in _LENGTHS:
            unknown.add(text)
        elif len(value) != _LENGTHS[algorithm] or not _HEX.fullmatch(value):
            malformed.add(text)
        else:
            usable.add(f"{algorithm}:{value}")
    return Hashes(tuple(sorted(usable)), tuple(sorted(unknown)), tuple(sorted(malformed)))


def is_strong(text: str) -> bool:
    """Return whether a usable hash is of an algorithm without known collisions."""
    return text.partition(":")[0] in STRONG


FULL_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A commit that names its content: SHA-1 or SHA-256 of git and Mercurial, written out."""

NO_BAD_HASHES = Hashes(())
_CONTENT_ADDRESSED = ("git", "hg")
_SHOWN_RIVALS = 5
_Facts = tuple[str, str, PinSource, tuple[str, ...]]


class PinProblem(NamedTuple):
    """A finding without its place, so that it is computed once for each distinct pin."""

    code: str
    severity: Severity
    message: str
    next_step: str

    def at(self, pin: Pin, path: str, line: int) -> Finding:
        """Return the finding at a line of a lock."""
        return Finding(
            code=self.code,
            severity=self.severity,
            message=self.message,
            next_step=self.next_step,
            package=pin.name,
            version=pin.version,
            path=path,
            line=line,
        )


def problems_of(pin: Pin, written: Hashes = NO_BAD_HASHES) -> tuple[PinProblem, ...]:
    """Return the problems of a pin, whatever its place.

    Args:
        pin: As read.
        written: The hashes as written, for the unknown and malformed ones.
    Returns:
        In the order of the checks; empty for a good pin.
    """
    found = [_bad_hash(pin, "lock.unknown-hash", "of an unknown algorithm", text) for text in written.unknown]
    found += [_bad_hash(pin, "lock.malformed-hash", "that is malformed", text) for text in written.malformed]
    if pin.local:
        return tuple(found)
    if pin.source.kind is PinSourceKind.VCS:
        found += _vcs_problems(pin)
    else:
        found += _version_problems(pin) + _hash_problems(pin)
    return tuple(found)


def is_fixed(pin: Pin) -> bool:
    """Return whether a VCS pin fixes its content by a full commit."""
    return pin.source.vcs in _CONTENT_ADDRESSED and FULL_COMMIT.fullmatch(pin.source.commit) is not None


def unnamed(pin: Pin) -> PinProblem:
    """Return the problem of a pin whose name is only guessed from its address."""
    return PinProblem(
        "lock.unnamed",
        Severity.MEDIUM,
        f"{pin.name}: the lock has no name for it; this one is taken from the address",
        "Write it as `name @ address`.",
    )


def duplicate_findings(entries: Sequence[LockEntry], *, versions_may_differ: bool) -> list[Finding]:
    """Return findings for pins that are in a lock twice or that contradict each other.

    Args:
        entries: All entries of one lock.
        versions_may_differ: True if the format may contain several versions of one package.
    Returns:
        `lock.duplicate` for each repetition, `lock.conflict` for each pin that another contradicts. The
        same pin in two included files is neither.
    """
    if len({entry.pin.name for entry in entries}) == len(entries):
        return []
    groups: dict[str, list[LockEntry]] = defaultdict(list)
    for entry in entries:
        groups[entry.pin.name].append(entry)
    found: list[Finding] = []
    for group in groups.values():
        found += _repeated(group)
        if not versions_may_differ:
            found += _contradicting([entry for entry in group if not entry.pin.local])
    return found


def _vcs_problems(pin: Pin) -> list[PinProblem]:
    if is_fixed(pin):
        return [] if pin.version else [_unversioned(pin, "commit")]
    message = f"{pin.name}: the {pin.source.vcs} address does not fix a full commit: its content can change"
    return [PinProblem("lock.mutable-source", Severity.HIGH, message, "Pin the full commit hash, or a release.")]


def _version_problems(pin: Pin) -> list[PinProblem]:
    if pin.version:
        return []
    if pin.source.kind is not PinSourceKind.INDEX and any(map(is_strong, pin.hashes)):
        return [_unversioned(pin, "hash")]
    message = f"{pin.name}: no exact version"
    return [PinProblem("lock.unpinned", Severity.HIGH, message, "Pin it with == and lock again.")]


def _unversioned(pin: Pin, by: str) -> PinProblem:
    return PinProblem(
        "lock.unversioned",
        Severity.INFO,
        f"{pin.name}: fixed by its {by}, but the lock does not record its version",
        "Prefer a release from the index, so that advisories can be matched.",
    )


def _hash_problems(pin: Pin) -> list[PinProblem]:
    if not pin.hashes:
        message = f"{_label(pin)}: no hash"
        return [PinProblem("lock.unhashed", Severity.HIGH, message, "Lock again with hashes.")]
    found = []
    bare = sum(1 for file in pin.files if not file.hashes)
    if bare:
        message = f"{_label(pin)}: {bare} of {len(pin.files)} files without hash"
        found.append(PinProblem("lock.unhashed", Severity.HIGH, message, "Lock again with hashes."))
    per_file = [file.hashes for file in pin.files if file.hashes] or [pin.hashes]
    if not all(any(map(is_strong, hashes)) for hashes in per_file):
        algorithms = ", ".join(sorted({text.partition(":")[0] for text in pin.hashes if not is_strong(text)}))
        message = f"{_label(pin)}: fixed by weak hashes alone ({algorithms})"
        found.append(PinProblem("lock.weak-hash", Severity.HIGH, message, "Lock again with SHA-256."))
    return found


def _bad_hash(pin: Pin, code: str, what: str, text: str) -> PinProblem:
    return PinProblem(code, Severity.HIGH, f"{_label(pin)}: a hash {what}: {quote(text)}", "Lock again with SHA-256.")


def _label(pin: Pin) -> str:
    return f"{pin.name} {printable(pin.version)}".rstrip()


def _repeated(group: Iterable[LockEntry]) -> list[Finding]:
    seen: dict[tuple[object, ...], LockEntry] = {}
    found = []
    for entry in group:
        key = (entry.pin, entry.path, entry.groups)
        first = seen.setdefault(key, entry)
        if first is not entry:
            message = f"{_label(entry.pin)}: already in line {first.line}"
            problem = PinProblem("lock.duplicate", Severity.LOW, message, "Remove one of the two and lock again.")
            found.append(problem.at(entry.pin, entry.path, entry.line))
    return found


def _contradicting(group: Sequence[LockEntry]) -> list[Finding]:
    by_marker: dict[str, set[_Facts]] = defaultdict(set)
    for entry in group:
        by_marker[entry.pin.marker].add(_facts(entry.pin))
    everything = set().union(*by_marker.values())
    # Two markers may be meant to exclude each other; no marker excludes nothing.
    rivals = {marker: facts | by_marker.get("", set()) if marker else everything for marker, facts in by_marker.items()}
    shown = {marker: _rivals(facts) for marker, facts in rivals.items() if len(facts) > 1}
    return [_conflict(entry, shown[entry.pin.marker]) for entry in group if entry.pin.marker in shown]


def _conflict(entry: LockEntry, rivals: str) -> Finding:
    message = f"{entry.pin.name}: pinned more than once, with differences: {rivals}"
    problem = PinProblem("lock.conflict", Severity.HIGH, message, "Keep one of them and lock again.")
    return problem.at(entry.pin, entry.path, entry.line)


def _rivals(facts: Iterable[_Facts]) -> str:
    places = sorted({version or place or "no exact version" for version, place, *_ in facts})
    return ", ".join(places[:_SHOWN_RIVALS]) + (", ..." if len(places) > _SHOWN_RIVALS else "")


def _facts(pin: Pin) -> _Facts:
    place = pin.source.commit or printable(pin.source.url)
    return printable(pin.version), place, pin.source, pin.hashes

"""The result for each release, the findings at the lines that pin it, and the counts of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.dependencies.index_hashes.compare import UPGRADE, HashComparison, HashIssue, IndexEntry
from ops.supply_chain.dependencies.index_hashes.downloads import (
    FileDownload,
    HashedBytes,
    check_bytes,
    still_missing,
)
from ops.supply_chain.dependencies.index_hashes.metadata import compare_metadata
from ops.supply_chain.dependencies.index_hashes.pins import HashScope, PinnedRelease, algorithm_of
from ops.supply_chain.formats.lock_formats import how_to_lock, upgrade_command

WITH_BYTES = f"Run again with --bytes, which downloads the file and hashes it: {command('check_hashes', '--bytes')}"
NOT_EXAMINED = "hash.not-examined"

READER_CODES = frozenset({"lock.unhashed", "lock.unpinned", "lock.unknown-hash", "lock.malformed-hash"})
"""Findings of the lock reader on pins whose hashes cannot all be compared; repeated here, each reported once."""

MOST_PLACES = 1000
"""Further places that a finding names; it always counts all of them."""

_Place = tuple[str, int]
_Key = tuple[HashIssue, LockKind, str, str]
"""An issue and the kind of the locks, with the name and version of the package that it is about."""


class NotExamined(NamedTuple):
    """Why something could not be checked, and what to do about it."""

    reason: str
    remedy: str


class ReleaseResult(NamedTuple):
    """Issues of a release, whether all its hashes were examined, and how many of them the index serves."""

    issues: tuple[HashIssue, ...]
    examined: bool
    served: int = 0


Downloaded = Sequence[tuple[FileDownload, HashedBytes | NotExamined]]
"""The downloads of one release, each with its result."""


def result_of(
    release: PinnedRelease,
    compared: HashComparison | NotExamined,
    downloaded: Downloaded | None,
    cached: Mapping[FileDownload, CoreMetadata] | None = None,
) -> ReleaseResult:
    """Combine the comparison and the downloads of one release.

    Args:
        release: The release.
        compared: The comparison with its page, or why there is none; empty for a release with an address.
        downloaded: Its downloads; None if nothing is downloaded in this run.
        cached: Wrong metadata that was in the cache, by the wheel that shows it.
    """
    if isinstance(compared, NotExamined):
        return ReleaseResult((_not_examined(release.label, compared),), examined=False)
    if downloaded is None:
        gaps = _needs_download(release, compared)
        found = compared.issues
    else:
        sent = [(download, result) for download, result in downloaded if isinstance(result, HashedBytes)]
        gaps = [result for _, result in downloaded if isinstance(result, NotExamined)]
        differing = tuple(issue for download, result in sent if (issue := check_bytes(download, result)))
        absent = () if gaps else still_missing(release, compared.unannounced, sent)
        metadata = [issue for download, result in sent for issue in _metadata(download, result, cached or {})]
        gaps += [
            NotExamined(result.metadata.problem, result.metadata.remedy)
            for download, result in sent
            if result.metadata is not None and result.metadata.problem and check_bytes(download, result) is None
        ]
        found = (*compared.issues, *differing, *metadata, *absent)
    not_examined = tuple(_not_examined(release.label, gap) for gap in gaps)
    return ReleaseResult((*found, *not_examined), not not_examined, len(compared.served))


def contents_differ(label: str, file: str) -> HashIssue:
    """Return the issue of a wheel that contains something else than is recorded."""
    return HashIssue(
        "hash.contents-differ",
        Severity.MEDIUM,
        f"{label}: the recorded contents of {file} are not those of the wheel, so the SBOM describes another one",
        f"Record them again ({command('check_hashes', '--bytes', '--record')}), review the difference and commit it.",
    )


def locate(locks: Sequence[Lock], scope: HashScope, results: Mapping[Pin, ReleaseResult]) -> tuple[Finding, ...]:
    """Return the findings in the locks of one project: each issue once, with every line that pins its package.

    Args:
        locks: All locks of the project.
        scope: Their pins.
        results: One result for each pin of the scope's releases.
    Returns:
        Sorted by place; a file that several locks include is one place.
    """
    reported = {
        (finding.path, finding.line) for lock in locks for finding in lock.findings if finding.code in READER_CODES
    }
    by_pin = _issues_by_pin(scope, results)
    places: dict[_Key, set[_Place]] = {}
    written: dict[_Place, Lock] = {}
    for lock in locks:
        for entry in lock.entries:
            for issue in by_pin.get(entry.pin, ()):
                if issue.code != "hash.unhashed" or _place(entry) not in reported:
                    key = issue, lock.kind, entry.pin.name, entry.pin.version
                    places.setdefault(key, set()).add(_place(entry))
                    written.setdefault(_place(entry), lock)
    own = [_finding(key, sorted(found), written) for key, found in places.items()]
    return tuple(sorted([*own, *_repeated(locks, scope)], key=lambda finding: finding.sort_key))


def no_lock(path: str) -> Finding:
    """Return the finding for a file that declares dependencies in a project without a lock."""
    return Finding(
        code=NOT_EXAMINED,
        severity=Severity.INFO,
        message="declares dependencies, but the project has no lock with hashes to compare",
        next_step=f"{how_to_lock(path)}, or name the lock in [locks].include.",
        path=path,
    )


def command_for(lock: Lock, name: str) -> str:
    """Return the command that locks one package again, or words if no tool is known."""
    return upgrade_command(lock.kind, name, lock.path, export=lock.export) or "lock again with its own tool"


def counts_of(
    locks: Sequence[Lock], scopes: Iterable[HashScope], results: Mapping[PinnedRelease, ReleaseResult]
) -> dict[str, int]:
    """Return the counts of a run.

    Args:
        locks: All locks that were read.
        scopes: The scope of each project.
        results: One result for each distinct release.
    Returns:
        `locks`; `locked` versions in scope and how many of them were `examined`; pins `out_of_scope`;
        distinct `hashes` and how many of them are `served`.
    """
    every = list(scopes)
    unusable = {(pin.source, pin.name, pin.version) for scope in every for pin in scope.unusable}
    return {
        "locks": len(locks),
        "locked": len(results) + len(unusable),
        "examined": sum(result.examined for result in results.values()),
        "out_of_scope": len({pin for scope in every for pin in scope.outside}),
        "hashes": sum(len(release.hashes) for release in results),
        "served": sum(result.served for result in results.values()),
    }


def status_unknown(entries: Mapping[PinnedRelease, IndexEntry]) -> int:
    """Count the projects whose pages never contain a status."""
    return len({release.page for release, entry in entries.items() if entry.known and not entry.status_told})


def digest_of(entries: Mapping[PinnedRelease, IndexEntry]) -> str:
    """Return the SHA-256 of everything that was compared on the side of the index."""
    lines = []
    for release, entry in entries.items():
        files = sorted((file.filename, file.hashes, file.yanked, file.yanked_reason) for file in entry.files)
        lines.append(repr((*release, entry.known, entry.status, entry.status_reason, files, entry.elsewhere)))
    return sha256_bytes("\n".join(sorted(lines)).encode("utf-8", "surrogateescape"))


def notes_of(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the notes of a run, from its counts."""
    notes = []
    if not counts["locks"]:
        notes.append("no lock, and no declared dependency")
    if counts.get("status_unknown"):
        number = counts["status_unknown"]
        projects = "1 project" if number == 1 else f"{number} projects"
        notes.append(f"the index does not publish the status of {projects} (quarantined, archived, deprecated)")
    if counts["out_of_scope"]:
        number = counts["out_of_scope"]
        pins = "1 pin comes" if number == 1 else f"{number} pins come"
        notes.append(f"{pins} from version control, a path or the project itself, and cannot be compared with an index")
    return tuple(notes)


def _metadata(
    download: FileDownload, sent: HashedBytes, cached: Mapping[FileDownload, CoreMetadata]
) -> tuple[HashIssue, ...]:
    # Metadata in bytes that are not the locked ones says nothing.
    if sent.metadata is None or sent.metadata.problem or check_bytes(download, sent):
        return ()
    return compare_metadata(download, sent.metadata, cached.get(download))


def _needs_download(release: PinnedRelease, compared: HashComparison) -> list[NotExamined]:
    if release.url:
        return [NotExamined("it comes from an address, not from an index", WITH_BYTES)]
    if not compared.unannounced:
        return []
    algorithms = ", ".join(sorted(set(map(algorithm_of, compared.unannounced))))
    number = len(compared.unannounced)
    hashes = f"1 hash uses {algorithms}" if number == 1 else f"{number} hashes use {algorithms}"
    return [NotExamined(f"{hashes}, which the index does not publish for every file", WITH_BYTES)]


def _not_examined(label: str, gap: NotExamined) -> HashIssue:
    return HashIssue(NOT_EXAMINED, Severity.INFO, f"{label}: not checked: {gap.reason}", gap.remedy)


def _unhashed(pin: Pin) -> HashIssue:
    message = f"{pin.name} {pin.version}".rstrip() + ": no exact version with hashes in the lock, so nothing to compare"
    return HashIssue("hash.unhashed", Severity.HIGH, message, f"Pin it with == and hashes: {UPGRADE}")


def _issues_by_pin(scope: HashScope, results: Mapping[Pin, ReleaseResult]) -> dict[Pin, tuple[HashIssue, ...]]:
    found = {pin: result.issues for pin, result in results.items() if result.issues}
    return found | {pin: (_unhashed(pin),) for pin in scope.unusable}


def _finding(key: _Key, places: Sequence[_Place], written: Mapping[_Place, Lock]) -> Finding:
    issue, _, name, version = key
    (path, line), *others = places
    how = command_for(written[places[0]], name)
    return Finding(
        code=issue.code,
        severity=issue.severity,
        message=issue.message,
        next_step=issue.next_step.replace(UPGRADE, f"{how}."),
        package=name,
        version=version,
        path=path,
        line=line,
        also_at=tuple(f"{path}:{line}" for path, line in others[:MOST_PLACES]),
        places=len(places),
    )


def _repeated(locks: Sequence[Lock], scope: HashScope) -> list[Finding]:
    outside = set(scope.outside)
    found: dict[Finding, None] = {}
    for lock in locks:
        reported = [finding for finding in lock.findings if finding.code in READER_CODES]
        beyond = {_place(entry) for entry in lock.entries if entry.pin in outside} if reported else set()
        found |= dict.fromkeys(finding for finding in reported if (finding.path, finding.line) not in beyond)
    return list(found)


def _place(entry: LockEntry) -> _Place:
    return (entry.path, entry.line)

"""Comparison of a pinned release with its project's page on the index, and the issues that it finds.

A file that the lock names is found by its name; any other hash is searched among all files of the version.
Two hashes can be compared only in the same algorithm: a hash in an algorithm that the index does not publish
is neither served nor missing, and only a download can decide.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/, PEP 592 (yanked),
PEP 792 (project status).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.index_hashes.pins import PinnedFile, PinnedRelease, algorithm_of

UPGRADE = "{upgrade}"
"""Placeholder in a next step: the command that locks the package again, which depends on the kind of lock."""

ASK_MAINTAINERS = (
    "Do not install or release anything with it; ask the maintainers of the project and of the index why its bytes "
    "changed."
)
LONGEST_REASON = 200
LONGEST_STATUS = 40
QUARANTINED = "quarantined"

IsOfVersion = Callable[[str, str, str], bool]
"""Decides whether a file name belongs to a version: file name, project, version."""


class HashIssue(NamedTuple):
    """A finding without its place."""

    code: str
    severity: Severity
    message: str
    next_step: str


class IndexEntry(NamedTuple):
    """What the index serves for one pinned release.

    `files` are the files of its version, in the index's order. `elsewhere` are (hash, file name) of files of other
    versions that have one of its hashes, sorted. `status_told` is False if the index serves a kind of page that
    never contains the project's status.
    """

    files: tuple[IndexFile, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()
    known: bool = True
    status: str = "active"
    status_reason: str = ""
    status_told: bool = False


class HashComparison(NamedTuple):
    """The result: issues, the release's hashes that the index serves, those that only a download can decide."""

    issues: tuple[HashIssue, ...] = ()
    served: tuple[str, ...] = ()
    unannounced: tuple[str, ...] = ()


def index_entry(release: PinnedRelease, listing: ProjectListing | None, is_of_version: IsOfVersion) -> IndexEntry:
    """Select from a project's page what concerns a release.

    Args:
        release: A release of that project.
        listing: The page, or None if the index has no such project.
        is_of_version: Reads file names.
    """
    if listing is None:
        return IndexEntry(known=False)
    recorded, name, version = set(release.hashes), release.page.name, release.version
    files = tuple(file for file in listing.files if is_of_version(file.filename, name, version))
    own = {file.filename for file in files}
    others = {
        (digest, file.filename)
        for file in listing.files
        if file.filename not in own and not recorded.isdisjoint(file.hashes)
        for digest in recorded.intersection(file.hashes)
    }
    return IndexEntry(
        files=files,
        elsewhere=tuple(sorted(others)),
        status=listing.status,
        status_reason=listing.status_reason,
        status_told=listing.status_told,
    )


def compare(release: PinnedRelease, entry: IndexEntry) -> HashComparison:
    """Compare a release with what its index serves.

    Returns:
        Issues in this order: status, missing or replaced files by hash, yanked files.
    """
    if not entry.known:
        return HashComparison((_project_missing(release),))
    status = _status(release, entry)
    if entry.status == QUARANTINED and not entry.files:
        return HashComparison(status)
    if not entry.files:
        return HashComparison((*status, _version_missing(release, entry)))
    named = _compare_named(release, entry)
    rest = _compare_any(release, entry, _unnamed_hashes(release))
    served = tuple(sorted({*named.served, *rest.served}))
    unannounced = tuple(sorted({*named.unannounced, *rest.unannounced}))
    return HashComparison((*status, *named.issues, *rest.issues, *_yanked(release, entry)), served, unannounced)


def missing(release: PinnedRelease, wanted: str, *, name: str = "", files: int, elsewhere: str = "") -> HashIssue:
    """Return the issue for a hash that no file of the version has.

    Args:
        release: The release.
        wanted: The hash.
        name: The file that should have it, where the lock names one.
        files: How many files the index serves of the version.
        elsewhere: A file of another version that has it, or empty.
    """
    what = f"{name} with {wanted}" if name else f"a file with {wanted}"
    found = f"that hash only on {printable(elsewhere)}" if elsewhere else f"none among the {files} of that version"
    step = (
        "Find out why the index removed it; if it was never there, the lock has been tampered with. "
        f"Then run: {UPGRADE}"
    )
    message = f"{release.label}: expected {what} on the index, found {found}"
    return HashIssue("hash.missing", Severity.HIGH, message, step)


def _unnamed_hashes(release: PinnedRelease) -> tuple[str, ...]:
    """Return the hashes that the lock records for no file by name."""
    named = {digest for file in release.files for digest in file.hashes}
    return tuple(digest for digest in release.hashes if digest not in named)


def _compare_named(release: PinnedRelease, entry: IndexEntry) -> HashComparison:
    results = [_compare_file(release, entry, file) for file in release.files]
    return HashComparison(
        tuple(issue for result in results for issue in result.issues),
        tuple(digest for result in results for digest in result.served),
        tuple(digest for result in results for digest in result.unannounced),
    )


def _compare_file(release: PinnedRelease, entry: IndexEntry, wanted: PinnedFile) -> HashComparison:
    same_name = [file for file in entry.files if file.filename == wanted.name]
    announced = {digest for file in same_name for digest in file.hashes}
    if not same_name:
        # The same bytes under another spelling of the name are the same file.
        return _compare_any(release, entry, wanted.hashes, name=wanted.name)
    served, unannounced, issues = [], [], []
    for digest in wanted.hashes:
        rivals = sorted(other for other in announced if algorithm_of(other) == algorithm_of(digest))
        if digest in announced:
            served.append(digest)
        elif rivals:
            message = f"{release.label}: expected {wanted.name} with {digest}, found it on the index with {rivals[0]}"
            issues.append(HashIssue("hash.replaced", Severity.CRITICAL, message, ASK_MAINTAINERS))
        else:
            unannounced.append(digest)
    return HashComparison(tuple(issues), tuple(served), tuple(unannounced))


def _compare_any(release: PinnedRelease, entry: IndexEntry, hashes: Iterable[str], name: str = "") -> HashComparison:
    announced = {digest for file in entry.files for digest in file.hashes}
    elsewhere = dict(entry.elsewhere)
    served, unannounced, issues = [], [], []
    for digest in hashes:
        if digest in announced:
            served.append(digest)
        elif not all(_announces(file, algorithm_of(digest)) for file in entry.files):
            unannounced.append(digest)
        else:
            other = elsewhere.get(digest, "")
            issues.append(missing(release, digest, name=name, files=len(entry.files), elsewhere=other))
    return HashComparison(tuple(issues), tuple(served), tuple(unannounced))


def _announces(file: IndexFile, algorithm: str) -> bool:
    return any(algorithm_of(digest) == algorithm for digest in file.hashes)


def _project_missing(release: PinnedRelease) -> HashIssue:
    message = f"{release.label}: expected the project {release.page.name} on the index, found none"
    step = (
        "Find out why it was removed, and replace it; until then anyone may be able to register that name. "
        "If it is a private package, name its index in the lock."
    )
    return HashIssue("hash.project-missing", Severity.HIGH, message, step)


def _version_missing(release: PinnedRelease, entry: IndexEntry) -> HashIssue:
    found = f"its hash only on {printable(entry.elsewhere[0][1])}" if entry.elsewhere else "none"
    message = f"{release.label}: expected files of that version on the index, found {found}"
    step = f"Find out why it was removed, then choose another version: {UPGRADE}"
    return HashIssue("hash.version-missing", Severity.HIGH, message, step)


def _yanked(release: PinnedRelease, entry: IndexEntry) -> tuple[HashIssue, ...]:
    recorded, names = set(release.hashes), {file.name for file in release.files}
    pinned = [file for file in entry.files if file.filename in names or not recorded.isdisjoint(file.hashes)]
    yanked = [file for file in pinned or entry.files if file.yanked]
    if not yanked:
        return ()
    reason = next((file.yanked_reason for file in yanked if file.yanked_reason), "")
    if all(file.yanked for file in entry.files):
        what = f"{release.label} was"
    else:
        listed = ", ".join(printable(name) for name in sorted(file.filename for file in yanked))
        what = f"{release.label}: {listed} {'was' if len(yanked) == 1 else 'were'}"
    message = f"{what} yanked on the index ({_reason(reason) or 'no reason given'})"
    step = f"Move to a version that is not yanked: {UPGRADE}"
    return (HashIssue("hash.yanked", Severity.MEDIUM, message, step),)


def _status(release: PinnedRelease, entry: IndexEntry) -> tuple[HashIssue, ...]:
    """Return the issue of a project's status (PEP 792); none for an active project."""
    if entry.status == "active":
        return ()
    why = _reason(entry.status_reason)
    message = f"{release.label}: the index marks the project as {printable(entry.status)[:LONGEST_STATUS]}"
    message += f" ({why})" if why else ""
    if entry.status == QUARANTINED:
        message += "" if entry.files else ", and serves no file of that version"
        step = "Do not install or release anything with it: the index suspects malware. Replace it."
        return (HashIssue("hash.quarantined", Severity.CRITICAL, message, step),)
    if entry.status == "archived":
        step = "Expect no more fixes; plan to replace it."
        return (HashIssue("hash.archived", Severity.INFO, message, step),)
    if entry.status == "deprecated":
        step = "Plan to move to its replacement."
        return (HashIssue("hash.deprecated", Severity.INFO, message, step),)
    step = "Check the project's page for the meaning of this status."
    return (HashIssue("hash.unknown-status", Severity.LOW, message, step),)


def _reason(text: str) -> str:
    shown = printable(text.strip())[:LONGEST_REASON]
    return f'reason: "{shown}"' if shown else ""

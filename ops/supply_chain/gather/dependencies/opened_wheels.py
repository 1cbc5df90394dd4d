"""Wheels that `check_hashes --bytes` downloads, opened: what they contain, compared with what is recorded beside the locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, NamedTuple

import msgspec

from ops.supply_chain.adapters.files.verified_files import VerifiedFiles
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.wheel_contents import RecordedWheel
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.text import plural
from ops.supply_chain.dependencies.index_hashes.compare import HashIssue
from ops.supply_chain.dependencies.index_hashes.downloads import FileDownload, HashedBytes, check_bytes, sha256_allowed
from ops.supply_chain.dependencies.index_hashes.pins import PinnedRelease
from ops.supply_chain.dependencies.index_hashes.results import NotExamined, contents_differ
from ops.supply_chain.formats.wheel import WHEEL_ENDING
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.gates.wheel_contents import (
    RECORD,
    RecordedContents,
    open_wheel,
    recorded_contents,
    write_contents,
)
from ops.supply_chain.inventory.distributions.recorded import unopened_wheel, wheel_order

Sent = Iterable[tuple[FileDownload, HashedBytes | NotExamined]]
"""The downloads of one release, each with its result."""


class WheelReader:
    """Opens wheels as they are downloaded, and keeps the files that have a locked hash.

    Args:
        planned: Everything that is downloaded, or was kept.
        kept: Where the files are kept.
    """

    def __init__(self, planned: Iterable[FileDownload], kept: VerifiedFiles) -> None:
        self._about = {download.url: download for download in planned}
        self._kept = kept
        self._opened: dict[str, RecordedWheel] = {}

    def receive(self, url: str, file: IO[bytes]) -> None:
        """Keep a downloaded file, and open it if it is a wheel.

        Raises:
            OutputError: The cache cannot be written.
        """
        from ops.supply_chain.adapters.index.downloads import install_key

        download = self._about[url]
        chosen = install_key(download.release.hashes) if download.installed else ""
        self._kept.keep(download.name, file, download.allowed, chosen=chosen)
        self.open(url, file)

    def open_kept(self, download: FileDownload) -> bool:
        """Open a file from those that are kept; return whether it is there, with the bytes that it should have."""
        with self._kept.opened(sha256_allowed(download)) as file:
            if file is not None:
                self.open(download.url, file)
            return file is not None

    def open(self, url: str, file: IO[bytes]) -> None:
        """Open one wheel; what is wrong with it becomes part of its record."""
        download = self._about[url]
        if not is_wheel(download):
            return
        release = download.release
        try:
            wheel = open_wheel(file, release.page.name, release.version, download.name)
        except (OSError, RecursionError, MemoryError) as error:
            sha256 = next((text[7:] for text in download.allowed if text.startswith("sha256:")), "0" * 64)
            problem = f"cannot be read: {type(error).__name__}"
            wheel = unopened_wheel(release.page.name, release.version, download.name, sha256, problem)
        self._opened[url] = wheel

    def wheels_of(self, sent: Sent) -> tuple[RecordedWheel, ...]:
        """Return the wheels of a release whose bytes have a locked hash, sorted.

        Args:
            sent: The downloads of the release.
        """
        good = (
            download
            for download, result in sent
            if isinstance(result, HashedBytes) and not check_bytes(download, result)
        )
        return tuple(sorted((self._opened[each.url] for each in good if each.url in self._opened), key=wheel_order))


class ProjectContents(NamedTuple):
    """One project: what is recorded beside its locks, which wheels of its pins were opened, and what differs.

    `unrecorded` counts opened wheels that no file beside a lock has, `inside` what they contain. `refs` are the files beside
    the locks, as the record names them.
    """

    recorded: RecordedContents
    opened: Mapping[PinnedRelease, tuple[RecordedWheel, ...]]
    differing: Mapping[PinnedRelease, tuple[HashIssue, ...]]
    unrecorded: int
    inside: int
    refs: tuple[FileRef, ...] = ()


def is_wheel(download: FileDownload) -> bool:
    """Return whether a download is a wheel."""
    return download.name.endswith(WHEEL_ENDING)


def compare_contents(
    project: GateProject,
    releases: Iterable[PinnedRelease],
    opened: Mapping[PinnedRelease, tuple[RecordedWheel, ...]],
) -> ProjectContents:
    """Compare opened wheels with what is recorded beside the locks of a project.

    Args:
        project: The project.
        releases: Those that it pins.
        opened: Wheels by release, of the whole run.
    Raises:
        InputError: A file beside a lock is malformed.
    """
    recorded = recorded_contents(project.root, project.locks)
    own = {release: opened[release] for release in releases if release in opened}
    known: dict[str, list[RecordedWheel]] = {}
    for wheel in recorded.wheels:
        known.setdefault(wheel.sha256, []).append(wheel)
    differing: dict[PinnedRelease, tuple[HashIssue, ...]] = {}
    new: dict[str, RecordedWheel] = {}
    for release, wheels in own.items():
        for wheel in wheels:
            if wheel.sha256 not in known:
                new[wheel.sha256] = wheel
            elif any(other != wheel for other in known[wheel.sha256]):
                issue = contents_differ(release.label, wheel.file)
                differing[release] = (*differing.get(release, ()), issue)
    inside = sum(len(wheel.components) for wheel in new.values())
    refs = tuple(_shown(project, ref) for ref in recorded.refs)
    return ProjectContents(recorded, own, differing, len(new), inside, refs)


def record_contents(project: GateProject, contents: ProjectContents) -> tuple[FileRef, ...]:
    """Write what the wheels of each lock contain.

    Entries of wheels that the lock does not have any more are removed; those of wheels that were not opened in this run
    stay.

    Raises:
        OutputError: A file cannot be written.
    """
    written = []
    for lock in project.locks:
        before = contents.recorded.by_lock.get(lock.path)
        after = _of_lock(lock, before or (), contents.opened)
        if after != (before or ()):
            written.append(_shown(project, write_contents(project.root, lock.path, after)))
    return tuple(written)


def notes_of(contents: Iterable[ProjectContents]) -> tuple[str, ...]:
    """Return the notes of a run: wheels whose contents are not recorded, and those that could not be opened."""
    found = tuple(contents)
    unrecorded, inside = sum(each.unrecorded for each in found), sum(each.inside for each in found)
    notes = []
    if unrecorded:
        notes.append(
            f"the contents of {plural(unrecorded, 'wheel')} are not recorded, so no SBOM and no check of advisories has the "
            f"{plural(inside, 'component')} in them: {RECORD}"
        )
    problems = {
        f"{wheel.file} was not opened: {wheel.problem}"
        for each in found
        for wheels in each.opened.values()
        for wheel in wheels
        if wheel.problem
    }
    return (*notes, *sorted(problems))


def _shown(project: GateProject, ref: FileRef) -> FileRef:
    path = project.shown(ref.path.removeprefix("project:"))
    return msgspec.structs.replace(ref, path=f"project:{path}")


def _of_lock(
    lock: Lock, before: Sequence[RecordedWheel], opened: Mapping[PinnedRelease, tuple[RecordedWheel, ...]]
) -> tuple[RecordedWheel, ...]:
    digests = {digest for entry in lock.entries for digest in entry.pin.hashes}
    new = {wheel.sha256: wheel for wheels in opened.values() for wheel in wheels}
    kept = {wheel.sha256: wheel for wheel in before} | new
    return tuple(sorted((wheel for wheel in kept.values() if f"sha256:{wheel.sha256}" in digests), key=wheel_order))

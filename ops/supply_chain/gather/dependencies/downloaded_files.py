"""The files that `check_hashes --bytes` hashes: downloaded in this run, or by a retained release that verifies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.wheel_contents import RecordedWheel
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.core.text import plural, printable, size_text
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, IndexEntry
from ops.supply_chain.dependencies.index_hashes.downloads import (
    DOWNLOADED,
    EarlierBytes,
    FileDownload,
    HashedBytes,
    check_bytes,
    plan,
    plan_url,
    sha256_allowed,
)
from ops.supply_chain.dependencies.index_hashes.metadata import own_metadata
from ops.supply_chain.dependencies.index_hashes.pins import PinnedRelease
from ops.supply_chain.dependencies.index_hashes.results import NotExamined
from ops.supply_chain.gather.dependencies.opened_wheels import WheelReader, is_wheel

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.verified_files import VerifiedFiles
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.downloads import Downloads, Wanted
    from ops.supply_chain.gather.gates.wheel_contents import RecordedContents
    from ops.supply_chain.runner.progress import Progress

EVERYTHING_ANEW = (
    "each run downloads all of them, because only what the index sends now shows what it serves now "
    "(--bytes=changed downloads what no retained release has verified)"
)


class DownloadedFiles(NamedTuple):
    """The downloads of each release, and the wheels that were opened.

    `files` and `size` count what was downloaded in this run, `earlier` what retained releases had downloaded. `refs` are all
    files whose bytes have a locked SHA-256 and were downloaded in this run.
    """

    by_release: dict[PinnedRelease, list[tuple[FileDownload, HashedBytes | NotExamined]]]
    files: int
    size: int
    earlier: int
    refs: tuple[FileRef, ...]
    opened: dict[PinnedRelease, tuple[RecordedWheel, ...]]


def plan_downloads(
    entries: Mapping[PinnedRelease, IndexEntry], compared: Mapping[PinnedRelease, HashComparison | NotExamined]
) -> list[FileDownload]:
    """Return what to download for all releases, in their order."""
    from ops.supply_chain.adapters.index.downloads import installable_tags
    from ops.supply_chain.adapters.index.file_choice import representative

    tags = installable_tags()
    return [
        download
        for release, comparison in compared.items()
        if isinstance(comparison, HashComparison)
        for download in (
            [plan_url(release)] if release.url else plan(release, entries[release], comparison, tags, representative)
        )
    ]


def to_open(recorded: Iterable[RecordedContents], earlier: EarlierBytes) -> frozenset[str]:
    """Return the SHA-256 of the wheels whose recorded contents were not compared with the wheel when it was downloaded.

    Args:
        recorded: What is beside the locks of each project.
        earlier: What retained releases did.
    """
    return frozenset(
        wheel.sha256
        for contents in recorded
        for wheel in contents.wheels
        if wheel.sha256 in earlier.files
        and not {ref.sha256 for ref in contents.refs} <= earlier.files[wheel.sha256].contents
    )


def fetch_files(
    index: PackageIndex,
    planned: Sequence[FileDownload],
    kept: VerifiedFiles,
    progress: Progress,
    *,
    earlier: EarlierBytes | None = None,
    opening: Collection[str] | None = None,
) -> DownloadedFiles:
    """Download the planned files, hash them, open the wheels, and keep what has a locked hash.

    Args:
        index: Where they are.
        planned: All files that are needed.
        kept: The files of earlier runs, to which those of this one are added.
        progress: Shows the bytes as they come.
        earlier: What retained releases verified, which is not downloaded again; None downloads everything.
        opening: SHA-256 of wheels that must be opened, and are downloaded again where they are not kept; None for all.
    Raises:
        OutputError: The cache cannot be written.
    """
    from ops.supply_chain.adapters.index.downloads import ByteReceiver

    reader = WheelReader(planned, kept)
    known: dict[FileDownload, HashedBytes] = {}
    for download in planned if earlier is not None else ():
        sha256 = sha256_allowed(download)
        if earlier is None or sha256 not in earlier.files:
            continue
        needed = is_wheel(download) and (opening is None or sha256 in opening)
        if reader.open_kept(download) or not needed:
            file = earlier.files[sha256]
            known[download] = HashedBytes((f"sha256:{sha256}",), file.size, earlier=file.version)
    missing = [download for download in planned if download not in known]
    wanted = {_wanted(download): download.size for download in missing}
    total = sum(wanted.values())
    progress.line(_announcement(len(wanted), total, len(known), changed=earlier is not None))
    with progress.receiving(label="downloading", total=total) as arrived:
        sent = index.download(wanted.keys(), ByteReceiver(reader.receive, arrived))
    return _collected(planned, known, sent, reader)


def correct_cache(index: PackageIndex, downloads: DownloadedFiles) -> dict[FileDownload, CoreMetadata]:
    """Replace cached metadata that differs from that of a wheel with a recorded hash; return what was wrong."""
    found = {}
    for release, sent in downloads.by_release.items():
        for download, result in sent:
            if isinstance(result, NotExamined) or result.metadata is None or result.metadata.problem:
                continue
            own = own_metadata(download, result.metadata)
            if own is not None and download.file is not None and check_bytes(download, result) is None:
                wrong = index.correct_metadata(release.page.home, download.file, own)
                if wrong is not None:
                    found[download] = wrong
    return found


def _announcement(files: int, size: int, known: int, *, changed: bool) -> str:
    text = f"downloading {plural(files, 'file')}" + (f" ({size_text(size)})" if size else "")
    if changed:
        verb = "is" if known == 1 else "are"
        return f"{text}; {plural(known, 'file')} that retained releases verified {verb} not downloaded again"
    return f"{text}: {EVERYTHING_ANEW}"


def _collected(
    planned: Sequence[FileDownload],
    known: Mapping[FileDownload, HashedBytes],
    sent: Downloads,
    reader: WheelReader,
) -> DownloadedFiles:
    by_release: dict[PinnedRelease, list[tuple[FileDownload, HashedBytes | NotExamined]]] = {}
    refs: dict[tuple[str, str], FileRef] = {}
    for download in planned:
        result = known.get(download) or _result(_wanted(download), sent)
        by_release.setdefault(download.release, []).append((download, result))
        sha256 = sha256_allowed(download)
        if isinstance(result, HashedBytes) and not result.earlier and sha256 and check_bytes(download, result) is None:
            path = f"{DOWNLOADED}{printable(download.name)}"
            refs[path, sha256] = FileRef(path=path, sha256=sha256, size=result.size)
    opened = {release: wheels for release, found in by_release.items() if (wheels := reader.wheels_of(found))}
    size = sum(served.size for served in sent.served.values())
    return DownloadedFiles(by_release, len(sent.served), size, len(known), tuple(refs.values()), opened)


def _result(wanted: Wanted, sent: Downloads) -> HashedBytes | NotExamined:
    served, error = sent.served.get(wanted), sent.failed.get(wanted)
    if served is not None:
        return HashedBytes(*served)
    if error is not None:
        return NotExamined(error.message, error.hint)
    return NotExamined("it was not requested", "Run again.")


def _wanted(download: FileDownload) -> Wanted:
    from ops.supply_chain.adapters.index.downloads import Wanted

    announced = download.file.core_metadata if download.file else False
    return Wanted(download.url, download.algorithms, announced, opened=True)

"""Which files to download, and whether the bytes have the recorded hashes.

One file represents a release: the wheel that this interpreter would install, else a `py3-none-any` wheel, else
the smallest wheel, else the source distribution. Where the index publishes nothing that a hash could be compared
with, every file that may have that hash is downloaded.

Source: PEP 425 (tags), https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.package_index import IndexFile, WheelMetadata
from ops.supply_chain.dependencies.index_hashes.compare import (
    ASK_MAINTAINERS,
    HashComparison,
    HashIssue,
    IndexEntry,
    missing,
)
from ops.supply_chain.dependencies.index_hashes.pins import PinnedRelease, algorithm_of

UNIVERSAL = "py3-none-any"
SIZE_UNKNOWN = 1 << 62
DOWNLOADED = "download:"
"""Before the name of a file that was downloaded and has a locked SHA-256, in what a record names as read."""

_WHEEL_PARTS = (5, 6)


class FileDownload(NamedTuple):
    """One download for one release.

    `allowed` are hashes: in each algorithm that occurs among them, the bytes must have one of them. It is empty
    if the file is downloaded only to learn its hashes. `algorithms` are those to hash with, sorted. `file` is a wheel's
    entry on the index, whose metadata is compared with the wheel's own; None compares nothing. `size` is what the index
    says, in bytes; 0 where it says nothing. `installed` is True for the wheel that this interpreter would install.
    """

    release: PinnedRelease
    name: str
    url: str
    allowed: tuple[str, ...]
    algorithms: tuple[str, ...]
    file: IndexFile | None = None
    size: int = 0
    installed: bool = False


class HashedBytes(NamedTuple):
    """What a server sent: hashes in the requested algorithms, the number of bytes, and metadata, if wanted.

    `earlier` is the retained release for which these bytes were downloaded; empty if it was now.
    """

    hashes: tuple[str, ...]
    size: int
    metadata: WheelMetadata | None = None
    earlier: str = ""


class EarlierFile(NamedTuple):
    """A file that was downloaded for a retained release, and had the locked hash.

    `contents` are the digests of the files beside the locks whose entries were compared with the wheels in the same run.
    """

    size: int
    version: str
    contents: frozenset[str] = frozenset()


class EarlierBytes(NamedTuple):
    """What retained releases, each of which verifies, downloaded and hashed.

    `files` is SHA-256 -> what the newest of these releases has of it. `unusable` are sentences about releases that name some
    of the files and do not verify, so that they count for nothing.
    """

    files: Mapping[str, EarlierFile]
    unusable: tuple[str, ...] = ()


def sha256_allowed(download: FileDownload) -> str:
    """Return the one SHA-256 that the bytes must have, without the algorithm; empty where that is not all that is compared."""
    only = download.allowed if download.algorithms == ("sha256",) and len(download.allowed) == 1 else ("",)
    return only[0].removeprefix("sha256:")


def plan(
    release: PinnedRelease,
    entry: IndexEntry,
    comparison: HashComparison,
    tags: Mapping[str, int],
    representative: Callable[[Sequence[IndexFile]], IndexFile | None] = lambda _files: None,
) -> tuple[FileDownload, ...]:
    """Choose what to download for a release on an index.

    Args:
        release: A release with a page.
        entry: What its index serves.
        comparison: The comparison of the two.
        tags: Wheel tags that the interpreter installs, with their rank; 0 is best.
        representative: Chooses the file whose metadata the SBOM describes the release by.
    Returns:
        Nothing if no file can have one of the hashes; else one file, or all that are needed; in addition the
        representative one, where it is a wheel.
    """
    if comparison.unannounced:
        unknown = set(comparison.unannounced)
        named = {file.name for file in release.files if not unknown.isdisjoint(file.hashes)}
        wanted = [file for file in entry.files if file.filename in named] or entry.files
        return tuple(_download(release, file, comparison.unannounced) for file in wanted)
    served = set(comparison.served)
    candidates = [file for file in entry.files if not served.isdisjoint(file.hashes)]
    if not candidates:
        return ()
    first = min(candidates, key=lambda file: _rank(file, tags))
    installed = _rank(first, tags)[0] == 0
    chosen = [first]
    described_by = representative(candidates)
    if described_by is not None and described_by.filename.endswith(".whl") and described_by not in chosen:
        chosen.append(described_by)
    return tuple(_download(release, file, ())._replace(installed=installed and file is first) for file in chosen)


def plan_url(release: PinnedRelease) -> FileDownload:
    """Return the download of a release that comes from an address."""
    name = release.url.partition("?")[0].rsplit("/", 1)[-1]
    return FileDownload(release, name, release.url, release.hashes, _algorithms(release.hashes))


def check_bytes(download: FileDownload, sent: HashedBytes) -> HashIssue | None:
    """Compare downloaded bytes with the allowed hashes; None if they match."""
    algorithms = set(map(algorithm_of, download.allowed))
    found = tuple(digest for digest in sent.hashes if algorithm_of(digest) in algorithms)
    if set(found) <= set(download.allowed) and (found or not download.allowed):
        return None
    message = (
        f"{download.release.label}: expected {download.name} with {', '.join(download.allowed)}, "
        f"found {', '.join(found)} in the {sent.size} bytes that the server sent"
    )
    return HashIssue("hash.bytes-differ", Severity.CRITICAL, message, ASK_MAINTAINERS)


def still_missing(
    release: PinnedRelease,
    unannounced: Collection[str],
    downloaded: Collection[tuple[FileDownload, HashedBytes]],
) -> tuple[HashIssue, ...]:
    """Return an issue for each hash that no downloaded file has and that was compared with no file.

    Args:
        release: Whose hashes they are.
        unannounced: The hashes that the index does not publish.
        downloaded: All files that may have them.
    """
    found = {digest for _, sent in downloaded for digest in sent.hashes}
    compared = {digest for download, _ in downloaded for digest in download.allowed}
    absent = sorted(set(unannounced) - found - compared)
    return tuple(missing(release, digest, files=len(downloaded)) for digest in absent)


def _download(release: PinnedRelease, file: IndexFile, unannounced: Collection[str]) -> FileDownload:
    named = {digest for pinned in release.files if pinned.name == file.filename for digest in pinned.hashes}
    allowed = tuple(sorted(named or set(release.hashes).intersection(file.hashes)))
    wheel = file if file.filename.endswith(".whl") and file.core_metadata is not False else None
    algorithms = _algorithms([*allowed, *unannounced])
    return FileDownload(release, file.filename, file.url, allowed, algorithms, wheel, file.size or 0)


def _algorithms(hashes: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(map(algorithm_of, hashes))))


def _rank(file: IndexFile, tags: Mapping[str, int]) -> tuple[int, int, str]:
    if not file.filename.endswith(".whl"):
        return (3, 0, file.filename)
    own = min((tags[tag] for tag in _tags(file.filename) if tag in tags), default=None)
    if own is not None:
        return (0, own, file.filename)
    if file.filename.endswith(f"-{UNIVERSAL}.whl"):
        return (1, 0, file.filename)
    return (2, SIZE_UNKNOWN if file.size is None else file.size, file.filename)


def _tags(filename: str) -> list[str]:
    """Expand the compressed tags of a wheel (PEP 425): `py2.py3-none-any` is two tags."""
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) not in _WHEEL_PARTS:
        return []
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    return [f"{python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms]

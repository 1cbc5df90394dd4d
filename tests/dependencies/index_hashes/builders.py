"""Example pins, releases and pages."""

from __future__ import annotations

from typing import Any

from ops.supply_chain.adapters.index.file_choice import is_of_version
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinFile, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.package_index import IndexFile, PageAddress, ProjectListing
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, IndexEntry, compare, index_entry
from ops.supply_chain.dependencies.index_hashes.pins import PinnedFile, PinnedRelease


def sha(letter: str) -> str:
    """A SHA-256 of one digit repeated."""
    return "sha256:" + letter * 64


def sha512(letter: str) -> str:
    """A SHA-512 of one digit repeated."""
    return "sha512:" + letter * 128


def pin(name: str = "demo", version: str = "1.0", *hashes: str, **changes: Any) -> Pin:
    """A pin from the default index."""
    return Pin(**{"name": name, "written_name": name, "version": version, "hashes": hashes, **changes})


def url_pin(*hashes: str, url: str = "https://files.example/demo-1.0.tar.gz", **changes: Any) -> Pin:
    """A pin from an address."""
    return pin(**{"hashes": hashes, "source": PinSource(kind=PinSourceKind.URL, url=url), **changes})


def pin_file(name: str, *hashes: str) -> PinFile:
    """A file that a lock names."""
    return PinFile(name=name, hashes=hashes)


def release(*hashes: str, files: dict[str, tuple[str, ...]] | None = None, url: str = "") -> PinnedRelease:
    """The release that a lock pins of demo 1.0; the hashes of named files are among its hashes."""
    named = tuple(PinnedFile(name, wanted) for name, wanted in (files or {}).items())
    every = {*hashes, *(digest for file in named for digest in file.hashes)}
    return PinnedRelease(PageAddress("", "demo"), "1.0", tuple(sorted(every)), named, url)


def served(filename: str, *hashes: str, **changes: Any) -> IndexFile:
    """A file on an index."""
    return IndexFile(filename=filename, url=f"https://files.example/{filename}", hashes=hashes, **changes)


def listing(*files: IndexFile, **changes: Any) -> ProjectListing:
    """The page of demo."""
    return ProjectListing(**{"name": "demo", "files": files, "status_told": True, **changes})


def entry_for(wanted: PinnedRelease, *files: IndexFile, **changes: Any) -> IndexEntry:
    """What a page serves of a release."""
    return index_entry(wanted, listing(*files, **changes), is_of_version)


def compared(wanted: PinnedRelease, *files: IndexFile, **changes: Any) -> HashComparison:
    """The comparison of a release with a page."""
    return compare(wanted, entry_for(wanted, *files, **changes))


def entry(pinned: Pin, line: int = 1, path: str = "requirements.txt", **changes: Any) -> LockEntry:
    """A pin at its place."""
    return LockEntry(pin=pinned, line=line, path=path, **changes)


def lock(
    *entries: LockEntry, kind: LockKind = LockKind.REQUIREMENTS, path: str = "requirements.txt", **changes: Any
) -> Lock:
    """A lock with some entries."""
    return Lock(path=path, kind=kind, sha256="0" * 64, size=0, entries=entries, **changes)

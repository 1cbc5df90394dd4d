"""Reading the contents of a distribution: digests of every file, and what describes or is compiled code.

Files are read in pieces, one after the other. Only those that describe something are kept, and of binaries, one at a time,
the bytes that are searched; what is larger than that is listed as not examined.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.binaries.binary import Binary, MalformedBinaryError
from ops.supply_chain.formats.binaries.read import STARTS, read_binary
from ops.supply_chain.inventory.distributions.library_table import BEFORE, LIBRARIES, LONGEST_TEXT, RUSTC, Library
from ops.supply_chain.inventory.model.contents import ContainedFile

MOST_TEXT_BYTES = 32 << 20
"""The most of all files that describe something: the largest known SBOM in a wheel has 1 MiB."""

MOST_BINARY_BYTES = 256 << 20
"""The largest binary that is examined; it is in memory as a whole."""

MOST_MATCHES = 10_000
"""Places of one text in one binary that are tried."""

_VENDOR = r"(?:[^/]+/)*(?:_vendor|_vendored|vendor|vendored|_extern|extern)"
_WANTED = re.compile(
    r"[^/]+\.dist-info/(?:METADATA|sboms/.+)"
    r"|[^/]+/PKG-INFO"
    rf"|{_VENDOR}/vendor(?:ed)?\.txt"
    rf"|{_VENDOR}/[^/]+\.(?:dist-info/(?:METADATA|RECORD)|egg-info/PKG-INFO)"
)


class FoundText(NamedTuple):
    """A text in a binary that states the version of a library."""

    library: Library
    version: str
    text: str


class ScannedBinary(NamedTuple):
    """A binary of a distribution: what it states about itself, and the texts in it, sorted."""

    path: str
    binary: Binary
    texts: tuple[FoundText, ...]


class Contents(NamedTuple):
    """What a distribution contains.

    `files` and `binaries` are sorted by path, each path once: of a path that is there twice, the last file, which is the one
    that unpacking leaves. `texts` has the bytes of the files that describe something. `unexamined` are the binaries and
    descriptions that were not read, and paths that are there twice: path and reason, sorted.
    """

    files: tuple[ContainedFile, ...]
    texts: dict[str, bytes]
    binaries: tuple[ScannedBinary, ...]
    unexamined: tuple[tuple[str, str], ...]


class ContentsReader:
    """Takes the files of a distribution in any order."""

    def __init__(self) -> None:
        self._files: dict[str, ContainedFile] = {}
        self._texts: dict[str, bytes] = {}
        self._text_bytes = 0
        self._binaries: dict[str, ScannedBinary] = {}
        self._unexamined: set[tuple[str, str]] = set()

    def take(self, path: str, pieces: Iterable[bytes]) -> None:
        """Read one file.

        Args:
            path: Its path in the distribution.
            pieces: Its bytes; all of them are consumed.
        """
        sha256, sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)  # SPDX 2.3 requires SHA-1 of every file
        size = 0
        kept = bytearray()
        most = MOST_TEXT_BYTES - self._text_bytes if _WANTED.fullmatch(path) else 0
        for piece in pieces:
            if not size and not most and piece.startswith(STARTS):
                most = MOST_BINARY_BYTES
            sha256.update(piece)
            sha1.update(piece)
            size += len(piece)
            if size <= most:
                kept += piece
        path = shown_path(path)
        if path in self._files:
            self._unexamined.add((path, "is there twice: only the last one is described"))
            self._texts.pop(path, None)
            self._binaries.pop(path, None)
        self._files[path] = ContainedFile(path=path, size=size, sha256=sha256.hexdigest(), sha1=sha1.hexdigest())
        if most and size > most:
            self._unexamined.add((path, f"larger than {most} bytes"))
        elif most:
            self._keep(path, bytes(kept))

    def take_link(self, path: str) -> None:
        """Note a link: it has no bytes of its own."""
        self._unexamined.add((shown_path(path), "a link"))

    def contents(self) -> Contents:
        """Return what was taken."""
        return Contents(
            files=tuple(sorted(self._files.values(), key=lambda file: file.path)),
            texts=self._texts,
            binaries=tuple(sorted(self._binaries.values(), key=lambda scanned: scanned.path)),
            unexamined=tuple(sorted(self._unexamined)),
        )

    def _keep(self, path: str, data: bytes) -> None:
        if _WANTED.fullmatch(path):
            self._texts[path] = data
            self._text_bytes += len(data)
            return
        try:
            binary = read_binary(data)
        except MalformedBinaryError as error:
            # Its texts are searched all the same: a loader may be less strict than this reader.
            self._unexamined.add((path, str(error)))
            binary = Binary(format=None)
        if binary is not None:
            rustc = RUSTC.search(data)
            compilers = (*binary.compilers, rustc[0].decode()) if rustc else binary.compilers
            self._binaries[path] = ScannedBinary(path, binary._replace(compilers=compilers), texts_in(data))


def shown_path(path: str) -> str:
    r"""Return a path with its control and hidden characters as `\uXXXX`, so that different paths stay different."""
    if printable(path) == path:
        return path
    return "".join(sign if printable(sign) == sign else f"\\u{ord(sign):04x}" for sign in path)


def texts_in(data: bytes) -> tuple[FoundText, ...]:
    """Return the texts that state versions of libraries, each library and version once, sorted by both."""
    found: dict[tuple[str, str], FoundText] = {}
    for library in LIBRARIES:
        signature = library.signature
        at = -1 if signature is None else data.find(signature.anchor)
        for _ in range(MOST_MATCHES):
            if at < 0 or signature is None:
                break
            window = data[max(0, at - BEFORE) : at + LONGEST_TEXT]
            if match := signature.pattern.search(window):
                version = match["version"].decode()
                text = match[0].strip(b"\0 ").decode("utf-8", "replace")
                found.setdefault((library.name, version), FoundText(library, version, text))
            at = data.find(signature.anchor, at + 1)
    return tuple(found[key] for key in sorted(found))

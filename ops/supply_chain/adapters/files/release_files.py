"""The files of a release as they lie in a folder: measured, links and folders never followed.

Needs nothing but the standard library: the stand-alone verifier uses it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ops.supply_chain.contracts.files.verification import GivenFile
from ops.supply_chain.core.digests import CHUNK_BYTES
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import is_text

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""Not every system has all of them."""

MOST_FILES = 10_000
MOST_DOCUMENT_BYTES = 64 << 20
"""An attestation holds its whole SBOM; nothing honest is larger. JSON takes up to twenty times its size in memory."""

MOST_DOCUMENTS_BYTES = 4 * MOST_DOCUMENT_BYTES
"""Of all documents of a release together: they lie in memory at the same time."""


def read_release(folder: Path, documents: tuple[str, ...]) -> tuple[dict[str, GivenFile], dict[str, bytes]]:
    """Measure every file in a folder, and read the documents.

    Args:
        folder: The folder.
        documents: Ends of the names of files whose bytes are wanted.
    Returns:
        Name -> file, hidden ones included, and name -> bytes of the documents, both sorted. What is no plain
        file, or is a document of more than `MOST_DOCUMENT_BYTES`, has no SHA-256 and no bytes.
    Raises:
        InputError: There is no such folder, it holds too much, a name is no text, or something cannot be read.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    if len(names) > MOST_FILES:
        raise InputError(f"{folder}: has {len(names)} files, more than the {MOST_FILES} that a release may have")
    files: dict[str, GivenFile] = {}
    contents: dict[str, bytes] = {}
    left = MOST_DOCUMENTS_BYTES
    for name in names:
        files[name], data = _read(folder / name, name, wanted=name.endswith(documents))
        if data is not None:
            contents[name] = data
            left -= len(data)
        if left < 0:
            raise InputError(
                f"{folder}: its documents have more than the {MOST_DOCUMENTS_BYTES} bytes that they may have together"
            )
    return files, contents


def read_evidence(path: Path) -> tuple[GivenFile, bytes]:
    """Read one file of evidence.

    Raises:
        InputError: It cannot be read, is no plain file, or is too large.
    """
    file, data = _read(path, path.name, wanted=True)
    if data is None:
        raise InputError(f"{path}: is no plain file, or has more than {MOST_DOCUMENT_BYTES} bytes")
    return file, data


def _read(path: Path, name: str, *, wanted: bool) -> tuple[GivenFile, bytes | None]:
    if not is_text(name):
        raise InputError(f"{path.parent}: the name {name!r} is not in UTF-8", hint="It is no part of a release.")
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            return GivenFile(name=name, sha256="", size=0), None
        # A link put there since must not be followed either.
        descriptor = os.open(path, _FLAGS)
        with os.fdopen(descriptor, "rb") as handle:
            size = os.fstat(handle.fileno()).st_size
            if not wanted:
                return _measured(handle, name), None
            data = handle.read(MOST_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_DOCUMENT_BYTES:
        return GivenFile(name=name, sha256="", size=size), None
    return GivenFile(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data)), data


def _measured(handle: BinaryIO, name: str) -> GivenFile:
    digest, size = hashlib.sha256(), 0
    while piece := handle.read(CHUNK_BYTES):
        digest.update(piece)
        size += len(piece)
    return GivenFile(name=name, sha256=digest.hexdigest(), size=size)

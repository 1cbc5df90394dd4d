"""One shared library or extension module, whatever its format.

Only the start of a file decides what it is; what is malformed after that is an error, never a guess. Every table in a file
is read within bounds, and text from it is cut where it is long.
"""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import NamedTuple

LONGEST_NAME = 512
"""Bytes of a name in a binary; no loader's path is longer in practice."""

MOST_ENTRIES = 4096
"""Entries of one table: sections, libraries, load commands. The largest real binaries have some hundred."""


class BinaryFormat(StrEnum):
    """The format of a binary."""

    ELF = "ELF"
    PE = "PE"
    MACH_O = "Mach-O"


class MalformedBinaryError(ValueError):
    """A file begins like a binary and is none that can be read; the message is the reason."""


class Binary(NamedTuple):
    """What a binary states about itself.

    `format` is None where it is malformed and nothing is known.
    `name` is its own name for linkers (`SONAME`, export name, install name), empty where it has none. `needed` are the
    names of the libraries that it loads, sorted. `abi_version` is a library's interface version in Mach-O, `version` the
    file version in the version resource of PE; both are empty in other formats. `compilers` are the notes that compilers
    left, sorted.
    """

    format: BinaryFormat | None
    name: str = ""
    needed: tuple[str, ...] = ()
    abi_version: str = ""
    version: str = ""
    compilers: tuple[str, ...] = ()


class ByteView:
    """Bounded reading of the bytes of a binary: what lies outside is an error.

    Args:
        data: The file, or the part of it that is one binary.
        order: `<` or `>`, the order of bytes in its numbers.
    """

    def __init__(self, data: bytes | memoryview, order: str) -> None:
        self._data = data
        self._order = order

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        """Return the numbers at a place, in the notation of `struct` without the order of bytes."""
        layout = struct.Struct(self._order + form)
        if not 0 <= at <= len(self._data) - layout.size:
            raise MalformedBinaryError("a table lies outside the file")
        return layout.unpack_from(self._data, at)

    def slice(self, at: int, size: int) -> bytes:
        """Return some bytes."""
        if at < 0 or size < 0 or at + size > len(self._data):
            raise MalformedBinaryError("a table lies outside the file")
        return bytes(self._data[at : at + size])

    def text(self, at: int) -> str:
        """Return the text that begins at a place and ends with a zero byte."""
        if not 0 <= at < len(self._data):
            raise MalformedBinaryError("a name lies outside the file")
        data, end, _ = bytes(self._data[at : at + LONGEST_NAME + 1]).partition(b"\0")
        if not end:
            raise MalformedBinaryError("a name has no end")
        return data.decode("utf-8", "backslashreplace")


def unique(texts: list[str]) -> tuple[str, ...]:
    """Return texts sorted, each once, without empty ones."""
    return tuple(sorted(set(filter(None, texts))))

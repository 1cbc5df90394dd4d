"""Mach-O: the dynamic libraries and extension modules of macOS, also for several processors in one file.

Source: https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h and `fat.h` there
"""

from __future__ import annotations

from ops.supply_chain.formats.binaries.binary import (
    MOST_ENTRIES,
    Binary,
    BinaryFormat,
    ByteView,
    MalformedBinaryError,
    unique,
)

THIN = {
    b"\xce\xfa\xed\xfe": ("<", 28),
    b"\xcf\xfa\xed\xfe": ("<", 32),
    b"\xfe\xed\xfa\xce": (">", 28),
    b"\xfe\xed\xfa\xcf": (">", 32),
}
"""Start of a file for one processor -> order of bytes, and the size of its header."""

FAT = {b"\xca\xfe\xba\xbe": (20, "5I"), b"\xca\xfe\xba\xbf": (32, "2I 2Q 2I")}
"""Start of a file for several processors -> size and form of a row in its table."""

_MOST_PROCESSORS = 30
"""A Java class begins with the same bytes; its version, in the place of this number, is 45 or more."""

_ID = 0xD
_LOADED = frozenset({0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023})
"""Load commands that name a library: plain, weak, re-exported, lazy, upward."""


def is_macho(data: bytes) -> bool:
    """Return whether a file is Mach-O."""
    return data[:4] in THIN or (data[:4] in FAT and 0 < int.from_bytes(data[4:8], "big") < _MOST_PROCESSORS)


def read_macho(data: bytes) -> Binary:
    """Read a Mach-O file; of one for several processors, what any of its parts states.

    Raises:
        MalformedBinaryError: A table lies outside the file.
    """
    if data[:4] in THIN:
        return _thin(memoryview(data))
    size, form = FAT[data[:4]]
    view = ByteView(data, ">")
    parts = []
    for at in range(int.from_bytes(data[4:8], "big")):
        _, _, offset, length, *_ = view.unpack(form, 8 + at * size)
        if offset + length > len(data):
            raise MalformedBinaryError("a part lies outside the file")
        parts.append(_thin(memoryview(data)[offset : offset + length]))
    return parts[0]._replace(needed=unique([name for part in parts for name in part.needed]))


def _thin(data: memoryview) -> Binary:
    found = THIN.get(bytes(data[:4]))
    if found is None:
        raise MalformedBinaryError("a part is no Mach-O file")
    order, at = found
    view = ByteView(data, order)
    (count,) = view.unpack("I", 16)
    name, version = "", ""
    needed: list[str] = []
    for _ in range(min(count, MOST_ENTRIES)):
        command, size = view.unpack("2I", at)
        if size < 8:  # noqa: PLR2004 - the two numbers just read
            raise MalformedBinaryError("a load command has no size")
        if command == _ID or command in _LOADED:
            start, _, current, _ = view.unpack("4I", at + 8)
            text = view.text(at + start)
            if command == _ID:
                name, version = text, f"{current >> 16}.{current >> 8 & 0xFF}.{current & 0xFF}"
            else:
                needed.append(text)
        at += size
    return Binary(format=BinaryFormat.MACH_O, name=name, needed=unique(needed), abi_version=version)

"""PE: the DLLs and extension modules (`.pyd`) of Windows.

Source: https://learn.microsoft.com/en-us/windows/win32/debug/pe-format ;
https://learn.microsoft.com/en-us/windows/win32/api/verrsrc/ns-verrsrc-vs_fixedfileinfo
"""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.formats.binaries.binary import (
    MOST_ENTRIES,
    Binary,
    BinaryFormat,
    ByteView,
    MalformedBinaryError,
    unique,
)

MAGIC = b"MZ"
_SIGNATURE_AT = 0x3C
_OPTIONAL = {0x10B: 92, 0x20B: 108}
"""Kind of the optional header -> where the number of data directories lies in it."""

_EXPORTS, _IMPORTS, _RESOURCES, _DELAYED = 0, 1, 2, 13
_FIXED_INFO = b"\xbd\x04\xef\xfe"
LONGEST_RESOURCES = 16 << 20
"""Bytes of resources that are searched for the version: icons are the only large ones."""


class _Section(NamedTuple):
    address: int
    size: int
    offset: int


class _Image(NamedTuple):
    view: ByteView
    sections: list[_Section]
    directories: list[tuple[int, int]]

    def offset_of(self, address: int) -> int:
        """Return where the byte of a relative address lies in the file."""
        for section in self.sections:
            if section.address <= address < section.address + section.size:
                return address - section.address + section.offset
        raise MalformedBinaryError("a table is in no section")

    def directory(self, number: int) -> tuple[int, int]:
        """Return address and size of a data directory, zeros where there is none."""
        return self.directories[number] if number < len(self.directories) else (0, 0)


def is_pe(data: bytes) -> bool:
    """Return whether a file that begins with `MZ` is more than a program for DOS."""
    at = int.from_bytes(data[_SIGNATURE_AT : _SIGNATURE_AT + 4], "little")
    return data.startswith(MAGIC) and data[at : at + 4] == b"PE\0\0"


def read_pe(data: bytes) -> Binary:
    """Read a PE file.

    Raises:
        MalformedBinaryError: A table lies outside the file.
    """
    image = _image(ByteView(data, "<"))
    return Binary(
        format=BinaryFormat.PE,
        name=_export_name(image),
        needed=unique([*_imported(image, _IMPORTS, 20, 12), *_imported(image, _DELAYED, 32, 4)]),
        version=_version(image),
    )


def _image(view: ByteView) -> _Image:
    (start,) = view.unpack("I", _SIGNATURE_AT)
    _, sections, _, _, _, size, _ = view.unpack("2H 3I 2H", start + 4)
    optional = start + 24
    (kind,) = view.unpack("H", optional)
    if kind not in _OPTIONAL:
        raise MalformedBinaryError("is PE of an unknown kind")
    (count,) = view.unpack("I", optional + _OPTIONAL[kind])
    first = optional + _OPTIONAL[kind] + 4
    directories = [view.unpack("2I", first + at * 8) for at in range(min(count, 16))]
    rows = [view.unpack("4I", optional + size + at * 40 + 8) for at in range(min(sections, MOST_ENTRIES))]
    return _Image(
        view,
        [_Section(address, raw_size, offset) for _, address, raw_size, offset in rows],
        [(address, length) for address, length in directories],
    )


def _export_name(image: _Image) -> str:
    address, _ = image.directory(_EXPORTS)
    if not address:
        return ""
    (name,) = image.view.unpack("I", image.offset_of(address) + 12)
    return image.view.text(image.offset_of(name)) if name else ""


def _imported(image: _Image, directory: int, row: int, name_at: int) -> list[str]:
    address, _ = image.directory(directory)
    found: list[str] = []
    if not address:
        return found
    start = image.offset_of(address)
    for at in range(MOST_ENTRIES):
        (name,) = image.view.unpack("I", start + at * row + name_at)
        if not name:
            return found
        found.append(image.view.text(image.offset_of(name)))
    raise MalformedBinaryError(f"needs more than {MOST_ENTRIES} libraries")


def _version(image: _Image) -> str:
    address, size = image.directory(_RESOURCES)
    if not address or size > LONGEST_RESOURCES:
        return ""
    start = image.offset_of(address)
    at = image.view.slice(start, size).find(_FIXED_INFO)
    if at < 0:
        return ""
    _, _, high, low = image.view.unpack("4I", start + at)
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}" if high or low else ""

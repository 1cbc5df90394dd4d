"""ELF: the shared libraries and extension modules of Linux and other Unix systems.

Source: System V Application Binary Interface, chapters 4 and 5, https://www.sco.com/developers/gabi/latest/contents.html
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

MAGIC = b"\x7fELF"
LONGEST_COMMENT = 64 << 10
"""Bytes of `.comment` that are read: a linker keeps each compiler's note once."""

_WIDE = 2
_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS, _STRINGS_SIZE, _SONAME = 0, 1, 5, 10, 14
_NO_BITS = 8


class _Layout(NamedTuple):
    """Where numbers lie in the headers of 32 or 64 bit files."""

    header: str
    header_at: int
    segment: str
    dynamic: str
    dynamic_size: int
    section: str


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


_LAYOUTS = {
    # e_phoff e_shoff e_flags e_ehsize e_phentsize e_phnum e_shentsize e_shnum e_shstrndx
    1: _Layout("2I I 6H", 28, "IIIIII", "iI", 8, "IIIIII"),
    2: _Layout("2Q I 6H", 32, "IIQQQQ", "qQ", 16, "IIQQQQ"),
}


def read_elf(data: bytes) -> Binary:
    """Read an ELF file.

    Raises:
        MalformedBinaryError: A table that is needed lies outside the file, or the class is not known.
    """
    layout = _LAYOUTS.get(data[4] if len(data) > 5 else 0)  # noqa: PLR2004 - e_ident has class and order at 4 and 5
    order = {1: "<", 2: ">"}.get(data[5] if len(data) > 5 else 0)  # noqa: PLR2004 - as above
    if layout is None or order is None:
        raise MalformedBinaryError("is ELF of an unknown class or order of bytes")
    view = ByteView(data, order)
    segments_at, sections_at, _, _, segment_size, segments, section_size, sections, names = view.unpack(
        layout.header, layout.header_at
    )
    found = [_segment(view, layout, segments_at + at * segment_size) for at in range(min(segments, MOST_ENTRIES))]
    name, needed = _dynamic(view, layout, found)
    return Binary(
        format=BinaryFormat.ELF,
        name=name,
        needed=unique(needed),
        compilers=unique(_comments(view, layout, sections_at, section_size, min(sections, MOST_ENTRIES), names)),
    )


def _segment(view: ByteView, layout: _Layout, at: int) -> _Segment:
    kind, *fields = view.unpack(layout.segment, at)
    # 32 bit: offset, vaddr, paddr, filesz, memsz. 64 bit: flags, offset, vaddr, paddr, filesz.
    offset, address, _, size = fields[1:5] if layout.dynamic_size == _LAYOUTS[_WIDE].dynamic_size else fields[:4]
    return _Segment(kind, offset, address, size)


def _dynamic(view: ByteView, layout: _Layout, segments: list[_Segment]) -> tuple[str, list[str]]:
    dynamic = next((segment for segment in segments if segment.kind == _DYNAMIC), None)
    if dynamic is None:
        return "", []  # linked statically, or an object file
    entries: list[tuple[int, int]] = []
    for at in range(min(dynamic.size // layout.dynamic_size, MOST_ENTRIES)):
        tag, value = view.unpack(layout.dynamic, dynamic.offset + at * layout.dynamic_size)
        if tag == _END:
            break
        entries.append((tag, value))
    values = dict(entries)
    wanted = [value for tag, value in entries if tag == _NEEDED]
    if _STRINGS not in values or (_SONAME not in values and not wanted):
        return "", []
    strings = _offset_of(values[_STRINGS], segments)
    limit = values.get(_STRINGS_SIZE, 0)

    def text(value: int) -> str:
        if value >= limit:
            raise MalformedBinaryError("a name lies outside the table of names")
        return view.text(strings + value)

    return text(values[_SONAME]) if _SONAME in values else "", [text(value) for value in wanted]


def _offset_of(address: int, segments: list[_Segment]) -> int:
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            return address - segment.address + segment.offset
    raise MalformedBinaryError("the table of names is in no segment")


def _comments(view: ByteView, layout: _Layout, at: int, size: int, count: int, names: int) -> list[str]:
    """Return the notes of compilers; a file without section headers has none."""
    if not at or not count:
        return []
    sections = [view.unpack(layout.section, at + number * size) for number in range(count)]
    if names >= len(sections):
        return []
    # name, type, flags, address, offset, size
    start = sections[names][4]
    for name, kind, _, _, offset, length in sections:
        if kind != _NO_BITS and view.text(start + name) == ".comment":
            text = view.slice(offset, min(length, LONGEST_COMMENT)).decode("utf-8", "replace")
            return [note.strip() for note in text.split("\0") if note.strip().isprintable()]
    return []

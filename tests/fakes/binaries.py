"""Small binaries of each format, written by hand: their headers and tables are right, and there is no code in them."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def elf(
    soname: str = "",
    needed: Sequence[str] = (),
    *,
    texts: bytes = b"",
    comment: str = "",
    wide: bool = True,
    order: str = "<",
) -> bytes:
    """Return a shared library with one loaded segment, a dynamic table, texts, and the note of a compiler."""
    header, segment, section = (64, 56, 64) if wide else (52, 32, 40)
    word = "Q" if wide else "I"
    strings, offsets = b"\0", {}
    for name in (*needed, soname):
        offsets[name] = len(strings)
        strings += name.encode() + b"\0"
    entries = [(1, offsets[name]) for name in needed]
    entries += [(14, offsets[soname])] if soname else []
    dynamic_at = header + 2 * segment
    entry = struct.Struct(order + word * 2)
    strings_at = dynamic_at + entry.size * (len(entries) + 3)
    entries += [(5, strings_at), (10, len(strings)), (0, 0)]
    dynamic = b"".join(entry.pack(*pair) for pair in entries)
    note = comment.encode() + b"\0"
    names = b"\0.comment\0.shstrtab\0"
    note_at = strings_at + len(strings) + len(texts)
    names_at = note_at + len(note)
    sections_at = names_at + len(names)

    def program(kind: int, offset: int, size: int) -> bytes:
        if wide:
            return struct.pack(order + "IIQQQQQQ", kind, 4, offset, offset, offset, size, size, 8)
        return struct.pack(order + "8I", kind, offset, offset, offset, size, size, 4, 4)

    def row(name: int, kind: int, offset: int, size: int) -> bytes:
        form = "IIQQQQIIQQ" if wide else "10I"
        return struct.pack(order + form, name, kind, 0, 0, offset, size, 0, 0, 1, 0)

    sections = row(0, 0, 0, 0) + row(1, 1, note_at, len(note)) + row(10, 3, names_at, len(names))
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + b"\0" * 9
    head = ident + struct.pack(
        order + f"HHI{word}{word}{word}I6H", 3, 62, 1, 0, header, sections_at, 0, header, segment, 2, section, 3, 2
    )
    programs = program(1, 0, sections_at) + program(2, dynamic_at, len(dynamic))
    return head + programs + dynamic + strings + texts + note + names + sections


def pe(name: str = "", needed: Sequence[str] = (), *, texts: bytes = b"", version: tuple[int, ...] = ()) -> bytes:
    """Return a DLL with one section, which has all tables; addresses are 0x1000 above offsets."""
    shift, start = 0x1000, 0x200
    body = bytearray()

    def put(data: bytes) -> int:
        body.extend(data)
        return start + len(body) - len(data) + shift

    export = 0
    if name:
        text = put(name.encode() + b"\0")
        export = put(struct.pack("<3I", 0, 0, 0) + struct.pack("<I", text) + b"\0" * 24)
    imports = 0
    if needed:
        texts_at = [put(text.encode() + b"\0") for text in needed]
        imports = put(b"".join(struct.pack("<5I", 0, 0, 0, at, 0) for at in texts_at) + b"\0" * 20)
    resource = put(b"\xbd\x04\xef\xfe" + struct.pack("<3I", 0, *_version_words(version))) if version else 0
    put(texts)
    directories = [(export, 40), (imports, 20 * (len(needed) + 1)), (resource, 16 if version else 0)]
    directories += [(0, 0)] * 13
    optional = struct.pack("<H", 0x20B) + b"\0" * 106 + struct.pack("<I", 16)
    optional += b"".join(struct.pack("<2I", *pair) for pair in directories)
    coff = struct.pack("<2H3I2H", 0x8664, 1, 0, 0, 0, len(optional), 0x2000)
    section = b".data\0\0\0" + struct.pack("<4I", len(body), start + shift, len(body), start) + b"\0" * 16
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(start, b"\0") + bytes(body)


def _version_words(version: tuple[int, ...]) -> tuple[int, int]:
    major, minor, build, revision = version
    return major << 16 | minor, build << 16 | revision


def macho(
    name: str = "", needed: Sequence[str] = (), *, version: tuple[int, int, int] = (0, 0, 0), texts: bytes = b""
) -> bytes:
    """Return a dynamic library for one processor."""
    major, minor, patch = version
    loads = [(0xD, name, major << 16 | minor << 8 | patch)] if name else []
    loads += [(0xC, text, 0) for text in needed]
    commands = b""
    for kind, text, current in loads:
        data = text.encode() + b"\0"
        data += b"\0" * (-len(data) % 8)
        commands += struct.pack("<6I", kind, 24 + len(data), 24, 0, current, 0) + data
    return (
        struct.pack("<4s7I", b"\xcf\xfa\xed\xfe", 0x100000C, 0, 6, len(loads), len(commands), 0, 0) + commands + texts
    )


def fat(*parts: bytes) -> bytes:
    """Return one file for several processors."""
    at = 8 + 20 * len(parts)
    table, body = b"", b""
    for part in parts:
        table += struct.pack(">5I", 7, 3, at + len(body), len(part), 0)
        body += part
    return b"\xca\xfe\xba\xbe" + struct.pack(">I", len(parts)) + table + body

"""Pieces of canonical JSON that can be put together without writing them again.

A component of two thousand documents is encoded once; a document is its pieces joined. The
result is byte for byte what `core.canonical` writes for the whole: keys sorted, two spaces of indent,
non-ASCII as it is, one line feed at the end. A test holds the two together.

Texts must be printable (`core.text.printable`): then both encoders escape the same characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

INDENT = 2
LARGE_ARRAY = 4 << 20
"""Bytes."""

_encoder = msgspec.json.Encoder(order="sorted")


def fragment(value: Any, depth: int) -> bytes:
    """Return canonical JSON, indented for a depth of a document, without indent before its first line.

    Args:
        value: Dicts, lists, printable strings, integers, booleans and None.
        depth: The number of objects and arrays around it.
    """
    data = msgspec.json.format(_encoder.encode(value), indent=INDENT)
    return data.replace(b"\n", newline(depth)) if depth else data


def newline(depth: int) -> bytes:
    """Return a line feed and the indent of a depth."""
    return b"\n" + b" " * (INDENT * depth)


def array(items: Sequence[bytes], depth: int) -> list[bytes]:
    """Return an array of fragments in chunks.

    Args:
        items: Fragments made for `depth + 1`.
        depth: Of the array itself.
    """
    if not items:
        return [b"[]"]
    parts = [between(depth)] * (2 * len(items))
    parts[1::2] = items
    return array_of_parts(parts, depth)


def between(depth: int) -> bytes:
    """Return what is between two entries of an array, and before the first of `array_of_parts`."""
    return b"," + newline(depth + 1)


def array_of_parts(parts: list[bytes], depth: int) -> list[bytes]:
    """Return an array in chunks.

    Args:
        parts: For each entry `between`, then its fragment, made for `depth + 1`, in any number of parts; used up.
        depth: Of the array itself.
    """
    if not parts:
        return [b"[]"]
    parts[0] = b"[" + newline(depth + 1)
    parts.append(newline(depth) + b"]")
    # A large array is not copied: it may be most of the memory.
    return [b"".join(parts)] if sum(map(len, parts)) < LARGE_ARRAY else parts


def members(pairs: Iterable[tuple[str, Iterable[bytes]]], depth: int) -> list[bytes]:
    """Return an object of fragments in chunks.

    Args:
        pairs: Keys in sorted order, each with the chunks of its value, made for `depth + 1`.
        depth: Of the object itself.
    """
    inner = newline(depth + 1)
    chunks: list[bytes] = []
    for key, value in pairs:
        chunks += [b"," + inner if chunks else b"{" + inner, _encoder.encode(key), b": ", *value]
    return [*chunks, newline(depth), b"}"] if chunks else [b"{}"]

"""JSON by a faster parser, where that parser cannot give another answer than `json_reader`; nothing where it could.

The faster parser refuses what JSON does not have. It takes the last of two equal keys, so keys are counted: a document has as
many colons outside its texts as it has keys. How deep it is nested is counted from its brackets.

Source: RFC 8259, https://jcristharif.com/msgspec/supported-types.html
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from ops.supply_chain.core.plain_json import DEEPEST

LARGEST_BYTES = 4 << 20
"""Beyond that the counting takes too much memory."""

_DECODER = msgspec.json.Decoder()
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


def read_quickly(data: bytes) -> tuple[Any] | None:
    """Return what a document holds.

    Args:
        data: In UTF-8, without a mark at its beginning.
    Returns:
        What `json_reader.read` returns for it; None where that has to decide.
    """
    if len(data) > LARGEST_BYTES:
        return None
    try:
        found = _DECODER.decode(data)
    except (ValueError, RecursionError):
        return None
    # Escapes go first, so that every quotation mark left begins or ends a text.
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data
    outside = b"".join(plain.split(b'"')[::2])
    if _is_deep(outside.translate(None, _NO_BRACKETS)) or _keys(found) != outside.count(b":"):
        return None
    return (found,)


def _is_deep(brackets: bytes) -> bool:
    """Return whether brackets are too many within each other: each round removes the innermost ones."""
    for _ in range(DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


def _keys(tree: Any) -> int:
    count, level = 0, [tree]
    while level:
        objects = [value for value in level if value.__class__ is dict]
        arrays = [value for value in level if value.__class__ is list]
        count += sum(map(len, objects))
        level = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(arrays)]
    return count

"""JSON by a faster parser, where that parser cannot give another answer than `json_reader`; nothing where it could.

The faster parser refuses what JSON does not have. It takes the last of two equal keys, so keys are counted: a document has as
many colons outside its texts as it has keys. How deep it is nested is counted from its brackets.

Documents share components, byte by byte: the versions of a product, the products of a supplier. What was parsed once is not parsed
again.

Source: RFC 8259, https://jcristharif.com/msgspec/supported-types.html
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.core.plain_json import DEEPEST

LARGEST_BYTES = 4 << 20
"""Beyond that the counting takes too much memory."""

LEAST_BYTES = 4096
"""Of all components: fewer are not worth taking apart."""

MOST_PIECES = 1 << 15
"""Components that are kept parsed: some 60 MB."""

MOST_PIECE_BYTES = 1024
"""Of a component that is kept."""

_DECODER = msgspec.json.Decoder()
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


class QuickTree(NamedTuple):
    """What a document holds, and the bytes of each of its components; none where they were not taken apart.

    Components are shared between documents: nothing may change them. The bytes of a large one are empty.
    """

    value: Any
    pieces: tuple[bytes, ...] = ()


def read_quickly(data: bytes) -> QuickTree | None:
    """Return what a document holds.

    Args:
        data: In UTF-8, without a mark at its beginning.
    Returns:
        What `json_reader.read` returns for it; None where that has to decide.
    """
    if len(data) > LARGEST_BYTES:
        return None
    try:
        return _in_pieces(data) or _whole(data, DEEPEST)
    except (ValueError, RecursionError):
        return None


def _in_pieces(data: bytes) -> QuickTree | None:
    """Parse components one by one, and the rest of the document without them; None where it cannot be taken apart."""
    if b'"components"' not in data or not data.lstrip().startswith(b"{"):
        return None
    listed = bytes(_FIELDS.decode(data).get("components", b""))
    if len(listed) < LEAST_BYTES or not listed.startswith(b"["):
        return None
    rest = _whole(data.replace(listed, b"[]", 1), DEEPEST)
    if rest is None or rest.value.get("components") != []:
        return None  # the same bytes are at another place, too
    pieces = tuple(map(bytes, _ROWS.decode(listed)))
    found = []
    for piece in pieces:
        tree = _piece(piece) if len(piece) <= MOST_PIECE_BYTES else _whole(piece, DEEPEST - 2)
        if tree is None:
            return None
        found.append(tree.value)
    rest.value["components"] = found
    return QuickTree(rest.value, tuple(piece if len(piece) <= MOST_PIECE_BYTES else b"" for piece in pieces))


@lru_cache(maxsize=MOST_PIECES)
def _piece(data: bytes) -> QuickTree | None:
    """Parse a component; one that was parsed before is the same object."""
    return _whole(data, DEEPEST - 2)


def _whole(data: bytes, deepest: int) -> QuickTree | None:
    found = _DECODER.decode(data)
    # Escapes go first, so that every quotation mark left begins or ends a text.
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data
    outside = b"".join(plain.split(b'"')[::2])
    if _is_deep(outside.translate(None, _NO_BRACKETS), deepest) or _keys(found) != outside.count(b":"):
        return None
    return QuickTree(found)


def _is_deep(brackets: bytes, deepest: int) -> bool:
    """Return whether brackets are too many within each other: each round removes the innermost ones."""
    for _ in range(deepest):
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

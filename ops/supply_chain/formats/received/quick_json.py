"""JSON by a faster parser, where that parser cannot give another answer than `json_reader`; nothing where it could.

The faster parser refuses what JSON does not have. It takes the last of two equal keys, so keys are counted: a document has as
many colons outside its texts as it has keys. How deep it is nested is counted from its brackets.

Documents share components, byte by byte: the versions of a product, the products of a supplier. What was parsed once is not parsed
again.

Source: RFC 8259, https://jcristharif.com/msgspec/supported-types.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from ops.supply_chain.core.plain_json import DEEPEST

LARGEST_BYTES = 4 << 20
"""Beyond that the counting takes too much memory."""

LEAST_BYTES = 4096
"""Of all components: fewer are not worth taking apart."""

MOST_PIECES = 1 << 15
"""Components that are kept parsed."""

MOST_PIECE_BYTES = 8192
"""Of a component that is kept: one with every file of a release, its digests and addresses, has some 2,000."""

MOST_KEPT_BYTES = 16 << 20
"""Of all components that are kept; parsed they take some 60 MB."""

BEGINNING_BYTES = 256
"""The beginning of all components that is searched for in a document."""

MOST_BEGINNINGS = 8
"""Places with such a beginning that are compared with all components."""

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


T = TypeVar("T")


class PieceCache(Generic[T]):
    """What was read from components, by their bytes; full, it begins again."""

    def __init__(self) -> None:
        self._found: dict[bytes, T] = {}
        self._bytes = 0

    def get_all(self, pieces: Sequence[bytes]) -> list[T | None]:
        """Return what was read from each of some components; None for one that is not known."""
        return list(map(self._found.get, pieces))

    def keep(self, piece: bytes, found: T) -> None:
        """Keep what was read from these bytes."""
        if len(self._found) >= MOST_PIECES or self._bytes + len(piece) > MOST_KEPT_BYTES:
            self._found.clear()
            self._bytes = 0
        self._found[piece] = found
        self._bytes += len(piece)


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
    rest = _without(data, listed)
    if rest is None or rest.value.get("components") != []:
        return None  # the same bytes are at another place, too
    pieces = list(map(bytes, _ROWS.decode(listed)))
    found = _PARSED.get_all(pieces)
    for at, known in enumerate(found):
        if known is None:
            found[at] = _piece(pieces[at])
            if found[at] is None:
                return None
    rest.value["components"] = [piece[1] for piece in found if piece is not None]
    return QuickTree(rest.value, tuple([piece[0] for piece in found if piece is not None]))


def _without(data: bytes, listed: bytes) -> QuickTree | None:
    """Parse a document with an empty list in place of its components; None where their bytes are not found soon.

    Searching for all of a long list takes longer than parsing it, so its beginning is searched for.
    """
    start = -1
    for _ in range(MOST_BEGINNINGS):
        start = data.find(listed[:BEGINNING_BYTES], start + 1)
        if start < 0 or data.startswith(listed, start):
            break
    else:
        return None
    return None if start < 0 else _whole(data[:start] + b"[]" + data[start + len(listed) :], DEEPEST)


def _piece(data: bytes) -> tuple[bytes, Any] | None:
    """Parse a component that is not known; keep it if it is not large. None if the strict parser has to decide."""
    tree = _whole(data, DEEPEST - 2)
    if tree is None:
        return None
    if len(data) > MOST_PIECE_BYTES:
        return b"", tree.value
    _PARSED.keep(data, (data, tree.value))
    return data, tree.value


_PARSED: PieceCache[tuple[bytes, Any]] = PieceCache()
"""A component's bytes, as the object that all documents share, and the component."""


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

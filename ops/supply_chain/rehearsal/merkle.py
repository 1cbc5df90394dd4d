"""A Merkle tree that only grows: appends a leaf and proves it in the tree that ends with it.

Only the full subtrees to the left of the next leaf are kept, so that time and memory of an append grow
with the logarithm of the size.

Source: RFC 6962, section 2.1.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Proof(NamedTuple):
    """Inclusion of a leaf in the tree whose last leaf it is; `hashes` go from the leaf to the root."""

    position: int
    size: int
    leaf: bytes
    root: bytes
    hashes: tuple[bytes, ...]


class Tree:
    """The tree; not safe for many threads."""

    def __init__(self) -> None:
        self._size = 0
        self._full: dict[int, bytes] = {}

    def append(self, body: bytes) -> Proof:
        """Add a leaf at the end.

        Returns:
            Its proof.
        """
        index = self._size
        self._size += 1
        leaf = hashlib.sha256(b"\x00" + body).digest()
        # The binary digits of the index name the full subtrees to the left of the last leaf.
        path = [self._full[level] for level in range(index.bit_length()) if index >> level & 1]
        root = leaf
        for left in path:
            root = _node(left, root)
        self._grow(index, leaf)
        return Proof(index, self._size, leaf, root, tuple(path))

    def _grow(self, index: int, top: bytes) -> None:
        level = 0
        while index >> level & 1:
            top = _node(self._full.pop(level), top)
            level += 1
        self._full[level] = top


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()

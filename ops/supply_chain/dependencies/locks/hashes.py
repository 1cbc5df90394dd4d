"""Which hashes of a lock can be relied on.

Source: https://pip.pypa.io/en/stable/topics/secure-installs/ (pip takes SHA-256, SHA-384 and SHA-512
alone); PEP 751 "hashes" (any algorithm that every Python has).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

STRONG = {
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Algorithm -> length in hexadecimal digits, of those that no one can forge today."""

WEAK = {"md5": 32, "sha1": 40, "sha224": 56, "sha3_224": 56}
"""The same for those that are not enough alone: collisions exist, or pip refuses them."""

_LENGTHS = {**STRONG, **WEAK}
_HEX = re.compile(r"[0-9a-f]+")


class Hashes(NamedTuple):
    """The hashes of a pin or a file, sorted by use.

    `usable` are well-formed, sorted, without duplicates, weak ones included. `unknown` have an
    algorithm that we do not know, `malformed` a value that is no hash of that algorithm; both as written.
    """

    usable: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()


def sort_hashes(written: Iterable[str]) -> Hashes:
    """Sort `<algorithm>:<hexadecimal>` texts into usable, unknown and malformed.

    Args:
        written: In any order and case, duplicates allowed; may be empty.
    """
    usable: set[str] = set()
    unknown: set[str] = set()
    malformed: set[str] = set()
    for text in written:
        algorithm, _, value = text.strip().lower().partition(":")
        if algorithm not in _LENGTHS:
            unknown.add(text)
        elif len(value) != _LENGTHS[algorithm] or not _HEX.fullmatch(value):
            malformed.add(text)
        else:
            usable.add(f"{algorithm}:{value}")
    return Hashes(tuple(sorted(usable)), tuple(sorted(unknown)), tuple(sorted(malformed)))


def is_strong(text: str) -> bool:
    """Tell whether a usable hash is one that nobody can forge today."""
    return text.partition(":")[0] in STRONG

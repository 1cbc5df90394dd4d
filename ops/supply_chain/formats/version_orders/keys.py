"""Parts of sortable text keys: comparing two keys as ASCII text compares what they stand for.

A database compares such keys by their bytes (SQLite's default, `COLLATE "C"` in PostgreSQL), so a range of versions is
a range of an index.
"""

from __future__ import annotations

import re

MOST_DIGITS = 99
"""Digits of a number in a key; a version with a longer number has no key."""

LONGEST_VERSION = 1_000
"""Characters of a version that has a key."""

_PRINTABLE = re.compile(r"[!-~]+")


class NoKeyError(ValueError):
    """A version without a place in the order."""


def number(digits: str) -> str:
    """Return the key of a number: its length in two digits, and its digits without leading zeros.

    Args:
        digits: ASCII digits; an empty text is zero.

    Raises:
        NoKeyError: The number is too long.
    """
    digits = digits.lstrip("0")
    if len(digits) > MOST_DIGITS:
        msg = f"a number of {len(digits)} digits"
        raise NoKeyError(msg)
    return f"{len(digits):02}{digits}"


def readable(version: str) -> str:
    """Return a version without surrounding space.

    Raises:
        NoKeyError: It is empty, too long, or has a character that is not printable ASCII.
    """
    text = version.strip(" \t")
    if len(text) > LONGEST_VERSION or not _PRINTABLE.fullmatch(text):
        msg = "not printable ASCII text"
        raise NoKeyError(msg)
    return text

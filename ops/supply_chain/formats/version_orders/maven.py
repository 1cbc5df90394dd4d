"""The order of Maven.

A version is a list of tokens, each with the separator before it. What is missing counts as the empty token of the
other side's separator, which no text key can express: `sort_key` is coarse, `compare` decides.

Source: https://maven.apache.org/pom.html#version-order-specification
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import NamedTuple

from ops.supply_chain.formats.version_orders.keys import number, readable

_TOKEN = re.compile(r"(?P<separator>[.-]?)(?P<text>[0-9]+|[^0-9.-]+|)")
_WORDS = {"alpha": 1, "beta": 2, "milestone": 3, "rc": 4, "cr": 4, "snapshot": 5, "": 6, "sp": 7}
_EMPTY = {"ga", "final", "release"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_OTHER = 8
_COARSE = 3
"""Leading numbers in the key."""


class _Token(NamedTuple):
    separator: str
    text: str

    @property
    def numeric(self) -> bool:
        return self.text.isdigit()

    @property
    def null(self) -> bool:
        return self.text == "" or (self.numeric and not self.text.strip("0"))


def sort_key(version: str) -> str:
    """Return a coarse key: versions with different keys are in the order of their keys; equal keys say nothing.

    Raises:
        NoKeyError: The version is not printable text, or has a number of more than 99 digits.
    """
    numbers: list[str] = []
    for place, token in enumerate(_tokens(version)):
        if not token.numeric or (place and token.separator != ".") or len(numbers) == _COARSE:
            break
        numbers.append(token.text)
    if not numbers:
        return "!"
    numbers += ["0"] * (_COARSE - len(numbers))
    return "".join(number(part) for part in numbers)


def compare(left: str, right: str) -> int:
    """Return -1, 0 or 1 as the left version is lower, equal or higher.

    Raises:
        NoKeyError: One of them is not printable text.
    """
    for first, second in zip_longest(_tokens(left), _tokens(right)):
        ranks = _rank(first or _padding(second)), _rank(second or _padding(first))
        if ranks[0] != ranks[1]:
            return -1 if ranks[0] < ranks[1] else 1
    return 0


def _tokens(version: str) -> list[_Token]:
    text = readable(version).lower()
    tokens: list[_Token] = []
    for place, match in enumerate(_TOKEN.finditer(text)):
        if place and match.end() == match.start():
            break
        separator, word = match["separator"], match["text"]
        if place and not separator:
            separator = "-"
        following = text[match.end() : match.end() + 1]
        if following.isdigit():
            word = _SHORT.get(word, word)
        word = "" if word in _EMPTY else word
        tokens.append(_Token(separator, "0" if not match["text"] else word))
    return _trimmed(tokens)


def _trimmed(tokens: list[_Token]) -> list[_Token]:
    """Drop null tokens at the end, and before each hyphen."""
    kept: list[_Token] = []
    for token in reversed(tokens):
        # Read from the end: a null token is dropped where nothing is kept after it, or a hyphen begins what is kept.
        if token.null and (not kept or kept[-1].separator == "-") and token is not tokens[0]:
            continue
        kept.append(token)
    return list(reversed(kept))


def _padding(other: _Token | None) -> _Token:
    """Return what counts as missing beside a token: the empty token of its kind."""
    if other is None:
        return _Token("", "")
    return _Token(other.separator, "0" if other.numeric else "")


def _rank(token: _Token) -> tuple[int, int, str]:
    """Order of tokens: `.qualifier` = `-qualifier` < `-number` < `.number`."""
    if token.numeric:
        return (2 if token.separator == "." else 1, 0, number(token.text))
    known = _WORDS.get(token.text)
    return (0, _OTHER, token.text) if known is None else (0, known, "")

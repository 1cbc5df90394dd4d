"""A text that a regular expression matches from its first to its last character: whom to rehearse as.

Source: https://docs.python.org/3/library/re.html; the parsed form is that of Python's own `re` package.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from typing import Any

_CANDIDATES = "aA0v1./-_@: " + "".join(map(chr, range(33, 127)))
"""What a single character may be, the first that fits: letters of names before anything odd."""

Piece = tuple[Any, Any]


def example_of(pattern: str, flags: re.RegexFlag = re.ASCII) -> str | None:
    """Make a short text that the whole expression matches.

    Args:
        pattern: A regular expression.
        flags: With which it is compiled.
    Returns:
        The text, or None where none was found: expressions that look around or back may have one all the same.
    """
    parser = importlib.import_module("re._parser")
    groups: dict[int, str] = {}
    try:
        text = _sequence(parser.parse(pattern, flags), groups)
        return text if re.compile(pattern, flags).fullmatch(text) else None
    except (ValueError, KeyError, re.error):
        return None


def _sequence(pieces: Iterable[Piece], groups: dict[int, str]) -> str:
    return "".join(_PIECES[str(kind)](value, groups) for kind, value in pieces)


def _group(value: Any, groups: dict[int, str]) -> str:
    number, _, _, pieces = value
    text = _sequence(pieces, groups)
    if number is not None:
        groups[number] = text
    return text


def _repeat(value: Any, groups: dict[int, str]) -> str:
    least, most, pieces = value
    # One where it may be none, so that `.*` stands for a name; never an endless one.
    count: int = max(int(least), min(1, int(most)))
    return _sequence(pieces, groups) * count


def _one_of(value: Any, _groups: dict[int, str]) -> str:
    wanted = [piece for piece in value if str(piece[0]) != "NEGATE"]
    negated = len(wanted) != len(value)
    return _first(lambda one: any(_is_in(one, piece) for piece in wanted) != negated)


def _first(fits: Callable[[str], bool]) -> str:
    found = next(filter(fits, _CANDIDATES), None)
    if found is None:
        raise ValueError("no character fits")
    return found


def _is_in(one: str, piece: Piece) -> bool:
    kind, value = str(piece[0]), piece[1]
    if kind == "RANGE":
        return bool(value[0] <= ord(one) <= value[1])
    if kind == "CATEGORY":
        return bool(re.match(_CATEGORIES[str(value)], one, re.ASCII))
    return bool(ord(one) == value)


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}

_PIECES: dict[str, Callable[[Any, dict[int, str]], str]] = {
    "LITERAL": lambda value, _: chr(value),
    "NOT_LITERAL": lambda value, _: _first(lambda one: ord(one) != value),
    "ANY": lambda *_: _CANDIDATES[0],
    "IN": _one_of,
    "AT": lambda *_: "",
    "ASSERT": lambda *_: "",
    "ASSERT_NOT": lambda *_: "",
    "BRANCH": lambda value, groups: _sequence(value[1][0], groups),
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _sequence,
    "GROUPREF": lambda value, groups: groups[value],
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
}

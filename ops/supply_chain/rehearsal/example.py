"""A text that a regular expression matches from its first to its last character: the name to rehearse as.

A small reader of its own takes an expression apart: characters, classes and escapes, groups, alternatives, repetitions,
references back. What a single character may be is asked of `re` itself, and so is whether the whole text matches: the
reader can fail to find an example, and never gives a wrong one. Not read: conditional groups and `(?x)`.

Source: https://docs.python.org/3/library/re.html#regular-expression-syntax
"""

from __future__ import annotations

import re
from functools import lru_cache

_CANDIDATES = "aA0v1./-_@: " + "".join(map(chr, [*range(33, 127), *range(33)]))
"""What a single character may be, the first that fits: letters of names before anything odd."""

_ATTEMPTS = 8
"""Each takes other alternatives and begins with another candidate, for expressions that rule some of them out."""

_LONGEST = 10_000
"""In characters; no certificate carries a longer name."""

_REPETITION = re.compile(r"(?:(?P<short>[*+?])|\{(?!\})(?P<least>\d*)(?:(?P<comma>,)(?P<most>\d*))?\})[?+]?", re.ASCII)
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|0[0-7]{0,2}|[0-7]{3}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REFERENCE = re.compile(r"\\(?![0-7]{3})([1-9][0-9]?)|\(\?P=(\w+)\)")
_NOTHING = re.compile(r"[\^$]|\\[AbBZ]|\(\?#[^)]*\)|\(\?[aiLmsu]+\)")
"""What takes no character: anchors, boundaries, comments, flags."""

_OR, _CLOSE = re.compile(r"\|"), re.compile(r"\)")
_LOOK = re.compile(r"\(\?<?[=!]")
_OPEN = re.compile(r"\((?:\?P<(?P<name>\w+)>|(?P<uncaptured>\?(?:>|[aiLmsu]*(?:-[imsx]+)?:))|(?!\?))")


class _NoExampleError(Exception):
    """The expression cannot be read, or nothing fits."""


def example_of(pattern: str, flags: re.RegexFlag = re.ASCII) -> str | None:
    """Make a short text that the whole expression matches.

    Args:
        pattern: A regular expression.
        flags: With which it is compiled.
    Returns:
        The text, or None where none was found: expressions that look around or back may have one all the same.
    """
    try:
        compiled = re.compile(pattern, flags)
        found = (_Reader(pattern, flags, attempt).text() for attempt in range(_ATTEMPTS))
        return next((text for text in found if compiled.fullmatch(text)), None)
    except (_NoExampleError, re.error, OverflowError, RecursionError):
        return None


class _Reader:
    """Reads an expression from left to right, and makes the text as it goes.

    Args:
        pattern: One that `re` compiles.
        flags: As there.
        attempt: Which alternatives and candidates to take, from 0.
    """

    def __init__(self, pattern: str, flags: re.RegexFlag, attempt: int) -> None:
        self._pattern, self._flags, self._attempt = pattern, flags, attempt
        self._at = 0
        self._opened = 0
        self._groups: dict[str, str] = {}

    def text(self) -> str:
        """Return the text for the whole expression.

        Raises:
            _NoExampleError: There is none, or a part is not known here.
        """
        made = self._alternatives()
        if self._at != len(self._pattern):
            raise _NoExampleError
        return made

    def _alternatives(self) -> str:
        made, groups = [], []
        before = dict(self._groups)
        while True:
            self._groups = dict(before)
            made.append(self._sequence())
            groups.append(self._groups)
            if not self._take(_OR):
                break
        chosen = self._attempt % len(made)
        self._groups = groups[chosen]
        return made[chosen]

    def _sequence(self) -> str:
        made = ""
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            made += self._repeated(self._piece())
            if len(made) > _LONGEST:
                raise _NoExampleError
        return made

    def _piece(self) -> str:
        if self._take(_NOTHING):
            return ""
        if reference := self._take(_REFERENCE):
            return self._groups.get(reference[1] or reference[2], "")
        if self._take(_LOOK):
            kept = dict(self._groups)
            self._closed(self._alternatives())
            self._groups = kept
            return ""
        if opened := self._take(_OPEN):
            return self._group(opened)
        if single := self._take(_CLASS) or self._take(_ESCAPE):
            return _fitting(single[0], self._flags, self._attempt)
        character = self._pattern[self._at]
        if character == "(":
            raise _NoExampleError
        self._at += 1
        return _fitting(".", self._flags, self._attempt) if character == "." else character

    def _group(self, opened: re.Match[str]) -> str:
        captured = opened["uncaptured"] is None
        self._opened += captured
        number = str(self._opened)
        made = self._closed(self._alternatives())
        if captured:
            self._groups[number] = made
        if opened["name"]:
            self._groups[opened["name"]] = made
        return made

    def _closed(self, made: str) -> str:
        if not self._take(_CLOSE):
            raise _NoExampleError
        return made

    def _repeated(self, piece: str) -> str:
        repetition = self._take(_REPETITION)
        if repetition is None:
            return piece
        # One where it may be none, so that `.*` stands for a name.
        count = 1 if repetition["short"] else _count(repetition)
        if len(piece) * count > _LONGEST:
            raise _NoExampleError
        return piece * count

    def _take(self, shape: re.Pattern[str]) -> re.Match[str] | None:
        found = shape.match(self._pattern, self._at)
        if found is not None:
            self._at = found.end()
        return found


def _count(repetition: re.Match[str]) -> int:
    """Return how often a piece is repeated for `{3}`, `{1,3}`, `{,3}` or `{1,}`."""
    least, most = int(repetition["least"] or 0), repetition["most"]
    may_be_more = repetition["comma"] and (not most or int(most) > 0)
    return max(least, 1) if may_be_more else least


@lru_cache(maxsize=256)
def _fitting(single: str, flags: re.RegexFlag, attempt: int) -> str:
    """Return the first candidate that a one-character part of an expression matches.

    Raises:
        _NoExampleError: None does.
    """
    shape = re.compile(single, flags)
    fitting = [character for character in _CANDIDATES if shape.fullmatch(character)]
    if not fitting:
        raise _NoExampleError
    return fitting[attempt % len(fitting)]

"""SPDX licence expressions in the form that the engine can evaluate: alternatives of terms, without nesting.

`A OR B AND C` gives two alternatives, `[A]` and `[B, C]`. An invalid expression is one term that is not
on the SPDX list, so it can pass only by name.

Source: https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/ (WITH binds closest, then AND, then
OR; operators all in upper or all in lower case; identifiers compare without case).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

import msgspec

MOST_ALTERNATIVES = 256
"""An expression that multiplies out to more is not judged: no licence text is that long in earnest."""

MOST_CHARACTERS = 2000
DEEPEST = 20

_TOKEN = re.compile(r"\s*(?:(?P<bracket>[()])|(?P<word>[A-Za-z0-9.+:_-]+))")
_OPERATORS = {"AND": "AND", "and": "AND", "OR": "OR", "or": "OR", "WITH": "WITH", "with": "WITH"}

Alternatives = tuple[tuple["Term", ...], ...]


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One licence: its identifier, the text with any `+` or exception, whether the SPDX list knows it."""

    id: str
    text: str
    known: bool


class _NotAnExpressionError(Exception):
    """The text does not follow the grammar, or is beyond the bounds."""


@lru_cache(maxsize=8192)
def alternatives_of(expression: str) -> Alternatives:
    """Return what an expression lets one choose between, each choice with all that it demands.

    Args:
        expression: Any text.
    Returns:
        Choices in the order of the text, never empty; an unknown term where it is not an expression.
    """
    try:
        parser = _Parser(expression)
        return parser.whole()
    except _NotAnExpressionError:
        return ((unknown_term(expression),),)


def unknown_term(text: str) -> Term:
    """Return a licence that goes by a free name."""
    return Term(id=text, text=text, known=False)


class _Parser:
    """Recursive descent over one expression."""

    def __init__(self, expression: str) -> None:
        if len(expression) > MOST_CHARACTERS:
            raise _NotAnExpressionError
        self._tokens = _tokens(expression)
        self._position = 0
        self._depth = 0

    def whole(self) -> Alternatives:
        found = self._choices()
        if self._position != len(self._tokens):
            raise _NotAnExpressionError
        return found

    def _choices(self) -> Alternatives:
        found = self._demands()
        while self._takes("OR"):
            found = _bounded(found + self._demands())
        return found

    def _demands(self) -> Alternatives:
        found = self._single()
        while self._takes("AND"):
            found = _all_of(found, self._single())
        return found

    def _single(self) -> Alternatives:
        if not self._takes("("):
            return ((self._term(),),)
        self._depth += 1
        if self._depth > DEEPEST:
            raise _NotAnExpressionError
        found = self._choices()
        if not self._takes(")"):
            raise _NotAnExpressionError
        self._depth -= 1
        return found

    def _term(self) -> Term:
        name = self._word()
        base = name.removesuffix("+")
        if self._takes("WITH"):
            text = f"{name} WITH {self._word()}"
            return Term(id=base, text=text, known=_is_known(text))
        return Term(id=base, text=name, known=_is_known(name))

    def _word(self) -> str:
        if self._position == len(self._tokens):
            raise _NotAnExpressionError
        word = self._tokens[self._position]
        if word in "()" or word in _OPERATORS:
            raise _NotAnExpressionError
        self._position += 1
        return word

    def _takes(self, wanted: str) -> bool:
        if self._position == len(self._tokens):
            return False
        token = self._tokens[self._position]
        if _OPERATORS.get(token, token) != wanted:
            return False
        self._position += 1
        return True


def _tokens(expression: str) -> list[str]:
    found, position, text = [], 0, expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _NotAnExpressionError
        found.append(match["bracket"] or match["word"])
        position = match.end()
    return found


def _all_of(left: Alternatives, right: Alternatives) -> Alternatives:
    if len(left) * len(right) > MOST_ALTERNATIVES:
        raise _NotAnExpressionError
    return tuple(first + second for first, second in product(left, right))


def _bounded(found: Alternatives) -> Alternatives:
    if len(found) > MOST_ALTERNATIVES:
        raise _NotAnExpressionError
    return found


@lru_cache(maxsize=8192)
def _is_known(text: str) -> bool:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if "LicenseRef-" in text:
        return False  # well formed, and yet only its author knows what it is
    try:
        canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return False
    return True

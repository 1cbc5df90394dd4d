"""TOML as plain data, with bounds that are checked before the parser runs: the one place that reads TOML.

The standard library's parser needs time and memory that grow with the square of the number of parts in a key (40 kB took
27 seconds and 1.6 GB), and runs out of stack in nested values. One pass over the text therefore counts parts of keys
and levels of values first; within these bounds the parser's time grows with the size alone.

Source: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from ops.supply_chain.core import plain_json
from ops.supply_chain.core.collector import without_collection

LARGEST_CHARACTERS = 16 << 20
"""Most characters of one document: the largest locks that are in use have a third of this."""

MOST_PARTS = 32
"""Parts of one key, `a.b.c` has three. Files that are in use need less than ten."""

DEEPEST = 32
"""Arrays and inline tables within each other."""

LONGEST_NUMBER = 4000
"""Characters of a number in base 2, 8 or 16; Python has such a limit for base 10 alone."""

# Each alternative takes all that it may and gives nothing back, and each string ends at the latest with the text: one
# pass, whatever the text is. Where TOML is broken, the parser stops at the same place or before.
_PART = r"""(?: [A-Za-z0-9_-]++ | "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'? )"""
_TOKEN = re.compile(
    rf'''
    """ (?: [^"\\] | \\. | "(?!"") )*+ "{{0,5}}+
  | \'\'\' (?: [^'] | '(?!\'\') )*+ '{{0,5}}+
  | \# [^\n]*+
  | (?P<key> {_PART} (?: [ \t]*+ \. [ \t]*+ {_PART} )*+ )
  | (?P<open> [\[{{] )
  | (?P<close> [\]}}] )
    ''',
    re.DOTALL | re.VERBOSE,
)
_PARTS = re.compile(_PART, re.DOTALL | re.VERBOSE)
_LINE = re.compile(r"\(at line (?P<line>\d+), column \d+\)")
_OTHER_BASES = ("0x", "0o", "0b")


class TomlError(ValueError):
    """A document is not TOML, or exceeds a bound; `line` is where, from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


def load(
    text: str,
    *,
    largest: int = LARGEST_CHARACTERS,
    most_parts: int = MOST_PARTS,
    deepest: int = DEEPEST,
) -> dict[str, Any]:
    """Read a document.

    Args:
        text: All of it.
        largest: Most characters.
        most_parts: Most parts of a key.
        deepest: Most arrays and inline tables within each other.
    Raises:
        TomlError: It is not TOML, or exceeds a bound.
    """
    if len(text) > largest:
        raise TomlError(f"expected at most {largest} characters, found {len(text)}", 1)
    _check_bounds(text, most_parts, deepest)
    try:
        with without_collection():
            plain = tomllib.loads(text)
    except RecursionError as error:
        raise TomlError("values are nested too deeply", 1) from error
    except ValueError as error:
        place = _LINE.search(str(error))
        raise TomlError(str(error), int(place["line"]) if place else text.count("\n") + 1) from error
    if plain_json.is_deeper(plain, plain_json.DEEPEST):  # keys with many parts in tables within each other
        raise TomlError(f"more than {plain_json.DEEPEST} arrays and tables within each other", 1)
    return plain


def _check_bounds(text: str, most_parts: int, deepest: int) -> None:
    """Check parts of keys and levels of values.

    Raises:
        TomlError: There are too many.
    """
    level = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "key":
            problem = _problem_of_key(token["key"], most_parts)
            if problem:
                raise _beyond(text, token.start(), problem)
        elif kind == "open":
            level += 1
            if level > deepest:
                raise _beyond(text, token.start(), f"more than {deepest} arrays and tables within each other")
        elif kind == "close":
            level -= 1


def _problem_of_key(key: str, most_parts: int) -> str:
    """Return what is wrong with a key, or with a value that could be one."""
    if key.startswith(_OTHER_BASES) and len(key) > LONGEST_NUMBER:
        return f"a number of more than {LONGEST_NUMBER} characters"
    if key.count(".") >= most_parts and sum(1 for _ in _PARTS.finditer(key)) > most_parts:
        return f"a key of more than {most_parts} parts"
    return ""


def _beyond(text: str, position: int, problem: str) -> TomlError:
    line = text.count("\n", 0, position) + 1
    start = text.rfind("\n", 0, position) + 1
    return TomlError(f"{problem} (at line {line}, column {position - start + 1})", line)

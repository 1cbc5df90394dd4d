"""Where the keys of a JSON lock stand: the parser does not tell, so the tokens are walked once more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:]|\n')
_ENTRY_DEPTH = 2


class _Key(NamedTuple):
    depth: int
    line: int
    key: str
    repeated: bool


def entry_lines(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each key of the first and second level.

    Args:
        text: A valid JSON document.
    Returns:
        (key of the first level, key of the second) -> line from 1; (key of the first level, "") too.
    """
    lines: dict[tuple[str, str], int] = {}
    section = ""
    for found in _keys(text):
        if found.depth == 1:
            section = found.key
            lines[section, ""] = found.line
        elif found.depth == _ENTRY_DEPTH:
            lines[section, found.key] = found.line
    return lines


def repeated_key(text: str) -> tuple[int, str] | None:
    """Return line and name of the first key that stands in one object twice, or None.

    Args:
        text: A valid JSON document, but for that.
    """
    return next(((found.line, found.key) for found in _keys(text) if found.repeated), None)


def _keys(text: str) -> Iterator[_Key]:
    stack: list[set[str]] = []
    line, string, string_line = 1, "", 1
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word == "\n":
            line += 1
        elif word in "{[":
            stack.append(set())
        elif word in "}]":
            stack.pop()
        elif word == ":":
            # In JSON a colon outside a string follows a key, and nothing else.
            key = json.loads(string)
            yield _Key(len(stack), string_line, key, key in stack[-1])
            stack[-1].add(key)
        else:
            string, string_line = word, line

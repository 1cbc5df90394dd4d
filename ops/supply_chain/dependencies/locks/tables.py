"""TOML locks: read strictly, each table with its true line, types checked with the JSON path in the error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.errors import broken, decode_utf8

T = TypeVar("T")

FileSize = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
"""Of a distribution, in bytes: no file is larger, and no process can pass on a larger number."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # strings that may hold anything, headers included
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*|\n|[\[\]{}=.]|[A-Za-z0-9_-]+',
    re.DOTALL,
)
_MULTILINE = re.compile(r"\"{3}|'{3}")


def read_toml(path: str, data: bytes) -> tuple[dict[str, Any], str]:
    """Read a TOML file into plain data, with its text.

    Raises:
        InputError: Not UTF-8 or not TOML; file and line are named.
    """
    text = decode_utf8(path, data)
    try:
        return plain_toml.load(text), text
    except plain_toml.TomlError as error:
        raise broken(path, error.line, f"expected TOML, found none: {error}") from error


def packages(path: str, document: dict[str, Any], text: str, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Go through the tables of a lock's array of packages with the line of each.

    Args:
        path: Relative to the project.
        document: The whole file.
        text: Its text.
        key: `package` or `packages`; where the file has none there are no packages.
    Raises:
        InputError: It is no array of tables.
    """
    array = document.get(key, [])
    if not isinstance(array, list) or not all(isinstance(table, dict) for table in array):
        raise broken(path, key_line(text, key), f"expected an array of tables [[{key}]], found another type")
    lines = _plain_lines(text, key)
    if len(lines) != len(array) or _MULTILINE.search(text):
        lines = _element_lines(text, key)
    return zip(lines if len(lines) == len(array) else [1] * len(array), array, strict=True)


def convert(path: str, line: int, table: Any, kind: type[T], *, at: str = "$") -> T:
    """Check a table against its model; unknown keys are tolerated.

    Args:
        path: Relative to the project.
        line: Where the table starts.
        table: Plain data.
        kind: A `msgspec.Struct`.
        at: The name of the table in the path of the error.
    Raises:
        InputError: A key is missing or has the wrong type; file, line and path within the table are named.
    """
    try:
        return msgspec.convert(table, kind, strict=True)
    except msgspec.ValidationError as error:
        # msgspec says "Expected `str`, got `int` - at `$.name`", or only the first half for the table itself.
        message = str(error) if " - at `" in str(error) else f"{error} - at `$`"
        raise broken(path, line, printable(message.replace("`$", f"`{at}"))) from error


def key_line(text: str, key: str) -> int:
    """Return the line of a top-level key or of a table's header, 1 if unknown."""
    match = re.search(rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{re.escape(key)}[\"']?[ \t]*(?:\]|=|\.)", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _plain_lines(text: str, key: str) -> list[int]:
    """Find the lines that are `[[key]]`; outside multi-line strings, such a line is nothing else."""
    lines, number, position = [], 1, 0
    for match in re.finditer(rf"^[ \t]*\[\[[ \t]*{re.escape(key)}[ \t]*\]\]", text, re.MULTILINE):
        number += text.count("\n", position, match.start())
        position = match.start()
        lines.append(number)
    return lines


def _element_lines(text: str, key: str) -> list[int]:
    """Find the line of each `[[key]]` header, or of each table in a top-level `key = [{...}, ...]`."""
    header = f"[[{key}]]"
    lines: list[int] = []
    current = ""  # the tokens of the current line at depth 0, joined
    number, depth, inline = 1, 0, False
    tables_begun = False
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word == "\n":
            if depth == 0:
                current, inline = "", False
        elif word in "[{":
            if inline and depth == 1 and word == "{":
                lines.append(number)
            if current.endswith("=") or depth:
                depth += 1
                inline = inline or (current == f"{key}=" and not tables_begun)
            else:
                current += word
        elif word in "]}":
            depth, current = (depth - 1, current) if depth else (0, current + word)
            if current == header:
                lines.append(number)
            tables_begun = tables_begun or current.startswith("[")
        elif depth == 0 and not word.startswith("#"):
            current += word.strip("\"'")
        number += word.count("\n")
    return lines

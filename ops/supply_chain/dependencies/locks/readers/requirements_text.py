"""The text of a requirements file: bytes to chunks, chunks to pins and directives.

A chunk is a line that starts at the left edge with all that hangs on it (continuations, indented
lines, comments), and never splits a logical line. The same chunk occurs in many locks, so it is parsed
once.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ ("lines ending in an unescaped
backslash are continued", "comments are stripped after line continuations are processed").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.pins import CACHED_PINS
from ops.supply_chain.dependencies.locks.readers.requirement import read_requirement
from ops.supply_chain.dependencies.locks.readers.requirement_lines import (
    NO_ANNOTATION,
    Annotation,
    Directive,
    read_annotation,
    read_directive,
)
from ops.supply_chain.dependencies.locks.rules import PinProblem
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements

_FORBIDDEN = "\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Groups are not possessive: in early releases of 3.11 one that backtracks ends too early (python/cpython#106052).
_LOGICAL = r"(?:(?![ \t]*#)[^\n]*\\\n)*[^\n]*+"
_CHUNK = re.compile(rf"{_LOGICAL}(?:\n(?=[ \t\n#]|\Z){_LOGICAL})*(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?P<comment>.*)$", re.DOTALL)


class PlacedPin(NamedTuple):
    """A pin in a chunk; `line` counts from the chunk's first line, which is 0."""

    line: int
    pin: Pin
    problems: tuple[PinProblem, ...]
    annotation: Annotation
    specifier: str = ""


class PlacedDirective(NamedTuple):
    """An option line in a chunk."""

    line: int
    directive: Directive


class Chunk(NamedTuple):
    """What a chunk holds, in order, and how many lines it is high."""

    items: tuple[PlacedPin | PlacedDirective, ...]
    height: int


class _Logical(NamedTuple):
    line: int
    text: str
    comments: tuple[str, ...]


def decode(path: str, data: bytes) -> str:
    """Decode a requirements file as pip does, see `formats.requirements_encoding`.

    Returns:
        The text, every line ended by a line feed alone.
    Raises:
        InputError: Wrong encoding, or a control character at which readers disagree whether it ends a line.
    """
    try:
        text = decode_requirements(data)
    except UndecodableError as error:
        raise broken(path, error.line, str(error)) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    wrong = min((text.index(char) for char in _FORBIDDEN if char in text), default=None)
    if wrong is not None:
        line = text.count("\n", 0, wrong) + 1
        raise broken(path, line, f"expected text, found control character U+{ord(text[wrong]):04X}")
    return text


def chunk_texts(text: str) -> list[str]:
    """Split a file's text into chunks; together they are the text."""
    found: list[str] = _CHUNK.findall(text)
    return found if found and found[-1] else found[:-1]  # what is empty can only be the last


@lru_cache(maxsize=CACHED_PINS)
def read_chunk(text: str) -> Chunk:
    """Parse a chunk.

    Raises:
        MalformedLockError: A line is no requirement and no option; `line` counts from the chunk's first.
    """
    items = []
    for logical in _logical_lines(text):
        try:
            items.append(_item(logical))
        except MalformedLockError as error:
            raise MalformedLockError(error.message, logical.line, error.hint) from error
    return Chunk(tuple(items), text.count("\n"))


def _item(logical: _Logical) -> PlacedPin | PlacedDirective:
    editable = ""
    if logical.text.startswith("-"):
        directive = read_directive(logical.text)
        if not directive.editable:
            return PlacedDirective(logical.line, directive)
        editable = directive.editable
    known = read_requirement(editable or logical.text, editable=bool(editable))
    annotation = read_annotation(logical.comments) if logical.comments else NO_ANNOTATION
    return PlacedPin(logical.line, known.pin, known.problems, annotation, known.specifier)


def _logical_lines(text: str) -> Iterator[_Logical]:
    start, code = 0, ""
    comments: list[str] = []
    for line, joined in _joined(text):
        own, comment = _split_comment(joined)
        if own:
            if code:
                yield _Logical(start, code, tuple(comments))
            start, code, comments = line, own, []
        if comment is not None:
            comments.append(comment)
    if code:
        yield _Logical(start, code, tuple(comments))


def _split_comment(joined: str) -> tuple[str, str | None]:
    match = _COMMENT.search(joined) if "#" in joined else None
    code = joined if match is None else joined[: match.start()]
    return " ".join(code.split()), None if match is None else match["comment"]


def _joined(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        is_comment = "#" in line and line.lstrip(" \t").startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))  # all of them at both ends, as pip does
            continue
        # pip puts a space before a comment that ends a continuation, so that it is taken for one.
        yield start, "".join(parts) + (f" {line}" if is_comment and parts else line)
        parts, start = [], number + 1
    if parts:
        yield start, "".join(parts)

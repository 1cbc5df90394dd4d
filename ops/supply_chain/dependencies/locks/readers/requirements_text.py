"""The text of a requirements file: bytes to chunks, chunks to pins and directives.

A chunk is a line that starts at the left edge with all that hangs on it (continuations, indented
lines, comments), and never splits a logical line. The same chunk occurs in many locks, so it is parsed
once.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/ ("lines ending in an unescaped
backslash are continued", "comments are stripped after line continuations are processed").
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken, decode_utf8
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

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*(?P<codec>[-_.a-zA-Z0-9]+)")
_COOKIE_LINES = 2
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FORBIDDEN = "\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_LOGICAL = r"(?:(?![ \t]*#)[^\n]*\\\n)*+[^\n]*+"
_CHUNK = re.compile(rf"{_LOGICAL}(?:\n(?=[ \t\n#]|\Z){_LOGICAL})*+(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?P<comment>.*)$", re.DOTALL)
_SPACE = re.compile(r"\s+")


class PlacedPin(NamedTuple):
    """A pin in a chunk; `line` counts from the chunk's first line, which is 0."""

    line: int
    pin: Pin
    problems: tuple[PinProblem, ...]
    annotation: Annotation


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
    """Decode a requirements file: UTF-8 with or without BOM, or what its PEP 263 cookie says.

    Returns:
        The text, every line ended by a line feed alone.
    Raises:
        InputError: Wrong encoding, or a control character at which readers disagree whether it ends a line.
    """
    if data.startswith(_UTF16):
        raise broken(path, 1, "expected UTF-8, found UTF-16")
    text = _decode_cookie(path, data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    wrong = min((text.index(char) for char in _FORBIDDEN if char in text), default=None)
    if wrong is not None:
        line = text.count("\n", 0, wrong) + 1
        raise broken(path, line, f"expected text, found control character U+{ord(text[wrong]):04X}")
    return text


def chunk_texts(text: str) -> Iterator[str]:
    """Split a file's text into chunks; together they are the text."""
    return (chunk for chunk in _CHUNK.findall(text) if chunk)


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


def _decode_cookie(path: str, data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return decode_utf8(path, data).removeprefix("\ufeff")
    for line in data.split(b"\n", _COOKIE_LINES)[:_COOKIE_LINES]:
        cookie = _COOKIE.match(line)
        if cookie is not None:
            codec = cookie["codec"].decode("ascii")
            try:
                return data.decode(codec)
            except (LookupError, UnicodeError) as error:
                raise broken(path, 1, f"expected text in the declared encoding {codec}") from error
    return decode_utf8(path, data)


def _item(logical: _Logical) -> PlacedPin | PlacedDirective:
    editable = ""
    if logical.text.startswith("-"):
        directive = read_directive(logical.text)
        if not directive.editable:
            return PlacedDirective(logical.line, directive)
        editable = directive.editable
    known = read_requirement(editable or logical.text, editable=bool(editable))
    annotation = read_annotation(logical.comments) if logical.comments else NO_ANNOTATION
    return PlacedPin(logical.line, known.pin, known.problems, annotation)


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
    return _SPACE.sub(" ", code).strip(), None if match is None else match["comment"]


def _joined(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        is_comment = line.lstrip(" \t").startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        # pip puts a space before a comment that ends a continuation, so that it is taken for one.
        yield start, "".join(parts) + (f" {line}" if is_comment and parts else line)
        parts, start = [], number + 1
    if parts:
        yield start, "".join(parts)

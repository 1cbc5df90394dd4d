"""EPSS scores as FIRST publishes them: CSV, usually in gzip, with a comment of the model and the day on the first line.

    #model_version:v2025.03.14,score_date:2026-11-28T00:00:00+0000
    cve,epss,percentile
    CVE-1999-0001,0.01297,0.79311

The file is large and has one form, so that its rows are read by one expression; a row of any other form refuses the file.

Source: https://www.first.org/epss/data_stats
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import UnexpectedShapeError

LARGEST_BYTES = 128 << 20
"""Unpacked; 340,000 scores have 10 MB."""

GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_MOST_MEMBERS = 64
_LONGEST_COMMENT = 4096
_COLUMNS = b"cve,epss,percentile"
_NUMBER = rb"0(?:\.[0-9]{1,18})?|1(?:\.0{1,18})?|[0-9](?:\.[0-9]{1,18})?[eE]-[0-9]{1,3}"
_ROW = re.compile(rb"(CVE-[0-9]{4}-[0-9]{4,19}),(" + _NUMBER + rb"),(" + _NUMBER + rb")\r?(?:\n|\Z)")
_COMMENT = re.compile(r"#\s*model_version:\s*(?P<model>[^,\s]{1,64})\s*,\s*score_date:\s*(?P<date>[^,\s]{1,40})\s*")


class EpssScore(NamedTuple):
    """One row; both numbers are 0 to 1."""

    cve: str
    epss: float
    percentile: float


class EpssScores:
    """The scores of one day.

    Args:
        model: The version of the model; scores of different models are not comparable.
        scored: The day of the scores, in Unix seconds.
        text: The unpacked file.
        start: Where its rows begin.
    """

    def __init__(self, model: str, scored: int, text: bytes, start: int) -> None:
        self.model = model
        self.scored = scored
        self._text = text
        self._start = start

    def rows(self) -> Iterator[EpssScore]:
        """Yield all rows in the file's order, repeated ones included.

        Raises:
            UnexpectedShapeError: A row has another form, or there is none. Rows before it were yielded.
        """
        at = self._start
        for row in _ROW.finditer(self._text, at):
            if row.start() != at:
                raise self._broken(at)
            at = row.end()
            yield EpssScore(row[1].decode("ascii"), float(row[2]), float(row[3]))
        if at == self._start and at == len(self._text):
            raise UnexpectedShapeError("expected at least one score, found none")
        if at != len(self._text):
            raise self._broken(at)

    def _broken(self, at: int) -> UnexpectedShapeError:
        line = self._text.count(b"\n", 0, at) + 1
        found = self._text[at : at + 200].split(b"\n", 1)[0].decode("utf-8", "replace")
        return UnexpectedShapeError(
            f"line {line}: expected a CVE id and two numbers from 0 to 1, found {excerpt(found)}"
        )


def read_epss(data: bytes) -> EpssScores:
    """Read the head of a file of scores; `rows` reads the rest.

    Args:
        data: CSV in UTF-8 or such in gzip, from outside.
    Raises:
        UnexpectedShapeError: It is damaged, too large, has no comment with model and day, or other columns.
    """
    text = _unpacked(data) if data.startswith(GZIP) else data
    if len(text) > LARGEST_BYTES:
        raise _too_large()
    end = text.find(b"\n", 0, _LONGEST_COMMENT)
    first = text[: end if end >= 0 else 200].decode("utf-8", "replace").strip()
    comment = _COMMENT.fullmatch(first)
    if end < 0 or comment is None:
        raise UnexpectedShapeError(f"line 1: expected #model_version and score_date, found {excerpt(first)}")
    columns, newline, _ = text[end + 1 : end + 200].partition(b"\n")
    if columns.rstrip(b"\r") != _COLUMNS:
        found = excerpt(columns.decode("utf-8", "replace"))
        raise UnexpectedShapeError(f"line 2: expected the columns {_COLUMNS.decode()}, found {found}")
    return EpssScores(comment["model"], _scored(comment["date"]), text, end + 1 + len(columns) + len(newline))


def _unpacked(data: bytes) -> bytes:
    """Unpack all members of a gzip file, never more than `LARGEST_BYTES`."""
    parts: list[bytes] = []
    size = 0
    for _ in range(_MOST_MEMBERS):
        if not data:
            return b"".join(parts)
        reader = zlib.decompressobj(_GZIP_WINDOW)
        try:
            part = reader.decompress(data, LARGEST_BYTES + 1 - size)
        except zlib.error as error:
            raise UnexpectedShapeError(f"the gzip data is damaged: {error}") from error
        size += len(part)
        parts.append(part)
        if size > LARGEST_BYTES:
            raise _too_large()
        if not reader.eof:
            raise UnexpectedShapeError("the gzip data ends too early")
        data = reader.unused_data
    raise UnexpectedShapeError(f"expected at most {_MOST_MEMBERS} gzip members, found more")


def _too_large() -> UnexpectedShapeError:
    return UnexpectedShapeError(f"expected at most {LARGEST_BYTES} bytes unpacked, found more")


def _scored(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise UnexpectedShapeError(f"line 1: expected a date as score_date, found {excerpt(text)}") from error

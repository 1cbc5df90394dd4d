"""Tables as CSV that a spreadsheet can edit: no cell of it is a formula, and what comes back is what was written.

A cell that a spreadsheet could take for a formula gets an apostrophe before it, which is taken away when the table is read.
Files that a spreadsheet saves with `;` or tabs are read as well.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180; https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt

LARGEST_BYTES = 64 << 20
MOST_ROWS = 200_000
MARK = "'"
_RISKY = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What begins a formula in a spreadsheet, also in its full-width forms, and what some drop before one."""

_SEPARATORS = (",", ";", "\t")
_SAVE_AGAIN = "Save it as CSV in UTF-8 with its header, or start again from the file that the review writes."


class TableRow(NamedTuple):
    """A row: its line in the file, and column -> text."""

    line: int
    cells: dict[str, str]


def written(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return a table in UTF-8, with CRLF after each row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escaped(row[column]) for column in columns])
    return buffer.getvalue().encode()


def escaped(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    first = text.lstrip(" \u00a0")[:1]
    return MARK + text if text[:1] == MARK or (first and first in _RISKY) else text


def unescaped(text: str) -> str:
    """Return what was written in a cell; a cell that no apostrophe protects is as it is."""
    rest = text[1:]
    return rest if text[:1] == MARK and escaped(rest) == text else text


def read(data: bytes, columns: Sequence[str], *, where: str) -> list[TableRow]:
    """Read a table back.

    Args:
        data: The file's bytes.
        columns: Those that it must have, in any order; further ones are refused.
        where: What to call the file in an error.
    Raises:
        InputError: It is no such table.
    """
    text = _text(data, where)
    if not text.strip():
        raise InputError(f"{where}: is empty", hint=_SAVE_AGAIN)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[TableRow] = []
    try:
        header = [unescaped(cell).strip() for cell in next(reader)]
        _check_header(header, columns, where)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{where}: line {reader.line_num}: expected {len(header)} cells, found {len(cells)}",
                    hint=_SAVE_AGAIN,
                )
            if len(rows) >= MOST_ROWS:
                raise InputError(f"{where}: has more than {MOST_ROWS:,} rows")
            rows.append(TableRow(reader.line_num, dict(zip(header, map(unescaped, cells), strict=True))))
    except csv.Error as error:
        raise InputError(f"{where}: line {reader.line_num}: is not CSV: {error}", hint=_SAVE_AGAIN) from error
    return rows


def _text(data: bytes, where: str) -> str:
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{where}: has more than {LARGEST_BYTES >> 20} MiB")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: is not in UTF-8", hint=_SAVE_AGAIN) from error
    if "\x00" in text:
        raise InputError(f"{where}: has a NUL character", hint=_SAVE_AGAIN)
    return text


def _check_header(header: Sequence[str], columns: Sequence[str], where: str) -> None:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in columns]
    if missing or unknown or len(set(header)) != len(header):
        if len(missing) * 2 > len(columns):
            raise InputError(
                f"{where}: is another table: its header has no {', no '.join(missing[:3])}", hint=_SAVE_AGAIN
            )
        problems = [f"without {', '.join(missing)}"] if missing else []
        problems += [f"with unknown columns {', '.join(map(excerpt, unknown[:5]))}"] if unknown else []
        raise InputError(f"{where}: the header is {' and '.join(problems) or 'with a column twice'}", hint=_SAVE_AGAIN)

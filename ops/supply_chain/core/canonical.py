"""The one reader and the one writer of JSON files that are ours.

Form: UTF-8, keys sorted, two spaces of indent, non-ASCII characters as they are, one line feed at the
end: the form that `jq -S .` prints, so that anyone can recompute the digest of a part. Reading is
strict: a duplicate key, an unknown field, a wrong type, NaN or Infinity is an error that names the
JSON path.

JSON that others wrote never passes through here: its bytes are kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import write_atomic

T = TypeVar("T")

_COMPACT = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""With white space, Python's encoder would not be the one in C; a test compares the bytes with those of `plain_json.dump`."""

LARGE_BYTES = 1 << 20
"""Of a document: so large a one is read in canonical form first."""

_START = b'{\n  "'
_DEEP = b"\n" + b" " * (2 * (plain_json.DEEPEST - 1))
"""In every canonical document that is nearly as deep as the reader allows: no string contains a line feed."""

_SORTED = msgspec.json.Encoder(order="sorted")


def encode(value: object) -> bytes:
    """Return the canonical bytes of a contract type or of plain JSON data.

    Args:
        value: A `msgspec.Struct`, or dicts, lists, strings, integers, booleans and None.
    Returns:
        UTF-8 JSON in the form described in this module's docstring.
    """
    return indented(msgspec.to_builtins(value, str_keys=True)) + b"\n"


def indented(plain: object) -> bytes:
    """Return plain data as part of a canonical document: without the line feed at its end.

    Args:
        plain: Dicts, lists, strings, integers, booleans and None.
    """
    return msgspec.json.format(_COMPACT.encode(plain).encode(), indent=2)


def text(words: str) -> str:
    """Return a string as canonical JSON."""
    return _COMPACT.encode(words)


def decode(data: bytes, kind: type[T], *, where: str) -> T:
    """Read canonical or hand-edited JSON of a contract into its type, strictly.

    Args:
        data: The file's bytes.
        kind: The contract type, which refuses unknown fields.
        where: What to call the document in an error: usually its path.
    Raises:
        InputError: Not JSON, a duplicate key, or not of that type; the message has the JSON path.
    """
    plain = load_plain(data, where=where)
    try:
        return msgspec.convert(plain, kind, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from error


def load_plain(data: bytes, *, where: str) -> Any:
    """Read JSON, refusing duplicate keys and the numbers that JSON does not have.

    Raises:
        InputError: Not JSON in UTF-8, or one of the above.
    """
    plain = _canonical(data) if len(data) >= LARGE_BYTES and data.startswith(_START) else None
    return plain_json.load(data, where=where) if plain is None else plain


def _canonical(data: bytes) -> Any:
    """Return the value of a document that is in canonical form; None for any other, and for a deep one.

    What is written again is the same bytes. So no key is there twice and no number is lost, and the strict reader, which takes three
    times as long, would return the same.
    """
    if _DEEP in data:
        return None
    try:
        plain = msgspec.json.decode(data)
        again = msgspec.json.format(_SORTED.encode(plain), indent=2)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    is_same = len(again) == len(data) - 1 and data.startswith(again) and data.endswith(b"\n")
    return plain if is_same else None


def read(path: Path, kind: type[T]) -> T:
    """Read one of our JSON files into its contract type.

    Raises:
        InputError: Missing, unreadable, or not of that type.
    """
    return decode(read_bytes(path), kind, where=str(path))


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Raises:
        InputError: Missing or unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def write(path: Path, value: msgspec.Struct) -> bytes:
    """Write a contract value canonically and atomically, after reading it back from its own bytes.

    Returns:
        The bytes written.
    Raises:
        OutputError: The value does not meet its own contract, or the file cannot be written.
    """
    data = encode(value)
    try:
        again = decode(data, type(value), where=str(path))
    except InputError as error:
        raise OutputError(f"{path}: does not meet its own contract: {error.message}") from error
    if again != value:
        raise OutputError(f"{path}: reading it back gives another value")
    write_atomic(path, data)
    return data

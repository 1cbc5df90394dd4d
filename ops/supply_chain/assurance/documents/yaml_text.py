"""Plain data as unambiguous YAML: every text is in double quotes.

In YAML 1.1 and 1.2 alike a double-quoted scalar is a string, whatever is in it; `no`, `2026-11-20` and `1e3`
stay text. Keys are trusted words.

Source: YAML 1.2.2, section 7.3.1 and 5.7 (escapes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ops.supply_chain.core.errors import OutputError

_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def dump(document: Mapping[str, object]) -> str:
    """Return a mapping as a block document, keys in their order.

    Raises:
        OutputError: A key is not a plain word, a list or mapping is empty, or a value is neither text, number,
            switch, list nor mapping.
    """
    return "\n".join(_mapping(document, "")) + "\n"


def quoted(text: str) -> str:
    """Return text as a double-quoted scalar on one line."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return f"\\u{ord(character):04x}" if character < "\U00010000" else f"\\U{ord(character):08x}"


def _mapping(value: Mapping[str, object], indent: str) -> Iterator[str]:
    if not value:
        raise OutputError("YAML: an empty mapping")
    for key, inner in value.items():
        if not _KEY.fullmatch(key):
            raise OutputError(f"YAML: {key!r} is no plain key")
        if isinstance(inner, Mapping):
            yield f"{indent}{key}:"
            yield from _mapping(inner, f"{indent}  ")
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            yield f"{indent}{key}:"
            yield from _items(inner, f"{indent}  ")
        else:
            yield f"{indent}{key}: {_scalar(inner)}"


def _items(values: Sequence[object], indent: str) -> Iterator[str]:
    if not values:
        raise OutputError("YAML: an empty list")
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _mapping(value, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    raise OutputError(f"YAML: {type(value).__name__} is not written here")

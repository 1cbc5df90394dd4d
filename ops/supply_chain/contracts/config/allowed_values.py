"""The values that a key of the configuration may have, where these are a few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(?:\d+|\.\.\.)\]")
_ALTERNATIVES = re.compile(r"\\A\(([a-z0-9|-]+)\)\\Z")
"""A pattern that lists its values."""


def allowed_at(root: type[msgspec.Struct], path: str) -> tuple[str, ...]:
    """Return the values that are allowed at a place, as TOML has them; empty where they are not a few.

    Args:
        root: The type of the whole file.
        path: As msgspec's errors name a place: `$.sbom.formats[0]`.
    """
    kinds: list[Any] = [root]
    for step in _STEP.finditer(path):
        kinds = [inner for kind in kinds for inner in _inside(kind, step[1] or "")]
    return tuple(dict.fromkeys(value for kind in kinds for value in _values(kind)))


def _inside(kind: Any, key: str) -> Iterator[Any]:
    """Yield the types of a field, or of the elements of a list for an empty key."""
    for plain in _plain(kind):
        if key and isinstance(plain, type) and issubclass(plain, msgspec.Struct):
            yield from (field.type for field in msgspec.structs.fields(plain) if field.encode_name == key)
        elif get_origin(plain) in (tuple, list, dict):
            yield from get_args(plain)


def _plain(kind: Any) -> Iterator[Any]:
    """Yield the members of a union, without annotations."""
    if get_origin(kind) is Annotated:
        yield from _plain(get_args(kind)[0])
    elif get_origin(kind) in (tuple, list, dict, Literal) or isinstance(kind, type):
        yield kind
    else:
        for member in get_args(kind):
            yield from _plain(member)


def _values(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Annotated:
        patterns = [meta.pattern for meta in get_args(kind)[1:] if isinstance(meta, msgspec.Meta) and meta.pattern]
        for pattern in patterns:
            if listed := _ALTERNATIVES.fullmatch(pattern):
                yield from (f'"{value}"' for value in listed[1].split("|"))
    elif get_origin(kind) not in (tuple, list, dict, Literal) and not isinstance(kind, type):
        for member in get_args(kind):
            yield from _values(member)
        return
    for plain in _plain(kind):
        if get_origin(plain) is Literal:
            yield from (f'"{value}"' for value in get_args(plain))
        elif plain is bool:
            yield from ("true", "false")
        elif isinstance(plain, type) and issubclass(plain, Enum):
            yield from (f'"{member.value}"' for member in plain)

"""JSON as plain data, read strictly and written canonically, with nothing but the standard library.

What `core.canonical` does for our contract types rests on this; the stand-alone verifier, which must run where
only Python is installed, uses it directly.
"""

from __future__ import annotations

import json
import math
from itertools import chain
from typing import Any

from ops.supply_chain.core.errors import InputError

DEEPEST = 200
"""Arrays and objects within each other. Formats that are in use need less than 30; walking must never overflow."""


def load(data: bytes, *, where: str) -> Any:
    """Read JSON, refusing duplicate keys, deep nesting, and the numbers that JSON does not have.

    Raises:
        InputError: Not JSON in UTF-8, or one of the above.
    """
    try:
        plain = json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_number)
    except (ValueError, RecursionError) as error:
        if str(error).startswith("Exceeds the limit"):  # the interpreter's words are advice to programmers
            raise InputError(f"{where}: not valid JSON here: a number has more than 4,300 digits") from error
        raise InputError(f"{where}: not valid JSON: {error}") from error
    if _is_deep(plain):
        raise InputError(f"{where}: not valid JSON: more than {DEEPEST} arrays and objects within each other")
    return plain


def _is_deep(plain: Any) -> bool:
    """Return what `is_deeper` does for what the parser made, which has no subclasses: reading large documents waits for this."""
    level = [plain]
    for _ in range(DEEPEST + 1):
        objects = [value for value in level if value.__class__ is dict]
        arrays = [value for value in level if value.__class__ is list]
        if not objects and not arrays:
            return False
        level = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(arrays)]
    return True


def is_deeper(plain: Any, levels: int) -> bool:
    """Return whether plain data has more arrays and objects within each other, without a call for each level."""
    level = [plain] if isinstance(plain, (dict, list)) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            value
            for container in level
            for value in (container.values() if isinstance(container, dict) else container)
            if isinstance(value, (dict, list))
        ]
    return bool(level)


def dump(plain: object) -> bytes:
    """Write plain data as canonical bytes: sorted keys, two spaces, UTF-8, one line feed at the end.

    Raises:
        ValueError: A number that JSON does not have, or half of a surrogate pair.
        RecursionError: It is nested too deeply.
    """
    return (json.dumps(plain, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise ValueError(f"duplicate key {twice!r}")
    return found


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")

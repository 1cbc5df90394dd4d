"""Compares two JSON documents: each field that is not the same, by its path in the released one.

Source: RFC 9535 (paths)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ops.supply_chain.core import plain_json

ABSENT = "absent"
ORDER = "order"
_PLAIN = re.compile(r"[A-Za-z_@$][\w@$-]*")
_IDENTITIES = ("stage", "bom-ref", "SPDXID", "purl", "path", "id", "name", "code", "setting", "@id")
"""Fields that identify an object of an array, in the formats that a release has."""


class FieldDifference(NamedTuple):
    """A field that is not the same: its path, and the two values, of which one may be absent (`has_released`, `has_rebuilt`)."""

    path: str
    released: Any
    rebuilt: Any
    has_released: bool = True
    has_rebuilt: bool = True

    @property
    def released_text(self) -> str:
        """The released value as text."""
        return text_of(self.released) if self.has_released else ABSENT

    @property
    def rebuilt_text(self) -> str:
        """The rebuilt value as text."""
        return text_of(self.rebuilt) if self.has_rebuilt else ABSENT


def text_of(value: Any) -> str:
    """Return a value as text: a text as it is, everything else as JSON on one line."""
    return value if isinstance(value, str) else " ".join(plain_json.dump(value).decode().split())


def differing_fields(released: Any, rebuilt: Any, path: str = "$") -> Iterator[FieldDifference]:
    """Yield each field that is not the same.

    Args:
        released: Plain data, at most `plain_json.DEEPEST` levels deep.
        rebuilt: Likewise.
        path: Where both are.
    """
    if isinstance(released, dict) and isinstance(rebuilt, dict):
        for key in sorted({*released, *rebuilt}):
            where = path + (f".{key}" if _PLAIN.fullmatch(key) else f"[{key!r}]")
            if key not in rebuilt:
                yield FieldDifference(where, released[key], None, has_rebuilt=False)
            elif key not in released:
                yield FieldDifference(where, None, rebuilt[key], has_released=False)
            else:
                yield from differing_fields(released[key], rebuilt[key], where)
    elif isinstance(released, list) and isinstance(rebuilt, list):
        yield from _in_arrays(released, rebuilt, path)
    elif type(released) is not type(rebuilt) or released != rebuilt:
        yield FieldDifference(path, released, rebuilt)


def _in_arrays(released: list[Any], rebuilt: list[Any], path: str) -> Iterator[FieldDifference]:
    if released == rebuilt and _same_types(released, rebuilt):
        return
    for key in (_role, *(_by(name) for name in _IDENTITIES)):
        mine, other = _keyed(released, key), _keyed(rebuilt, key)
        if mine is not None and other is not None and len({*mine} - {*other}) <= max(1, len(mine) // 2):
            yield from _by_key(mine, other, released, rebuilt, path)
            return
    for position in range(max(len(released), len(rebuilt))):
        where = f"{path}[{position}]"
        if position >= len(rebuilt):
            yield FieldDifference(where, released[position], None, has_rebuilt=False)
        elif position >= len(released):
            yield FieldDifference(where, None, rebuilt[position], has_released=False)
        else:
            yield from differing_fields(released[position], rebuilt[position], where)


def _by_key(
    mine: dict[Any, int], other: dict[Any, int], released: list[Any], rebuilt: list[Any], path: str
) -> Iterator[FieldDifference]:
    gone, new = [key for key in mine if key not in other], [key for key in other if key not in mine]
    if len(gone) == len(new) == 1 and mine[gone[0]] == other[new[0]]:
        where = mine[gone[0]]
        yield from differing_fields(released[where], rebuilt[where], f"{path}[{where}]")
        gone, new = [], []
    for key in gone:
        yield FieldDifference(f"{path}[{mine[key]}]", released[mine[key]], None, has_rebuilt=False)
    for key in new:
        yield FieldDifference(f"{path}[{other[key]}]", None, rebuilt[other[key]], has_released=False)
    common = [key for key in mine if key in other]
    for key in common:
        yield from differing_fields(released[mine[key]], rebuilt[other[key]], f"{path}[{mine[key]}]")
    if common != [key for key in other if key in mine]:
        yield FieldDifference(f"{path}.{ORDER}", _shown(common), _shown([key for key in other if key in mine]))


def _shown(keys: list[Any]) -> str:
    return ", ".join(" ".join(filter(None, key)) if isinstance(key, tuple) else str(key) for key in keys)


def _keyed(array: list[Any], key: Callable[[Any], Any]) -> dict[Any, int] | None:
    """Return position by identity; None unless each element has its own."""
    found = {name: position for position, element in enumerate(array) if (name := key(element)) is not None}
    return found if len(found) == len(array) and found else None


def _role(element: Any) -> tuple[str, str] | None:
    """Return what a dependency of a provenance was to the release, and its name."""
    notes = element.get("annotations") if isinstance(element, dict) else None
    role = notes.get("role") if isinstance(notes, dict) else None
    return (role, str(element.get("name", ""))) if isinstance(role, str) else None


def _by(name: str) -> Callable[[Any], str | None]:
    def key(element: Any) -> str | None:
        found = element.get(name) if isinstance(element, dict) else None
        return found if isinstance(found, str) else None

    return key


def _same_types(released: list[Any], rebuilt: list[Any]) -> bool:
    """Return whether equal arrays are equal in type too: `1 == True` in Python."""
    return plain_json.dump(released) == plain_json.dump(rebuilt)

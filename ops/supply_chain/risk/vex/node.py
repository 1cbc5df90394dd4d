"""Reading other people's JSON so that what is broken is named by its JSON path.

Unknown fields are tolerated. A field that is there with the wrong type is an error: a VEX that is half
understood must not take a finding away.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

T = TypeVar("T")

HINT = "Ask whoever issued this VEX for a valid document, or leave it out."


class Node(NamedTuple):
    """A JSON value, where it stands, and in which file."""

    value: Any
    path: str
    file: str

    def get(self, key: str) -> Node | None:
        """Return a field of this object; None where it is absent or null."""
        table = self._as(dict, "an object")
        value = table.get(key)
        return None if value is None else Node(value, f"{self.path}.{key}", self.file)

    def need(self, key: str) -> Node:
        """Return a field of this object that must be there."""
        found = self.get(key)
        if found is None:
            raise self.broken(f"has no {key!r}")
        return found

    def items(self) -> list[Node]:
        """Return the elements of this array."""
        return [Node(one, f"{self.path}[{place}]", self.file) for place, one in enumerate(self._as(list, "an array"))]

    def text(self) -> str:
        """Return this text, which is not empty."""
        found = self._as(str, "a text")
        if not found.strip():
            raise self.broken("expected a text, found an empty one")
        return found

    def list_of(self, key: str) -> list[Node]:
        """Return the elements of an array field; empty where it is absent."""
        found = self.get(key)
        return found.items() if found is not None else []

    def text_of(self, key: str) -> str:
        """Return a text field; empty where it is absent or empty."""
        found = self.get(key)
        return "" if found is None or found.value == "" else found.text()

    def broken(self, what: str) -> InputError:
        """Make the error that says what is wrong here."""
        return InputError(f"{self.file}: {self.path}: {printable(what)}", hint=HINT)

    def _as(self, kind: type[T], expected: str) -> T:
        if not isinstance(self.value, kind):
            raise self.broken(f"expected {expected}, found {_kind(self.value)}")
        return self.value


def _kind(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}
    return names.get(type(value), "null")

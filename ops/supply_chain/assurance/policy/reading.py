"""Reading other people's JSON without ever failing: what has the wrong type is absent, and told.

A document that was parsed may hold anything anywhere. `Reading` gives a value of the type that is asked
for, empty where there is none, and collects each place that had another type.
"""

from __future__ import annotations

from typing import Any

import msgspec

MOST_PROBLEMS = 1000
"""Problems that are collected of one document; more of the same help nobody."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a document: a JSON path, and a sentence."""

    path: str
    message: str


class Reading:
    """Reads fields of one document, collecting those of a wrong type."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}

    def faults(self) -> tuple[Fault, ...]:
        """Return what was of a wrong type, in the order in which it was read, each once."""
        return tuple(self._faults)

    def text(self, node: dict[str, Any], field: str, place: str) -> str:
        """Return a text field; empty where it is absent."""
        value = node.get(field)
        if value is None or isinstance(value, str):
            return value or ""
        self._refuse("a text", value, f"{place}.{field}")
        return ""

    def table(self, node: dict[str, Any], field: str, place: str) -> dict[str, Any]:
        """Return an object field; empty where it is absent."""
        value = node.get(field)
        if value is None or isinstance(value, dict):
            return value or {}
        self._refuse("an object", value, f"{place}.{field}")
        return {}

    def tables(self, node: dict[str, Any], field: str, place: str) -> list[dict[str, Any]]:
        """Return the objects of an array field, in order; empty where it is absent, and for what is none."""
        found = self._array(node, field, place)
        if all(isinstance(item, dict) for item in found):
            return found
        return [self._item({}, dict, "an object", item, f"{place}.{field}[{n}]") for n, item in enumerate(found)]

    def texts(self, node: dict[str, Any], field: str, place: str) -> list[str]:
        """Return the texts of an array field, in order; empty where it is absent, and for what is none."""
        found = self._array(node, field, place)
        if all(isinstance(item, str) for item in found):
            return found
        return [self._item("", str, "a text", item, f"{place}.{field}[{n}]") for n, item in enumerate(found)]

    def _array(self, node: dict[str, Any], field: str, place: str) -> list[Any]:
        value = node.get(field)
        if value is None or isinstance(value, list):
            return value or []
        self._refuse("an array", value, f"{place}.{field}")
        return []

    def _item(self, empty: Any, kind: type, expected: str, value: object, path: str) -> Any:
        if isinstance(value, kind):
            return value
        self._refuse(expected, value, path)
        return empty

    def _refuse(self, expected: str, value: object, path: str) -> None:
        if len(self._faults) < MOST_PROBLEMS:
            self._faults[Fault(path=path, message=f"expected {expected}, found {_kind(value)}")] = None


def _kind(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}
    return names.get(type(value), "null")

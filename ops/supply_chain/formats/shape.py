"""The shape of documents that others wrote: fields of the expected type, and every fault with its JSON path.

A reader that stopped at the first fault could not report them all, and one that ignored faults would read half a document
as a whole one. A `ShapeReader` gives each field in its type, empty where there is none, and collects what had another; its
caller decides whether to report the faults or to refuse the document.

Nothing here needs more than the standard library: the stand-alone verifier reads with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from ops.supply_chain.formats.json_reader import UnexpectedShapeError, kind_of

MOST_FAULTS = 1000
"""Faults that are collected of one document; more of the same help no one."""

Place = tuple[Any, ...]
"""A place in a document: (place of the parent, key or position), empty for the document itself. Kept as a chain, because
hardly any place is ever written out."""

ROOT: Place = ()

Row = TypeVar("Row")

_ONLY_TEXTS = {str}


class Fault(NamedTuple):
    """One thing that is wrong with a document: its JSON path, and what was expected and found."""

    path: str
    message: str


class ShapeReader:
    """Reads fields of one document, collecting those of a wrong type. A null is an absent field."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}

    def faults(self) -> tuple[Fault, ...]:
        """Return what was wrong, in the order in which it was read, each once."""
        return tuple(self._faults)

    def text(self, node: dict[str, Any], field: str, place: Place) -> str:
        """Return a text field; empty where it is absent."""
        value = node.get(field)
        if isinstance(value, str):
            return value
        if value is not None:
            self._unexpected("a text", value, (place, field))
        return ""

    def texts_of(self, node: dict[str, Any], fields: Sequence[str], place: Place) -> list[str]:
        """Return several text fields, in order; empty where one is absent."""
        values: list[Any] = [node.get(field, "") for field in fields]
        if set(map(type, values)) == _ONLY_TEXTS:  # nearly always, and documents are large
            return values
        return [self.text(node, field, place) for field in fields]

    def pairs(
        self, node: dict[str, Any], field: str, fields: tuple[str, str], place: Place, row: Callable[[str, str], Row]
    ) -> tuple[Row, ...]:
        """Return an array of objects of which two text fields matter: hashes, properties, references.

        They are most of a document, so that a well-formed one is read without noting any place.

        Args:
            node: The object that has the array.
            field: Of the array.
            fields: Of each of its objects, in the order of the arguments of `row`.
            place: Of the node.
            row: Makes one element of the result.
        """
        entries = node.get(field)
        if entries is None:
            return ()
        first, second = fields
        found: list[Row] = []
        for entry in entries if isinstance(entries, list) else (None,):
            left, right = (entry.get(first, ""), entry.get(second, "")) if isinstance(entry, dict) else (None, None)
            if not (isinstance(left, str) and isinstance(right, str)):
                tables = self.tables(node, field, place)
                return tuple(row(self.text(table, first, at), self.text(table, second, at)) for at, table in tables)
            found.append(row(left, right))
        return tuple(found)

    def required(self, node: dict[str, Any], field: str, place: Place) -> str:
        """Return a text field that must be there and not be blank; empty, and a fault, where it is not."""
        value = node.get(field)
        if value is None:
            self.refuse((place, field), "is missing")
            return ""
        found = self.text(node, field, place)
        if isinstance(value, str) and not found.strip():
            self.refuse((place, field), "expected a text, found an empty one")
        return found

    def table(self, node: dict[str, Any], field: str, place: Place) -> dict[str, Any]:
        """Return an object field; empty where it is absent."""
        value = node.get(field)
        if isinstance(value, dict):
            return value
        if value is not None:
            self._unexpected("an object", value, (place, field))
        return {}

    def tables(self, node: dict[str, Any], field: str, place: Place) -> list[tuple[Place, dict[str, Any]]]:
        """Return the objects of an array field with their places, in order; none where it is absent."""
        value = node.get(field)
        if value is None:
            return []
        here = (place, field)
        if not isinstance(value, list):
            self._unexpected("an array", value, here)
            return []
        found: list[tuple[Place, dict[str, Any]]] = []
        for position, element in enumerate(value):
            if isinstance(element, dict):
                found.append(((here, position), element))
            else:
                self._unexpected("an object", element, (here, position))
        return found

    def texts(self, node: dict[str, Any], field: str, place: Place) -> tuple[str, ...]:
        """Return the texts of an array field, in order; none where it is absent."""
        value = node.get(field)
        if value is None:
            return ()
        here = (place, field)
        if not isinstance(value, list):
            self._unexpected("an array", value, here)
            return ()
        for position, element in enumerate(value):
            if not isinstance(element, str):
                self._unexpected("a text", element, (here, position))
        return tuple(element for element in value if isinstance(element, str))

    def refuse(self, place: Place, message: str) -> None:
        """Note a fault."""
        if len(self._faults) < MOST_FAULTS:
            self._faults[Fault(json_path(place), message)] = None

    def _unexpected(self, expected: str, value: object, place: Place) -> None:
        self.refuse(place, f"expected {expected}, found {kind_of(value)}")


def json_path(place: Place) -> str:
    """Write a place as a JSON path: `$.components[3].purl`."""
    parts: list[str] = []
    while place:
        place, key = place
        if isinstance(key, int):
            parts.append(f"[{key}]")
        else:
            parts.append(f".{key}" if key.isidentifier() else f"[{key!r}]")
    return "$" + "".join(reversed(parts))


def refuse_faults(faults: tuple[Fault, ...]) -> None:
    """Refuse a document that has faults.

    Raises:
        UnexpectedShapeError: It has; the message is the first one, with its path, and how many more there are.
    """
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UnexpectedShapeError(f"{faults[0].path}: {faults[0].message}{more}")

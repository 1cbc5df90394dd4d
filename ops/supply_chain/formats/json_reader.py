"""JSON that others wrote: read strictly, then walked with exact paths in every error.

`read` refuses duplicate keys, numbers that JSON does not have, documents that are too large, and nesting that is too
deep. A `Node` is a value of the document and its place; asking it for a type that the value does not have is one error
with the path, what was expected and what was found. `formats.yaml` gives the same nodes.

Nothing here needs more than the standard library: the stand-alone verifier reads with it.

Source: RFC 8259; paths are those of RFC 9535, with short names that may have `@` and `-` (`$.@graph`, `$.bom-ref`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt

LARGEST_BYTES = 256 << 20
"""Most bytes of one document: the largest SBOMs that are in use have a tenth of this."""

_PLAIN_KEY = re.compile(r"[\w@-]+")
_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}


class UnexpectedShapeError(Exception):
    """A document cannot be read, or has another shape than it must; the text has the path, expected and found."""


class Node:
    """A value of a document, with its place.

    Args:
        value: The value: dict, list, str, int, float, bool or None.
        parent: The node that holds it; None for the document itself.
        key: Its key or position in the parent.
    """

    __slots__ = ("_key", "_parent", "value")

    def __init__(self, value: Any, *, parent: Node | None = None, key: str | int = "") -> None:
        self.value = value
        self._parent = parent
        self._key = key

    @property
    def path(self) -> str:
        """The JSON path of the value: `$.components[3].purl`."""
        steps: list[str] = []
        node = self
        while node._parent is not None:
            steps.append(_step(node._key))
            node = node._parent
        return "$" + "".join(reversed(steps))

    @property
    def line(self) -> int:
        """The line on which the value begins, from 1; 0 where the format or the value does not keep it."""
        return getattr(self.value, "line", 0)

    def __getitem__(self, key: str) -> Node:
        """Return a field of this object.

        Raises:
            UnexpectedShapeError: This is not an object, or has no such field.
        """
        table = self.table()
        if key not in table:
            raise UnexpectedShapeError(f"{self.path}{_step(key)}: is missing")
        return Node(table[key], parent=self, key=key)

    def get(self, key: str) -> Node | None:
        """Return a field of this object; None where it is absent or null.

        Raises:
            UnexpectedShapeError: This is not an object.
        """
        value = self.table().get(key)
        return None if value is None else Node(value, parent=self, key=key)

    def table(self) -> dict[str, Any]:
        """Return this object.

        Raises:
            UnexpectedShapeError: It is not an object.
        """
        if not isinstance(self.value, dict):
            raise self.unexpected("an object")
        return self.value

    def fields(self) -> Iterator[tuple[str, Node]]:
        """Return the keys and values of this object, in the document's order.

        Raises:
            UnexpectedShapeError: It is not an object.
        """
        return ((key, Node(value, parent=self, key=key)) for key, value in self.table().items())

    def rows(self) -> list[Node]:
        """Return the elements of this array.

        Raises:
            UnexpectedShapeError: It is not an array.
        """
        if not isinstance(self.value, list):
            raise self.unexpected("an array")
        return [Node(value, parent=self, key=position) for position, value in enumerate(self.value)]

    def rows_of(self, key: str) -> list[Node]:
        """Return the elements of an array field; none where it is absent or null.

        Raises:
            UnexpectedShapeError: This is not an object, or the field is not an array.
        """
        found = self.get(key)
        return found.rows() if found is not None else []

    def text(self) -> str:
        """Return this text, which has more than white space.

        Raises:
            UnexpectedShapeError: It is not a text, or is blank.
        """
        if not isinstance(self.value, str):
            raise self.unexpected("a text")
        if not self.value.strip():
            raise self.broken("expected a text, found an empty one")
        return self.value

    def text_of(self, key: str) -> str:
        """Return the text of a field; empty where it is absent, null or empty.

        Raises:
            UnexpectedShapeError: This is not an object, or the field is not a text, or only white space.
        """
        found = self.get(key)
        return "" if found is None or found.value == "" else found.text()

    def unexpected(self, expected: str) -> UnexpectedShapeError:
        """Return the error for a value of another kind: expected and found."""
        return self.broken(f"expected {expected}, found {kind_of(self.value)}")

    def broken(self, problem: str) -> UnexpectedShapeError:
        """Return the error with this path and a problem, which may hold text of the document."""
        return UnexpectedShapeError(f"{self.path}: {excerpt(problem)}")


def read(data: bytes, *, largest_bytes: int = LARGEST_BYTES) -> Node:
    """Read a document.

    Args:
        data: JSON in UTF-8.
        largest_bytes: A larger document is refused before it is parsed.
    Raises:
        UnexpectedShapeError: It is too large, not JSON, nested too deeply, or has a key twice.
    """
    if len(data) > largest_bytes:
        raise UnexpectedShapeError(f"$: expected at most {largest_bytes} bytes, found {len(data)}")
    try:
        return Node(plain_json.load(data, where="$"))
    except InputError as error:
        raise UnexpectedShapeError(excerpt(error.message)) from error


def kind_of(value: object) -> str:
    """Return the name of a value's type in words of JSON: `an object`, `a text`, `null`."""
    return next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "null")


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{excerpt(key)}" if _PLAIN_KEY.fullmatch(key) else f"[{excerpt(repr(key))}]"

"""Other people's JSON, walked with a path at hand: what is not as expected is one error that says where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

_LONGEST = 200


class OddError(Exception):
    """A document is not as it has to be; the text says where, what was expected and what was found."""


class Node:
    """A value of a JSON document and its path.

    Args:
        value: The value.
        path: Its JSON path.
    """

    def __init__(self, value: Any, path: str = "$") -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str) -> Node:
        """Return the field of an object.

        Raises:
            OddError: It is no object, or has no such field.
        """
        table = self.table()
        if key not in table:
            raise OddError(f"{self.path}.{key}: is missing")
        # An identifier holds nothing that could not be shown; most keys are one, and there are many.
        plain = key.isidentifier() and len(key) < _LONGEST
        return Node(table[key], f"{self.path}.{key if plain else shown(key)}")

    def get(self, key: str) -> Node | None:
        """Return the field of an object; None where it is left out or null."""
        table = self.table()
        return None if table.get(key) is None else self[key]

    def table(self) -> dict[str, Any]:
        """Return the object.

        Raises:
            OddError: It is none.
        """
        if not isinstance(self.value, dict):
            raise self._odd("an object")
        return self.value

    def rows(self) -> Iterator[Node]:
        """Return the elements of a list.

        Raises:
            OddError: It is none.
        """
        if not isinstance(self.value, list):
            raise self._odd("a list")
        return (Node(one, f"{self.path}[{position}]") for position, one in enumerate(self.value))

    def text(self) -> str:
        """Return the text.

        Raises:
            OddError: It is none.
        """
        if not isinstance(self.value, str):
            raise self._odd("a text")
        return self.value

    def text_of(self, key: str) -> str:
        """Return the text of a field, empty where it is left out or null."""
        found = self.get(key)
        return found.text() if found is not None else ""

    def _odd(self, expected: str) -> OddError:
        return OddError(f"{self.path}: expected {expected}, found {type(self.value).__name__}")


def parse(data: bytes) -> Node:
    """Read a document.

    Raises:
        OddError: It is no JSON, or has a key twice.
    """
    try:
        return Node(plain_json.load(data, where="$"))
    except InputError as error:
        raise OddError(shown(error.message)) from error


def digest_of_part(value: Any) -> str:
    """Return the SHA-256 of a part in canonical form: what `jq -S` prints of it.

    Raises:
        OddError: It cannot be written so.
    """
    from ops.supply_chain.core.digests import sha256_bytes

    try:
        return sha256_bytes(plain_json.dump(value))
    except (ValueError, RecursionError) as error:
        raise OddError(f"cannot be written as canonical JSON: {type(error).__name__}") from error


def shown(text: object) -> str:
    """Return foreign text as it can stand in a message: one line, bounded."""
    line = printable(str(text))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."

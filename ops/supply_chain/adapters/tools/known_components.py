"""Components that a schema has accepted: documents share them, byte by byte, and what is valid once is valid in any document.

The schemas of CycloneDX demand two things of a list of components: each is valid by itself, and all are different. So a
document is valid if it is without the components that were valid before, and these differ from each other and from the rest.
Where anything is in doubt, the document is validated as a whole: this can only prove that one is valid.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from ops.supply_chain.adapters.tools.schemas import components_are_apart, is_valid_apart
from ops.supply_chain.formats.received.content import Content
from ops.supply_chain.formats.received.quick_json import MOST_PIECES

_DIGITS = frozenset(b"0123456789")
_ENCODER = msgspec.json.Encoder(order="sorted")


class KnownComponents:
    """The components that the schema of one version has accepted.

    Args:
        version: Of the schema, as `schema_problems` takes it.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._numbers: dict[bytes, int] = {}
        """The number of a component that was accepted, by its bytes; components that are equal as JSON have the same."""
        self._values: dict[bytes, int] = {}
        """The number by the component's JSON with sorted keys."""

    def prove(self, content: Content) -> bool:
        """Return whether a document in JSON is surely valid; False proves nothing.

        Raises:
            UnavailableError: The installed library has no such schema.
        """
        if not content.pieces or not components_are_apart(self._version):
            return False
        if len(self._numbers) > MOST_PIECES:
            self._numbers.clear()
            self._values.clear()
        marks: list[int | bytes | None] = list(map(self._numbers.get, content.pieces))
        rows = content.tree["components"]
        fresh = [at for at, mark in enumerate(marks) if mark is None]
        values = {at: _value(rows[at]) for at in fresh}
        for at, value in values.items():
            marks[at] = None if value is None else self._values.get(value, value)
        # Those without a mark differ from those with one, and are among the fresh ones: the validator compares them.
        compared = [mark for mark in marks if mark is not None]
        if len(set(compared)) != len(compared):
            return False
        if not is_valid_apart({**content.tree, "components": [rows[at] for at in fresh]}, self._version):
            return False
        for at, value in values.items():
            if value is not None and content.pieces[at]:
                self._numbers[content.pieces[at]] = self._values.setdefault(value, len(self._values))
        return True


def _value(row: Any) -> bytes | None:
    """Return a component's JSON with sorted keys; None where equal ones could differ in it: numbers are written as 1 and 1.0."""
    try:
        text = _ENCODER.encode(row)
    except ValueError:
        return None
    # Without an escape, every quotation mark begins or ends a text.
    plain = b"\\" not in text and _DIGITS.isdisjoint(b"".join(text.split(b'"')[::2]))
    return None if not plain and _has_number(row) else text


def _has_number(row: Any) -> bool:
    level = [row]
    while level:
        if not {int, float}.isdisjoint(map(type, level)):
            return True
        objects = (value.values() for value in level if value.__class__ is dict)
        arrays = (value for value in level if value.__class__ is list)
        level = [*chain.from_iterable(objects), *chain.from_iterable(arrays)]
    return False

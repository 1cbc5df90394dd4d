"""Pieces of canonical JSON put together are what the canonical writer writes for the whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core import canonical
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.writers.fragments import array, fragment, members

TEXTS = st.text(max_size=20).map(printable)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def written(value: Any) -> bytes:
    return canonical.encode(value)[:-1]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(VALUES)
def test_a_fragment_is_canonical(value: Any) -> None:
    assert fragment(value, 0) == written(value)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=4))
def test_an_array_of_fragments_is_canonical(values: list[Any]) -> None:
    assert b"".join(array([fragment(value, 1) for value in values], 0)) == written(values)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.dictionaries(TEXTS, st.lists(VALUES, max_size=3), max_size=4))
def test_an_object_of_fragments_is_canonical(values: dict[str, Any]) -> None:
    pairs = [(key, array([fragment(entry, 2) for entry in value], 1)) for key, value in sorted(values.items())]
    assert b"".join(members(pairs, 0)) == written(values)

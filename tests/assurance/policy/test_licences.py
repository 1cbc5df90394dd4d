"""SPDX expressions, multiplied out: what one may choose, and what each choice demands."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.assurance.policy.licences import MOST_ALTERNATIVES, alternatives_of

CASES = {
    "MIT": [["MIT"]],
    "MIT OR ISC": [["MIT"], ["ISC"]],
    "MIT AND ISC": [["MIT", "ISC"]],
    "MIT OR ISC AND Zlib": [["MIT"], ["ISC", "Zlib"]],
    "(MIT OR ISC) AND Zlib": [["MIT", "Zlib"], ["ISC", "Zlib"]],
    "((MIT))": [["MIT"]],
    "GPL-2.0-or-later WITH Classpath-exception-2.0": [["GPL-2.0-or-later WITH Classpath-exception-2.0"]],
    "mit or isc": [["mit"], ["isc"]],
    "  MIT  ": [["MIT"]],
    "GPL-2.0+": [["GPL-2.0+"]],
}


@pytest.mark.parametrize("expression", CASES)
def test_an_expression_has_these_alternatives(expression: str) -> None:
    found = alternatives_of(expression)
    assert [[term.text for term in alternative] for alternative in found] == CASES[expression]
    assert all(term.known for alternative in found for term in alternative)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "MIT AND",
        "OR MIT",
        "MIT ISC",
        "(MIT",
        "MIT)",
        "()",
        "MIT WITH",
        "MIT, ISC",
        "MIT And ISC",
        "BSD License",
    ],
)
def test_what_is_no_expression_is_one_unknown_term(text: str) -> None:
    [[term]] = alternatives_of(text)
    assert (term.text, term.known) == (text, False)


@pytest.mark.parametrize("name", ["Nope-1.0", "LicenseRef-X", "MIT WITH Nope-exception", "DocumentRef-a:LicenseRef-b"])
def test_what_the_list_does_not_have_is_not_known(name: str) -> None:
    [[term]] = alternatives_of(name)
    assert (term.text, term.known) == (name, False)


def test_the_identifier_leaves_out_plus_and_exception() -> None:
    [[term]] = alternatives_of("GPL-2.0+ WITH Classpath-exception-2.0")
    assert (term.id, term.text) == ("GPL-2.0", "GPL-2.0+ WITH Classpath-exception-2.0")


@pytest.mark.parametrize(
    "text", [" AND ".join(["(MIT OR ISC)"] * 9), "(" * 21 + "MIT" + ")" * 21, "MIT OR " * 400 + "MIT", "(" * 5000]
)
def test_what_is_beyond_the_bounds_is_not_judged(text: str) -> None:
    assert [[term.known for term in one] for one in alternatives_of(text)] == [[False]]


TREES = st.recursive(
    st.sampled_from(["MIT", "ISC", "Zlib", "0BSD"]),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    max_leaves=6,
)


def written(tree: object) -> str:
    if isinstance(tree, str):
        return tree
    assert isinstance(tree, tuple)
    return f"({written(tree[1])} {tree[0]} {written(tree[2])})"


def holds(tree: object, accepted: set[str]) -> bool:
    if isinstance(tree, str):
        return tree in accepted
    assert isinstance(tree, tuple)
    both = (holds(tree[1], accepted), holds(tree[2], accepted))
    return all(both) if tree[0] == "AND" else any(both)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(TREES)
def test_alternatives_mean_the_same_as_the_expression(tree: object) -> None:
    found = alternatives_of(written(tree))
    assert len(found) <= MOST_ALTERNATIVES
    for chosen in product([False, True], repeat=4):
        accepted = {name for name, yes in zip(["MIT", "ISC", "Zlib", "0BSD"], chosen, strict=True) if yes}
        assert any(all(term.text in accepted for term in one) for one in found) == holds(tree, accepted)

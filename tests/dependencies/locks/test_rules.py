"""Hashes as a lock writes them, sorted by use."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.dependencies.locks.rules import STRONG, WEAK, sort_hashes

LENGTHS = {**STRONG, **WEAK}
DIGITS = st.sampled_from(["0", "f", "F", "A9", "g", " ", "\n", "\u0660"])
TEXTS = st.builds(
    lambda algorithm, colon, digit, length, end: algorithm + colon + digit * length + end,
    st.sampled_from([*sorted(LENGTHS), "SHA256", " sha256", "sha256 ", "crc32", ""]),
    st.sampled_from([":", ":", ":", "", "::", ": "]),
    DIGITS,
    st.sampled_from([0, 32, 40, 63, 64, 65, 128]),
    st.sampled_from(["", "", "", "\n", " "]),
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_hashes_are_sorted_by_their_rules_however_they_are_written(written: list[str]) -> None:
    usable, unknown, malformed = set(), set(), set()
    for text in written:  # each by the rules alone, the usual form as well
        algorithm, _, value = text.strip().lower().partition(":")
        if algorithm not in LENGTHS:
            unknown.add(text)
        elif len(value) == LENGTHS[algorithm] and re.fullmatch("[0-9a-f]+", value):
            usable.add(f"{algorithm}:{value}")
        else:
            malformed.add(text)
    assert sort_hashes(written) == (tuple(sorted(usable)), tuple(sorted(unknown)), tuple(sorted(malformed)))

"""What is read of the top of a lock: its first lines, however long they are."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.dependencies.locks import coverage


@pytest.mark.parametrize("seed", range(20))
def test_the_first_lines_are_those_of_the_whole_text(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up data
    ends = (b"\n", b"\r\n", b"\r", b"\x0b", "\u2028".encode(), b"\xff", b"")
    data = b"".join(
        "ä€x# "[: chance.randrange(6)].encode() * chance.choice((0, 1, 30, 700)) + chance.choice(ends)
        for _ in range(chance.choice((0, 3, 50, 300)))
    )
    assert coverage._first_lines("x", lambda _: data) == data.decode("utf-8", "replace").splitlines()[:40]


def test_a_file_that_is_not_there_has_no_lines() -> None:
    assert coverage._first_lines("x", lambda _: None) == []

"""Globs over paths, and that no glob costs more than its length."""

from __future__ import annotations

import random
import re
import time

import pytest

from ops.supply_chain.core.globs import path_matcher

PLAIN = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "/": "/", "a": "a", "b": "b"}


def test_a_glob_matches_what_its_plain_translation_matches() -> None:
    choose = random.Random(5)  # noqa: S311 - a seed, so that every run tries the same
    for _ in range(5000):
        pieces = choose.choices(list(PLAIN), k=choose.randint(1, 8))
        glob = re.sub(r"\*{3,}", "**", "".join(pieces))
        words = re.findall(r"\*\*/|.", glob.replace("**", "\0").replace("\0/", "\1"))
        plain = "".join({"\0": ".*", "\1": "(?:.*/)?"}.get(word, PLAIN.get(word, word)) for word in words)
        path = "".join(choose.choices("ab/", k=choose.randint(1, 8)))
        if not glob.endswith("/") and not glob.startswith("./"):
            assert path_matcher([glob])(path) == bool(re.fullmatch(plain, path)), (glob, path)


@pytest.mark.parametrize("piece", ["*a", "*a?", "*?a", "?*a"])
def test_many_stars_take_no_long_time(piece: str) -> None:
    start = time.perf_counter()
    assert not path_matcher([piece * 30 + "b"])("a" * 120)
    assert time.perf_counter() - start < 1

"""A requirements file is split into chunks: together they are the text, with every Python that is supported."""

from __future__ import annotations

import random
import re
from pathlib import Path

from ops.supply_chain.dependencies.locks.readers.requirements_text import chunk_texts


def test_the_chunks_of_a_text_are_the_text() -> None:
    chance = random.Random(31102)  # noqa: S311 - a fixed seed makes the cases repeatable
    parts = ["a==1", " \\\n", "\n", "    --hash=sha256:0", "# via b", " # x", "\\", " ", "\t", "-r c.txt"]
    for _ in range(2000):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(20)))
        chunks = [*chunk_texts(text)]
        assert "".join(chunks) == text
        assert all(re.match(r"[ \t\n#]", chunk) is None for chunk in chunks[1:])


def test_no_group_that_backtracks_is_possessive(repository: Path) -> None:
    """In early releases of Python 3.11 such a group can end too early: https://github.com/python/cpython/issues/106052."""
    possessive = re.compile(r"""\[\^\\n\]\*[^+][^"']*\)[*+?]\+""")
    caught = [
        str(path.relative_to(repository))
        for path in (repository / "ops").rglob("*.py")
        if possessive.search(path.read_text(encoding="utf-8"))
    ]
    assert caught == []

"""Every command that the product prints is made by one function, so that it is right however sealwright was called.

`tests/printed` collects what is printed, and executes it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE

HOME = "core/commands.py"
LITERAL = re.compile(r"\bnox\s+-s\b")
SCRIPT = re.compile(rf"\b(?:{'|'.join(row.script for row in PIPELINE)})\.py\b")
GENERATED_BY = "assurance/techdocs/site.py"
"""Names the script that made a page: nothing to type."""


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """Give the strings of a module that are no docstrings, those in f-strings included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def _modules() -> Iterator[tuple[str, Path]]:
    base = TREE / "ops" / "supply_chain"
    for path in sorted(base.rglob("*.py")):
        yield path.relative_to(base).as_posix(), path


def test_no_module_writes_a_command_of_its_own() -> None:
    found = [
        f"{name}:{line}: {text.strip()[:80]}"
        for name, path in _modules()
        if name != HOME
        for line, text in _strings(path)
        if LITERAL.search(text) or (SCRIPT.search(text) and name != GENERATED_BY)
    ]
    assert found == [], "use core.commands.command(SESSION, *OPTIONS)"

"""Every command that the product prints is made by one function, so that it is right however sealwright was called.

`tests/printed` collects what is printed, and executes it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE
from tests.architecture.literals import sources_of_all

HOME = "core/commands.py"
LITERAL = re.compile(r"\bnox\s+-s\b")
SCRIPT = re.compile(rf"\b(?:{'|'.join(row.script for row in PIPELINE)})\.py\b")
GENERATED_BY = "assurance/techdocs/site.py"
"""Names the script that made a page: nothing to type."""


def _strings(nodes: Collection[ast.AST]) -> Iterator[tuple[int, str]]:
    """Give the strings of a module that are no docstrings, those in f-strings included."""
    bare = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def _modules() -> Iterator[tuple[str, list[ast.AST]]]:
    """Give the name and the nodes of each module."""
    base = TREE / "ops" / "supply_chain"
    for path, nodes in sources_of_all().nodes_of.items():
        if path.is_relative_to(base):
            yield path.relative_to(base).as_posix(), nodes


def test_no_module_writes_a_command_of_its_own() -> None:
    found = [
        f"{name}:{line}: {text.strip()[:80]}"
        for name, nodes in _modules()
        if name != HOME
        for line, text in _strings(nodes)
        if LITERAL.search(text) or (SCRIPT.search(text) and name != GENERATED_BY)
    ]
    assert found == [], "use core.commands.command(SESSION, *OPTIONS)"

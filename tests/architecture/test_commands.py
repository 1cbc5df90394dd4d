"""Every command that the product prints is made by one function, so that it is right however sealwright was called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE
from sealwright.__main__ import list_sessions

HOME = "core/commands.py"
LITERAL = re.compile(r"\bnox\s+-s\b")
SCRIPT = re.compile(rf"\b(?:{'|'.join(row.script for row in PIPELINE)})\.py\b")
ADVISED = re.compile(r"\bnox -s (?P<session>[\w<{]+)")
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


def test_every_session_that_is_advised_exists() -> None:
    known = set(list_sessions())
    calls = [
        (name, node.args[0].value)
        for name, path in _modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "command" and node.args
        if isinstance(node.args[0], ast.Constant)
    ]
    assert len(calls) > 50
    assert [call for call in calls if call[1] not in known] == []


def test_rules_and_templates_advise_sessions_that_exist() -> None:
    known = set(list_sessions())
    files = [*(TREE / "policy").rglob("*.rego"), *(TREE / "templates").rglob("*.*")]
    found = {
        (path.name, word["session"])
        for path in files
        if path.is_file()
        for word in ADVISED.finditer(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 30
    assert [advice for advice in sorted(found) if advice[1] not in known] == []

"""What no command uses does not stay: every name that the code defines is named a second time in it.

Names alone are compared, so what shares its name with something that is used passes. Tests do not count as use.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.literals import Sources

CALLED_BY_OTHERS = re.compile(
    r"__\w+__|do_[A-Z]+|log_message|process_request|_proc_gnusparse_10|request_queue_size|protocol_version|"
    r"disable_nagle_algorithm|wbufsize|daemon_threads|block_on_close|seekable"
)
"""Names that the standard library looks for in classes that extend its own."""

OF_THE_REHEARSAL = {"trusted_root_json", "log_in_as", "set_wrong"}
"""The ephemeral Sigstore instance serves the suite as well as `rehearse`: what makes it fail on purpose is for tests."""

_SHORT = 80
"""Longest text in which a word counts as use: names in quotes, not prose."""


def uses(trees: list[ast.Module]) -> Counter[str]:
    """Count how often each name is read: as a name, an attribute, a keyword, or a word in a short text."""
    found: Counter[str] = Counter()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found[name] += 1
            case ast.Constant(value=str(text)) if len(text) < _SHORT:
                found.update(re.findall(r"\w+", text))
    return found


def definitions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every function, class and constant with its line; members of enumerations and fields are data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        names = [name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        yield from ((name.id, node.lineno) for name in names)


def unused(trees: list[ast.Module], outside: list[ast.Module]) -> list[str]:
    """Return the names that trees define, and that neither they nor those outside name again."""
    found = uses([*trees, *outside])
    return sorted(name for tree in trees for name, _line in definitions(tree) if not found[name])


def test_everything_is_used_by_some_command(repository: Path) -> None:
    noxfile = ast.parse((repository / "noxfile.py").read_text(encoding="utf-8"))
    left = [name for name in unused(Sources().trees, [noxfile]) if not CALLED_BY_OTHERS.fullmatch(name)]
    assert sorted(set(left) - OF_THE_REHEARSAL) == []
    assert set(left) >= OF_THE_REHEARSAL, "take the names that are used now out of OF_THE_REHEARSAL"


@pytest.mark.parametrize("code", ["def gone(): ...", "class gone: ...", "gone = 1", "a, gone = 1, 2; print(a)"])
def test_what_is_used_nowhere_is_found(code: str) -> None:
    assert unused([ast.parse(code)], []) == ["gone"]
    assert unused([ast.parse(code)], [ast.parse("import x; x.gone()")]) == []

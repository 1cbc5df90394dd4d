"""What no command uses does not stay: every name that the code defines is named a second time in it.

Names alone are compared, so what shares its name with something that is used passes. Tests do not count as use.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.literals import sources_of_all

CALLED_BY_OTHERS = re.compile(
    r"__\w+__|do_[A-Z]+|log_message|process_request|_proc_gnusparse_10|request_queue_size|protocol_version|"
    r"disable_nagle_algorithm|wbufsize|daemon_threads|block_on_close|seekable|branch_labels|down_revision"
)
"""Names that the standard library looks for in classes that extend its own, and Alembic in migrations."""

OF_THE_REHEARSAL = {"trusted_root_json", "log_in_as", "set_wrong"}
"""The ephemeral Sigstore instance serves the suite as well as `rehearse`: what makes it fail on purpose is for tests."""

OF_THE_REGISTRY = {"find_by_source"}
"""Questions whose answers the tests compare between the databases; no command asks them yet."""

_SHORT = 80
"""Longest text in which a word counts as use: names in quotes, not prose."""


def uses(nodes: Iterable[ast.AST]) -> Counter[str]:
    """Count how often each name is read: as a name, an attribute, a keyword, or a word in a short text."""
    found: Counter[str] = Counter()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found[name] += 1
            case ast.Constant(value=str(text)) if len(text) < _SHORT:
                found.update(re.findall(r"\w+", text))
    return found


def definitions(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield every function, class and constant of a module; members of enumerations and fields are data."""
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Module(body=body):
                targets = [target for item in body if isinstance(item, ast.Assign) for target in item.targets]
                yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def unused(modules: Iterable[list[ast.AST]], outside: Iterable[ast.AST]) -> list[str]:
    """Return the names that modules define, and that neither they nor those outside name again.

    Args:
        modules: The nodes of each, the module itself included.
        outside: More nodes that may name something.
    """
    nodes = [node for module in modules for node in module]
    found = uses([*nodes, *outside])
    return sorted(name for name in definitions(nodes) if not found[name])


def test_everything_is_used_by_some_command(repository: Path) -> None:
    noxfile = ast.parse((repository / "noxfile.py").read_text(encoding="utf-8"))
    named = unused(sources_of_all().nodes_of.values(), ast.walk(noxfile))
    left = [name for name in named if not CALLED_BY_OTHERS.fullmatch(name)]
    known = OF_THE_REHEARSAL | OF_THE_REGISTRY
    assert sorted(set(left) - known) == []
    assert set(left) >= known, "take the names that are used now out of OF_THE_REHEARSAL and OF_THE_REGISTRY"


@pytest.mark.parametrize("code", ["def gone(): ...", "class gone: ...", "gone = 1", "a, gone = 1, 2; print(a)"])
def test_what_is_used_nowhere_is_found(code: str) -> None:
    module = list(ast.walk(ast.parse(code)))
    assert unused([module], []) == ["gone"]
    assert unused([module], ast.walk(ast.parse("import x; x.gone()"))) == []

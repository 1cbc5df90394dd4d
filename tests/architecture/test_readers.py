"""Formats that others write have one reader each, which has the bounds; no other module imports the parser."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.literals import sources_of_all

HOMES = {
    "tomllib": {"core/plain_toml.py"},
    "yaml": {"formats/yaml.py"},
    "xml": {"formats/junit.py"},
    "pickle": set(),
    "marshal": {"adapters/tools/zipapp.py"},  # writes only
    "plistlib": set(),
}
"""Parser -> the only modules of `ops/supply_chain/` that import it."""


def imported(nodes: list[ast.AST]) -> set[str]:
    """Return the top-level names of the modules that a module imports, anywhere in it."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_a_parser_is_imported_by_its_home_alone(repository: Path) -> None:
    top = repository / "ops" / "supply_chain"
    found: dict[str, set[str]] = {parser: set() for parser in HOMES}
    for path, nodes in sources_of_all().nodes_of.items():
        for parser in HOMES.keys() & imported(nodes):
            found[parser].add(path.relative_to(top).as_posix())
    assert found == HOMES

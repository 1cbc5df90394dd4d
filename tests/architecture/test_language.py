"""Our words: plain technical English, no house jargon, in everything that a user or a contributor reads."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.literals import sources_of_all

BANNED = re.compile(
    r"\b(?:tell|tells|telling|told|mend|mends|mended|anew|nobody|somebody|stands)\b"
    r"|\b(?:hold|holds|held|holding)\b(?:\s[\w`'*.,-]+){0,6}\sagainst\b"
    r"|\b(?:could not|cannot|can not|can) be had\b"
    r"|\b(?:look|looks|looked|looking) (?:at|up)\b"
    r"|\b(?:of ours|others'|beside it|as it says|is none of|are none of|made up)\b"
    r"|\bsays? what\b",
    re.IGNORECASE,
)
"""Words that stop a reader who knows the field's terms."""

RELEASED_TEXTS = "ops/supply_chain/inventory/writers/spdx_terms.py"
"""Its sentences are in the bytes of released SBOMs, which stay the same for the same inputs."""

TEXT_FILES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/**/*.md",
    "policy/**/*.md",
    "policy/**/*.rego",
    "policy/**/*.json",
    "templates/**/*",
    ".github/workflows/*.yml",
    ".security-config.toml",
)


def found_in(text: str) -> list[str]:
    """Return the banned words of a text, white space folded."""
    return [" ".join(match[0].split()) for match in BANNED.finditer(text)]


def strings_of(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield each string of a module, docstrings and the parts of f-strings included, with its line."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "text",
    [
        "tells what changed",
        "Hold every hash that a lock records against what its index serves",
        "the page could not be had",
        "not looked at",
        "two findings of ours",
        "NOBODY could say",
    ],
)
def test_the_pattern_finds_what_it_bans(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize("text", ["a stand-alone verifier", "withhold against", "a standard term", "the intellect"])
def test_the_pattern_leaves_plain_words_alone(text: str) -> None:
    assert found_in(text) == []


def test_help_messages_and_docstrings_use_plain_words(repository: Path) -> None:
    noxfile = repository / "noxfile.py"
    modules = {**sources_of_all().nodes_of, noxfile: list(ast.walk(ast.parse(noxfile.read_text("utf-8"))))}
    del modules[repository / RELEASED_TEXTS]
    found = [
        f"{path.relative_to(repository)}:{line}: {word}"
        for path, nodes in modules.items()
        for line, text in strings_of(nodes)
        for word in found_in(text)
    ]
    assert len(modules) > 400
    assert found == []


def test_documents_templates_and_policy_use_plain_words(repository: Path) -> None:
    paths = sorted({path for pattern in TEXT_FILES for path in repository.glob(pattern) if path.is_file()})
    found = [
        f"{path.relative_to(repository)}:{number}: {word}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for word in found_in(line)
    ]
    assert len(paths) > 150
    assert found == []


def test_a_loop_goes_over_things_that_have_a_name(repository: Path) -> None:
    """`for one in ...` makes a reader look for what it is; the noun is there."""
    found = [
        f"{path.relative_to(repository)}:{name.lineno}"
        for path, nodes in sources_of_all().nodes_of.items()
        for node in nodes
        if isinstance(node, ast.For | ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name) and name.id == "one"
    ]
    assert found == []


def test_sources_are_ones_that_a_reader_can_open(repository: Path) -> None:
    """No design note, fact sheet or issue: none of them is in this repository."""
    private = re.compile(r"\bDESIGN\b|\bfacts/|\bissue \"|\bissue \d|\bdeliverable\b")
    found = [
        f"{path.relative_to(repository)}: {match[0]}"
        for path in [*sorted((repository / "ops").rglob("*.py")), *sorted((repository / "docs").rglob("*.md"))]
        if (match := private.search(path.read_text("utf-8")))
    ]
    assert found == []


def test_a_class_name_means_one_thing(repository: Path) -> None:
    """Two classes of one name in two modules differ by their path only."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, nodes in sources_of_all().nodes_of.items():
        for node in nodes[0].body:  # type: ignore[attr-defined]  # the module itself
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(str(path.relative_to(repository / "ops" / "supply_chain")))
    assert {name: sorted(paths) for name, paths in homes.items() if len(paths) > 1} == {}

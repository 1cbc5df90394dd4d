"""What contributors are told is true: every path and symbol exists, checklists are short, hooks run what lint runs."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROW = re.compile(r"^\|[^|]*\| `(?P<path>[^`|]+)` \| `(?P<symbol>\w+)` \|$", re.MULTILINE)
EXAMPLES = {
    "VERB_NOUN": "check_hashes",
    "PROFILE/RULE/RULE": "release/outcomes/outcomes",
    "CLAIM/CLAIM": "no_drift/no_drift",
}
"""What stands for a name in a checklist -> an existing example."""

CHECKLISTS = (
    "A lock format",
    "A gate",
    "An SBOM format",
    "A format of received SBOMs",
    "An element of a quality profile",
    "A library in binaries",
    "A key of the configuration",
    "A rule",
    "A claim",
    "A stage",
    "A stage that examines a fleet on workers",
)
MOST_STEPS = 6
HOOK_PYTHON = ".nox/tests/bin/python "


def text_of(repository: Path, page: str) -> str:
    return (repository / page).read_text(encoding="utf-8")


def symbols(path: Path) -> set[str]:
    """Return the names that a file defines at its top level: of a Python module, Rego rules, or JSON members."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rego":
        return set(re.findall(r"^(\w+)", text, re.MULTILINE))
    if path.suffix == ".json":
        return {key for table in json.loads(text).values() for key in table}
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_every_step_of_the_pin_and_every_answer_exists(repository: Path) -> None:
    rows = [(row["path"], row["symbol"]) for row in ROW.finditer(text_of(repository, "docs/architecture.md"))]
    assert len(rows) > 25
    missing = [row for row in rows if not (repository / row[0]).is_file() or row[1] not in symbols(repository / row[0])]
    assert missing == []


def test_the_picture_and_the_table_have_every_folder(repository: Path) -> None:
    page = text_of(repository, "docs/architecture.md")
    folders = {path.parent.name for path in (repository / "ops/supply_chain").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)/` \|", page, re.MULTILINE)) == folders
    [picture] = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert {name for name in folders if not re.search(rf"\b{name}\b", picture)} == {"rehearsal"}


def test_the_layers_are_those_that_the_linter_enforces(repository: Path) -> None:
    contracts = tomllib.loads(text_of(repository, "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [decision] = (repository / "docs/adr").glob("0015-*.md")
    assert contracts[0]["name"] in decision.read_text(encoding="utf-8")
    [adapters] = [entry for entry in contracts if entry.get("containers") == ["ops.supply_chain.adapters"]]
    named = set(re.findall(r"\w+", " ".join(adapters["layers"])))
    [line] = re.findall(r'adapters/: ([\w ]+)"', text_of(repository, "docs/architecture.md"))
    assert set(line.split()) == named


def checklists(repository: Path) -> dict[str, list[str]]:
    """Return the checklists of CONTRIBUTING.md: heading -> steps."""
    text = text_of(repository, "CONTRIBUTING.md").partition("## Checklists")[2]
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    return {
        section.partition("\n")[0]: re.findall(r"^\d\. .*(?:\n {3}.*)*", section, re.MULTILINE) for section in sections
    }


def test_there_is_a_short_checklist_for_everything_that_gets_added(repository: Path) -> None:
    found = checklists(repository)
    assert tuple(found) == CHECKLISTS
    assert {name: len(steps) for name, steps in found.items() if not 0 < len(steps) <= MOST_STEPS} == {}


def paths(step: str) -> Iterator[str]:
    for name in re.findall(r"`([\w./-]+)`", step):
        if "/" in name or name.endswith((".py", ".toml", ".json", ".md")):
            for placeholder, example in EXAMPLES.items():
                name = name.replace(placeholder, example)  # noqa: PLW2901 - the example in place of the placeholder
            yield name


def test_every_path_in_the_checklists_exists(repository: Path) -> None:
    named = {path: step for steps in checklists(repository).values() for step in steps for path in paths(step)}
    assert len(named) > 25
    code = repository / "ops/supply_chain"
    places = (repository, code, code / "dependencies/locks/readers", code / "inventory/writers")
    assert [path for path in named if not any((place / path).exists() for place in places)] == []


@pytest.mark.parametrize(("page", "word"), [("CONTRIBUTING.md", r"`([A-Z]\w+)`"), ("CONTRIBUTING.md", r"`(\w+_\w+)`")])
def test_every_name_in_the_checklists_is_in_the_code(repository: Path, page: str, word: str) -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("ops", "policy", "tests")
        for path in (repository / folder).rglob("*")
        if path.suffix in {".py", ".json", ".rego"}
    )
    names = set(re.findall(word, text_of(repository, page)))
    assert names
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []


def test_the_hooks_run_what_lint_runs(repository: Path) -> None:
    [local] = yaml.safe_load(text_of(repository, ".pre-commit-config.yaml"))["repos"]
    assert local["repo"] == "local"
    tree = ast.parse(text_of(repository, "noxfile.py"))
    [lint] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "lint"]
    commands = [
        " ".join(word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str))
        for node in ast.walk(lint)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.run"
    ]
    for hook in local["hooks"]:
        assert hook["entry"].startswith(HOOK_PYTHON), hook["id"]
        wanted = hook["entry"].removeprefix(HOOK_PYTHON).removesuffix(" --force-exclude").replace('"', "")
        assert any(command.removesuffix(" .") == wanted for command in commands), hook["id"]


def test_owners_are_named_for_what_decides_about_a_release(repository: Path) -> None:
    lines = [line.split() for line in text_of(repository, "templates/CODEOWNERS.template").splitlines()]
    rules = {words[0]: words[1:] for words in lines if words and words[0] != "#"}
    assert {"*", "/.security-config.toml", "/policy/", "/.github/"} <= set(rules)
    assert all(owner.startswith("@ORG/") for owners in rules.values() for owner in owners)
    assert all(rules.values())


def test_decisions_have_a_number_each(repository: Path) -> None:
    headings = {path.name: path.read_text(encoding="utf-8") for path in (repository / "docs/adr").glob("*.md")}
    numbers = sorted(int(name[:4]) for name in headings)
    assert numbers == list(range(1, len(numbers) + 1))
    assert [name for name, text in headings.items() if not text.startswith(f"# {int(name[:4])}. ")] == []

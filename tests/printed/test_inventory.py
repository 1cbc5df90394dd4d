"""Every printed command of sealwright can be typed: its session exists, and the parser that gets its words accepts them."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from functools import cache

import pytest

from ops.supply_chain import adopt_project, daily_scan_uses, release_uses
from ops.supply_chain.core.commands import RECORDED, Typing, as_typed, command
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner import option_routing
from ops.supply_chain.runner.arguments import parser_for
from ops.supply_chain.runner.option_routing import route
from ops.supply_chain.runner.pipeline import command_line
from ops.supply_chain.sessions import stand_alone
from tests.docs import commands as documented
from tests.printed.executed import EXECUTED
from tests.printed.inventory import CONTRIBUTORS, Printed, known_sessions, printed
from tests.printed.scratch import sessions, started_by

"""Sessions whose programs are pytest and others', which take any words."""

NOXS_OWN = re.compile(r"\bnox -s [a-z]\w* -(?!- )\S")
"""An option that nox would take for one of its own."""


def written() -> list[str]:
    folders = ("policy", "templates", "docs", ".github", "ops", "sealwright")
    files = [path for folder in folders for path in (TREE / folder).rglob("*") if path.suffix in SUFFIXES]
    files += [TREE / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "noxfile.py")]
    return [
        f"{path.relative_to(TREE)}: {line.strip()}"
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nox -s " in line
    ]


SUFFIXES = frozenset({".html", ".md", ".py", ".rego", ".template", ".yml"})


def given(entry: Printed) -> list[str]:
    """Return its words, with a name where a run would put one."""
    return [re.sub(r"\{[^}]*\}", "x", word) for word in entry.words]


def test_the_inventory_has_commands_of_every_source() -> None:
    sources = {entry.source.partition(":")[0] for entry in printed()}
    assert len(printed()) > 300
    for part in (
        "ops/supply_chain/",
        "policy/",
        "templates/",
        ".github/",
        "docs/",
        "README.md",
        ".pre-commit-hooks.yaml",
    ):
        assert any(source.startswith(part) for source in sources), part


def test_every_command_has_a_session() -> None:
    known = known_sessions()
    assert [entry for entry in printed() if entry.session not in {*known, "STAGE", "NAME"}] == []


def test_no_command_gives_its_options_to_nox() -> None:
    lines = written()
    assert len(lines) > 100
    assert [line for line in lines if NOXS_OWN.search(line)] == []


def test_every_command_is_accepted_by_the_parser_that_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(option_routing, "_flags", cache(option_routing._flags))  # the same for hundreds of commands
    found = sessions()
    refused = []
    for entry in printed():
        if entry.session not in found or entry.session in CONTRIBUTORS or "--help" in entry.words:
            continue
        module, words = started_by(command(entry.session, *map(shlex.quote, given(entry))), found)
        try:
            accept(module, words)
        except UsageError as error:
            refused.append(f"{entry.source}: {entry.session} {' '.join(entry.words)}: {error.message}")
    assert refused == []


def accept(module: str, words: list[str]) -> None:
    """Give words to the parsers of what the noxfile starts.

    Raises:
        UsageError: One does not take them.
    """
    if module.endswith("runner.one"):
        stage, *options = [word for word in words if word != "--"]
        accept_by(stage, options)
        return
    _, options = command_line(words)
    name = module.rpartition(".")[2]
    if name == "adopt":
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("path", nargs="?")
        adopt_project.options(parser)
        _, options = parser.parse_known_args(options)
    steps = daily_scan_uses() if name == "scan" else release_uses()
    route([use.stage.script for step in steps for use in step], options)


def accept_by(stage: str, words: list[str]) -> None:
    _parser_of(stage).parse_args(words)


@cache
def _parser_of(stage: str) -> argparse.ArgumentParser:
    program = importlib.import_module(f"ops.supply_chain.{stage}")
    parser = parser_for(stage, program.__doc__ or "")
    program.arguments(parser)
    return parser


def test_scripts_and_the_stand_alone_verifier_accept_their_words() -> None:
    counts = {"script": 0, "zipapp": 0}
    for entry in documented.commands(TREE):
        if "--help" in entry.words:
            continue
        if entry.kind == "script" and entry.words:
            accept_by(entry.name, list(entry.words))
        elif entry.kind == "zipapp" and entry.words:
            stand_alone._parser().parse_args(list(entry.words))
        else:
            continue
        counts[entry.kind] += 1
    assert all(counts.values()), counts


def test_every_form_of_a_command_is_executed_by_a_test() -> None:
    forms = {entry.form for entry in printed() if entry.session not in ("STAGE", "NAME")}
    assert sorted(forms - set(EXECUTED)) == [], (
        "write a case, or name the test that executes it, in tests/printed/executed.py"
    )
    assert sorted(set(EXECUTED) - forms) == [], "nothing prints these"


def test_a_claim_advises_what_makes_its_evidence() -> None:
    """Claims rest on a release: to run one of its gates alone changes none of them."""
    advised = {
        (path.name, match["session"])
        for path in (TREE / "policy" / "claims").rglob("*.rego")
        for match in re.finditer(r"(?:fix:|#) +Run nox -s (?P<session>\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(advised) > 20
    assert {session for _, session in advised} <= {"adopt", "release", "retention"}


@pytest.mark.parametrize("form", [form for form, where in EXECUTED.items() if "::" in where])
def test_the_test_that_is_named_exists(form: str) -> None:
    name, _, function = EXECUTED[form].partition("::")
    text = (TREE / name).read_text(encoding="utf-8")
    assert re.search(rf"^def {function}\(", text, re.MULTILINE), form


@pytest.mark.parametrize(
    "typing", [RECORDED, Typing(project="the project"), Typing("sealwright"), Typing("uvx sealwright", "p")]
)
def test_what_is_printed_has_one_project_and_stays_as_it_is(typing: Typing) -> None:
    for entry in [entry for entry in printed() if not entry.source.startswith(("docs/", "README.md", ".github"))]:
        text = as_typed(command(entry.session, *map(shlex.quote, given(entry))), typing)
        assert as_typed(text, typing) == text
        assert text.count("--project") <= 1, text

"""CODEOWNERS: owners are those that the project names; what has none gets lines after all others."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ops.supply_chain.assurance.adoption.model import AdoptOptions, OwnersFile, PipelineSource, PlannedFile
from ops.supply_chain.assurance.adoption.owners import owners_plan, proposed_owners, require_owners, unowned
from ops.supply_chain.assurance.adoption.plan import make_plan
from ops.supply_chain.assurance.adoption.report import next_steps
from ops.supply_chain.assurance.adoption.workflows import NAMES
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.formats.code_owners import owners_of
from tests.assurance.adoption.world import survey

TEMPLATES = dict.fromkeys(NAMES, "on: push\n")
GATE = (CONFIG_NAME, ".github/workflows/release.yml", ".github/CODEOWNERS")
HEAD = "# What decides about a release (sealwright). The last line that matches a file counts.\n"


def planned(text: str | None, *given: str, **found: Any) -> PlannedFile | str:
    owners = OwnersFile() if text is None else OwnersFile(path=".github/CODEOWNERS", text=text)
    return owners_plan(survey(owners=owners, **found), given)


def written(text: str | None, *given: str, **found: Any) -> str:
    plan = planned(text, *given, **found)
    assert isinstance(plan, PlannedFile), plan
    return plan.new.decode()


def test_a_new_file_names_the_given_owners_alone() -> None:
    assert written(None, "@acme/security", "a@example.org", policy_folders=("policy", "./rules/", "a b", "../x")) == (
        HEAD + "/.security-config.toml @acme/security a@example.org\n"
        "/policy/ @acme/security a@example.org\n"
        "/rules/ @acme/security a@example.org\n"
        "/.github/workflows/ @acme/security a@example.org\n"
        "/.github/CODEOWNERS @acme/security a@example.org\n"
    )


@pytest.mark.parametrize(
    "text", [None, "", "# none\n", "src/ @ORG/MAINTAINERS\n", "src/ @a\ndocs/ @b\n", "* someone\n"]
)
def test_owners_are_never_invented(text: str | None) -> None:
    plan = planned(text)
    assert isinstance(plan, str)
    assert plan.startswith(".github/CODEOWNERS: not written: ")
    assert plan.endswith("owner to take (--owner names one)")


EXISTING = {
    "everything is owned": ("* @acme/dev\n", None),
    "the gate is taken from everything": (
        "* @acme/dev\n/.github/\n",
        "* @acme/dev\n/.github/\n\n" + HEAD + "/.github/workflows/ @acme/dev\n/.github/CODEOWNERS @acme/dev\n",
    ),
    "one owner of all": (
        "src/ @a @b\ndocs/ @a @b",
        "src/ @a @b\ndocs/ @a @b\n\n"
        + HEAD
        + "/.security-config.toml @a @b\n/.github/workflows/ @a @b\n/.github/CODEOWNERS @a @b\n",
    ),
    "carriage returns": (
        "src/ @a\r\n",
        ("src/ @a\n\n" + HEAD + "/.security-config.toml @a\n/.github/workflows/ @a\n/.github/CODEOWNERS @a\n").replace(
            "\n", "\r\n"
        ),
    ),
}


@pytest.mark.parametrize(("text", "new"), EXISTING.values(), ids=EXISTING.keys())
def test_an_existing_file_lends_its_owners(text: str, new: str | None) -> None:
    if new is None:
        assert planned(text) == ".github/CODEOWNERS: names owners for what decides about a release, unchanged"
    else:
        assert written(text) == new


def test_given_owners_come_after_those_of_everything() -> None:
    text = written("* @acme/dev\n", "@acme/security")
    assert text.startswith("* @acme/dev\n")
    assert {owners_of(text, path) for path in GATE} == {("@acme/security",)}
    assert owners_of(text, "src/x.py") == ("@acme/dev",)


def test_whatever_the_file_says_the_gate_is_owned_after_it_and_nothing_else_changes() -> None:
    chosen = random.Random(12)  # noqa: S311 - a bounded sample, not a secret
    patterns = [
        "*",
        "/.github/",
        "*.toml",
        ".github/**",
        "/src/",
        "docs",
        "# x",
        "",
        "!a",
        "[a]",
        ".security-config.toml",
    ]
    for _ in range(300):
        lines = [f"{chosen.choice(patterns)} {chosen.choice(['', '@a', '@b @c', '@ORG/X', 'no'])}" for _ in range(4)]
        text = chosen.choice(["\n", "\r\n"]).join(lines) + chosen.choice(["", "\n"])
        new = written(text, "@s/t")
        assert new.startswith(text)
        assert all(owners_of(new, path) == ("@s/t",) for path in GATE), text
        assert all(owners_of(new, path) == owners_of(text, path) for path in ("src/a.py", "docs", "pyproject.toml"))
        again = planned(new, "@s/t")
        assert again == ".github/CODEOWNERS: names owners for what decides about a release, unchanged"


def test_a_file_that_must_not_change_stays() -> None:
    found = survey(owners=OwnersFile(path="CODEOWNERS", problem="is not UTF-8"))
    assert owners_plan(found, ("@a",)) == "CODEOWNERS: is not UTF-8, unchanged"


@pytest.mark.parametrize(
    "word", ["", "a", "@", "@ORG/TEAM", "@USER", "@ORGANISATION/TEAM", "@a b", "@a\n* @b", "#", "@a/b/c"]
)
def test_an_owner_is_a_user_a_team_or_an_address(word: str) -> None:
    with pytest.raises(UsageError, match="--owner"):
        require_owners(["@good", word])


def test_owners_are_named_once() -> None:
    assert require_owners(["@a", "b@c.org", "@a"]) == ("@a", "b@c.org")


def test_only_the_root_of_a_repository_gets_one() -> None:
    def files(wanted: AdoptOptions, **found: Any) -> list[str]:
        plan = make_plan(survey(**found), wanted, templates=TEMPLATES, pipeline=PipelineSource())
        return [file.path for file in plan.files if "CODEOWNERS" in file.path]

    given = AdoptOptions(owners=("@a",))
    assert files(given) == [".github/CODEOWNERS"]
    assert files(given, prefix="inner", repository="a/b") == []
    assert files(AdoptOptions(), repository="a/b") == []
    assert files(AdoptOptions(), owners=OwnersFile(path="CODEOWNERS", text="x @a\n")) == ["CODEOWNERS"]


def test_without_owners_there_is_a_step() -> None:
    found = survey(repository="a/b", signers=1, channel="x", released_as="1")
    [step] = [step for step in next_steps(found, written=True, project="p q") if "owns" in step]
    assert step == "name who owns what decides about a release: nox -s adopt -- 'p q' --write --owner @USER"
    owned = survey(repository="a/b", signers=1, owners=OwnersFile(path="CODEOWNERS", text="* @a\n"))
    assert unowned(owned) == ()
    assert not [step for step in next_steps(owned, written=True, project="p") if "owns" in step]
    assert proposed_owners(owned) == ("@a",)

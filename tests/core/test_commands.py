"""Commands as they are recorded, and as the user types them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core import commands
from ops.supply_chain.core.commands import Typing, as_typed, command

THEIRS = Typing(project="../theirs")
CONSOLE = Typing(console="uvx sealwright")
STORED = Typing(artifacts="a b")


def test_a_recorded_command_names_no_folder() -> None:
    assert command("lock") == "nox -s lock"
    assert command("retention", "--verify") == "nox -s retention -- --verify"


@pytest.mark.parametrize(
    ("text", "typing", "expected"),
    [
        pytest.param("Run `nox -s lock`.", Typing(), "Run `nox -s lock`.", id="in a checkout, of itself"),
        pytest.param("Run nox -s adopt, or", THEIRS, "Run nox -s adopt -- ../theirs, or", id="its word is the project"),
        pytest.param("nox -s adopt -- --write.", THEIRS, "nox -s adopt -- ../theirs --write.", id="before its options"),
        pytest.param("nox -s adopt -- PATH", THEIRS, "nox -s adopt -- PATH", id="names its project"),
        pytest.param("nox -s lock -- --upgrade", Typing(), "nox -s lock -- --upgrade", id="with options"),
        pytest.param("nox -s lock.", THEIRS, "nox -s lock -- --project ../theirs.", id="another project"),
        pytest.param("nox -s lock -- -U", THEIRS, "nox -s lock -- --project ../theirs -U", id="its option comes first"),
        pytest.param("Run nox -s lock -- -U", CONSOLE, "Run uvx sealwright lock -U", id="installed"),
        pytest.param(
            "nox -s lock", CONSOLE._replace(project="a b"), "uvx sealwright lock --project 'a b'", id="quoted"
        ),
        pytest.param(
            "nox -s rehearse -- --project CLONE -v", THEIRS, "nox -s rehearse -- --project CLONE -v", id="names its own"
        ),
        pytest.param(
            "nox -s rehearse -- --project X", CONSOLE, "uvx sealwright rehearse --project X", id="its own, installed"
        ),
        pytest.param("nox -s adopt -- X --write", THEIRS, "nox -s adopt -- X --write", id="the project is a word"),
        pytest.param("nox -s adopt -- X", CONSOLE, "uvx sealwright adopt X", id="a word, installed"),
        pytest.param("run: nox\n    -s lock", THEIRS, "run: nox -s lock -- --project ../theirs", id="wrapped"),
        pytest.param(
            "nox -s supplier -- --rebuild",
            STORED,
            "nox -s supplier -- --artifacts 'a b' --rebuild",
            id="other releases",
        ),
        pytest.param(
            "nox -s supplier",
            STORED._replace(console="sealwright", project="p"),
            "sealwright supplier --project p --artifacts 'a b'",
            id="another project and its releases",
        ),
        pytest.param("nox -s lock -- -U", STORED, "nox -s lock -- -U", id="a session without releases"),
        pytest.param(
            "nox -s supplier -- --project p -v", STORED, "nox -s supplier -- --project p -v", id="complete already"
        ),
        pytest.param("a, nox -s b -- and", CONSOLE, "a, uvx sealwright b and", id="prose"),
    ],
)
def test_a_command_is_printed_as_it_is_typed(text: str, typing: Typing, expected: str) -> None:
    assert as_typed(text, typing) == expected


@pytest.mark.parametrize(
    ("project", "shown"),
    [(r"C:\\work\\theirs", r"C:\\work\\theirs"), (r"C:\\my work", r'"C:\\my work"'), ("../a b", '"../a b"')],
)
def test_words_are_quoted_for_the_shells_of_windows(project: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ON_WINDOWS", True)
    typed = as_typed("Run `nox -s lock` or uv lock --upgrade-package a", Typing("sealwright", project))
    assert typed == f"Run `sealwright lock --project {shown}` or uv lock --directory {shown} --upgrade-package a"


@pytest.mark.parametrize(
    ("text", "project", "expected"),
    [
        ("uv lock --upgrade-package a", "../b c", "uv lock --directory '../b c' --upgrade-package a"),
        ("Run `uv lock --directory s`", "/p", "Run `uv lock --directory /p/s`"),
        ("pdm update --project s --no-sync a", "p", "pdm update --project ./p/s --no-sync a"),
        ("poetry update --lock a", "p", "poetry update --directory ./p --lock a"),
        ("cd s && pipenv upgrade a", "../p", "cd ../p/s && pipenv upgrade a"),
        ("git mv a.txt a.in && nox -s lock", "/p", "git -C /p mv a.txt a.in && nox -s lock -- --project /p"),
        ("uv lock is a command of uv", "/p", "uv lock is a command of uv"),
    ],
)
def test_commands_of_other_tools_act_on_the_project(text: str, project: str, expected: str) -> None:
    assert as_typed(text, Typing(project=project)) == expected
    assert as_typed(expected, Typing(project=project)) == expected
    assert as_typed(text, Typing("sealwright")).replace("sealwright lock", "nox -s lock") == text


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                "nox -s lock",
                " -- ",
                "--project",
                "--artifacts",
                " ",
                "-U",
                ".",
                "x",
                "adopt",
                "nox -s adopt",
                "nox -s upload",
            ]
        ),
        max_size=8,
    ).map("".join),
    typing=st.builds(
        Typing,
        st.sampled_from(["", "sealwright", "uvx sealwright"]),
        st.sampled_from(["", "..", "a b"]),
        st.sampled_from(["", "r"]),
    ),
)
def test_applied_twice_it_changes_nothing_more(text: str, typing: Typing) -> None:
    once = as_typed(text, typing)
    assert as_typed(once, typing) == once


def test_the_project_survives_a_shell() -> None:
    typed = as_typed(command("lock"), Typing(project="it's; here"))
    assert shlex.split(typed) == ["nox", "-s", "lock", "--", "--project", "it's; here"]


def test_a_folder_that_looks_like_an_option_is_named_as_a_folder() -> None:
    typed = as_typed(f"{command('lock', '--upgrade')}, or {command('adopt')}", Typing(project="-x"))
    assert typed == "nox -s lock -- --project ./-x --upgrade, or nox -s adopt -- ./-x"
    assert as_typed(typed, Typing(project="-x")) == typed

"""Commands in advice: what can be pasted is found whole; the name of a tool in prose is no command."""

from __future__ import annotations

import pytest

from ops.supply_chain.core.commands import command, pasteable

CASES = {
    "Move idna to 4.0 or later: nox -s lock -- --upgrade-package idna": ("nox -s lock -- --upgrade-package idna",),
    "Run `nox -s lock` and commit the result.": ("nox -s lock",),
    "Lock them (nox -s lock), or name the lock in [locks].include.": ("nox -s lock",),
    "If it is right, run nox -s check_publishers -- --record and commit the result.": ("nox -s check_publishers -- --record",),
    "Run nox -s daily_scan.": ("nox -s daily_scan",),
    "Run nox -s lock -- --upgrade-package idna, which replaces it.": ("nox -s lock -- --upgrade-package idna",),
    "Run `nox -s lock` or nox -s lock, then nox -s daily_scan.": ("nox -s lock", "nox -s daily_scan"),
    "Move a to 2 or later: uv lock --upgrade-package a": ("uv lock --upgrade-package a",),
    "Move a to 2 or later: poetry update a.": ("poetry update a",),
    "Export it again with `uv export --format x` and review the changes.": ("uv export --format x",),
    "Lock again with uv and review the changes.": (),
    "Compile it now: git mv a.txt a.in && nox -s lock": ("git mv a.txt a.in && nox -s lock",),
    "Move a to 2 or later: cd sub && pipenv upgrade a": ("cd sub && pipenv upgrade a",),
    "Move a to 2: uv lock --upgrade-package a && uv export -o r.txt": ("uv lock --upgrade-package a && uv export -o r.txt",),
    "It needs one of two: pip is enough": (),
    "Remove `idna` from the source.": (),
    "": (),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), CASES.items(), ids=[*map(str, range(len(CASES)))])
def test_commands_in_advice(text: str, found: tuple[str, ...]) -> None:
    assert pasteable(text) == found


@pytest.mark.parametrize("words", [(), ("--upgrade",), ("--upgrade-package", "a.b"), ("--version", "1.2", "--offline")])
@pytest.mark.parametrize(
    "around", ["{}", "Run {}.", "Run {} and commit it.", "Lock ({}), or not.", "To do: {}", "`{}`"]
)
def test_a_command_made_here_is_found_wherever_it_is(words: tuple[str, ...], around: str) -> None:
    made = command("lock", *words)
    assert pasteable(around.format(made)) == (made,)

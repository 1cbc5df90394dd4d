from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.dependencies.drift import findings as tell
from ops.supply_chain.dependencies.drift.difference import Difference

FOUND = Difference(line=7, changed=3, shown=())
RESTORE = "Restore it from version control; only if its hashes were never right, run `nox -s lock -- "

CHANGES: dict[str, tuple[list[tell.Change], str, str]] = {
    "none": ([], "no pin does", "Run `nox -s lock` and look at what changes."),
    "version": ([("a", "1", "2")], "a 1 is 2", "Run `nox -s lock` and look at what changes."),
    "hashes": ([("a", "1", "1")], "a 1 with other hashes", RESTORE + "--upgrade-package a==1`."),
    "missing": ([("a", "", "2")], "a 2 is missing", "Run `nox -s lock` and look at what changes."),
    "too much": ([("a", "1", "")], "a 1 is too much", "Run `nox -s lock` and look at what changes."),
    "many": (
        [(name, "1", "1") for name in "abcde"],
        "a 1 with other hashes, b 1 with other hashes, c 1 with other hashes and 2 more",
        "Restore the lock from version control, and find out who changed its hashes.",
    ),
    "control characters": ([("a", "1\x1b[2J", "2")], "a 1?[2J is 2", "Run `nox -s lock` and look at what changes."),
}


@pytest.mark.parametrize(("changes", "what", "step"), CHANGES.values(), ids=CHANGES)
def test_drift_is_one_sentence_and_an_order(changes: list[tell.Change], what: str, step: str) -> None:
    found = tell.drifted("r.txt", "r.in", FOUND, changes)
    assert found.message == f"is not what r.in compiles to: 3 lines differ, the first at line 7; {what}"
    assert found.next_step == step
    assert (found.path, found.line, found.severity) == ("r.txt", 7, Severity.HIGH)
    assert found.package == ("a" if len(changes) == 1 else "")


def test_one_line_differs() -> None:
    found = tell.drifted("r.txt", "r.in", Difference(line=1, changed=1, shown=()), [])
    assert found.message == "is not what r.in compiles to: 1 line differs, the first at line 1; no pin does"


def test_what_others_said_is_one_line_and_not_endless() -> None:
    found = tell.not_examined("r.txt", "uv:\n  says\r\x1b" + "x" * 900, "")
    assert found.message.startswith("could not be looked at: uv: says ?x")
    assert found.message.endswith("x...")
    assert len(found.message) < 600
    assert (found.severity, found.next_step) == (Severity.INFO, "Run again.")

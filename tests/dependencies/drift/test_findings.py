from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.dependencies.drift import findings
from ops.supply_chain.dependencies.drift.findings import TextDiff

FOUND = TextDiff(line=7, changed=3, shown=())
RESTORE = "Restore it from version control; only if its hashes were never right, run `nox -s lock -- "

CHANGES: dict[str, tuple[list[findings.Change], str, str]] = {
    "none": ([], "no pin differs", "Run `nox -s lock` and review the changes."),
    "version": ([("a", "1", "2")], "a 1 should be 2", "Run `nox -s lock` and review the changes."),
    "hashes": ([("a", "1", "1")], "a 1 has other hashes", RESTORE + "--upgrade-package a==1`."),
    "missing": ([("a", "", "2")], "a 2 is missing", "Run `nox -s lock` and review the changes."),
    "too much": ([("a", "1", "")], "a 1 is not required", "Run `nox -s lock` and review the changes."),
    "many": (
        [(name, "1", "1") for name in "abcde"],
        "a 1 has other hashes, b 1 has other hashes, c 1 has other hashes and 2 more",
        "Restore the lock from version control, and find out who changed its hashes.",
    ),
    "control characters": (
        [("a", "1\x1b[2J", "2")],
        "a 1?[2J should be 2",
        "Run `nox -s lock` and review the changes.",
    ),
}


@pytest.mark.parametrize(("changes", "what", "step"), CHANGES.values(), ids=CHANGES)
def test_drift_is_one_sentence_and_an_order(changes: list[findings.Change], what: str, step: str) -> None:
    found = findings.drifted("r.txt", "r.in", FOUND, changes)
    assert found.message == f"is out of date with r.in: 3 lines differ when recompiled, the first at line 7; {what}"
    assert found.next_step == step
    assert (found.path, found.line, found.severity) == ("r.txt", 7, Severity.HIGH)
    assert found.package == ("a" if len(changes) == 1 else "")


def test_one_line_differs() -> None:
    found = findings.drifted("r.txt", "r.in", TextDiff(line=1, changed=1, shown=()), [])
    assert (
        found.message == "is out of date with r.in: 1 line differs when recompiled, the first at line 1; no pin differs"
    )


def test_what_others_said_is_one_line_and_not_endless() -> None:
    found = findings.not_examined("r.txt", "uv:\n  says\r\x1b" + "x" * 900, "")
    assert found.message.startswith("not checked: uv: says ?x")
    assert found.message.endswith("x...")
    assert len(found.message) < 600
    assert (found.severity, found.next_step) == (Severity.INFO, "Run again.")

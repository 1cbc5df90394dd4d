from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.dependencies.updates.closing import closed_by
from ops.supply_chain.risk.advisories.findings import _step  # the sentence that is read here
from tests.dependencies.updates.builders import wanted


def finding(step: str, *names: str, **changes: str) -> Finding:
    known = {"code": "vulnerability.known", "package": "Demo", "version": "1.0.0", **changes}
    return Finding(severity=Severity.HIGH, message="m", next_step=step, aliases=names, **known)  # type: ignore[arg-type]


MOVE = "Move demo to {} or later: nox -s lock -- --upgrade-package demo"
CASES = [
    pytest.param(MOVE.format("1.5"), "1.5", ("CVE-1",), id="exactly"),
    pytest.param(MOVE.format("1.5"), "2.0", ("CVE-1",), id="later"),
    pytest.param(MOVE.format("1.5"), "1.4", (), id="earlier"),
    pytest.param(MOVE.format("1.10"), "1.9", (), id="as-versions-and-not-as-text"),
    pytest.param("No fixed version is known: remove demo", "9.0", (), id="no-fix"),
]


@pytest.mark.parametrize(("step", "version", "expected"), CASES)
def test_a_version_closes_what_it_fixes(step: str, version: str, expected: tuple[str, ...]) -> None:
    assert closed_by(version, wanted(), [finding(step, "CVE-1", "GHSA-1")]) == expected


@pytest.mark.parametrize("changes", [{"package": "other"}, {"version": "0.9"}, {"code": "vulnerability.settled"}])
def test_findings_of_others_are_not_closed(changes: dict[str, str]) -> None:
    assert closed_by("9.0", wanted(), [finding(MOVE.format("1.5"), "CVE-1", **changes)]) == ()


def test_ids_are_sorted_and_told_once() -> None:
    found = [finding(MOVE.format("1.5"), name) for name in ("CVE-2", "CVE-1", "CVE-2")]
    assert closed_by("9.0", wanted(), found) == ("CVE-1", "CVE-2")


def test_the_sentence_is_the_gates_own() -> None:
    import inspect

    assert "Move {found.package} to {move_to} or later" in inspect.getsource(_step)

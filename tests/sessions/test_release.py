"""The end of a release: the line about the committed security policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner.pipeline import Finished
from ops.supply_chain.sessions.release import BEHIND, DOCUMENT_STAGE, document_note
from tests.assurance.report.support import record

PASSED = Finished(ExitCode.PASS, "", (), ())
LINE = "SECURITY.md can describe this release now; to write it, then commit: python -m nox -s security_md"


def noted(dist: Path, finished: Finished = PASSED) -> list[str]:
    return [text for _, text in document_note(finished, dist, "SECURITY.md")]


def judge(dist: Path, *findings: Finding, documents: int = 1) -> None:
    made = record(DOCUMENT_STAGE, *findings, counts={"documents": documents})
    canonical.write(dist / "records" / f"{DOCUMENT_STAGE}.json", made)


def test_a_release_ends_with_the_command_that_updates_the_document(tmp_path: Path) -> None:
    judge(tmp_path)
    assert noted(tmp_path) == [LINE.replace("python -m nox", "nox")]


@pytest.mark.parametrize("code", [code for code in ExitCode if code != ExitCode.PASS])
def test_not_where_no_release_was_made(tmp_path: Path, code: ExitCode) -> None:
    judge(tmp_path)
    assert noted(tmp_path, PASSED._replace(code=code)) == []


def test_not_where_the_project_has_no_generated_document(tmp_path: Path) -> None:
    assert noted(tmp_path) == []
    judge(tmp_path, documents=0)
    assert noted(tmp_path) == []
    (tmp_path / "records" / f"{DOCUMENT_STAGE}.json").write_text("{")
    assert noted(tmp_path) == []


def test_not_where_a_finding_has_the_command_already(tmp_path: Path) -> None:
    judge(tmp_path, Finding(code=BEHIND, severity=Severity.INFO, message="behind", next_step="Run it."))
    assert noted(tmp_path) == []

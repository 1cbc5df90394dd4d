"""The summary of a GitHub step."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.github import step_summary
from ops.supply_chain.core.errors import OutputError


def test_it_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    assert step_summary.wanted()
    step_summary.append("å\n")
    assert path.read_text(encoding="utf-8") == "before\nå\n"


def test_outside_a_step_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert not step_summary.wanted()
    step_summary.append("x")


def test_one_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match=r"^\$GITHUB_STEP_SUMMARY cannot be written: "):
        step_summary.append("x")

"""The golden files are what the code writes, and a stale one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import golden


def test_golden_files_are_current() -> None:
    assert golden.stale() == []


def test_a_stale_file_is_named_and_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(golden, "HERE", tmp_path)
    assert golden.main(["--check"]) == 1
    assert "stale: tests/golden/sbom/lock.cdx.json; run `python -m tests.golden`" in capsys.readouterr().err
    assert golden.main([]) == 0
    assert golden.main(["--check"]) == 0

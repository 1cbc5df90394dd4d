"""Bytes as they arrive: a line now and then, the file that a session reads, and nothing in a public log."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.runner.progress import Progress, amount, progress_name


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("ops.supply_chain.runner.progress.time.monotonic", lambda: now[0])
    return now


def test_without_a_terminal_there_is_a_line_every_half_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(enabled=True).receiving(label="downloading", total=174_000_000) as arrived:
        for _ in range(9):
            clock[0] += 10
            arrived(10_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "downloading: 30/174 MB",
        "downloading: 60/174 MB",
        "downloading: 90/174 MB",
    ]


def test_a_session_reads_how_far_it_is_and_the_file_goes(clock: list[float], tmp_path: Path) -> None:
    file = tmp_path / "records" / progress_name("check_hashes")
    with Progress(enabled=True, shared=file).receiving(label="downloading", total=4_000_000) as arrived:
        clock[0] += 1
        arrived(3_000_000)
        assert file.read_text() == "3/4 MB"
        clock[0] += 1
        arrived(-2_000_000)  # a file that came to nothing
        assert file.read_text() == "1/4 MB"
    assert not file.exists()


def test_the_file_goes_after_an_error_and_a_full_disk_ends_nothing(clock: list[float], tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    file = tmp_path / "records" / "x"
    for shared in (blocked / "records" / "x", file):
        with pytest.raises(ValueError, match="stop"):
            _stopped(shared, clock)
    assert not file.exists()


def _stopped(shared: Path, clock: list[float]) -> None:
    with Progress(enabled=True, shared=shared).receiving(label="downloading", total=0) as arrived:
        clock[0] += 1
        arrived(1)
        raise ValueError("stop")


def test_a_public_log_has_none_of_it(clock: list[float], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "records" / "x"
    shown = Progress(enabled=False, shared=file)
    shown.line("downloading 3 files")
    with shown.receiving(label="downloading", total=5) as arrived:
        clock[0] += 100
        arrived(1)
        assert not file.exists()
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_bar_is_drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with Progress(enabled=True).receiving(label="downloading", total=2_000_000) as arrived:
        arrived(1_000_000)
        arrived(-500_000)
    assert "downloading" in capsys.readouterr().err


def test_more_than_expected_is_not_counted() -> None:
    assert amount(12_400_000, 174_000_000) == "12/174 MB"
    assert amount(200_000_000, 174_000_000) == "174/174 MB"
    assert amount(12_400_000, 0) == "12 MB"

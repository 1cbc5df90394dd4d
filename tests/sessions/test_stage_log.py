"""The lines that a session writes while it runs, and its log."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.core import canonical
from ops.supply_chain.runner.pipeline import StageEnd
from ops.supply_chain.runner.progress import progress_name
from ops.supply_chain.sessions.stage_log import LiveLines, StageLog, count_in, may_redraw, running_lines
from tests.risk.findings.test_causes import record

COLUMNS = 80


class Terminal(io.StringIO):
    """A terminal with the code page of Windows in the United States."""

    encoding = "cp437"

    def isatty(self) -> bool:
        return True


def end(stage: str, code: int = 0, *words: str, output: str = "", messages: str = "") -> StageEnd:
    return StageEnd(stage, code, output, messages, 1.26, words)


def test_a_line_has_name_outcome_count_and_time(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    counted = msgspec.structs.replace(record("check_hashes"), counts={"examined": 303, "locked": 304})
    canonical.write(tmp_path / "records/check_hashes.json", counted)
    log = StageLog(tmp_path / "log.txt", live=False)
    log.ended(end("check_hashes", 4))
    log.ended(end("evaluate_policy", 0, "--provenance"))
    assert capfd.readouterr().err.splitlines() == [
        "check_hashes                 denied           303/304     1.3 s",
        "evaluate_policy (provenance) pass                         1.3 s",
    ]
    assert (tmp_path / "log.txt").read_text().count("== ") == 2


def test_the_log_can_be_shown_on_a_terminal(tmp_path: Path) -> None:
    hostile = "a\tb\x1b[2Jc\u202ed\rhttps://u:secret@h/\n\x9b31m ghp_" + "a" * 36 + "\n"
    log = StageLog(tmp_path / "log.txt", live=False)
    log.ended(end("check_locks", 4, output=hostile, messages=hostile))
    text = (tmp_path / "log.txt").read_text("utf-8")
    assert not {"\x1b", "\x9b", "\u202e", "\r", "\t"} & set(text)
    assert "secret" not in text
    assert "aaaa" not in text
    assert text.count("a       b?[2Jc?d?https://h/\n?31m ****\n") == 2


def test_a_broken_record_costs_the_count_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records/check_hashes.json").write_text("{")
    StageLog(tmp_path / "log.txt", live=False).ended(end("check_hashes", 6))
    assert capfd.readouterr().err == "check_hashes                 exit 6                       1.3 s\n"


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"examined": 0, "locked": 0}, "0/0"), ({"rules": 30, "passed": 25, "records": 3}, "25/30"), ({}, ""),
        ({"files": 16, "signed": 16}, "16"), ({"files": 0}, ""), ({"documents": 0}, ""),
    ],
)  # fmt: skip
def test_the_count_is_how_much_was_done(counts: dict[str, int], shown: str) -> None:
    assert count_in(counts) == shown


def test_what_ran_twice_is_asked_for_what_went_wrong(tmp_path: Path) -> None:
    log = StageLog(tmp_path / "log.txt", live=False)
    log.ended(end("evaluate_policy", 4, messages="error: first\n", output="one"))
    log.ended(end("evaluate_policy", 0, "--provenance", messages="warning\n", output="two"))
    assert (log.code_of("evaluate_policy"), log.error_of("evaluate_policy")) == (4, "error: first\n")
    assert log.output_of("evaluate_policy") == "two"
    log.ended(end("scan_updates", 5, output="0 dependencies\nnote: no lock\n"))
    assert log.error_of("scan_updates") == "0 dependencies\nnote: no lock\n"
    assert (log.code_of("check_locks"), log.error_of("check_locks"), log.output_of("check_locks")) == (0, "", "")


def test_running_lines_fit_and_have_a_time() -> None:
    lines = list(running_lines({"check_vulnerabilities": 0.0, "evaluate_policy (provenance)": 2.0}, 3725.5))
    assert all(len(line) <= COLUMNS and line.isascii() for line in lines)
    assert [line.split()[-2] for line in lines] == ["3725.5", "3723.5"]


def test_a_running_line_shows_how_far_the_stage_is() -> None:
    reached = {"check_hashes": "61/174 MB"}
    lines = list(running_lines({"check_hashes": 0.0, "check_locks": 0.0}, 1.0, lambda label: reached.get(label, "")))
    assert all(len(line) <= COLUMNS for line in lines)
    assert ["61/174 MB" in line for line in lines] == [True, False]


def test_what_a_stage_states_of_itself_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    path = tmp_path / "records" / progress_name("check_hashes")
    lines = LiveLines(tmp_path)
    lines._began = {"check_hashes": 0.0}
    for data, shown in ((b"61/174 MB", "61/174 MB"), (b"\xff", ""), (b"\x1b[31m" + b"x" * 99, "x")):
        path.write_bytes(data)
        text = lines._text().plain
        assert shown in text
        assert "\x1b" not in text
        assert len(text) <= COLUMNS
    path.unlink()
    assert "MB" not in lines._text().plain


def test_lines_are_drawn_on_a_terminal_and_taken_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    log = StageLog(tmp_path / "log.txt", live=may_redraw({"TERM": "xterm"}))
    log.started(["check_hashes", "check_locks"])
    log.ended(end("check_hashes"))
    log.ended(end("check_locks", 5))
    drawn = terminal.getvalue()
    drawn.encode("cp437")
    drawn.encode("cp1252")
    assert "check_locks                  running " in drawn
    assert "check_hashes                 pass " in drawn
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h") == 1
    log.started(["check_hashes"])
    log.paused()
    log.paused()
    assert terminal.getvalue().endswith("\x1b[?25h") or terminal.getvalue().rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_what_asks_for_plain_output_gets_it(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert may_redraw({})
    assert not may_redraw(environment)


def test_a_pipe_is_not_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not may_redraw({})
    monkeypatch.setattr(sys, "stderr", None)
    assert not may_redraw({})

"""The report of diffoscope: attached where the program is installed, bounded in time and size, never invented."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from ops.supply_chain.adapters.builders import diffoscope
from ops.supply_chain.adapters.builders.diffoscope import diffoscope_report
from ops.supply_chain.adapters.builders.run import BuildLimits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of processes are those of Linux")
STAND_IN = """#!{python}
import pathlib, sys, time
words = sys.argv[1:]
report = pathlib.Path(words[words.index("--text") + 1])
one, other = (pathlib.Path(path).read_bytes() for path in words[-2:])
{act}
report.write_text(f"--- {{words[-2]}}\\n+++ {{words[-1]}}\\n-{{one.decode()}}\\n+{{other.decode()}}\\n")
raise SystemExit(one != other)
"""


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str = "") -> None:
    """Put a program of that name in front of PATH."""
    program = tmp_path / "diffoscope"
    program.write_text(STAND_IN.format(python=sys.executable, act=act))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_report_names_both_builds_and_no_path_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch)
    found = diffoscope_report("demo-1.0.tar.gz", b"one", b"other")
    assert found == (b"--- first/demo-1.0.tar.gz\n+++ second/demo-1.0.tar.gz\n-one\n+other\n", "")


def test_without_the_program_there_is_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert diffoscope_report("demo-1.0.tar.gz", b"one", b"other") == (b"", "it is not installed")


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        ("print('no such tool'); raise SystemExit(2)", "it ended with exit code 2: no such tool"),
        ("raise SystemExit(0)", "it finds no difference"),
        ("raise SystemExit(1)", "its report cannot be read: No such file or directory"),
        ("report.write_text(''); raise SystemExit(1)", "its report is empty"),
        ("time.sleep(60)", "it did not end within 0.5 s"),
        ("while True: print('x' * 9999)", "it printed more than 50,000 bytes"),
    ],
)
def test_a_program_that_goes_wrong_gives_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str, problem: str
) -> None:
    install(tmp_path, monkeypatch, act)
    monkeypatch.setattr(diffoscope, "LIMITS", BuildLimits(seconds=0.5, output_bytes=50_000))
    started = time.monotonic()
    found = diffoscope_report("demo-1.0.tar.gz", b"one", b"other")
    assert found.text == b""
    assert found.problem.startswith(problem)
    assert time.monotonic() - started < 8


def test_a_long_report_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "report.write_bytes(bytes(5000)); raise SystemExit(1)")
    monkeypatch.setattr(diffoscope, "MOST_REPORT_BYTES", 1000)
    assert len(diffoscope_report("demo-1.0.tar.gz", b"one", b"other").text) == 1000

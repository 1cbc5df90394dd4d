"""A run with skipped tests ends with one line on what it did not prove; so do the workers of a parallel one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.architecture.run_of_tests import run_of_tests
from tests.not_proven import line_of, pytest_terminal_summary

TESTS = """
import pytest

@pytest.fixture(scope="session")
def absent():
    pytest.skip("needs the shared data folder")

@pytest.mark.parametrize("number", range(3))
def test_with_data(absent, number): ...

@pytest.mark.skipif(True, reason="needs opa on PATH")
def test_with_opa(): ...

def test_passes(): ...
"""


def test_reasons_are_counted_most_first() -> None:
    reasons = Counter({"needs opa": 12, "needs node": 1, "there is no axe": 2, "needs the shared data folder": 290})
    assert line_of(reasons) == (
        "not proven here: 290 cases need the shared data folder; 12 cases need opa; 2 cases: there is no axe; "
        "1 case needs node"
    )


@pytest.mark.parametrize("workers", ["1", pytest.param("0", marks=pytest.mark.whole)])
def test_a_run_ends_with_the_line(tmp_path: Path, repository: Path, workers: str) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('absent_module', reason='needs it')\n")
    done = run_of_tests(tmp_path, repository, "-p", "tests.not_proven", "-n", workers)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = "not proven here: 3 cases need the shared data folder; 1 case needs it; 1 case needs opa on PATH"
    assert [line for line in done.stdout.splitlines() if line.startswith("not proven")] == [expected]


def test_a_run_that_proved_all_says_nothing() -> None:
    lines: list[str] = []
    reporter = SimpleNamespace(stats={"passed": [object()]}, write_line=lines.append)
    pytest_terminal_summary(reporter)  # type: ignore[arg-type]
    assert lines == []

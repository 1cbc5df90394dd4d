"""The check of what tests cost finds the ones that take too long, those of a parallel run too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.run_of_tests import run_of_tests
from tests.longest import lines_of, too_long

TESTS = """
import time

def test_waits():
    time.sleep(0.15)

def test_works():
    until = time.process_time() + 0.15
    while time.process_time() < until: pass
"""


def test_the_longest_comes_first_and_a_pipeline_has_its_own_limit() -> None:
    costs = {"tests/a.py::x": 3.1, "tests/a.py::y": 3.0, "tests/b.py::z": 9.0, "tests/pipeline/test_release.py::r": 7.0}
    assert too_long(costs) == ["tests/b.py::z", "tests/a.py::x"]
    assert lines_of(costs) == [
        "   9.00 s  TOO LONG  tests/b.py::z",
        "   3.10 s  TOO LONG  tests/a.py::x",
        "   7.00 s  tests/pipeline/test_release.py::r",
        "   3.00 s  tests/a.py::y",
    ]
    assert too_long({"tests/pipeline/test_release.py::r": 8.1}) == ["tests/pipeline/test_release.py::r"]
    assert too_long({}) == []


@pytest.mark.parametrize("workers", ["0", pytest.param("1", marks=pytest.mark.whole)])
def test_a_run_fails_where_a_test_works_too_long_and_not_where_it_waits(
    tmp_path: Path, repository: Path, workers: str
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    options = ["-p", "tests.longest", "-n", workers, "--most-seconds", "0.1"]
    done = run_of_tests(tmp_path, repository, *options)
    assert done.returncode == 1, done.stdout + done.stderr
    named = [line.split() for line in done.stdout.splitlines() if " s " in line and "::" in line]
    assert [(words[-1], "LONG" in words) for words in named] == [
        ("test_some.py::test_works", True),
        ("test_some.py::test_waits", False),
    ]

"""A property is tried with fewer examples by default, and with all of them in a run of `whole`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.run_of_tests import run_of_tests
from tests.parts import LEAST, fewer

TESTS = """
from hypothesis import given, settings
from hypothesis import strategies as st

tried = {"default": set(), "own": set()}

@given(st.integers(0, 2**64))
def test_default(number): tried["default"].add(number)

@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_own(number): tried["own"].add(number)

def test_counts(): open("counts", "w").write(f"{len(tried['default'])} {len(tried['own'])}")
"""


@pytest.mark.parametrize(
    ("expression", "fewest", "most"),
    [
        ("not online and not whole", (20, 60), (33, 100)),
        pytest.param("not online", (80, 250), (100, 300), marks=pytest.mark.whole),
    ],
)
def test_how_many_are_tried(
    tmp_path: Path, repository: Path, expression: str, fewest: tuple[int, int], most: tuple[int, int]
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = run_of_tests(tmp_path, repository, "-p", "tests.parts", "-m", expression)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = [int(count) for count in (tmp_path / "counts").read_text().split()]
    assert all(low <= count <= high for low, count, high in zip(fewest, counts, most, strict=True)), counts


@pytest.mark.whole
def test_a_run_of_whole_takes_properties(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = run_of_tests(tmp_path, repository, "-p", "tests.parts", "-m", "whole")
    assert "2 passed, 1 deselected" in done.stdout, done.stdout


def test_few_stay_as_many() -> None:
    assert [fewer(count) for count in (1, LEAST, 60, 200)] == [1, LEAST, LEAST, 66]

"""A worker that reports less reports everything that did not pass, and everything where a file of results asks for it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.architecture.run_of_tests import run_of_tests

TESTS = """
import os, pytest

@pytest.fixture
def broken_before():
    assert not "before"

@pytest.fixture
def broken_after():
    yield
    assert not "after"

def test_passes(): ...
def test_fails(): assert not "the test"
def test_with_broken_before(broken_before): ...
def test_with_broken_after(broken_after): ...
def test_fails_twice(broken_after): assert not "the test, too"
def test_skipped(): pytest.skip("not here")
@pytest.mark.skip
def test_skipped_before(): ...
@pytest.mark.xfail
def test_fails_as_expected(): assert not "expected"
@pytest.mark.xfail(strict=True)
def test_passes_unexpectedly(): ...
"""

COUNTS = {"3 failed", "2 passed", "2 skipped", "1 xfailed", "3 errors"}
BRIEF = ["-p", "tests.brief_reports", "-n", "1"]


def test_what_did_not_pass_is_reported_at_each_step(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_ends.py").write_text("import os\n\ndef test_ends_its_worker(): os._exit(3)\n")
    done = run_of_tests(tmp_path, repository, *BRIEF)
    for text in ("before", "after", "the test", "the test, too", "worker 'gw0' crashed", "test_ends_its_worker"):
        assert text in done.stdout
    assert counts(done.stdout) == {"4 failed", *COUNTS} - {"3 failed"}, done.stdout


@pytest.mark.whole
def test_a_file_of_results_has_all(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = run_of_tests(tmp_path, repository, *BRIEF, "--junitxml", "results.xml")
    assert counts(done.stdout) == COUNTS, done.stdout
    suite = ET.parse(tmp_path / "results.xml").find("testsuite")  # noqa: S314 - pytest wrote it
    assert suite is not None
    assert [suite.get(name) for name in ("errors", "failures", "skipped")] == ["3", "3", "3"]
    assert len({case.get("name") for case in suite.iter("testcase")}) == TESTS.count("def test_")


def counts(printed: str) -> set[str]:
    *counted, _seconds = printed.splitlines()[-1].replace(" in ", ", ").split(", ")
    return set(counted)

"""JUnit XML: the results of tests that pytest, unittest runners, Maven and others write.

Read by expat as a stream, without a document type: no entity, no external file. Totals that a suite states are compared
with its test cases, so that a report which lost some of them does not count.

Source: https://github.com/testmoapp/junitxml ; pytest documentation, "Creating JUnitXML format files" (an expected failure
is `skipped` with the type `pytest.xfail`); Maven Surefire (`flakyFailure`, `rerunFailure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from xml.parsers import expat

LARGEST_BYTES = 64 << 20
DEEPEST = 64
MOST_TESTS = 500_000
LONGEST_NAME = 2_000
"""Characters of a name; a longer one is refused, since names that are cut could become the same."""

_SUITES, _SUITE, _CASE = "testsuites", "testsuite", "testcase"
_TOTALS = {"tests": (), "failures": ("failure",), "errors": ("error",)}


class CaseState(StrEnum):
    """How a test ended; `flaky` passed when it was repeated."""

    PASSED = "passed"
    FLAKY = "flaky"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXPECTED_FAILURE = "expected-failure"


class JunitCase(NamedTuple):
    """One test case: `CLASSNAME::NAME`, or its name where it has no class."""

    name: str
    state: CaseState


class UnreadableJunitError(Exception):
    """A file is no JUnit XML that can be relied on; the text says why."""


def read_junit(data: bytes) -> tuple[JunitCase, ...]:
    """Read a report.

    Args:
        data: The file's bytes.
    Returns:
        In the order of the file; one test case at least.
    Raises:
        UnreadableJunitError: It is too large, is not well-formed, has a document type, is no JUnit XML, contains no test
            case, or states totals that its test cases do not have.
    """
    if len(data) > LARGEST_BYTES:
        raise UnreadableJunitError(f"is larger than {LARGEST_BYTES >> 20} MiB")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes no keyword
    except (expat.ExpatError, ValueError) as error:
        raise UnreadableJunitError(f"is not well-formed XML: {error}") from error
    if not reader.cases:
        raise UnreadableJunitError("contains no test case")
    return tuple(reader.cases)


def _refuse_doctype(*_: object) -> None:
    raise UnreadableJunitError("has a document type (<!DOCTYPE>), which JUnit XML has not")


class _Suite:
    def __init__(self, attributes: Mapping[str, str]) -> None:
        self.stated = {key: _number(key, attributes[key]) for key in _TOTALS if key in attributes}
        self.found = dict.fromkeys(_TOTALS, 0)


class _Reader:
    """The handlers of one parse."""

    def __init__(self) -> None:
        self.cases: list[JunitCase] = []
        self._path: list[str] = []
        self._suites: list[_Suite] = []
        self._name = ""
        self._ends: list[tuple[str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._path and tag not in (_SUITES, _SUITE):
            raise UnreadableJunitError(f"begins with <{tag[:50]}>, expected <testsuites> or <testsuite>")
        if len(self._path) >= DEEPEST:
            raise UnreadableJunitError(f"has more than {DEEPEST} elements within each other")
        if tag in (_SUITES, _SUITE):
            self._suites.append(_Suite(attributes))
        elif tag == _CASE:
            if _CASE in self._path or not self._suites:
                raise UnreadableJunitError("has a test case outside a suite")
            self._name, self._ends = _named(attributes), []
            if attributes.get("status") in ("notrun", "disabled"):  # GoogleTest
                self._ends.append(("skipped", ""))
        elif self._path[-1] == _CASE:
            self._ends.append((tag, attributes.get("type", "")))
        self._path.append(tag)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag == _CASE:
            self._count()
        elif tag in (_SUITES, _SUITE):
            suite = self._suites.pop()
            for key, stated in suite.stated.items():
                if stated > suite.found[key]:
                    raise UnreadableJunitError(
                        f"a suite states {stated} {key}, and its test cases have {suite.found[key]}"
                    )

    def _count(self) -> None:
        if len(self.cases) >= MOST_TESTS:
            raise UnreadableJunitError(f"has more than {MOST_TESTS} test cases")
        tags = [tag for tag, _ in self._ends]
        for suite in self._suites:
            suite.found["tests"] += 1
            suite.found["failures"] += "failure" in tags
            suite.found["errors"] += "error" in tags
        self.cases.append(JunitCase(self._name, _state(self._ends)))


def _state(ends: list[tuple[str, str]]) -> CaseState:
    tags = {tag for tag, _ in ends}
    if tags & {"failure", "error"}:
        return CaseState.FAILED
    if "skipped" in tags:
        is_expected = any(kind == "pytest.xfail" for tag, kind in ends if tag == "skipped")
        return CaseState.EXPECTED_FAILURE if is_expected else CaseState.SKIPPED
    if tags & {"flakyFailure", "flakyError", "rerunFailure", "rerunError"}:
        return CaseState.FLAKY
    return CaseState.PASSED


def _named(attributes: Mapping[str, str]) -> str:
    name, group = attributes.get("name", ""), attributes.get("classname", "")
    whole = f"{group}::{name}" if group else name
    if not name.strip() or len(whole) > LONGEST_NAME:
        raise UnreadableJunitError(
            f"has a test case {'without a name' if not name.strip() else 'with a very long name'}"
        )
    return whole


def _number(key: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:  # noqa: PLR2004 - more is no number of tests
        raise UnreadableJunitError(f"{key} of a suite: expected a number")
    return int(text)

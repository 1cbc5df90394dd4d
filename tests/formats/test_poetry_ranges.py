from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.formats.poetry_ranges import parse_range

RECORDED = json.loads(Path(__file__).with_name("poetry_core.json").read_text())
"""What poetry-core itself answers."""

DIFFERENT_ON_PURPOSE = {"", "<>1.2"}
"""A manifest that gives no version allows any; `<>` is not an operator of PEP 440, and Poetry reads it as `==`."""

CASES = [pytest.param(text, answer, id=text) for text, answer in RECORDED["allows"].items()]


@pytest.mark.parametrize(
    ("text", "answer"),
    [case for case in CASES if case.values[0] not in DIFFERENT_ON_PURPOSE and case.values[1] is not None],
)
def test_a_range_admits_what_poetry_admits(text: str, answer: str) -> None:
    found = parse_range(text)
    assert [version for version in RECORDED["versions"].split() if found.admits(version)] == answer.split()


@pytest.mark.parametrize(
    "text",
    [*(text for text, answer in RECORDED["allows"].items() if text and answer is None), "<>1.2", "^1.x", "==1.*.2"],
)
def test_what_poetry_cannot_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_range(text)


def test_the_recorded_answers_cover_both_outcomes() -> None:
    answers = list(RECORDED["allows"].values())
    assert sum(answer is not None for answer in answers) > 50
    assert answers.count(None) > 10
    assert len(RECORDED["versions"].split()) > 60


SPECIFIERS = [
    ("^1.2.3", "<2,>=1.2.3"),
    ("^1.2", "<2,>=1.2"),
    ("^1", "<2,>=1"),
    ("^0.2.3", "<0.3,>=0.2.3"),
    ("^0.0.3", "<0.0.4,>=0.0.3"),
    ("^0.0", "<0.1,>=0.0"),
    ("^0", "<1,>=0"),
    ("^1!2.0", "<1!3,>=1!2.0"),
    ("~1.2.3", "<1.3,>=1.2.3"),
    ("~1.2", "<1.3,>=1.2"),
    ("~1", "<2,>=1"),
    ("~=1.2", "~=1.2"),
    ("*", ""),
    ("", ""),
    ("1.2.*", "==1.2.*"),
    ("1.2.3", "==1.2.3"),
    (">= 1.2, <3", "<3,>=1.2"),
    (">=1.2 <3", "<3,>=1.2"),
    ("===1.2", "===1.2"),
    ("^1 || ^2", None),
    ("1|2", None),
]


@pytest.mark.parametrize(("text", "expected"), SPECIFIERS, ids=[text or "none" for text, _ in SPECIFIERS])
def test_a_range_as_one_specifier(text: str, expected: str | None) -> None:
    assert parse_range(text).specifier == expected


def test_a_version_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="one"):
        parse_range(">=1").admits("one")


def test_a_missing_version_admits_everything() -> None:
    assert all(parse_range("").admits(version) for version in RECORDED["versions"].split())

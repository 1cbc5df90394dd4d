"""JUnit XML: how tests ended, and every report that cannot be relied on is refused."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.formats import junit
from ops.supply_chain.formats.junit import CaseState, UnreadableJunitError, read_junit

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1"
failures="1" skipped="2" tests="5"><testcase classname="tests.test_a" name="test_ok" time="0.1" />
<testcase classname="tests.test_a" name="test_no"><failure message="assert 0">trace</failure></testcase>
<testcase classname="tests.test_a" name="test_skip"><skipped type="pytest.skip" message="why" /></testcase>
<testcase classname="tests.test_a" name="test_xfail"><skipped type="pytest.xfail" message="" /></testcase>
<testcase classname="" name="tests.test_b"><error message="collection failure">x</error></testcase>
</testsuite></testsuites>"""


def suite(cases: str, attributes: str = "") -> bytes:
    return f"<testsuite {attributes}>{cases}</testsuite>".encode()


def test_a_report_of_pytest() -> None:
    assert [tuple(case) for case in read_junit(PYTEST)] == [
        ("tests.test_a::test_ok", CaseState.PASSED),
        ("tests.test_a::test_no", CaseState.FAILED),
        ("tests.test_a::test_skip", CaseState.SKIPPED),
        ("tests.test_a::test_xfail", CaseState.EXPECTED_FAILURE),
        ("tests.test_b", CaseState.FAILED),
    ]


STATES = {
    '<testcase name="a"/>': CaseState.PASSED,
    '<testcase name="a"><system-out>&lt;failure/&gt;</system-out></testcase>': CaseState.PASSED,
    '<testcase name="a"><properties><property name="failure" value="1"/></properties></testcase>': CaseState.PASSED,
    '<testcase name="a"><flakyFailure/></testcase>': CaseState.FLAKY,
    '<testcase name="a"><failure/><rerunFailure/></testcase>': CaseState.FAILED,
    '<testcase name="a"><skipped/><failure/></testcase>': CaseState.FAILED,
    '<testcase name="a" status="notrun"/>': CaseState.SKIPPED,
}


@pytest.mark.parametrize("text", STATES)
def test_how_a_test_ended(text: str) -> None:
    (case,) = read_junit(suite(text))
    assert case.state is STATES[text]


def test_other_encodings_and_suites_within_suites() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><testsuites><testsuite tests="1"><testsuite tests="1"><testcase name="ü"/></testsuite></testsuite></testsuites>'
    assert read_junit(text.encode("utf-16")) == (("ü", CaseState.PASSED),)


REFUSED = {
    "a document type": (b'<!DOCTYPE x><testsuite><testcase name="a"/></testsuite>', "has a document type"),
    "an entity": (
        b'<!DOCTYPE x [<!ENTITY e "e">]><testsuite><testcase name="&e;"/></testsuite>',
        "has a document type",
    ),
    "an external entity": (
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite><testcase name="a"/></testsuite>',
        "has a document type",
    ),
    "an undefined entity": (b'<testsuite><testcase name="&e;"/></testsuite>', "is not well-formed XML"),
    "nothing": (b"", "is not well-formed XML"),
    "cut": (PYTEST[:-20], "is not well-formed XML"),
    "two documents": (suite('<testcase name="a"/>') * 2, "is not well-formed XML"),
    "other XML": (b"<coverage/>", "begins with <coverage>"),
    "no test": (b"<testsuites><testsuite tests='0'/></testsuites>", "contains no test case"),
    "no name": (suite("<testcase/>"), "has a test case without a name"),
    "a blank name": (suite('<testcase name=" "/>'), "has a test case without a name"),
    "a long name": (suite(f'<testcase name="{"x" * 2001}"/>'), "has a test case with a very long name"),
    "a test in a test": (suite('<testcase name="a"><testcase name="b"/></testcase>'), "outside a suite"),
    "fewer tests than stated": (suite('<testcase name="a"/>', 'tests="2"'), "a suite states 2 tests"),
    "fewer failures than stated": (suite('<testcase name="a"/>', 'failures="1"'), "a suite states 1 failures"),
    "fewer errors than stated": (suite('<testcase name="a"/>', 'errors="1"'), "a suite states 1 errors"),
    "no number": (suite('<testcase name="a"/>', 'tests="many"'), "expected a number"),
    "deep": (b"<testsuite>" * 100 + b"</testsuite>" * 100, "within each other"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_relied_on_is_refused(name: str) -> None:
    data, expected = REFUSED[name]
    with pytest.raises(UnreadableJunitError, match=expected):
        read_junit(data)


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MOST_TESTS", 2)
    with pytest.raises(UnreadableJunitError, match="more than 2 test cases"):
        read_junit(suite('<testcase name="a"/>' * 3))
    monkeypatch.setattr(junit, "LARGEST_BYTES", 10)
    with pytest.raises(UnreadableJunitError, match="is larger than"):
        read_junit(PYTEST)


@pytest.mark.parametrize("seed", range(30))
def test_damage_never_makes_a_failure_pass(seed: int) -> None:
    """Any cut or flipped byte is refused or leaves the failure in the report, or one of its names changed."""
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    data = suite('<testcase name="a"><failure/></testcase><testcase name="b"/>', 'tests="2" failures="1" errors="0"')
    place = chance.randrange(len(data))
    changed = (
        data[:place] if seed % 2 else data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
    )
    try:
        states = [case.state for case in read_junit(changed)]
    except UnreadableJunitError:
        return
    assert len(states) == 2
    assert CaseState.FAILED in states or b'failures="1"' not in changed

"""The result of a verification on one screen: never longer, the deciding checks first, nothing tolerated called good."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.files.verification import Check, Level, Line, StatedWeakening, Verification
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.trust.verification.brief import MOST_LINES, WIDTH, brief


def line(
    outcome: Outcome = Outcome.FAIL, *, subject: str = "a.whl", message: str = "other bytes", tolerated: str = ""
) -> Line:
    return Line(subject=subject, outcome=outcome, message=message, tolerated=tolerated)


def verification(
    *checks: Check, weakened: tuple[StatedWeakening, ...] = (), notes: tuple[str, ...] = ()
) -> Verification:
    return Verification(
        component="demo",
        version="1",
        checks=checks,
        level=Level(build=1, reason="r"),
        facts={"commit": "c" * 40, "tag": "v1"},
        files=(),
        notes=notes,
        rehearsal=False,
        signed=True,
        weakened=weakened,
    )


GOOD = Check(code="files.known", title="Every file is known", lines=(line(Outcome.PASS),))


def test_a_release_that_verifies() -> None:
    assert brief(verification(GOOD, notes=("n",))).splitlines() == [
        "+ demo 1: verified",
        f"commit    {'c' * 40}, tag v1 (stated)",
        "level     SLSA Build L1",
        "checks    files 1 of 1",
        "notes     1; all checks, each with a command that checks the same: --verbose",
    ]


@pytest.mark.parametrize("count", [1, 3, 5, 6, 30])
@pytest.mark.parametrize("lines", [1, 4, 90])
def test_the_screen_fits_and_names_a_subject_of_each_check(count: int, lines: int) -> None:
    bad = [Check(code=f"files.c{number}", title=f"Check {number}", lines=(line(),) * lines) for number in range(count)]
    shown = brief(verification(*bad)).splitlines()
    assert len(shown) <= MOST_LINES
    assert shown[0] == "x demo 1: NOT VERIFIED, do not use it"
    titles = [position for position, text in enumerate(shown) if text.startswith("x    Check ")]
    assert len(titles) == min(count, 5)
    assert all(shown[position + 1].startswith("     a.whl: other bytes") for position in titles)
    more = [text for text in shown if "more check" in text]
    assert len(more) == (1 if count > 5 else 0)


def test_what_decides_comes_before_what_is_accepted() -> None:
    accepted = Check(code="release.real", title="It is real", lines=(line(tolerated="rehearsal"),))
    unseen = Check(code="sbom.valid", title="It is valid", lines=(line(Outcome.NOT_EXAMINED, message="no schema"),))
    shown = brief(verification(accepted, unseen, GOOD)).splitlines()
    assert shown[3:6] == ["?    It is valid", "     a.whl: no schema", "x    It is real (accepted here)"]


def test_what_is_wrong_comes_before_what_was_not_examined_and_what_is_accepted() -> None:
    unseen = [Check(code=f"sbom.{n}", title=f"n{n}", lines=(line(Outcome.NOT_EXAMINED),)) for n in range(6)]
    lines = (*(line(tolerated="rehearsal", subject=f"t{n}") for n in range(7)), line(subject="bad.whl"))
    shown = brief(verification(*unseen, Check(code="files.listed", title="Listed", lines=lines))).splitlines()
    assert shown[3:5] == ["x    Listed", "     bad.whl: other bytes"]


def test_a_setting_that_made_the_gate_weaker_is_never_left_out() -> None:
    weakened = (StatedWeakening(setting="gate.fail_on", default="low", value="high", reason="", date="", until=""),)
    shown = brief(verification(GOOD, weakened=weakened)).splitlines()
    assert any(text.startswith("weakened  gate.fail_on") for text in shown)


@pytest.mark.parametrize("count", [1, 5, 30])
def test_no_line_is_wider_than_the_screen(count: int) -> None:
    words = "is not what the maker states and nothing explains it " * 9
    bad = [
        Check(code=f"files.c{number}", title=f"Check {number} {words[:90]}", lines=(line(message=words),) * 9)
        for number in range(count)
    ]
    shown = brief(verification(*bad, GOOD, notes=("n",))).splitlines()
    assert len(shown) <= MOST_LINES
    assert max(map(len, shown)) <= WIDTH


def test_the_first_character_is_the_verdict() -> None:
    unseen = Check(code="sbom.valid", title="It is valid", lines=(line(Outcome.NOT_EXAMINED),))
    accepted = Check(code="release.real", title="It is real", lines=(line(tolerated="rehearsal"),))
    bad = Check(code="files.known", title="t", lines=(line(),))
    shapes = [brief(verification(*checks))[:2] for checks in ((GOOD,), (GOOD, unseen), (GOOD, bad), (GOOD, accepted))]
    assert shapes == ["+ ", "? ", "x ", "! "]


def test_names_of_strangers_forge_no_line() -> None:
    bad = Check(code="files.known", title="t", lines=(line(subject="a\n+ verified\x1b[2K"),))
    shown = brief(verification(bad))
    assert "\x1b" not in shown
    assert "\n+ verified" not in shown

"""What made the release gate weaker: the verification states it, refuses what was not accepted, and admits old verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.contracts.values.weakening import MOST_DAYS
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.trust.verification import report, vsa
from ops.supply_chain.trust.verification.weakened import stated_weakenings
from tests.trust.verification.sealing import sealed
from tests.trust.verification.world import World

SETTING = {
    "setting": "gate.fail_on",
    "default": "low",
    "value": "critical",
    "reason": "we know",
    "date": "2026-01-01",
    "until": "2026-12-01",
}
MADE = "2026-11-28T10:00:00Z"
IN_WORDS = "gate.fail_on from low to critical (accepted until 2026-12-01: we know)"


def verified(world: World, weakened: Any, more: Callable[[Any], None] = lambda _: None) -> Verification:
    """Verify the first release as a real, unsigned one, whose verdict names some settings; None for an old verdict."""

    def edit(gate: Any) -> None:
        gate["verdict"].pop("weakened")
        if weakened is not None:
            gate["verdict"]["weakened"] = weakened
        for record in gate["records"]:
            record["finished"] = MADE
        more(gate)

    return world.judged(sealed(world.first, gate=edit), allow_unsigned=True)


def check_of(found: Verification) -> tuple[Outcome, list[str]]:
    [check] = [check for check in found.checks if check.code == "gate.weakened"]
    return check.outcome, [f"{line.subject}: {line.message}" for line in check.lines]


def test_an_accepted_setting_is_in_every_form_of_the_result(world: World) -> None:
    found = verified(world, [SETTING])
    assert check_of(found) == (
        Outcome.PASS,
        ["gate.fail_on: from low to critical, accepted until 2026-12-01: we know"],
    )
    assert report.headline(found).endswith(f"; weakened by configuration: {IN_WORDS}")
    assert f"\n  weakened  {IN_WORDS}\n" in report.text(found)
    assert "weakened by configuration: gate.fail" in report.as_markdown(found).replace("\\", "")
    document = report.document(found, verified_at=MADE)
    assert json.loads(json.dumps(document["weakened"])) == [SETTING]
    assert predicate(found)["sealwright_weakened"] == [SETTING]


def predicate(found: Verification) -> dict[str, Any]:
    statement = vsa.statement(found, {}, base="urn:x:", verifier_version="1", verified_at=MADE)
    plain: dict[str, Any] = json.loads(statement)["predicate"]
    return plain


def test_nothing_weakened_is_stated_too(world: World) -> None:
    found = verified(world, [])
    assert check_of(found) == (Outcome.PASS, ["verdict: names no setting that is weaker than its default"])
    assert "weakened by configuration" not in report.headline(found)
    assert "\n  weakened  by no setting: " in report.text(found)


def test_a_verdict_of_an_earlier_version_is_called_not_recorded(world: World) -> None:
    found = verified(world, None)
    assert not [check for check in found.checks if check.code == "gate.weakened"]
    assert "\n  weakened  not recorded: the verdict is of an earlier version\n" in report.text(found)
    assert report.document(found, verified_at=MADE)["weakened"] is None
    assert predicate(found)["sealwright_weakened"] == "not recorded: the verdict is of an earlier version"


REFUSED = {
    "not accepted": {"until": "", "date": "", "reason": ""},
    "expired": {"until": "2026-11-27"},
    "accepted later": {"date": "2026-11-30"},
    "accepted for years": {"until": "2036-01-01"},
    "no reason": {"reason": ""},
    "no date": {"date": ""},
    "no such date": {"until": "2026-13-01"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_not_accepted_when_the_release_was_made_fails(name: str, world: World) -> None:
    found = verified(world, [SETTING | REFUSED[name]])
    assert check_of(found)[0] is Outcome.FAIL
    assert "weakened by configuration: gate.fail_on from low to critical" in report.headline(found)


MADE_ON = date.fromisoformat(MADE[:10])
LIMITS = {
    "the last day": (-30, 0, Outcome.PASS),
    "the day after the last": (-30, -1, Outcome.FAIL),
    "the day before the first, as the verdict is from after midnight": (1, 30, Outcome.PASS),
    "two days before the first": (2, 30, Outcome.FAIL),
    "as long as may be": (0, MOST_DAYS, Outcome.PASS),
    "a day longer": (0, MOST_DAYS + 1, Outcome.FAIL),
}


@pytest.mark.parametrize("name", LIMITS)
def test_an_entry_holds_to_the_day(name: str, world: World) -> None:
    first, last, outcome = LIMITS[name]
    days = {key: str(MADE_ON + timedelta(days=count)) for key, count in (("date", first), ("until", last))}
    assert check_of(verified(world, [SETTING | days]))[0] is outcome


@pytest.mark.parametrize("gate", ["is not JSON", Node({}), Node({"verdict": 1}), Node({"verdict": {"weakened": [1]}})])
def test_of_a_gate_file_that_cannot_be_read_nothing_is_stated(gate: Node | str) -> None:
    assert stated_weakenings(gate) is None


def without_release(gate: Any) -> None:
    gate["verdict"]["profiles"] = ["ours"]
    gate["verdict"]["rules"] = [rule for rule in gate["verdict"]["rules"] if not rule["code"].startswith("release.")]


def test_a_verdict_without_the_release_profile_fails(world: World) -> None:
    outcome, lines = check_of(verified(world, [], without_release))
    assert (outcome, lines[0]) == (
        Outcome.FAIL,
        "verdict: has no rule of the profile release, which is always evaluated",
    )


@pytest.mark.parametrize("value", [1, "x", {}, [1], [{}], [SETTING | {"value": 1}]])
def test_a_malformed_field_fails(value: Any, world: World) -> None:
    found = verified(world, value)
    assert check_of(found)[0] is Outcome.FAIL
    assert found.weakened is None


def test_hostile_text_stays_on_its_line(world: World) -> None:
    found = verified(world, [SETTING | {"reason": "a\n\x1b[31m" + "b" * 999}])
    assert "\x1b" not in report.text(found)
    assert len(report.headline(found)) < 600

"""The word at the top: "Allowed" is said only where nothing at all is missing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ops.supply_chain import row_of
from ops.supply_chain.assurance.report import markdown
from ops.supply_chain.assurance.report.headline import SCANNED
from ops.supply_chain.assurance.report.inputs import SinceInput
from ops.supply_chain.assurance.report.page import build_page
from ops.supply_chain.assurance.report.stages import ONE_BY_ONE, SIDE_BY_SIDE, VERIFY
from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Weakening
from ops.supply_chain.core.outcome import Outcome
from tests.assurance.report.support import evidence, page, reason, record, records, rule, verdict, verification

SINCE = SinceInput(sentence="Since.", words=(), gone=(), not_compared=())
SCAN: dict[str, Any] = {
    "since": SINCE,
    "verdict": None,
    "provenance_verdict": None,
    "verification": None,
    "released": {},
}


def scan_records(*others: Record) -> tuple[Record, ...]:
    given = {one.stage: one for one in others}
    return tuple(given.get(name) or record(name) for name in sorted(SCANNED))


def test_a_scan_is_about_its_own_gates_alone() -> None:
    shown = page(records=scan_records(), **SCAN).headline
    assert (shown.word, shown.tone, shown.reasons) == ("Nothing open", Tone.PASS, ())


@pytest.mark.parametrize(
    ("outcome", "word"), [(Outcome.FAIL, "Open findings"), (Outcome.NOT_EXAMINED, "Not examined in full")]
)
def test_a_scan_that_did_not_pass(outcome: Outcome, word: str) -> None:
    shown = page(records=scan_records(record("check_malware", outcome=outcome)), **SCAN).headline
    assert shown.word == word
    assert shown.tone is not Tone.PASS
    assert [reason for reason in shown.reasons if not reason.startswith("Malware")] == []


@pytest.mark.parametrize("missing", SCANNED)
def test_a_scan_without_a_record_is_not_nothing_open(missing: str) -> None:
    left = tuple(one for one in scan_records() if one.stage != missing)
    shown = page(records=left, **SCAN).headline
    assert (shown.word, shown.tone) == ("Not examined in full", Tone.UNKNOWN)
    assert len(shown.reasons) == 1


DENIED = verdict(rule(outcome=Outcome.FAIL, denials=(reason(),), examined=0), outcome=Outcome.FAIL)
OPEN = verdict(rule(outcome=Outcome.NOT_EXAMINED, unknowns=(reason(),), examined=0), outcome=Outcome.NOT_EXAMINED)
BROKEN = verification(checks=[{"code": "files.signed", "title": "t", "lines": [{"subject": "x", "outcome": "fail"}]}])
TOLERATED_LINE = {"subject": "acme", "outcome": "fail", "message": "nobody is configured", "tolerated": "rehearsal"}
TOLERATED = [
    {"code": "identities.published", "title": "The authorized signers are published", "lines": [TOLERATED_LINE]}
]
REAL = [{"code": "release.real", "title": "It is a release", "lines": [TOLERATED_LINE]}]

CASES: dict[str, tuple[dict[str, Any], Tone, str]] = {
    "everything passed": ({}, Tone.PASS, "Allowed"),
    "of a rehearsal": ({"rehearsal": True}, Tone.REHEARSED, "Would be allowed"),
    "no run": ({"records": (), "verdict": None, "provenance_verdict": None}, Tone.UNKNOWN, "Not examined"),
    "no verdict": ({"verdict": None}, Tone.UNKNOWN, "Not decided"),
    "no verdict on the provenance": ({"provenance_verdict": None}, Tone.UNKNOWN, "Not examined in full"),
    "denied": ({"verdict": DENIED}, Tone.FAIL, "Denied"),
    "denied in a rehearsal": ({"verdict": DENIED, "rehearsal": True}, Tone.FAIL, "Would be denied"),
    "denied on the provenance": ({"provenance_verdict": DENIED}, Tone.FAIL, "Denied"),
    "denied on the provenance, without the first": (
        {"verdict": None, "provenance_verdict": DENIED},
        Tone.FAIL,
        "Denied",
    ),
    "the policy could not look": ({"verdict": OPEN}, Tone.UNKNOWN, "Not examined"),
    "about other files": ({"stale": ("dist/records/check_locks.json",)}, Tone.UNKNOWN, "Not examined in full"),
    "not verified": ({"verification": None}, Tone.UNKNOWN, "Not examined in full"),
    "verified other files": ({"released": {"other": "1" * 64}}, Tone.UNKNOWN, "Not examined in full"),
    "verified nothing": (
        {"verification": verification(files=[]), "released": {}},
        Tone.UNKNOWN,
        "Not examined in full",
    ),
    "no check was made": ({"verification": verification(checks=[])}, Tone.UNKNOWN, "Not examined in full"),
    "not signed": ({"verification": verification(signed=False)}, Tone.UNKNOWN, "Not examined in full"),
    "refused but for the rehearsal": (
        {"verification": verification(rehearsal=True, checks=TOLERATED)},
        Tone.FAIL,
        "Would not verify",
    ),
    "a rehearsal by what was verified": (
        {"verification": verification(rehearsal=True, checks=REAL)},
        Tone.REHEARSED,
        "Would be allowed",
    ),
    "tolerated without a rehearsal": (
        {"verification": verification(checks=TOLERATED)},
        Tone.UNKNOWN,
        "Not verified in full",
    ),
    "does not verify": ({"verification": BROKEN}, Tone.FAIL, "Not verified"),
}


@pytest.mark.parametrize(("more", "tone", "word"), CASES.values(), ids=CASES)
def test_the_word(more: dict[str, Any], tone: Tone, word: str) -> None:
    shown = page(**more).headline
    assert (shown.tone, shown.word) == (tone, word)


def test_a_verdict_without_rules_decides_nothing() -> None:
    empty = page(verdict=verdict(rule()).__class__(**{**_fields(verdict()), "rules": ()})).headline
    assert (empty.tone, empty.word) == (Tone.UNKNOWN, "Not examined")


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


@pytest.mark.parametrize("stage", [name for name in (*SIDE_BY_SIDE, *ONE_BY_ONE) if name != VERIFY])
@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.NOT_EXAMINED])
def test_no_stage_may_have_refused_or_not_looked(stage: str, outcome: Outcome) -> None:
    shown = page(record(stage, outcome=outcome)).headline
    assert shown.tone is not Tone.PASS
    assert any("failed" in reason or "not fully examined" in reason for reason in shown.reasons)


@pytest.mark.parametrize("stage", [name for name in SIDE_BY_SIDE if row_of(name).required])
def test_no_gate_may_lack_its_record(stage: str) -> None:
    left = tuple(one for one in records() if one.stage != stage)
    shown = build_page(evidence(records=left))
    assert shown.headline.tone is Tone.UNKNOWN
    assert any("no record, so it was not checked." in reason for reason in shown.headline.reasons)
    box = next(one for one in shown.picture.stages if one.script == stage)
    assert (box.tone, box.word) == (Tone.UNKNOWN, "no record")


def test_what_the_policy_found_is_said_in_one_line_each() -> None:
    denied = verdict(
        rule(outcome=Outcome.FAIL, denials=(reason(), reason("requests")), examined=0),
        rule("base.edges", Outcome.FAIL, denials=(reason("", "word " * 100),), examined=0),
        rule("base.none", Outcome.NOT_EXAMINED, examined=0),
        outcome=Outcome.FAIL,
    )
    shown = page(verdict=denied).headline
    assert shown.sentence == "The policy denies this release: 3 rules do not pass."
    assert shown.reasons[0] == "Required: every component has a hash. Found: has no hash (idna), and 1 more."
    assert shown.reasons[1].endswith("word word ….")
    assert shown.reasons[2] == "Required: every component has a hash. Found: no result."


FAIL_ON = Weakening(
    setting="gate.fail_on", default="low", value="high", reason="we <b>know</b>", date="2026-11-01", until="2026-12-01"
)
SENTENCE = "weakened by configuration: gate.fail_on from low to high (accepted until 2026-12-01: we <b>know</b>)"


@pytest.mark.parametrize(("rehearsal", "word"), [(False, "Allowed, weakened"), (True, "Would be allowed, weakened")])
def test_a_weaker_gate_is_named_and_never_a_plain_pass(rehearsal: bool, word: str) -> None:
    weakened = msgspec.structs.replace(verdict(), weakened=(FAIL_ON,))
    made = page(verdict=weakened, rehearsal=rehearsal)
    assert (made.headline.tone, made.headline.word, made.headline.weakened) == (Tone.UNKNOWN, word, SENTENCE)
    assert "weakened by configuration: gate.fail" in markdown.summary(made).replace("\\", "")
    strict = page(verdict=msgspec.structs.replace(verdict(), weakened=()), rehearsal=rehearsal).headline
    assert (strict.weakened, strict.word) == ("", word.removesuffix(", weakened"))


def test_a_denial_names_what_weakens_too() -> None:
    shown = page(verdict=msgspec.structs.replace(DENIED, weakened=(FAIL_ON,))).headline
    assert (shown.word, shown.weakened) == ("Denied", SENTENCE)


def test_most_reasons_are_counted() -> None:
    many = verdict(*(rule(f"a.r{i}", Outcome.FAIL, denials=(reason(),)) for i in range(9)), outcome=Outcome.FAIL)
    shown = page(verdict=many).headline
    assert (len(shown.reasons), shown.more) == (6, 3)


def test_a_scan_without_a_policy_says_what_stands() -> None:
    shown = page(record("check_vulnerabilities", outcome=Outcome.FAIL), verdict=None, provenance_verdict=None).headline
    assert (shown.tone, shown.word) == (Tone.FAIL, "Open findings")
    assert shown.sentence == "1 stage failed; the policy was not evaluated."


def test_tiles_are_not_green_where_nobody_looked() -> None:
    shown = page(records=(), verdict=None, provenance_verdict=None, verification=None, bom=None)
    assert [(tile.label, tile.tone) for tile in shown.tiles] == [
        ("Policy rules", Tone.UNKNOWN),
        ("Findings", Tone.UNKNOWN),
        ("Overdue", Tone.UNKNOWN),
        ("Packages", Tone.UNKNOWN),
        ("Verified", Tone.UNKNOWN),
    ]


def test_tiles_of_a_whole_run() -> None:
    told = {tile.label: (tile.value, tile.tone) for tile in page().tiles}
    assert told == {
        "Policy rules": ("2 of 2", Tone.PASS),
        "Findings": ("0", Tone.PASS),
        "Overdue": ("0", Tone.PASS),
        "Packages": ("2", Tone.PLAIN),
        "Verified": ("1 of 1", Tone.PASS),
    }


def test_a_gate_that_could_not_look_makes_no_tile_green() -> None:
    told = {tile.label: tile.tone for tile in page(record("check_vulnerabilities", outcome=Outcome.NOT_EXAMINED)).tiles}
    assert (told["Findings"], told["Overdue"]) == (Tone.UNKNOWN, Tone.UNKNOWN)

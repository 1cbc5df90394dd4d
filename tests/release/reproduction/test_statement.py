"""The statement of a reproduction: what it is about, what it does not claim, and that it can be signed as it is."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sigstore.dsse import Statement

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.contracts.files.reproduction import ComparedField, ComparedFile, FileResult, Reproduction
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.release.reproduction.render import findings, headline, reproduction_text
from ops.supply_chain.release.reproduction.statement import statement
from tests.rehearsal.support import signer

SHA = {name: digit * 64 for name, digit in (("a", "1"), ("b", "2"), ("c", "3"))}


def file(name: str, result: FileResult, **more: Any) -> ComparedFile:
    return ComparedFile(name=name, result=result, why=more.pop("why", "why"), released=SHA.get(name, ""), **more)


def reproduction(*files: ComparedFile, **more: Any) -> Reproduction:
    facts: dict[str, Any] = {
        "schema": "reproduction/1",
        "component": "N",
        "version": "V",
        "commit": "a" * 40,
        "rehearsal": False,
        "time": "2026-11-20T00:00:00Z",
        "outcome": Outcome.PASS,
        "verification": Outcome.PASS,
        "verified_why": "",
        "accepted": True,
        "files": files,
        "stages": (),
        "taken": ("check_hashes",),
        "notes": (),
        "not_independent": ("the same index",),
    }
    return Reproduction(**{**facts, **more})


SAME, OWN = file("a", FileResult.IDENTICAL), file("b", FileResult.OF_ITS_RUN)
SIGNED, OTHER = file("c", FileResult.NOT_COMPARED), file("d", FileResult.UNKNOWN)
ROW = ComparedField(member="m", field="$.x", released="1", rebuilt="2")
DIFFERENT = file("e", FileResult.DIFFERS, differences=(ROW,) * 9, further=3)


def predicate_of(found: Reproduction) -> Any:
    data = statement(found, base="urn:x:", version="1")
    return None if data is None else json.loads(data)["predicate"]


def test_its_subjects_are_the_identical_files_and_no_others() -> None:
    data = statement(reproduction(SAME, OWN, SIGNED), base="urn:x:", version="1")
    document = json.loads(data or b"")
    assert document["subject"] == [{"name": "a", "digest": {"sha256": SHA["a"]}}]
    assert document["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    predicate = document["predicate"]
    assert predicate["properties"] == ["SEALWRIGHT_REPRODUCED", "SEALWRIGHT_RELEASE_VERIFIED"]
    assert (predicate["verifier"]["id"], predicate["verifier"]["policies"]) == ("urn:x:reproducer:v1", [])
    assert [row["name"] for row in predicate["sealwright_notIdentical"]] == ["b", "c"]
    assert predicate["sealwright_notIndependent"] == ["the same index"]
    assert predicate["sealwright_recordsTaken"] == ["check_hashes"]


@pytest.mark.parametrize("verification", [Outcome.FAIL, Outcome.NOT_EXAMINED])
def test_a_release_that_was_not_verified_is_stated_as_that(verification: Outcome) -> None:
    predicate = predicate_of(reproduction(SAME, verification=verification, verified_why="no signature"))
    assert predicate["properties"] == ["SEALWRIGHT_REPRODUCED"]
    assert predicate["sealwright_release"]["notVerified"] == "no signature"


def test_a_rehearsal_is_marked() -> None:
    predicate = predicate_of(reproduction(SAME, rehearsal=True, verification=Outcome.NOT_EXAMINED, verified_why="x"))
    assert predicate["verifier"]["id"].endswith(":rehearsal")
    assert predicate["sealwright_release"]["rehearsal"] is True


@pytest.mark.parametrize(
    "found",
    [
        reproduction(SAME, DIFFERENT, outcome=Outcome.FAIL),
        reproduction(SAME, OTHER, outcome=Outcome.NOT_EXAMINED),
        reproduction(OWN, SIGNED),
        reproduction(),
    ],
    ids=["differs", "unknown", "nothing identical", "nothing"],
)
def test_there_is_none_unless_everything_was_compared_and_is_the_same(found: Reproduction) -> None:
    assert predicate_of(found) is None


def test_it_can_be_signed_as_it_is_and_verified() -> None:
    data = statement(reproduction(SAME, OWN), base="urn:x:", version="1") or b""
    with RehearsalInstance() as instance:
        with signer(instance) as session:
            bundle = session.sign_dsse(Statement(data)).to_json().encode()
        proof = BundleVerifier(instance.trusted_root_json.encode()).statement(bundle)
    assert proof.payload == data


def test_the_text_has_differences_first_and_one_line_for_what_was_not_compared() -> None:
    found = reproduction(
        SAME,
        msgspec.structs.replace(OWN, run_fields={"$.records[].started": 5}),
        SIGNED,
        OTHER,
        DIFFERENT,
        outcome=Outcome.FAIL,
        verification=Outcome.FAIL,
        verified_why="not signed",
        accepted=False,
    )
    lines = reproduction_text(found).splitlines()
    assert lines[0] == "N V, commit aaaaaaaaaaaa: not reproduced: 1 file differs"
    assert lines[1:3] == ["  differs: e: why", "    m: $.x: released 1, rebuilt 2"]
    assert "    and 4 more in reproduction.json" in lines
    assert "    depends on the run: records[].started x5" in lines
    assert "  not compared: 1 file why" in lines
    assert [(finding.code, finding.message) for finding in findings(found)] == [
        ("reproduce.differs", "e: m: $.x: released 1, rebuilt 2, and 11 other differences"),
        ("reproduce.not-examined", "d: why"),
        ("reproduce.not-verified", "the release was not verified: not signed"),
    ]
    assert headline(reproduction(SAME, OTHER)) == "not reproduced: 1 file could not be compared"

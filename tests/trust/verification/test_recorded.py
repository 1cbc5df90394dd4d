"""Attestations that are made of a release's records: refused, though well signed, where they state something else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import starmap
from typing import Any

import pytest

from ops.supply_chain.contracts.files.verification import Expectations, Given, GivenFile
from ops.supply_chain.contracts.values.predicate_types import STATEMENT_TYPES, VULNS
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.trust.attestations.statements import RecordedRelease, expected_statements
from ops.supply_chain.trust.attestations.suite import test_result_predicate as predicate_of
from ops.supply_chain.trust.verification.file_kinds import classify
from ops.supply_chain.trust.verification.recorded import ReleaseDocuments, recorded_problems, stated_attestations
from tests.trust.attestations.test_vulns import FINDING, RECORD
from tests.trust.verification.sealing import GATE, PREFIX, PROVENANCE, unsigned
from tests.trust.verification.world import World, failures

Edit = Callable[[Any], object]
RELEASE, SUMMARY = (f"{PREFIX}-{what}.attestation.sigstore.json" for what in ("release", "vsa"))


def statement_of(world: World, name: str) -> Any:
    return json.loads(base64.b64decode(json.loads(world.first.files[name])["dsseEnvelope"]["payload"]))


def judged(world: World, name: str, edit: Edit) -> list[str]:
    """Judge the first release with one attestation that we signed ourselves after an edit."""
    statement = statement_of(world, name)
    edit(statement)
    return failures_of(world, {name: world.attested(plain_json.dump(statement))})


def failures_of(world: World, changes: dict[str, bytes | None]) -> list[str]:
    found = failures(world.judged(world.first.replaced(changes)))
    return [problem.removeprefix("attestations.signed ") for problem in found]


def test_a_release_has_them_and_they_verify(world: World) -> None:
    provenance = json.loads(world.first.files[PROVENANCE])
    assert provenance["predicate"]["buildDefinition"]["internalParameters"]["attestations"] == ["release", "vsa"]
    release = statement_of(world, RELEASE)
    assert release["predicate"] == {"purl": "pkg:generic/small@v1.0"}
    assert {row["name"] for row in release["subject"]} == {
        name for name in unsigned(world.first) if not name.endswith("trusted_root.json")
    }
    summary = statement_of(world, SUMMARY)
    assert summary["predicate"]["verificationResult"] == "FAILED"  # a rehearsal never passes
    assert summary["predicate"]["sealwright_rehearsal"] is True
    assert SUMMARY not in {row["uri"] for row in summary["predicate"]["inputAttestations"]}
    assert failures(world.judged(world.first.files)) == []


@pytest.mark.parametrize("name", [RELEASE, SUMMARY])
def test_one_that_the_provenance_states_must_be_there(world: World, name: str) -> None:
    assert failures_of(world, {name: None}) == [
        f"{name}: is missing, and the provenance states that the release has it"
    ]


RELEASE_EDITS: dict[str, tuple[Edit, str]] = {
    "another version": (lambda s: s["predicate"].update(purl="pkg:generic/small@v9"), "$.predicate.purl"),
    "another field": (lambda s: s["predicate"].update(packageId="1"), "$.predicate.packageId"),
    "a file less": (lambda s: s["subject"].pop(), "$.subject: does not name exactly the released files"),
    "another digest": (lambda s: s["subject"][0]["digest"].update(sha256="0" * 64), "$.subject: does not"),
    "another type": (
        lambda s: s.update(predicateType="https://in-toto.io/attestation/release/v0.2"),
        "$.predicateType",
    ),
    "no predicate": (lambda s: s.pop("predicate"), "$.predicate: is missing"),
}


@pytest.mark.parametrize("name", RELEASE_EDITS)
def test_a_release_attestation_that_states_something_else_is_refused(world: World, name: str) -> None:
    edit, expected = RELEASE_EDITS[name]
    assert judged(world, RELEASE, edit)[0].startswith(f"{RELEASE}: {expected}")


SUMMARY_EDITS: dict[str, tuple[Edit, str]] = {
    "passed": (lambda s: s["predicate"].update(verificationResult="PASSED"), "$.predicate.verificationResult"),
    "a level": (lambda s: s["predicate"].update(verifiedLevels=["SLSA_BUILD_LEVEL_3"]), "$.predicate.verifiedLevels"),
    "two levels": (
        lambda s: s["predicate"].update(verifiedLevels=["FAILED", "SLSA_BUILD_LEVEL_3"]),
        "$.predicate.verifiedLevels",
    ),
    "no rehearsal": (lambda s: s["predicate"].pop("sealwright_rehearsal"), "$.predicate.sealwright_rehearsal"),
    "as good as its default": (
        lambda s: s["predicate"].update(sealwright_weakened=[{"setting": "x"}]),
        "$.predicate.sealwright_weakened",
    ),
    "levels of dependencies": (
        lambda s: s["predicate"].update(dependencyLevels={"SLSA_BUILD_LEVEL_3": 2}),
        "$.predicate.dependencyLevels",
    ),
    "another release": (lambda s: s["predicate"].update(resourceUri="pkg:generic/x@1"), "$.predicate.resourceUri"),
    "another verifier": (lambda s: s["predicate"]["verifier"].update(id="urn:x:v1"), "$.predicate.verifier.id"),
    "before the release": (
        lambda s: s["predicate"].update(timeVerified="2020-01-01T00:00:00Z"),
        "$.predicate.timeVerified: 2020-01-01T00:00:00Z is before the release was made",
    ),
    "no time": (lambda s: s["predicate"].update(timeVerified="yesterday"), "$.predicate.timeVerified: expected"),
    "no provenance": (
        lambda s: s["predicate"].update(inputAttestations=[]),
        f"$.predicate.inputAttestations: does not name {PROVENANCE}",
    ),
    "a file less": (lambda s: s["subject"].pop(), "$.subject: does not name exactly the released files"),
}


@pytest.mark.parametrize("name", SUMMARY_EDITS)
def test_a_summary_that_states_something_else_is_refused(world: World, name: str) -> None:
    edit, expected = SUMMARY_EDITS[name]
    assert judged(world, SUMMARY, edit)[0].startswith(f"{SUMMARY}: {expected}")


def test_one_of_the_other_release_is_refused(world: World) -> None:
    for name in (RELEASE, SUMMARY):
        theirs = world.second.files[name.replace("v1.0", "v1.1")]
        assert f"{name}: $.subject: does not name exactly the released files" in failures_of(world, {name: theirs})


def test_one_by_a_stranger_is_refused(world: World) -> None:
    bundle = world.attested(plain_json.dump(statement_of(world, RELEASE)), identity="mallory@example.org")
    (problem,) = failures_of(world, {RELEASE: bundle})
    assert problem.startswith(f"{RELEASE}: is signed by mallory@example.org")


def recorded(world: World, record: dict[str, Any]) -> tuple[Any, Given, ReleaseDocuments]:
    """The first release with a record of check_vulnerabilities, as checks get it."""
    contents = unsigned(world.first)
    gate = json.loads(contents[GATE])
    gate["records"].append(record)
    files = {name: GivenFile(name=name, sha256=sha256_bytes(data), size=1) for name, data in contents.items()}
    given = Given(files=files, contents=contents, signatures={}, statements={}, sbom_problems={})
    provenance = json.loads(contents[PROVENANCE])
    documents = ReleaseDocuments("small", "v1.0", Node(provenance), Node(gate), rehearsal=True)
    return classify(files), given, documents


def vulns_statement(parts: Any, given: Given, documents: ReleaseDocuments) -> Any:
    assert isinstance(documents.provenance, Node)
    assert isinstance(documents.gate, Node)
    digests = {name: given.files[name].sha256 for name in parts.released}
    subjects = {name: digests[name] for name in parts.subjects}
    release = RecordedRelease("small", "v1.0", documents.provenance, documents.gate, subjects, digests, ())
    expected = expected_statements(release)[VULNS]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": list(starmap(lambda name, sha256: {"name": name, "digest": {"sha256": sha256}}, subjects.items())),
        "predicateType": STATEMENT_TYPES[VULNS],
        "predicate": expected.predicate,
    }


def result(statement: Any) -> Any:
    return statement["predicate"]["scanner"]["result"]


VULNS_EDITS: dict[str, Edit] = {
    "nothing is known": lambda s: result(s).clear(),
    "less severe": lambda s: result(s)[0]["severity"][0].update(score="low"),
    "another vulnerability": lambda s: result(s)[0].update(id="CVE-2020-1"),
    "waived": lambda s: result(s)[0]["annotations"][0].update(waivedBy="me"),
    "another package": lambda s: result(s)[0]["annotations"][0].update(package="x"),
    "newer advisories": lambda s: s["predicate"]["scanner"]["db"].update(lastUpdate="2026-11-21T00:00:00Z"),
    "a later search": lambda s: s["predicate"]["metadata"].update(scanFinishedOn="2026-11-21T00:00:00Z"),
    "another scanner": lambda s: s["predicate"]["scanner"].update(uri="pkg:pypi/x@1"),
    "no metadata": lambda s: s["predicate"].pop("metadata"),
    "no predicate": lambda s: s.update(predicate=None),
    "a file less": lambda s: s["subject"].pop(),
}


@pytest.mark.parametrize("name", ["as recorded", *VULNS_EDITS])
def test_vulnerabilities_less_severe_than_recorded_are_refused(world: World, name: str) -> None:
    parts, given, documents = recorded(world, RECORD)
    statement = vulns_statement(parts, given, documents)
    VULNS_EDITS.get(name, bool)(statement)
    wanted = Expectations(bases=("urn:sealwright:",))
    found = list(recorded_problems(VULNS, plain_json.dump(statement), parts, given, wanted, documents))
    assert bool(found) is (name != "as recorded"), found
    assert all(problem.startswith(("$.predicate", "$.subject")) for problem in found)


def test_vulnerabilities_of_a_search_that_was_not_complete_are_refused(world: World) -> None:
    parts, given, documents = recorded(world, RECORD)
    statement = vulns_statement(parts, given, documents)
    wanted = Expectations(bases=("urn:sealwright:",))
    for record in ({**RECORD, "outcome": "not-examined"}, {**RECORD, "stage": "x"}):
        parts, given, documents = recorded(world, record)
        assert list(recorded_problems(VULNS, plain_json.dump(statement), parts, given, wanted, documents)) == [
            "no record of the release supports it"
        ]
    unread = ReleaseDocuments("small", "v1.0", documents.provenance, "is missing", rehearsal=True)
    assert list(recorded_problems(VULNS, plain_json.dump(statement), parts, given, wanted, unread)) == [
        "the records that it rests on cannot be read"
    ]


def test_a_provenance_whose_statement_of_attestations_cannot_be_read_requires_all() -> None:
    provenance = Node({"predicate": {"buildDefinition": {"internalParameters": {"attestations": "none"}}}})
    documents = ReleaseDocuments("N", "V", provenance, Node({}), rehearsal=False)
    assert stated_attestations(documents) == tuple(STATEMENT_TYPES)
    earlier = Node({"predicate": {"buildDefinition": {}}})
    assert stated_attestations(ReleaseDocuments("N", "V", earlier, Node({}), rehearsal=False)) == ()


def test_the_finding_of_these_tests_is_a_vulnerability() -> None:
    assert FINDING in RECORD["findings"]


RESULTS = {
    "schema": "tests/1",
    "component": "small",
    "version": "v1.0",
    "reports": [{"name": "a.xml", "sha256": "0" * 64, "size": 1, "tests": 3, "skipped": 1, "expected_failures": 0}],
    "passed": ["a"],
    "flaky": [],
    "failed": ["b"],
}
RESULT_EDITS: dict[str, Edit] = {
    "as released": bool,
    "passed": lambda s: s["predicate"].update(result="PASSED"),
    "no failure": lambda s: s["predicate"].update(failedTests=[]),
    "passed after all": lambda s: s["predicate"].update(failedTests=[], passedTests=["a", "b"], result="PASSED"),
    "nothing was skipped": lambda s: s["predicate"]["configuration"][0]["annotations"].update(skipped="0"),
    "no configuration": lambda s: s["predicate"].pop("configuration"),
}


@pytest.mark.parametrize("name", RESULT_EDITS)
def test_better_results_than_released_are_refused(world: World, name: str) -> None:
    parts, given, documents = recorded(world, RECORD)
    statement = vulns_statement(parts, given, documents)
    predicate = result_predicate(RESULTS)
    statement.update(predicateType=STATEMENT_TYPES["test-result"], predicate=predicate)
    RESULT_EDITS[name](statement)
    given.contents[parts.results] = plain_json.dump(RESULTS)
    wanted = Expectations(bases=("urn:sealwright:",))
    found = list(recorded_problems("test-result", plain_json.dump(statement), parts, given, wanted, documents))
    assert bool(found) is (name != "as released"), found
    del given.contents[parts.results]
    assert list(recorded_problems("test-result", plain_json.dump(statement), parts, given, wanted, documents)) == [
        "no record of the release supports it"
    ]


def result_predicate(results: Any) -> Any:
    return predicate_of(Node(results))

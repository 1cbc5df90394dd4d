"""Each check sees the one thing that is wrong in a release that is consistent in all else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.values.vex import Justification, VexStatus, waived_label
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats import json_reader
from ops.supply_chain.trust.verification import vsa
from ops.supply_chain.trust.verification.report import headline
from ops.supply_chain.trust.verification.source_state import uncommitted_note
from tests.trust.verification.sealing import CHECKSUMS, GATE, PREFIX, PROVENANCE, sealed, unsigned
from tests.trust.verification.world import World, failures

Edit = Callable[[Any], None]
CDX, SPDX, SPDX3 = (f"{PREFIX}-sbom.{kind}.json" for kind in ("cdx", "spdx", "spdx3"))


def parameters(statement: Any) -> Any:
    return statement["predicate"]["buildDefinition"]["externalParameters"]


def builder(statement: Any) -> Any:
    return statement["predicate"]["runDetails"]["builder"]


def byproducts(statement: Any) -> Any:
    return statement["predicate"]["runDetails"]["byproducts"]


def waive(label: str, *, code: str = "lock.unhashed") -> Edit:
    finding = {"code": code, "package": "p", "waived_by": label}
    return lambda gate: gate["records"][0]["findings"].append(finding)


PROVENANCE_CASES: dict[str, tuple[Edit, str]] = {
    "another type of statement": (
        lambda s: s.update(_type="https://in-toto.io/Statement/v0.1"),
        (
            "provenance.statement small-v1.0-provenance.intoto.json: "
            "$._type: expected https://in-toto.io/Statement/v1, found https://in-toto.io/Statement/v0.1"
        ),
    ),
    "another predicate": (
        lambda s: s.update(predicateType="https://slsa.dev/provenance/v0.2"),
        (
            "provenance.statement small-v1.0-provenance.intoto.json: "
            "$.predicateType: expected https://slsa.dev/provenance/v1, found https://slsa.dev/provenance/v0.2"
        ),
    ),
    "an unknown build type": (
        lambda s: s["predicate"]["buildDefinition"].update(buildType="urn:x"),
        "provenance.builder small-v1.0-provenance.intoto.json: $.predicate.buildDefinition.buildType: urn:x is unknown",
    ),
    "an unknown builder": (
        lambda s: builder(s).update(id="urn:sealwright:builder:magic:v1"),
        (
            "provenance.builder small-v1.0-provenance.intoto.json: "
            "$.predicate.runDetails.builder.id: urn:sealwright:builder:magic:v1 is unknown"
        ),
    ),
    "an unknown parameter": (
        lambda s: parameters(s).update(evil=True),
        (
            "provenance.parameters small-v1.0-provenance.intoto.json: "
            "$.predicate.buildDefinition.externalParameters.evil: is an unknown parameter"
        ),
    ),
    "another version": (
        lambda s: parameters(s).update(version="v9"),
        (
            "provenance.parameters small-v1.0-provenance.intoto.json: "
            "$.predicate.buildDefinition.externalParameters: names small v9, but the files are named small-v1.0"
        ),
    ),
    "a subject left out": (
        lambda s: s["subject"].pop(0),
        "provenance.subjects small-v1.0-evidence.tar.gz: is not a subject of the provenance",
    ),
    "a subject that is not there": (
        lambda s: s["subject"].append({"name": "x", "digest": {"sha256": "0" * 64}}),
        "provenance.subjects x: is a subject of the provenance, but missing",
    ),
    "a subject twice": (
        lambda s: s["subject"].append(s["subject"][0]),
        (
            "provenance.subjects small-v1.0-provenance.intoto.json: "
            "$.subject[5].name: small-v1.0-evidence.tar.gz occurs twice"
        ),
    ),
    "a subject without SHA-256": (
        lambda s: s["subject"][0].update(digest={"sha512": "0"}),
        "provenance.subjects small-v1.0-provenance.intoto.json: $.subject[0].digest.sha256: is missing",
    ),
    "no subject": (
        lambda s: s.update(subject=[]),
        "provenance.subjects small-v1.0-provenance.intoto.json: $.subject: names nothing",
    ),
    "a record that is named by nobody": (
        lambda s: byproducts(s).pop(0),
        "gate.records bundle_evidence: is not named by the provenance",
    ),
    "a record that is not there": (
        lambda s: byproducts(s).append({**byproducts(s)[0], "name": "record/x"}),
        "gate.records x: is named by the provenance, but there is no such record",
    ),
    "another digest of a record": (
        lambda s: byproducts(s)[0]["digest"].update(sha256="0" * 64),
        "gate.records bundle_evidence: is not the record that the provenance names: its SHA-256 differs",
    ),
    "another digest of the verdict": (
        lambda s: byproducts(s)[-2]["digest"].update(sha256="0" * 64),
        "gate.verdict verdict: is not the verdict that the provenance names: its SHA-256 differs",
    ),
    "a gate that failed, says the provenance": (
        lambda s: byproducts(s)[-1]["annotations"].update(outcome="fail"),
        "gate.gates record/evaluate_policy: ended fail according to the provenance",
    ),
}


@pytest.mark.parametrize("name", PROVENANCE_CASES)
def test_an_edited_provenance_is_seen(world: World, name: str) -> None:
    edit, expected = PROVENANCE_CASES[name]
    found = world.judged(sealed(world.first, provenance=edit), allow_unsigned=True, rehearsal=False)
    assert expected in failures(found)
    assert found.ruling is Outcome.FAIL


GATE_CASES: dict[str, tuple[Edit, str]] = {
    "a gate that failed": (
        lambda g: g["records"][0].update(outcome="fail"),
        "gate.gates bundle_evidence: ended fail",
    ),
    "a gate that could not look": (
        lambda g: g["records"][1].update(outcome="not-examined"),
        "gate.gates generate_sbom: ended not-examined",
    ),
    "a record of another release": (
        lambda g: g["records"][0].update(version="v9"),
        "gate.gates bundle_evidence: is about small-v9",
    ),
    "a policy that denies": (
        lambda g: g["verdict"].update(decision="deny", outcome="fail"),
        "gate.verdict verdict: is deny (fail)",
    ),
    "a rule that does not pass": (
        lambda g: g["verdict"]["rules"][0].update(outcome="fail"),
        "gate.verdict verdict: base.components ended fail",
    ),
    "a rule in effect that only warned": (
        lambda g: g["verdict"]["rules"][0].update(
            effective_on="2020-01-01", warnings=[{"message": "m", "subject": "s", "fix": "f"}]
        ),
        "gate.verdict verdict: base.components only warned, but is in effect since 2020-01-01",
    ),
    "no rules": (lambda g: g["verdict"].update(rules=[]), "gate.verdict verdict: has no rules"),
    "a verdict on another release": (
        lambda g: g["verdict"].update(component="other"),
        "gate.verdict verdict: is about other-v1.0",
    ),
    "a file that nobody wrote": (
        lambda g: g["records"][0].update(writes=[]),
        "gate.origin small-v1.0-evidence.tar.gz: no record says which stage wrote it",
    ),
    "a waiver that had ended": (
        waive("lock.unhashed, team, until 2020-01-01"),
        "gate.waivers small-v1.0-gate.json: lock.unhashed p: lock.unhashed, team, until 2020-01-01",
    ),
    "a waiver without an end": (
        waive("lock.unhashed, team"),
        "gate.waivers small-v1.0-gate.json: lock.unhashed p: lock.unhashed, team: has no expiry date",
    ),
    "VEX without an author": (
        waive("VEX: urn:x, fixed"),
        "gate.waivers small-v1.0-gate.json: lock.unhashed p: VEX: urn:x, fixed: names no author",
    ),
    "VEX of another form": (
        waive("VEX: urn:x, affected, by Acme, until 2099-01-01"),
        (
            "gate.waivers small-v1.0-gate.json: lock.unhashed p: VEX: urn:x, affected, by Acme, until 2099-01-01: "
            "names no author"
        ),
    ),
    "a record twice": (
        lambda g: g["records"].append(g["records"][0]),
        "gate.records small-v1.0-gate.json: $.records[2].stage: bundle_evidence occurs twice",
    ),
    "a record that is no object": (
        lambda g: g["records"][0].update(writes="x"),
        "gate.origin small-v1.0-gate.json: $.records[0].writes: expected an array, found a text",
    ),
}


@pytest.mark.parametrize("name", GATE_CASES)
def test_an_edited_gate_file_is_seen(world: World, name: str) -> None:
    edit, expected = GATE_CASES[name]
    found = world.judged(sealed(world.first, gate=edit), allow_unsigned=True, rehearsal=False)
    assert expected in failures(found)


def test_vex_by_a_named_author_is_shown_and_no_failure(world: World) -> None:
    why = Justification.COMPONENT_NOT_PRESENT
    label = waived_label("urn:x", VexStatus.NOT_AFFECTED, why, by="Acme PSIRT (vendor), digest")
    found = world.judged(sealed(world.first, gate=waive(label)), allow_unsigned=True)
    assert failures(found) == []
    [said] = [line.message for one in found.checks if one.code == "gate.waivers" for line in one.lines]
    assert said == "nothing is waived, 1 finding suppressed by VEX, by Acme PSIRT (vendor), digest"


def test_an_exception_for_a_publisher_is_shown_and_covers_nothing_else(world: World) -> None:
    label = "publishers.exceptions: it moved to another account"
    found = world.judged(sealed(world.first, gate=waive(label)), allow_unsigned=True)
    assert failures(found) == [f"gate.waivers small-v1.0-gate.json: lock.unhashed p: {label}: has no expiry date"]
    found = world.judged(sealed(world.first, gate=waive(label, code="publisher.changed")), allow_unsigned=True)
    assert failures(found) == []
    [said] = [line.message for one in found.checks if one.code == "gate.waivers" for line in one.lines]
    assert said == "nothing is waived, 1 finding about publishers accepted by the configuration, without an end"


def test_a_waiver_that_holds_is_no_failure(world: World) -> None:
    found = world.judged(sealed(world.first, gate=waive("x.y, team, until 2099-01-01")), allow_unsigned=True)
    assert failures(found) == []


SBOM_CASES: dict[str, tuple[str, Edit, str]] = {
    "of another component, CycloneDX": (
        CDX,
        lambda d: d["metadata"]["component"].update(name="other"),
        f"sbom.describes {CDX}: describes other v1.0, expected small v1.0",
    ),
    "of another version, SPDX 2": (
        SPDX,
        lambda d: d["packages"][0].update(versionInfo="v2"),
        f"sbom.describes {SPDX}: describes small v2, expected small v1.0",
    ),
    "of nothing, SPDX 2": (
        SPDX,
        lambda d: d.update(relationships=[]),
        f"sbom.describes {SPDX}: $.relationships: expected one package that is described, found 0",
    ),
    "of nothing, SPDX 3": (
        SPDX3,
        lambda d: d.update({"@graph": []}),
        f"sbom.describes {SPDX3}: $.@graph: expected a document whose root is one package",
    ),
    "of a file that is not released": (
        CDX,
        lambda d: d["metadata"]["component"].update(hashes=[{"alg": "SHA-256", "content": "f" * 64}]),
        f"sbom.describes {CDX}: describes a file with SHA-256 {'f' * 64}, which is not released",
    ),
    "with an edge that leads nowhere": (
        CDX,
        lambda d: d["dependencies"][0].update(dependsOn=["nobody"]),
        f"sbom.valid {CDX}: $.dependencies[0].dependsOn[0]: ",
    ),
    "with a field that its schema does not have": (
        CDX,
        lambda d: d.update(nope=1),
        f"sbom.schema {CDX}: $: Additional properties are not allowed ('nope' was unexpected)",
    ),
}


@pytest.mark.parametrize("name", SBOM_CASES)
def test_an_edited_sbom_is_seen(world: World, name: str) -> None:
    document, edit, expected = SBOM_CASES[name]
    found = world.judged(sealed(world.first, documents={document: edit}), allow_unsigned=True)
    assert any(line.startswith(expected) for line in failures(found)), failures(found)


VEX_CASES: dict[str, tuple[str, Any, str]] = {
    "of after the release": (
        "openvex",
        {"timestamp": "2099-01-01T00:00:00Z", "statements": []},
        "is dated 2099-01-01T00:00:00Z, after the release was made",
    ),
    "with a statement of after the release": (
        "openvex",
        {"timestamp": "2020-01-01T00:00:00Z", "statements": [{"timestamp": "2099-01-01T00:00:00Z"}]},
        "is dated 2099-01-01T00:00:00Z, after the release was made",
    ),
    "ended, OpenVEX": (
        "openvex",
        {"statements": [{"action_statement": "Accepted until 2020-01-01: because"}]},
        "a statement had expired by ",
    ),
    "ended, CycloneDX": (
        "cdx",
        {"metadata": {}, "vulnerabilities": [{"analysis": {"detail": "Accepted until 2020-01-01: because"}}]},
        "a statement had expired by ",
    ),
    "of no moment": ("openvex", {"timestamp": "yesterday"}, "yesterday is not a timestamp"),
    "a list": ("openvex", [], "$: expected an object, found an array"),
}


@pytest.mark.parametrize("name", VEX_CASES)
def test_a_vex_document_that_did_not_hold_is_seen(world: World, name: str) -> None:
    kind, document, expected = VEX_CASES[name]
    file = f"{PREFIX}-vex.{kind}.json"
    files = sealed(world.first, added={file: json.dumps(document).encode()})
    [found] = [line for line in failures(world.judged(files, allow_unsigned=True)) if line.startswith("vex.current")]
    assert found.startswith(f"vex.current {file}: {expected}")


def test_a_vex_document_that_holds_passes(world: World) -> None:
    document = {
        "timestamp": "2026-09-21T14:13:20Z",
        "statements": [{"action_statement": "Accepted until 2099-01-01: x"}],
    }
    files = sealed(world.first, added={f"{PREFIX}-vex.openvex.json": json.dumps(document).encode()})
    assert failures(world.judged(files, allow_unsigned=True)) == []


SOURCE_CASES: dict[str, tuple[dict[str, Any], str]] = {
    "the repository in another spelling": ({"source_repository": "git+ssh://git@github.com/ACME/small.git"}, ""),
    "another repository": (
        {"source_repository": "https://github.com/acme/small-evil"},
        "expected the repository github.com/acme/small-evil, found github.com/acme/small",
    ),
    "another commit": (
        {"source_commit": "0" * 40},
        "expected the commit 0000000000000000000000000000000000000000, found ",
    ),
    "the tag": ({"tag": "v1.0"}, ""),
    "another tag": ({"tag": "v1.1"}, "expected the tag v1.1, found the version v1.0"),
}


@pytest.mark.parametrize("name", SOURCE_CASES)
def test_the_source_is_held_against_what_is_expected(world: World, name: str) -> None:
    wanted, expected = SOURCE_CASES[name]
    found = failures(world.judged(world.first.files, **wanted))
    assert bool(found) == bool(expected)
    assert all(line.startswith(f"provenance.source {PROVENANCE}: {expected}") for line in found)


def test_a_dirty_folder_is_not_the_expected_commit(world: World) -> None:
    def soil(statement: Any) -> None:
        for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"]:
            if one["annotations"]["role"] == "source":
                one["annotations"]["dirty"] = True

    files = sealed(world.first, provenance=soil)
    found = failures(world.judged(files, allow_unsigned=True, source_repository="https://github.com/acme/small"))
    message = "the source tree differed from that commit, or its state is not stated"
    assert found == [f"provenance.source {PROVENANCE}: {message}"]


def test_a_release_from_a_tree_that_differs_says_so_first(world: World) -> None:
    def soil(statement: Any) -> None:
        for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"]:
            if one["annotations"]["role"] == "source":
                one["annotations"]["dirty"] = True

    clean = world.judged(world.first.files)
    assert "differs" not in headline(clean)
    found = world.judged(sealed(world.first, provenance=soil), allow_unsigned=True)
    assert "; made from a tree that differs from its commit; " in headline(found)
    assert found.notes[0] == "MADE FROM A TREE THAT DIFFERS FROM ITS COMMIT: which files is not recorded"
    gate = json_reader.read(json.dumps({"records": [{"stage": "check_source"}]}).encode())
    assert uncommitted_note(gate, {"dirty": "no"}) == ()
    finding = {"code": "source.changed", "path": "app.py\n\u202e"}
    plain = {"records": [{"stage": "check_source", "findings": [finding], "options": {"allow_dirty": "yes"}}]}
    assert uncommitted_note(json_reader.read(json.dumps(plain).encode()), {"dirty": "yes"}) == (
        "MADE FROM A TREE THAT DIFFERS FROM ITS COMMIT (--allow-dirty): app.py??",
    )


def test_the_chain_is_held_against_the_release_before(world: World) -> None:
    from ops.supply_chain.core.digests import sha256_bytes

    right = sha256_bytes(world.first.files[PROVENANCE])
    second = world.second.files
    assert failures(world.judged(second, previous_given=True, previous_sha256=right)) == []
    wrong = failures(world.judged(second, previous_given=True, previous_sha256="0" * 64))
    assert wrong == [
        (
            "chain.previous small-v1.1-provenance.intoto.json: "
            f"names v1.0 with provenance SHA-256 {right}, the one given has {'0' * 64}"
        )
    ]
    none = failures(world.judged(world.first.files, previous_given=True, previous_sha256=right))
    assert none == [f"chain.previous {PROVENANCE}: names no previous release, but one was given"]


def test_a_release_that_is_signed_in_part_is_refused_even_so(world: World) -> None:
    files = {**unsigned(world.first), f"{GATE}.sigstore.json": world.first.files[f"{GATE}.sigstore.json"]}
    found = world.judged(files, allow_unsigned=True)
    assert (
        "files.signed small-v1.0-checksums.txt: is not signed: small-v1.0-checksums.txt.sigstore.json is missing"
        in (failures(found))
    )


def test_a_rehearsal_is_no_release(world: World) -> None:
    found = world.judged(world.first.files, rehearsal=False)
    message = "is a rehearsal: it was signed by an ephemeral instance, which proves nothing"
    assert f"release.real small-v1.0: {message}" in failures(found)
    assert found.rehearsal


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param(lambda s: parameters(s).update(rehearsal=True), id="parameter"),
        pytest.param(lambda s: parameters(s).update(rehearsal="yes"), id="parameter of another type"),
        pytest.param(lambda s: None, id="builder"),
    ],
)
def test_a_rehearsal_is_recognised_without_its_signatures(world: World, mark: Edit) -> None:
    def edit(statement: Any) -> None:
        parameters(statement).pop("rehearsal", None)
        mark(statement)

    files = sealed(world.first, gate=lambda g: g.pop("rehearsal", None), provenance=edit)
    assert "release.real" in {line.split()[0] for line in failures(world.judged(files, rehearsal=False))}


@pytest.mark.parametrize("name", [f"{PREFIX}-trusted_root.json", "sealwright-verify.pyz"])
def test_what_is_neither_listed_nor_signed_is_refused(world: World, name: str) -> None:
    found = failures(world.judged({**unsigned(world.first), name: b"evil"}, allow_unsigned=True))
    assert found == [f"files.known {name}: is not listed, and the release is not signed"]


def test_a_verifier_beside_a_signed_release_has_to_be_signed(world: World) -> None:
    name, data = "sealwright-verify.pyz", b"verifier"
    files = {**world.first.files, name: data}
    assert failures(world.judged(files)) == [f"files.signed {name}: is not signed: {name}.sigstore.json is missing"]
    assert failures(world.judged({**files, f"{name}.sigstore.json": world.signed(data)})) == []


VERIFIER = "sealwright-verify.pyz"


def test_a_listed_verifier_is_a_released_file_like_any_other(world: World) -> None:
    files = sealed(world.first, added={VERIFIER: b"verifier"})
    found = world.judged(files, allow_unsigned=True)
    assert failures(found) == []
    assert not any("not in the checksums" in note for note in found.notes)
    covered = {
        check.code
        for check in found.checks
        for line in check.lines
        if line.subject == VERIFIER and line.outcome == "pass"
    }
    assert {"files.listed", "provenance.subjects", "gate.origin"} <= covered
    policy = vsa.policy_of(world.wanted, [])
    summary = vsa.statement(found, policy, base="urn:x:", verifier_version="1", verified_at="2026-01-01T00:00:00Z")
    assert VERIFIER in {subject["name"] for subject in json.loads(summary)["subject"]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({VERIFIER: b"other"}, f"files.listed {VERIFIER}: expected SHA-256 "),
        ({VERIFIER: None}, f"files.listed {VERIFIER}: is missing"),
        (
            {VERIFIER: None, "verify.pyz": b"verifier"},
            f"files.listed {VERIFIER}: is missing; its bytes are in verify.pyz",
        ),
    ],
)
def test_a_listed_verifier_that_was_exchanged_is_refused(
    world: World, changes: dict[str, bytes | None], expected: str
) -> None:
    files = sealed(world.first, added={VERIFIER: b"verifier"})
    whole = {name: data for name, data in {**files, **changes}.items() if data is not None}
    found = failures(world.judged(whole, allow_unsigned=True))
    assert any(line.startswith(expected) for line in found), found


def test_a_verifier_that_only_the_provenance_names_is_refused(world: World) -> None:
    files = sealed(world.first, added={VERIFIER: b"verifier"})
    rows = files[CHECKSUMS].splitlines(keepends=True)
    files[CHECKSUMS] = b"".join(row for row in rows if VERIFIER.encode() not in row)
    found = failures(world.judged(files, allow_unsigned=True))
    assert f"provenance.subjects {VERIFIER}: is a subject of the provenance, but cannot be one" in found


def test_what_no_schema_was_held_against_is_named(world: World) -> None:
    assert f"not validated against a schema: {SPDX}, {SPDX3}" in world.judged(world.first.files).notes

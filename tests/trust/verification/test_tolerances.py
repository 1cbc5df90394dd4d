"""What is accepted although it is wrong is told as wrong: nothing that is tolerated is ever called a pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.files.verification import Verification
from ops.supply_chain.contracts.values.release_naming import KEPT_SUFFIXES
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.trust.verification import report, vsa
from tests.trust.verification.sealing import PREFIX, sealed, unsigned
from tests.trust.verification.world import World, failures, tolerated

REAL = f"rehearsal release.real fail {PREFIX}: is a rehearsal: it was signed by an ephemeral instance, which proves nothing"
UNSIGNED = [
    f"unsigned files.signed fail {PREFIX}: digests published, not signed: there is no bundle",
    f"unsigned attestations.signed fail {PREFIX}: digests published, not signed: there is no attestation",
]


def deny(gate: Any) -> None:
    gate["verdict"].update(decision="deny", outcome="not-examined")
    gate["verdict"]["rules"][0].update(outcome="not-examined")
    gate["records"][0].update(outcome="fail")
    gate["records"][1].update(outcome="not-examined")


DENIED = [
    "rehearsal gate.gates fail bundle_evidence: ended fail",
    "rehearsal gate.gates fail generate_sbom: ended not-examined",
    "rehearsal gate.verdict fail verdict: is deny (not-examined)",
    "rehearsal gate.verdict fail verdict: base.components ended not-examined",
]


def words(found: Verification) -> dict[str, str]:
    """The first word of each check's line in the text, by the check's title."""
    lines = [line for line in report.text(found).splitlines() if not line.startswith((" ", "note"))][1:]
    return {line[14:].partition(" (")[0]: line[:13].strip() for line in lines}


def test_a_rehearsal_in_which_the_policy_denied_says_fail_and_never_pass(world: World) -> None:
    found = world.judged(sealed(world.first, gate=deny), allow_unsigned=True)
    assert (found.ruling, found.outcome) == (Outcome.PASS, Outcome.FAIL)
    assert tolerated(found) == [*UNSIGNED, REAL, *DENIED]
    said = words(found)
    assert said["Every gate passed"] == "FAIL"
    assert said["The policy allows this release, and its verdict is the one that the provenance names"] == "FAIL"
    assert said["It is a release, not a rehearsal"] == "FAIL"
    assert "FAIL          Every gate passed (0 of 2); accepted, because this is a rehearsal" in report.text(found)


def test_a_signed_rehearsal_is_called_one_and_says_why_it_would_be_refused(world: World) -> None:
    found = world.judged(world.first.files)
    assert tolerated(found) == [REAL]
    assert report.headline(found) == (
        "small v1.0: verified as a rehearsal; no other check would keep a real release from verifying"
    )


def test_the_headline_names_three_reasons_and_counts_the_others(world: World) -> None:
    found = report.headline(world.judged(sealed(world.first, gate=deny), allow_unsigned=True))
    assert found == (
        "small v1.0: consistent as a rehearsal; digests published, not signed; a real release would not verify, because "
        "small-v1.0: digests published, not signed: there is no bundle; "
        "small-v1.0: digests published, not signed: there is no attestation; "
        "bundle_evidence: ended fail; and 3 more"
    )


def test_the_same_without_the_option_is_refused(world: World) -> None:
    found = world.judged(sealed(world.first, gate=deny), rehearsal=False)
    assert tolerated(found) == []
    wrong = [line.split(" ", 1)[1].replace(" fail ", " ", 1) for line in [*UNSIGNED, REAL, *DENIED]]
    assert failures(found) == wrong
    assert found.ruling is Outcome.FAIL
    assert report.headline(found) == "small v1.0 (a rehearsal, not a release): NOT VERIFIED, do not use it"


def real(statement: Any) -> None:
    statement["predicate"]["buildDefinition"]["externalParameters"].pop("rehearsal", None)
    builder = statement["predicate"]["runDetails"]["builder"]
    builder["id"] = builder["id"].removesuffix(":rehearsal")


def test_a_real_release_that_was_denied_is_refused_where_a_rehearsal_would_be_accepted(world: World) -> None:
    """`--rehearsal` tolerates what a rehearsal goes past; a real release goes past nothing."""

    def denied(gate: Any) -> None:
        deny(gate)
        gate.pop("rehearsal", None)

    found = world.judged(sealed(world.first, gate=denied, provenance=real), allow_unsigned=True)
    assert not found.rehearsal
    assert tolerated(found) == UNSIGNED
    assert failures(found) == [line.removeprefix("rehearsal ").replace(" fail ", " ", 1) for line in DENIED]


def test_a_gate_that_the_provenance_calls_failed_is_tolerated_in_a_rehearsal_only(world: World) -> None:
    def edit(statement: Any) -> None:
        statement["predicate"]["runDetails"]["byproducts"][-1]["annotations"].update(outcome="fail")

    files = sealed(world.first, provenance=edit)
    said = "gate.gates fail record/evaluate_policy: ended fail according to the provenance"
    assert f"rehearsal {said}" in tolerated(world.judged(files, allow_unsigned=True))
    assert said.replace(" fail ", " ", 1) in failures(world.judged(files, allow_unsigned=True, rehearsal=False))


NEVER: dict[str, Callable[[Any], None]] = {
    "a record of another release": lambda g: g["records"][0].update(version="v9"),
    "a record that occurs twice": lambda g: g["records"].append(g["records"][0]),
    "a verdict on another release": lambda g: g["verdict"].update(component="other"),
}


@pytest.mark.parametrize("name", NEVER)
def test_a_rehearsal_tolerates_no_damage(world: World, name: str) -> None:
    found = world.judged(sealed(world.first, gate=NEVER[name]), allow_unsigned=True)
    assert failures(found) != []
    assert found.ruling is Outcome.FAIL


def test_what_is_not_signed_is_refused_unless_that_is_allowed_and_is_no_pass_even_then(world: World) -> None:
    files = sealed(world.first, gate=lambda g: g.pop("rehearsal", None), provenance=real)
    refused = world.judged(files, rehearsal=False)
    assert failures(refused) == [line.removeprefix("unsigned ").replace(" fail ", " ", 1) for line in UNSIGNED]
    allowed = world.judged(files, rehearsal=False, allow_unsigned=True)
    assert (allowed.ruling, allowed.outcome, allowed.signed) == (Outcome.PASS, Outcome.FAIL, False)
    assert tolerated(allowed) == UNSIGNED
    assert report.headline(allowed) == "small v1.0: consistent; digests published, not signed"
    title = "Every file is signed by an identity that was authorized when it signed"
    assert f"FAIL          {title} (0 of 1); accepted, because no signature is required" in report.text(allowed)
    assert allowed.notes[0].startswith("digests published, not signed")
    assert allowed.level.build == 1


def test_a_made_up_identity_is_told(world: World) -> None:
    found = world.judged(world.first.files, identity_ephemeral=True)
    said = (
        f"identities.published fail {PREFIX}: no identity is configured: this rehearsal was signed by an ephemeral one"
    )
    assert tolerated(found) == [f"rehearsal {said}", REAL]
    assert said.replace(" fail ", " ", 1) in failures(
        world.judged(world.first.files, identity_ephemeral=True, rehearsal=False)
    )


@pytest.mark.parametrize("signed", [True, False])
def test_a_summary_passes_only_where_nothing_was_tolerated(world: World, signed: bool) -> None:
    files = world.first.files if signed else unsigned(world.first)
    found = world.judged(files, allow_unsigned=True)
    policy = vsa.policy_of(world.wanted, [])
    predicate = json.loads(
        vsa.statement(found, policy, base="urn:x:", verifier_version="1", verified_at="2026-01-01T00:00:00Z")
    )["predicate"]
    assert found.ruling is Outcome.PASS
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert predicate["sealwright_rehearsal"] is True
    assert predicate["verifier"]["id"] == "urn:x:verifier:v1:rehearsal"


def test_the_document_tells_outcome_and_ruling_apart(world: World) -> None:
    document = report.document(world.judged(sealed(world.first, gate=deny), allow_unsigned=True), verified_at="now")
    assert (document["outcome"], document["ruling"], document["rehearsal"]) == ("fail", "pass", True)
    assert document["tolerated"] == ["rehearsal", "unsigned"]
    gates = next(one for one in document["checks"] if one["code"] == "gate.gates")
    assert (gates["outcome"], gates["ruling"]) == ("fail", "pass")
    assert {line["tolerated"] for line in gates["lines"]} == {"rehearsal"}


def test_markdown_says_what_was_accepted(world: World) -> None:
    found = report.as_markdown(world.judged(sealed(world.first, gate=deny), allow_unsigned=True))
    assert "| Every gate passed (`gate.gates`) | FAIL; accepted, because this is a rehearsal | 0 of 2 |" in found
    section = found.partition("## Accepted here, but would keep a real release from verifying\n\n")[2]
    assert "- `verdict`: is deny (not-examined)" in section.partition("\n\n")[0].splitlines()


def retained(world: World, **changes: bytes) -> dict[str, bytes]:
    """The first release as it is retained: with a report, a summary and the manifest."""
    found = world.judged(world.first.files)
    policy = vsa.policy_of(world.wanted, [])
    summary = vsa.statement(found, policy, base=URI_BASE, verifier_version="1", verified_at="2026-01-01T00:00:00Z")
    kept = {
        "verification.json": json.dumps(report.document(found, verified_at="2026-01-01T00:00:00Z")).encode(),
        "verification.md": report.as_markdown(found).encode(),
        "vsa.json": summary,
    }
    files = {**world.first.files, **{PREFIX + KEPT_SUFFIXES[name]: data for name, data in kept.items()}, **changes}
    rows = [
        {"name": name, "sha256": one.sha256, "size": one.size}
        for name, one in ((one.name, one) for one in world.given(files).values())
    ]
    return {**files, "manifest.json": json.dumps({"component": "small", "version": "v1.0", "files": rows}).encode()}


def test_a_retained_release_with_its_report_verifies_again(world: World) -> None:
    found = world.judged(retained(world))
    assert failures(found) == []
    assert (
        f"UNSIGNED, and nothing was concluded from them: manifest.json, {PREFIX}-verification.json, "
        f"{PREFIX}-verification.md, {PREFIX}-verification.vsa.json"
    ) in found.notes
    assert (
        f"not in the checksums: {PREFIX}-trusted_root.json: the bytes are signed, but no signature binds them to these names"
    ) in found.notes
    [known] = [check for check in found.checks if check.code == "files.known"]
    said = "is the report of its maker: not signed, and nothing was concluded from it"
    assert [line.subject for line in known.lines if line.message == said] == [
        f"{PREFIX}-verification.json",
        f"{PREFIX}-verification.md",
        f"{PREFIX}-verification.vsa.json",
    ]


REPORT, SUMMARY = f"{PREFIX}-verification.json", f"{PREFIX}-verification.vsa.json"
KEPT_CASES: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "without a manifest": (
        lambda files: files.pop("manifest.json"),
        f"files.known {REPORT}: is not part of a release, and there is no manifest.json, which a retained release has",
    ),
    "of other files": (
        lambda files: files.update({REPORT: files[REPORT].replace(b'"sha256": "', b'"sha256": "0', 1)}),
        f"files.known {REPORT}: is about other files",
    ),
    "no JSON": (
        lambda files: files.update({REPORT: b"{"}),
        f"files.known {REPORT}: $: not valid JSON: ",
    ),
    "gone, and its Markdown is not": (
        lambda files: files.pop(REPORT),
        f"files.known {PREFIX}-verification.md: exists without {REPORT}",
    ),
    "a summary by another verifier": (
        lambda files: files.update({SUMMARY: files[SUMMARY].replace(b"urn:sealwright:verifier", b"urn:other:verifier")}),
        f"files.known {SUMMARY}: is by another verifier: urn:other:verifier:v1",
    ),
    "a summary of another version": (
        lambda files: files.update({SUMMARY: files[SUMMARY].replace(b"small@v1.0", b"small@v2.0")}),
        f"files.known {SUMMARY}: is about another release: pkg:generic/small@v2.0",
    ),
    "a summary of another component": (
        lambda files: files.update({SUMMARY: files[SUMMARY].replace(b"generic/small@", b"generic/large@")}),
        f"files.known {SUMMARY}: is about another release: pkg:generic/large@v1.0",
    ),
    "a report of another version": (
        lambda files: files.update({REPORT: files[REPORT].replace(b'"version": "v1.0"', b'"version": "v2.0"')}),
        f"files.known {REPORT}: is about another release: small-v2.0",
    ),
    "a summary of something else": (
        lambda files: files.update({f"{PREFIX}-verification.vsa.json": b'{"predicateType": "x", "subject": []}'}),
        (f"files.known {PREFIX}-verification.vsa.json: $.predicateType: expected "
        "https://slsa.dev/verification_summary/v1, found x"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT_CASES)
def test_a_report_that_is_not_this_releases_is_seen(world: World, name: str) -> None:
    edit, expected = KEPT_CASES[name]
    files = retained(world)
    edit(files)
    assert any(line.startswith(expected) for line in failures(world.judged(files))), failures(world.judged(files))


def test_two_packages_of_one_name_and_version_are_accepted_and_that_is_said(world: World) -> None:
    name = f"{PREFIX}-sbom.cdx.json"

    def twice(document: Any) -> None:
        document["components"].append({**document["components"][0], "bom-ref": "another"})

    found = world.judged(sealed(world.first, documents={name: twice}), allow_unsigned=True)
    [check] = [one for one in found.checks if one.code == "sbom.valid"]
    assert [(line.outcome, line.message) for line in check.lines if line.subject == name] == [
        ("pass", "are consistent; packages from several folders may share one name and version")
    ]
    assert check_document(json.loads(sealed(world.first, documents={name: twice})[name])) != ()


@pytest.mark.parametrize("change", [{"component": "large"}, {"version": "v2.0"}])
def test_the_manifest_of_another_release_is_refused(world: World, change: dict[str, str]) -> None:
    files = retained(world)
    files["manifest.json"] = json.dumps({**json.loads(files["manifest.json"]), **change}).encode()
    [problem] = failures(world.judged(files))
    assert problem.startswith("files.known manifest.json: is the manifest of another release: ")

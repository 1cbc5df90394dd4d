"""A release that is no rehearsal, signed by a published identity: the one case that is called verified, and its summary.

The world's instance marks everything that it signs as a rehearsal. Here those marks are taken for another
instance's, and the documents are made and signed as a real release's.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ops.supply_chain.contracts.files.verification import GivenFile, Verification
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import further_in
from ops.supply_chain.trust.verification import report, verify, vsa
from tests.trust.verification.sealing import PREFIX, PROVENANCE, sealed
from tests.trust.verification.test_evidence import SIGNER, Hosted
from tests.trust.verification.test_tolerances import real
from tests.trust.verification.world import World, failures

ROOT, SBOM = f"{PREFIX}-trusted_root.json", f"{PREFIX}-sbom.attestation.sigstore.json"
AT = "2026-11-21T00:00:00Z"


def unmarked(gate: Any) -> None:
    gate.pop("rehearsal", None)


@pytest.fixture(scope="module")
def files(world: World) -> dict[str, bytes]:
    """The first release as a real one, signed whole."""
    whole = {**sealed(world.first, gate=unmarked, provenance=real), ROOT: world.first.files[ROOT]}
    signed = {f"{name}.sigstore.json": world.signed(data) for name, data in whole.items()}
    statement = json.loads(base64.b64decode(json.loads(world.first.files[SBOM])["dsseEnvelope"]["payload"]))
    subjects = json.loads(whole[PROVENANCE])["subject"]
    signed[SBOM] = world.attested(plain_json.dump({**statement, "subject": subjects}))
    signed[f"{PREFIX}-provenance.attestation.sigstore.json"] = world.attested(whole[PROVENANCE])
    return {**whole, **signed}


@pytest.fixture(autouse=True)
def _another_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "REHEARSAL_HOSTS", b"another.invalid")
    monkeypatch.setattr(verify, "REHEARSAL_ORGANISATION", b"another organisation")


def judged(world: World, files: dict[str, bytes], **wanted: Any) -> Verification:
    return world.judged(files, **{"rehearsal": False, **wanted})


def summary(world: World, found: Verification, **more: Any) -> Any:
    policy = vsa.policy_of(world.wanted, [])
    return json.loads(vsa.statement(found, policy, base="urn:x:", verifier_version="1", verified_at=AT, **more))


def test_it_is_verified_and_nothing_was_tolerated(world: World, files: dict[str, bytes]) -> None:
    found = judged(world, files)
    assert failures(found) == []
    assert (found.outcome, found.ruling, found.signed, found.rehearsal) == (Outcome.PASS, Outcome.PASS, True, False)
    assert report.headline(found) == "small v1.0: verified"
    assert found.level.build == 1
    assert "FAIL" not in report.text(found)
    assert report.document(found, verified_at=AT)["tolerated"] == []


def test_options_that_tolerate_change_nothing_where_there_is_nothing_to_tolerate(
    world: World, files: dict[str, bytes]
) -> None:
    found = judged(world, files, rehearsal=True, allow_unsigned=True)
    assert (found.outcome, found.tolerated) == (Outcome.PASS, ())


def test_the_summary_is_as_slsa_has_it(world: World, files: dict[str, bytes]) -> None:
    statement = summary(world, judged(world, files))
    predicate = statement["predicate"]
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/verification_summary/v1",
    )
    released = [name for name in sorted(files) if not name.endswith(".sigstore.json") and name != ROOT]
    assert statement["subject"] == [{"name": one, "digest": {"sha256": sha256_bytes(files[one])}} for one in released]
    inputs = sorted([*(name for name in files if name.endswith(".sigstore.json")), PROVENANCE])
    assert predicate["inputAttestations"] == [
        {"uri": one, "digest": {"sha256": sha256_bytes(files[one])}} for one in inputs
    ]
    policy = sha256_bytes(plain_json.dump(vsa.policy_of(world.wanted, [])))
    expected = {
        "verifier": {"id": "urn:x:verifier:v1", "version": {"sealwright": "1"}},
        "timeVerified": AT,
        "resourceUri": "pkg:generic/small@v1.0",
        "policy": {"uri": "urn:x:policy:verification:v1", "digest": {"sha256": policy}},
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_1"],
        "slsaVersion": "1.2",
    }
    assert {key: value for key, value in predicate.items() if key != "inputAttestations"} == expected


def test_the_summary_of_what_does_not_verify_claims_no_level(world: World, files: dict[str, bytes]) -> None:
    predicate = summary(world, judged(world, {**files, PROVENANCE: files[PROVENANCE] + b" "}))["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"])


def test_there_is_no_summary_of_what_could_not_be_examined(world: World, files: dict[str, bytes]) -> None:
    found = judged(world, files, checker=world.examiner_for(()))
    assert found.ruling is Outcome.NOT_EXAMINED
    assert report.headline(found) == "small v1.0: not verified, because not everything could be examined"
    with pytest.raises(ValueError, match="a verification summary needs a verification"):
        summary(world, found)


def test_hosted_provenance_raises_the_level_and_is_an_input(world: World, files: dict[str, bytes]) -> None:
    hosted = Hosted(world)
    assert {name: files[name] for name in hosted.files} == hosted.files
    bundle = world.attested(hosted.statement(SIGNER), identity=SIGNER, claims=hosted.claims())
    found = judged(world, files, further=tuple(further_in("gh.jsonl", bundle, world.checker)))
    evidence = GivenFile(name="gh.jsonl", sha256=sha256_bytes(bundle), size=len(bundle))
    predicate = summary(world, found, further=(evidence,))["predicate"]
    assert predicate["verifiedLevels"] == ["SLSA_BUILD_LEVEL_2"]
    assert {"uri": "gh.jsonl", "digest": {"sha256": evidence.sha256}} in predicate["inputAttestations"]


def test_names_in_the_resource_are_escaped(world: World, files: dict[str, bytes]) -> None:
    from dataclasses import replace

    found = replace(judged(world, files), component="a@b", version="1.0+x/y")
    assert summary(world, found)["predicate"]["resourceUri"] == "pkg:generic/a%40b@1.0%2Bx%2Fy"


def test_every_line_has_a_command_but_what_only_we_can_check(world: World, files: dict[str, bytes]) -> None:
    found = judged(world, files, source_commit=json.loads(files[PROVENANCE])["predicate"]["buildDefinition"][
        "externalParameters"]["source"]["digest"]["gitCommit"])  # fmt: skip
    without = {one.code for one in found.checks for line in one.lines if not line.command}
    assert without == {"release.real", "sbom.valid", "sbom.schema"}
    signed = next(one for one in found.checks if one.code == "files.signed")
    assert signed.lines[0].command == (
        f'cosign verify-blob --bundle {PREFIX}-checksums.txt.sigstore.json --trusted-root "$TRUSTED_ROOT" '
        f"--certificate-identity {SIGNER} --certificate-oidc-issuer https://token.actions.githubusercontent.com "
        f"{PREFIX}-checksums.txt"
    )  # fmt: skip


def test_a_run_for_another_commit_is_noted(world: World, files: dict[str, bytes]) -> None:
    """The instance's tokens name a made-up commit, and the repository of the release."""
    notes = judged(world, files).notes
    assert f"the workflow that signed ran at commit {'0' * 40}, not at the commit in the provenance" in notes
    assert not [note for note in notes if "ran for" in note]
    other = world.signed(files[f"{PREFIX}-gate.json"], identity="https://github.com/acme/x/.github/workflows/r.yml@refs/heads/m",
                         issuer="https://token.actions.githubusercontent.com")  # fmt: skip
    notes = judged(world, {**files, f"{PREFIX}-gate.json.sigstore.json": other}).notes
    assert "the workflow that signed ran for github.com/acme/x, not for the source in the provenance" in notes

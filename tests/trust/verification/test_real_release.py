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
from tests.trust.verification.sealing import PREFIX, PROVENANCE, Edit, sealed
from tests.trust.verification.test_evidence import SIGNER, Hosted
from tests.trust.verification.test_tolerances import real
from tests.trust.verification.world import World, failing, failures

ROOT, SBOM = f"{PREFIX}-trusted_root.json", f"{PREFIX}-sbom.attestation.sigstore.json"
AT = "2026-11-21T00:00:00Z"


def unmarked(gate: Any) -> None:
    gate.pop("rehearsal", None)


@pytest.fixture(scope="module")
def files(world: World) -> dict[str, bytes]:
    """The first release as a real one, signed whole by a run for its commit."""
    return signed_whole(world, {"sha": commit_of(world)})


def commit_of(world: World) -> str:
    """The commit that the provenance of the first release names."""
    statement = json.loads(world.first.files[PROVENANCE])
    commit: str = statement["predicate"]["buildDefinition"]["externalParameters"]["source"]["digest"]["gitCommit"]
    return commit


def signed_whole(world: World, claims: dict[str, str], provenance: Edit = real) -> dict[str, bytes]:
    """The first release as a real one, signed by a run with these claims."""
    whole = {**sealed(world.first, gate=unmarked, provenance=provenance), ROOT: world.first.files[ROOT]}
    signed = {f"{name}.sigstore.json": world.signed(data, claims=claims) for name, data in whole.items()}
    statement = json.loads(base64.b64decode(json.loads(world.first.files[SBOM])["dsseEnvelope"]["payload"]))
    subjects = json.loads(whole[PROVENANCE])["subject"]
    signed[SBOM] = world.attested(plain_json.dump({**statement, "subject": subjects}), claims=claims)
    signed[f"{PREFIX}-provenance.attestation.sigstore.json"] = world.attested(whole[PROVENANCE], claims=claims)
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
        "sealwright_weakened": [],
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


OTHER_RUNS = {
    "another repository": (
        {"repository": "evil/attacker"},
        {},
        "github.com/evil/attacker, not for github.com/acme/small (in the provenance)",
    ),
    "another commit": ({"sha": "f" * 40}, {}, f"{'f' * 40}, not for "),
    "no commit": ({"sha": "0" * 40}, {}, f"{'0' * 40}, not for "),
    "another tag": (
        {"ref": "refs/tags/v0.9"},
        {"tag": "v1.0"},
        "refs/tags/v0.9, not for refs/tags/v1.0 (expected)",
    ),
    "another repository than expected": (
        {},
        {"source_repository": "https://github.com/acme/large"},
        "github.com/acme/small, not for github.com/acme/large (expected)",
    ),
    "another commit than expected": ({}, {"source_commit": "e" * 40}, f"not for {'e' * 40} (expected)"),
}


@pytest.mark.parametrize("name", OTHER_RUNS)
def test_a_run_for_another_source_is_refused(world: World, files: dict[str, bytes], name: str) -> None:
    claims, wanted, problem = OTHER_RUNS[name]
    signed = signed_whole(world, {"sha": commit_of(world), **claims}) if claims else files
    found = judged(world, signed, **wanted)
    assert "signatures.source" in failing(found)
    assert problem in "\n".join(failures(found))
    assert summary(world, found)["predicate"]["verificationResult"] == "FAILED"


def test_one_signature_by_a_run_for_another_repository_is_enough(world: World, files: dict[str, bytes]) -> None:
    claims = {"sha": commit_of(world), "repository": "evil/attacker"}
    gate = {f"{PREFIX}-gate.json.sigstore.json": world.signed(files[f"{PREFIX}-gate.json"], claims=claims)}
    assert failing(judged(world, {**files, **gate})) == {"signatures.source"}


def test_the_recorded_tag_is_compared_with_the_run_and_with_the_customers(world: World) -> None:
    def tagged(statement: Any) -> None:
        real(statement)
        statement["predicate"]["buildDefinition"]["externalParameters"]["tag"] = "small/v1.0"

    claims = {"sha": commit_of(world), "ref": "refs/tags/small/v1.0"}
    signed = signed_whole(world, claims, tagged)
    assert failures(judged(world, signed, tag="small/v1.0")) == []
    assert failing(judged(world, signed, tag="large/v1.0")) == {"provenance.source", "signatures.source"}
    elsewhere = signed_whole(world, {**claims, "ref": "refs/tags/v1.0"}, tagged)
    assert failing(judged(world, elsewhere)) == {"signatures.source"}


def test_a_run_that_can_be_compared_with_nothing_is_not_examined(world: World) -> None:
    """A reusable workflow has one name for all its callers: without a stated source, nothing says for whom it ran."""

    def silent(statement: Any) -> None:
        real(statement)
        del statement["predicate"]["buildDefinition"]["externalParameters"]["source"]

    signed = signed_whole(world, {"sha": commit_of(world)}, silent)
    [check] = [check for check in judged(world, signed).checks if check.code == "signatures.source"]
    assert check.outcome is Outcome.NOT_EXAMINED
    assert "not compared: the release states no source repository and no commit" in check.lines[0].message


RIGHT_RUNS = {
    "a branch, tagged later": ({"ref": "refs/heads/main"}, {"tag": "v1.0"}),
    "its tag": ({"ref": "refs/tags/v1.0"}, {"tag": "v1.0"}),
    "a workflow that another one calls": ({"workflow_ref": "acme/large/.github/workflows/r.yml@refs/heads/x"}, {}),
    "started by hand": ({"event_name": "workflow_dispatch", "ref": "refs/heads/release"}, {"tag": "v1.0"}),
}


@pytest.mark.parametrize("name", RIGHT_RUNS)
def test_what_may_differ_between_run_and_release_passes(world: World, name: str) -> None:
    claims, wanted = RIGHT_RUNS[name]
    found = judged(world, signed_whole(world, {"sha": commit_of(world), **claims}), **wanted)
    assert failures(found) == []
    assert "signatures.source" in {line.code for line in found.checks}

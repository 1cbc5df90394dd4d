"""Forgeries that are well signed, by somebody: by another identity, at another time, under another root."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.rehearsal.support import signed
from tests.trust.verification.sealing import CHECKSUMS, GATE, PREFIX, PROVENANCE, sealed
from tests.trust.verification.world import IDENTITIES, WORKFLOW, World, failing, failures

MALLORY = "mallory@example.org"
LOOK_ALIKES = {
    "a longer repository": WORKFLOW.replace("acme/small", "acme/small-evil"),
    "a longer branch": f"{WORKFLOW}-evil",
    "another host": WORKFLOW.replace("github.com", "github.com.evil.org"),
    "another case": WORKFLOW.replace("acme", "Acme"),
    "another workflow": WORKFLOW.replace("release.yml", "test.yml"),
    "the name inside another": f"https://evil.org/?{WORKFLOW}",
}


def by(world: World, name: str, **who: str) -> dict[str, bytes]:
    """The first release with one file signed by somebody else."""
    return world.first.replaced({f"{name}.sigstore.json": world.signed(world.first.files[name], **who)})


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_identity_is_refused(world: World, name: str) -> None:
    found = world.judged(by(world, GATE, identity=LOOK_ALIKES[name], issuer=GITHUB_ISSUER))
    [line] = failures(found)
    assert line.startswith(f"files.signed {GATE}: is signed by {LOOK_ALIKES[name]}, issuer {GITHUB_ISSUER}, on ")
    assert line.endswith("which is no published identity")


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_identity_is_refused_by_an_expression_too(world: World, name: str) -> None:
    pattern = r"https://github\.com/acme/small/\.github/workflows/release\.yml@refs/heads/main"
    checker = world.examiner_for((SigningIdentity(identity_regex=pattern, issuer=GITHUB_ISSUER),))
    assert world.judged(world.first.files, checker=checker).ruling is Outcome.PASS
    forged = by(world, GATE, identity=LOOK_ALIKES[name], issuer=GITHUB_ISSUER)
    assert failing(world.judged(forged, checker=checker)) == {"files.signed"}


def test_another_issuer_is_refused(world: World) -> None:
    issuer = "https://token.actions.githubusercontent.com.evil.org"
    [line] = failures(world.judged(by(world, CHECKSUMS, identity=WORKFLOW, issuer=issuer)))
    assert f"issuer {issuer}, on " in line
    assert line.endswith(f"no published identity (an identity of that name has the issuer {GITHUB_ISSUER})")


@pytest.mark.parametrize(
    ("dates", "why"),
    [({"until": "2020-12-31"}, "expired on 2020-12-31"), ({"since": "2099-01-01"}, "is valid from 2099-01-01")],
)
def test_an_identity_outside_its_dates_is_refused(world: World, dates: dict[str, str], why: str) -> None:
    checker = world.examiner_for(tuple(msgspec.structs.replace(one, **dates) for one in IDENTITIES))
    found = failures(world.judged(world.first.files, checker=checker))
    assert len(found) == 8 + 4
    assert all(f"(an identity of that name {why}, but the signature is from " in line for line in found)


@pytest.mark.parametrize("services", [("rekor", "tsa"), ("rekor",), ("tsa",)])
def test_a_certificate_that_had_expired_is_refused(world: World, services: tuple[Any, ...]) -> None:
    data = world.first.files[GATE]
    with_right_clocks = world.instance.clocks
    try:
        for service in services:
            with_right_clocks.set_wrong(service, timedelta(minutes=11))
        late = world.signed(data)
    finally:
        for service in services:
            with_right_clocks.set_wrong(service, timedelta())
    [line] = failures(world.judged(world.first.replaced({f"{GATE}.sigstore.json": late})))
    assert line.startswith(f"files.signed {GATE}: does not verify: ")


def test_an_edited_provenance_with_a_fresh_signature_by_another_is_refused(world: World) -> None:
    def edit(statement: Any) -> None:
        statement["predicate"]["buildDefinition"]["externalParameters"]["policyProfiles"] = []

    forged = sealed(world.first, provenance=edit)
    changes: dict[str, bytes | None] = {PROVENANCE: forged[PROVENANCE], CHECKSUMS: forged[CHECKSUMS]}
    for name in (PROVENANCE, CHECKSUMS):
        changes[f"{name}.sigstore.json"] = world.signed(forged[name], identity=MALLORY)
    attested = world.attested(forged[PROVENANCE], identity=MALLORY)
    files = world.first.replaced({**changes, f"{PREFIX}-provenance.attestation.sigstore.json": attested})
    assert {"files.signed", "attestations.signed"} <= failing(world.judged(files))


def test_a_provenance_by_us_over_other_bytes_than_the_released_ones_is_refused(world: World) -> None:
    other = world.attested(world.second.files["small-v1.1-provenance.intoto.json"])
    name = f"{PREFIX}-provenance.attestation.sigstore.json"
    found = failures(world.judged(world.first.replaced({name: other})))
    assert found == [f"attestations.signed {name}: does not contain the bytes of {PROVENANCE}"]


SBOM_STATEMENTS: dict[str, tuple[Callable[[Any], None], str]] = {
    "another predicate": (lambda s: s.update(predicate={"bomFormat": "CycloneDX"}), "$.predicate: matches none of "),
    "another predicate type": (
        lambda s: s.update(predicateType="https://spdx.dev/Document"),
        "$.predicateType: expected https://cyclonedx.org/bom, found https://spdx.dev/Document",
    ),
    "other subjects": (
        lambda s: s["subject"].pop(),
        "$.subject: does not name exactly the released files",
    ),
}


@pytest.mark.parametrize("name", SBOM_STATEMENTS)
def test_an_sbom_attestation_that_says_something_else_is_refused(world: World, name: str) -> None:
    edit, expected = SBOM_STATEMENTS[name]
    bundle = f"{PREFIX}-sbom.attestation.sigstore.json"
    envelope = json.loads(world.first.files[bundle])["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    edit(statement)
    forged = world.attested(json.dumps(statement).encode())
    [line] = failures(world.judged(world.first.replaced({bundle: forged})))
    assert line.startswith(f"attestations.signed {bundle}: {expected}")


def test_a_rehearsal_never_verifies_against_the_production_root(world: World) -> None:
    checker = world.examiner_for(IDENTITIES, embedded_root().path.read_bytes())
    found = world.judged(world.first.files, checker=checker)
    assert failing(found) == {"files.signed", "attestations.signed"}
    assert not found.signed


def test_another_instance_of_the_same_name_proves_nothing(world: World) -> None:
    with RehearsalInstance(world.instance.options) as other:
        bundle = signed(other, world.first.files[GATE]).to_json().encode()
    [line] = failures(world.judged(world.first.replaced({f"{GATE}.sigstore.json": bundle})))
    assert line.startswith(f"files.signed {GATE}: does not verify: ")


def test_the_root_in_the_release_is_never_trusted_by_itself(world: World) -> None:
    """A forger who brings an instance, a root and a whole release of his own is refused all the same."""
    with RehearsalInstance(world.instance.options) as other:
        root = other.trusted_root_json.encode()
        files = world.first.replaced({f"{PREFIX}-trusted_root.json": root})
        for name in [one for one in files if f"{one}.sigstore.json" in files]:
            files[f"{name}.sigstore.json"] = signed(other, files[name]).to_json().encode()
    found = world.judged(files)
    assert "files.signed" in failing(found)
    assert not found.signed
    assert any("was not trusted" in note for note in found.notes)


def test_without_an_identity_nobody_is_trusted_and_nothing_passes(world: World) -> None:
    found = world.judged(world.first.files, checker=world.examiner_for(()))
    assert found.ruling is Outcome.NOT_EXAMINED
    assert all("no authorized signer was given; it is signed by " in line for line in failures(found))


def test_a_signature_of_ours_from_before_is_kept_when_identities_rotate(world: World) -> None:
    newer = replace_identity(identity="https://github.com/acme/new/.github/workflows/r.yml@refs/heads/main")
    checker = world.examiner_for((newer, *IDENTITIES))
    assert world.judged(world.first.files, checker=checker).ruling is Outcome.PASS


def replace_identity(**changes: str) -> SigningIdentity:
    return msgspec.structs.replace(IDENTITIES[0], **changes)

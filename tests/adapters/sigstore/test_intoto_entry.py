"""A statement that the log took in as `intoto` 0.0.2 verifies, and only with an entry about exactly this statement."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.signer import SigningRequest
from ops.supply_chain.contracts.values.verified_bundle import TimeSource
from ops.supply_chain.rehearsal import rekor_v1
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from tests.fakes.signing import Batch, clear_platform, statement_of

GITHUB = "https://token.actions.githubusercontent.com"
ENTRY_NUMBERS = itertools.count()
Edit = Callable[[dict[str, Any]], None]


class World(NamedTuple):
    """A running instance, a bundle that it signed, and the verifier that trusts it."""

    instance: RehearsalInstance
    bundle: dict[str, Any]
    other: dict[str, Any]
    verifier: BundleVerifier


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, RehearsalInstance() as instance:
        clear_platform(patch)
        batch = Batch(
            instance, tmp_path_factory.mktemp("batch"), token=lambda: instance.identity_token(GITHUB_IDENTITY, GITHUB)
        )
        batch.sign([SigningRequest(key=text, statement=statement_of(text)) for text in ("hello", "other")])
        bundles = [json.loads(batch.made[text].data) for text in ("hello", "other")]
        yield World(instance, bundles[0], bundles[1], BundleVerifier(instance.trusted_root_json.encode()))


def body_of(bundle: dict[str, Any], *, twice: bool = True) -> dict[str, Any]:
    """Return what Rekor v1 writes for an entry of the kind `intoto`; real ones encode the signature twice."""
    envelope = bundle["dsseEnvelope"]
    material = bundle["verificationMaterial"]
    raw = (material.get("certificate") or material["x509CertificateChain"]["certificates"][0])["rawBytes"]
    lines = "\n".join(raw[start : start + 64] for start in range(0, len(raw), 64))
    certificate = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    signature = envelope["signatures"][0]["sig"]
    written = base64.b64encode(signature.encode()).decode() if twice else signature
    digest = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
    signatures = [{"publicKey": base64.b64encode(certificate.encode()).decode(), "sig": written}]
    content = {
        "envelope": {"payloadType": envelope["payloadType"], "signatures": signatures},
        "hash": {"algorithm": "sha256", "value": f"{next(ENTRY_NUMBERS):064x}"},  # a log takes no entry twice
        "payloadHash": {"algorithm": "sha256", "value": digest},
    }
    return {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": content}}


def logged(world: World, body: dict[str, Any], *, after: timedelta = timedelta()) -> dict[str, Any]:
    """Return the bundle with an entry that the log took in with this body, really proved and promised."""
    log = world.instance._server.services.log
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    now = world.instance.clocks.now("rekor") + after
    [answer] = rekor_v1._integrated(log, data, log.append(data), now).values()
    proof = answer["verification"]["inclusionProof"]
    entry = {
        "logIndex": str(answer["logIndex"]),
        "logId": {"keyId": base64.b64encode(log.id).decode()},
        "kindVersion": {"kind": "intoto", "version": "0.0.2"},
        "integratedTime": str(answer["integratedTime"]),
        "inclusionPromise": {"signedEntryTimestamp": answer["verification"]["signedEntryTimestamp"]},
        "inclusionProof": {
            "logIndex": str(proof["logIndex"]),
            "rootHash": base64.b64encode(bytes.fromhex(proof["rootHash"])).decode(),
            "treeSize": str(proof["treeSize"]),
            "hashes": [base64.b64encode(bytes.fromhex(value)).decode() for value in proof["hashes"]],
            "checkpoint": {"envelope": proof["checkpoint"]},
        },
        "canonicalizedBody": answer["body"],
    }
    bundle = copy.deepcopy(world.bundle)
    bundle["verificationMaterial"]["tlogEntries"] = [entry]
    return bundle


def verify(world: World, bundle: dict[str, Any]) -> Any:
    return world.verifier.statement(json.dumps(bundle).encode())


@pytest.mark.parametrize("twice", [True, False], ids=["encoded twice", "encoded once"])
def test_it_proves_what_another_entry_proves(world: World, twice: bool) -> None:
    bundle = logged(world, body_of(world.bundle, twice=twice))
    found, before = verify(world, bundle), verify(world, world.bundle)
    assert (found.san, found.issuer, found.payload) == (GITHUB_IDENTITY, GITHUB, statement_of("hello"))
    assert (found.signature, found.certificate_sha256) == (before.signature, before.certificate_sha256)
    assert TimeSource.LOG in {time.source for time in found.times}
    assert str(found.log_index) == bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["logIndex"]


def without_timestamps(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"].pop("timestampVerificationData", None)


def test_the_promise_of_the_log_is_a_time_of_its_own(world: World) -> None:
    bundle = logged(world, body_of(world.bundle))
    without_timestamps(bundle)
    assert [time.source for time in verify(world, bundle).times] == [TimeSource.LOG]


def content(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["spec"]["content"]
    return found


BODIES: dict[str, Edit] = {
    "another payload": lambda body: content(body)["payloadHash"].update(value="1" * 64),
    "another algorithm": lambda body: content(body)["payloadHash"].update(algorithm="sha512"),
    "another payload type": lambda body: content(body)["envelope"].update(payloadType="text/plain"),
    "another signature": lambda body: content(body)["envelope"]["signatures"][0].update(sig="MEUC"),
    "no signature": lambda body: content(body)["envelope"].update(signatures=[]),
    "two signatures": lambda body: content(body)["envelope"]["signatures"].append({}),
    "no certificate": lambda body: content(body)["envelope"]["signatures"][0].pop("publicKey"),
    "another kind": lambda body: body.update(kind="dsse"),
    "another version": lambda body: body.update(apiVersion="0.0.1"),
    "no content": lambda body: body.update(spec={}),
}


@pytest.mark.parametrize("name", BODIES)
def test_an_entry_about_something_else_is_refused(world: World, name: str) -> None:
    body = body_of(world.bundle)
    BODIES[name](body)
    with pytest.raises(NotVerifiedError):
        verify(world, logged(world, body))


def test_the_entry_of_another_statement_is_refused(world: World) -> None:
    with pytest.raises(NotVerifiedError, match="about something else"):
        verify(world, logged(world, body_of(world.other)))


ENTRIES: dict[str, Edit] = {
    "no proof": lambda entry: entry.pop("inclusionProof"),
    "another root": lambda entry: entry["inclusionProof"].update(rootHash=base64.b64encode(b"0" * 32).decode()),
    "another promise": lambda entry: entry["inclusionPromise"].update(signedEntryTimestamp="MEUC"),
    "another time": lambda entry: entry.update(integratedTime=str(int(entry["integratedTime"]) - 1)),
    "another body": lambda entry: entry.update(canonicalizedBody=base64.b64encode(b"{}").decode()),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_is_not_proved_is_refused(world: World, name: str) -> None:
    bundle = logged(world, body_of(world.bundle))
    ENTRIES[name](bundle["verificationMaterial"]["tlogEntries"][0])
    with pytest.raises(NotVerifiedError):
        verify(world, bundle)


def test_an_entry_without_any_time_is_refused(world: World) -> None:
    bundle = logged(world, body_of(world.bundle))
    without_timestamps(bundle)
    bundle["verificationMaterial"]["tlogEntries"][0].pop("inclusionPromise")
    with pytest.raises(NotVerifiedError):
        verify(world, bundle)


@pytest.mark.parametrize("after", [timedelta(hours=1), timedelta(hours=-1)], ids=["after", "before"])
def test_an_entry_from_outside_the_certificate_is_refused(world: World, after: timedelta) -> None:
    with pytest.raises(NotVerifiedError):
        verify(world, logged(world, body_of(world.bundle), after=after))


def test_an_altered_envelope_is_refused(world: World) -> None:
    bundle = logged(world, body_of(world.bundle))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(statement_of("hullo")).decode()
    with pytest.raises(NotVerifiedError, match="signature"):
        verify(world, bundle)

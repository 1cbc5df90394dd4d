"""Whatever is changed in a rehearsed bundle is found by the unmodified verifier, save what the standard lets pass."""

from __future__ import annotations

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from sigstore.errors import Error, VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.rehearsal.options import Options
from tests.rehearsal.support import ARTEFACT, attested, expected, signed, statement

Plain = dict[str, Any]
Change = Callable[[Plain, Plain], None]
OTHER = b"another artefact\n"


class Signed:
    """Bundles of one instance as plain JSON, and the root that they verify against."""

    def __init__(self, options: Options) -> None:
        with RehearsalInstance(options) as instance:
            self.one = json.loads(signed(instance).to_json())
            self.other = json.loads(signed(instance, OTHER).to_json())
            self.statement = json.loads(attested(instance).to_json())
            self.again = json.loads(attested(instance).to_json())
            self.root = json.loads(instance.trusted_root_json)
        self.policy = expected(options)

    def verify(self, bundle: Plain, root: Plain | None = None, data: bytes = ARTEFACT) -> None:
        self._verifier(root).verify_artifact(data, Bundle.from_json(json.dumps(bundle)), self.policy)

    def verify_statement(self, bundle: Plain) -> None:
        self._verifier(None).verify_dsse(Bundle.from_json(json.dumps(bundle)), self.policy)

    def _verifier(self, root: Plain | None) -> Verifier:
        from sigstore_models.trustroot.v1 import TrustedRoot as Model

        return Verifier(trusted_root=TrustedRoot(Model.from_json(json.dumps(root or self.root))))


@pytest.fixture(scope="module", params=[1, 2], ids=["log version 1", "log version 2"])
def material(request: pytest.FixtureRequest) -> Signed:
    return Signed(Options(log_version=request.param, timestamping=request.param == 2))


@pytest.fixture(scope="module")
def first() -> Signed:
    return Signed(Options(timestamping=False))


def _flip(text: str) -> str:
    data = bytearray(b64decode(text))
    data[len(data) // 2] ^= 1
    return b64encode(data).decode()


def _set(*path: Any, value: Any) -> Change:
    def change(bundle: Plain, _other: Plain) -> None:
        inner: Any = bundle
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value(inner[path[-1]]) if callable(value) else value

    return change


def _take(*path: Any) -> Change:
    def change(bundle: Plain, other: Plain) -> None:
        inner, source = bundle, other
        for key in path[:-1]:
            inner, source = inner[key], source[key]
        inner[path[-1]] = source[path[-1]]

    return change


ENTRY = ("verificationMaterial", "tlogEntries", 0)
PROOF = (*ENTRY, "inclusionProof")
CHANGES: dict[str, Change] = {
    "signature flipped": _set("messageSignature", "signature", value=_flip),
    "digest flipped": _set("messageSignature", "messageDigest", "digest", value=_flip),
    "signature of another": _take("messageSignature"),
    "certificate flipped": _set("verificationMaterial", "certificate", "rawBytes", value=_flip),
    "certificate of another": _take("verificationMaterial", "certificate"),
    "entry of another": _take("verificationMaterial", "tlogEntries"),
    "body of another": _take(*ENTRY, "canonicalizedBody"),
    "body flipped": _set(*ENTRY, "canonicalizedBody", value=_flip),
    "no entry": _set("verificationMaterial", "tlogEntries", value=[]),
    "entry twice": _set("verificationMaterial", "tlogEntries", value=lambda found: [*found, *found]),
    "no proof": _set(*ENTRY, "inclusionProof", value=None),
    "proof of another": _take(*PROOF),
    "no hashes": _set(*PROOF, "hashes", value=[]),
    "proof index": _set(*PROOF, "logIndex", value=lambda found: str(int(found) + 1)),
    "proof size": _set(*PROOF, "treeSize", value="7"),
    "root hash": _set(*PROOF, "rootHash", value=_flip),
    "no checkpoint": _set(*PROOF, "checkpoint", value=None),
    "checkpoint edited": _set(*PROOF, "checkpoint", "envelope", value=lambda found: found.replace("rekor", "recor", 1)),
    "checkpoint of another": _take(*PROOF, "checkpoint"),
}
"""Tried on the other bundle's second entry, so that its proof has hashes."""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_change_of_a_bundle_is_accepted(material: Signed, change: Change) -> None:
    bundle = copy.deepcopy(material.other)
    material.verify(bundle, data=OTHER)
    change(bundle, material.one)
    assert bundle != material.other
    # ValueError: what sigstore 4.5 lets out for a certificate that does not parse.
    with pytest.raises((Error, ValueError)):
        material.verify(bundle, data=OTHER)


PROMISES: dict[str, Change] = {
    "time": _set(*ENTRY, "integratedTime", value=lambda found: str(int(found) + 1)),
    "index": _set(*ENTRY, "logIndex", value=lambda found: str(int(found) + 1)),
    "promise flipped": _set(*ENTRY, "inclusionPromise", "signedEntryTimestamp", value=_flip),
    "promise of another": _take(*ENTRY, "inclusionPromise"),
    "no promise": _set(*ENTRY, "inclusionPromise", value=None),
}


@pytest.mark.parametrize("change", PROMISES.values(), ids=PROMISES.keys())
def test_no_change_of_a_version_1_promise_is_accepted(first: Signed, change: Change) -> None:
    bundle = copy.deepcopy(first.one)
    change(bundle, first.other)
    with pytest.raises(Error):
        first.verify(bundle)


STAMPS: dict[str, Change] = {
    "none": _set("verificationMaterial", "timestampVerificationData", value={}),
    "of another": _take("verificationMaterial", "timestampVerificationData"),
}


@pytest.mark.parametrize("change", STAMPS.values(), ids=STAMPS.keys())
def test_where_the_stamp_is_the_only_time_it_is_held(change: Change) -> None:
    material = Signed(Options(log_version=2))
    bundle = copy.deepcopy(material.one)
    change(bundle, material.other)
    with pytest.raises(Error):
        material.verify(bundle)


STATEMENTS: dict[str, Change] = {
    "payload": _set("dsseEnvelope", "payload", value=lambda _: b64encode(b"{}").decode()),
    "payload type": _set("dsseEnvelope", "payloadType", value="text/plain"),
    "signature": _set("dsseEnvelope", "signatures", 0, "sig", value=_flip),
    "two signatures": _set("dsseEnvelope", "signatures", value=lambda found: [*found, *found]),
    "entry of a second signing": _take("verificationMaterial", "tlogEntries"),
}


@pytest.mark.parametrize("change", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_no_change_of_an_attestation_is_accepted(material: Signed, change: Change) -> None:
    bundle = copy.deepcopy(material.statement)
    material.verify_statement(bundle)
    change(bundle, material.again)
    with pytest.raises(Error):
        material.verify_statement(bundle)


def test_another_artefact_is_not_accepted(material: Signed) -> None:
    with pytest.raises(VerificationError):
        material.verify(material.one, data=OTHER)


def test_another_statement_is_told_apart(material: Signed) -> None:
    assert b64decode(material.statement["dsseEnvelope"]["payload"]) == statement()._contents


@pytest.mark.parametrize(
    "policy",
    [
        Identity(identity="rehearsal@sealwright.invalid.example", issuer="https://oidc.rehearsal.invalid"),
        Identity(identity="ehearsal@sealwright.invalid", issuer="https://oidc.rehearsal.invalid"),
        Identity(identity="rehearsal@sealwright.invalid", issuer="https://oidc.rehearsal.invalid/"),
    ],
    ids=["longer name", "shorter name", "other issuer"],
)
def test_another_identity_is_not_accepted(first: Signed, policy: Identity) -> None:
    verifier, bundle = first._verifier(None), Bundle.from_json(json.dumps(first.one))
    with pytest.raises(VerificationError):
        verifier.verify_artifact(ARTEFACT, bundle, policy)


PARTS = ("tlogs", "certificateAuthorities", "ctlogs")


@pytest.mark.parametrize("part", PARTS)
def test_a_root_in_which_one_key_is_anothers_accepts_nothing(material: Signed, part: str) -> None:
    with RehearsalInstance() as stranger:
        theirs = json.loads(stranger.trusted_root_json)
    with pytest.raises(Error):
        material.verify(material.one, {**material.root, part: theirs[part]})


@pytest.mark.parametrize("part", PARTS)
def test_a_root_in_which_one_part_is_missing_accepts_nothing(material: Signed, part: str) -> None:
    with pytest.raises(Error):
        material.verify(material.one, {**material.root, part: []})


EITHER_OR: dict[str, Change] = {
    "no stamp": _set("verificationMaterial", "timestampVerificationData", value={}),
    "no promise": _set(*ENTRY, "inclusionPromise", value=None),
}


@pytest.mark.parametrize("change", EITHER_OR.values(), ids=EITHER_OR.keys())
def test_with_two_times_one_is_enough(change: Change) -> None:
    """Harmless by design: promise and stamp each prove the time, and the other one is still checked."""
    material = Signed(Options())
    bundle = copy.deepcopy(material.one)
    change(bundle, material.other)
    material.verify(bundle)

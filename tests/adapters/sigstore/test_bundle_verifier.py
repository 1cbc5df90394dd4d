"""Verifying a bundle: what it proves, and that nothing else is ever taken for proof, nor an error left untyped."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.sigstore import bundle_verifier as sigstore_verifier
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier, extensions_of, name_of
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.signer import SignedBundle, SigningRequest
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.adapters.sigstore.verifier_imports import Bundle
from ops.supply_chain.contracts.values.verified_bundle import (
    ISSUER_V1,
    ISSUER_V2,
    OTHER_NAME,
    STATEMENT_PAYLOAD,
    TimeSource,
)
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from tests.fakes.signing import Batch, file_request, statement_of

GITHUB = "https://token.actions.githubusercontent.com"
OTHER = sha256_bytes(b"other")


class Signed(NamedTuple):
    root: bytes
    file: SignedBundle
    statement: SignedBundle
    sha256: str

    @property
    def verifier(self) -> BundleVerifier:
        return verifier_of(self.root)


@cache
def verifier_of(root: bytes) -> BundleVerifier:
    return BundleVerifier(root)


def signed_by(folder: Path, *, offset: timedelta = timedelta()) -> Signed:
    with RehearsalInstance() as instance:
        batch = Batch(instance, folder, token=lambda: instance.identity_token(GITHUB_IDENTITY, GITHUB))
        batch.sign([file_request("file"), SigningRequest(key="statement", statement=statement_of("hello"))])
        root = instance.trusted_root_json.encode()
    return Signed(root, batch.made["file"], batch.made["statement"], sha256_bytes(b"file"))


def why(verifier: BundleVerifier, bundle: bytes, sha256: str = "") -> str:
    with pytest.raises(NotVerifiedError) as caught:
        verifier.file(bundle, sha256) if sha256 else verifier.statement(bundle)
    return caught.value.message


def test_what_a_bundle_over_a_file_proves(signed: Signed) -> None:
    found = signed.verifier.file(signed.file.data, signed.sha256)
    document = json.loads(signed.file.data)
    entry = document["verificationMaterial"]["tlogEntries"][0]
    assert (found.san, found.issuer) == (GITHUB_IDENTITY, GITHUB)
    assert found.extensions[ISSUER_V1] == found.extensions[ISSUER_V2] == GITHUB
    assert found.extensions["1.3.6.1.4.1.57264.1.12"] == "https://github.com/sealwright/rehearsal"
    assert found.media_type == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert found.log_index == int(entry["inclusionProof"]["logIndex"])
    assert len(found.log_id) == 64
    assert {one.source for one in found.times} == {TimeSource.LOG, TimeSource.AUTHORITY}
    assert found.signed_at == min(one.at for one in found.times)
    assert found.signed_at.tzinfo is UTC
    assert (found.payload_type, found.payload) == ("", b"")
    certificate = x509.load_pem_x509_certificate(found.certificate)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(found.signature, b"file", ec.ECDSA(SHA256()))


def test_what_a_bundle_with_a_statement_proves(signed: Signed) -> None:
    found = signed.verifier.statement(signed.statement.data)
    assert (found.payload_type, found.payload) == (STATEMENT_PAYLOAD, statement_of("hello"))
    assert (found.san, found.issuer) == (GITHUB_IDENTITY, GITHUB)


def test_the_digest_of_the_root(signed: Signed) -> None:
    assert signed.verifier.trusted_root_sha256 == sha256_bytes(signed.root)


def test_of_another_file_or_of_another_kind(signed: Signed) -> None:
    verifier = signed.verifier
    assert why(verifier, signed.file.data, OTHER) == "Bundle message digest mismatch"
    assert why(verifier, signed.statement.data, signed.sha256) == "Missing bundle message signature"
    assert why(verifier, signed.file.data) == ("cannot perform DSSE verification on a bundle without a DSSE envelope")


def test_against_another_root(signed: Signed, stranger: Signed) -> None:
    production = verifier_of(embedded_root().path.read_bytes())
    for verifier in (stranger.verifier, production):
        assert why(verifier, signed.file.data, signed.sha256)
        assert why(verifier, signed.statement.data)


NO_ROOTS = {
    "empty": (b"", "r: not valid JSON: Expecting value: line 1 column 1 (char 0)"),
    "an object": (b"{}", "r: is no trusted root of Sigstore: "),
    "another type": (b'{"mediaType": "x", "tlogs": []}', "r: is no trusted root of Sigstore: "),
    "a key twice": (b'{"a": 1, "a": 2}', "r: not valid JSON: duplicate key 'a'"),
}


@pytest.mark.parametrize("case", NO_ROOTS)
def test_what_is_no_root(case: str) -> None:
    data, message = NO_ROOTS[case]
    with pytest.raises(InputError) as caught:
        BundleVerifier(data, where="r")
    assert caught.value.message.startswith(message)


def test_a_root_without_a_log_is_none(signed: Signed) -> None:
    root = json.loads(signed.root)
    root["tlogs"] = []
    with pytest.raises(InputError, match=r"^trusted root: is no trusted root of Sigstore: "):
        BundleVerifier(json.dumps(root).encode())


def edited(data: bytes, *path: Any, value: Any = None) -> bytes:
    document = json.loads(data)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(document).encode()


MATERIAL = "verificationMaterial"
ENTRY = (MATERIAL, "tlogEntries", 0)
EDITS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "no material": ((MATERIAL,), None),
    "no certificate": ((MATERIAL, "certificate"), None),
    "a certificate that is none": ((MATERIAL, "certificate", "rawBytes"), "AAAA"),
    "no log entry": ((MATERIAL, "tlogEntries"), []),
    "no inclusion proof": ((*ENTRY, "inclusionProof"), None),
    "no checkpoint": ((*ENTRY, "inclusionProof", "checkpoint"), None),
    "a checkpoint of nobody": ((*ENTRY, "inclusionProof", "checkpoint", "envelope"), "x\n1\nAAAA\n\n— x AAAAAAAA\n"),
    "another root hash": ((*ENTRY, "inclusionProof", "rootHash"), "A" * 43 + "="),
    "another index": ((*ENTRY, "inclusionProof", "logIndex"), "7"),
    "another time": ((*ENTRY, "integratedTime"), "1"),
    "another body": ((*ENTRY, "canonicalizedBody"), "e30="),
    "another log": ((*ENTRY, "logId", "keyId"), "A" * 43 + "="),
    "another signature": (("messageSignature", "signature"), "MEUCIQ=="),
    "another media type": (("mediaType",), "application/vnd.dev.sigstore.bundle.v0.0+json"),
}


@pytest.mark.parametrize("case", EDITS)
def test_edited_bundles(case: str, signed: Signed) -> None:
    path, value = EDITS[case]
    assert why(signed.verifier, edited(signed.file.data, *path, value=value), signed.sha256)


def test_a_proof_in_a_tree_of_another_size_than_the_log_signed(signed: Signed) -> None:
    """A path may lead to the same root in trees of two sizes, 5 and 7 for example: the library looks at neither."""
    good = json.loads(signed.file.data)[MATERIAL]["tlogEntries"][0]["inclusionProof"]
    assert sigstore_verifier._log_entry(Bundle.from_json(signed.file.data))[0] == int(good["logIndex"])
    grown = edited(signed.file.data, *ENTRY, "inclusionProof", "treeSize", value=str(int(good["treeSize"]) + 2))
    with pytest.raises(NotVerifiedError) as caught:
        sigstore_verifier._log_entry(Bundle.from_json(grown))
    assert caught.value.message == "the log's checkpoint is of a tree of another size"


def test_the_material_of_another_bundle(signed: Signed) -> None:
    mixed = json.loads(signed.file.data)
    mixed[MATERIAL] = json.loads(signed.statement.data)[MATERIAL]
    assert why(signed.verifier, json.dumps(mixed).encode(), signed.sha256)


def test_a_key_twice(signed: Signed) -> None:
    doubled = signed.file.data[:-1] + b',"mediaType":"x"}'
    assert why(signed.verifier, doubled, signed.sha256) == "bundle: not valid JSON: duplicate key 'mediaType'"


def test_what_is_too_large(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sigstore_verifier, "MOST_BUNDLE_BYTES", 10)
    size = len(signed.file.data)
    assert why(signed.verifier, signed.file.data, signed.sha256) == (
        f"has {size} bytes, more than the 10 that a bundle may have"
    )


def test_a_library_that_no_longer_tells_times_proves_nothing(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    noting = type(signed.verifier._verifier._whole)
    signed.verifier.file(signed.file.data, signed.sha256)
    monkeypatch.setattr(noting, "_establish_time", noting.__mro__[1]._establish_time)  # type: ignore[attr-defined]
    assert why(signed.verifier, signed.file.data, signed.sha256) == "no time of the signature was verified"


@settings(max_examples=250, derandomize=True, deadline=None)
@given(st.data())
def test_damage_is_refused_and_every_error_is_typed(signed: Signed, data: st.DataObject) -> None:
    bundle, sha256 = (signed.file.data, signed.sha256) if data.draw(st.booleans()) else (signed.statement.data, "")
    position = data.draw(st.integers(0, len(bundle) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "drop"]))
    damaged = {
        "flip": bundle[:position] + bytes([bundle[position] ^ data.draw(st.integers(1, 255))]) + bundle[position + 1 :],
        "cut": bundle[:position],
        "insert": bundle[:position] + data.draw(st.binary(min_size=1, max_size=3)) + bundle[position:],
        "drop": bundle[:position] + bundle[position + 1 :],
    }[how]
    try:
        found = signed.verifier.file(damaged, sha256) if sha256 else signed.verifier.statement(damaged)
    except NotVerifiedError:
        return
    # Harmless by design: a time stamp beside a promise of the log (either alone proves the time), white space,
    # the outer logIndex of a version 2 log; what was signed and by whom is the same.
    assert (found.san, found.issuer) == (GITHUB_IDENTITY, GITHUB)
    assert found.payload == (b"" if sha256 else statement_of("hello"))


NAME = x509.UniformResourceIdentifier(GITHUB_IDENTITY)


def certificate(names: list[x509.GeneralName], issuers: dict[str, bytes]) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime(2026, 11, 20, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
    )
    for oid, value in issuers.items():
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=False)
    return builder.sign(key, SHA256())


def der(text: str) -> bytes:
    return bytes([12, len(text.encode())]) + text.encode()


GOOD_NAMES: dict[str, tuple[list[x509.GeneralName], dict[str, bytes], tuple[str, str]]] = {
    "address": ([NAME], {ISSUER_V2: der("i")}, (GITHUB_IDENTITY, "i")),
    "mail": ([x509.RFC822Name("me@example.org")], {ISSUER_V1: b"i"}, ("me@example.org", "i")),
    "user name": (
        [x509.OtherName(x509.ObjectIdentifier(OTHER_NAME), der("me!example.org"))],
        {ISSUER_V1: b"i", ISSUER_V2: der("i")},
        ("me!example.org", "i"),
    ),
}
BAD_NAMES: dict[str, tuple[list[x509.GeneralName], dict[str, bytes], str]] = {
    "two names": (
        [NAME, x509.RFC822Name("me@example.org")],
        {ISSUER_V1: b"i"},
        "the certificate has 2 names, expected one",
    ),
    "no issuer": ([NAME], {}, "the certificate names 0 OIDC issuers, expected one"),
    "two issuers": (
        [NAME],
        {ISSUER_V1: b"i", ISSUER_V2: der("j")},
        "the certificate names 2 OIDC issuers, expected one",
    ),
    "a host": ([x509.DNSName("a")], {ISSUER_V1: b"i"}, "the certificate's name is a DNSName, which is unknown"),
    "another kind of other name": (
        [x509.OtherName(x509.ObjectIdentifier("1.2.3"), der("x"))],
        {ISSUER_V1: b"i"},
        "the certificate's name is a OtherName, which is unknown",
    ),
}


@pytest.mark.parametrize("case", GOOD_NAMES)
def test_names_of_certificates(case: str) -> None:
    names, issuers, expected = GOOD_NAMES[case]
    assert name_of(certificate(names, issuers)) == expected


@pytest.mark.parametrize("case", BAD_NAMES)
def test_certificates_that_name_nobody_or_two(case: str) -> None:
    names, issuers, message = BAD_NAMES[case]
    with pytest.raises(NotVerifiedError) as caught:
        name_of(certificate(names, issuers))
    assert caught.value.message == message


def test_extensions_of_others_are_passed_over() -> None:
    found = extensions_of(certificate([NAME], {"1.2.3": b"x", ISSUER_V1: b"i"}))
    assert found == {ISSUER_V1: "i"}

"""Signatures by keys that their owners keep: of every kind of key, logged and stamped or not, and hostile ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import is_by_key
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.public_keys import key_in, read_pem
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode, UsageError
from tests.fakes.key_signing import KeySigner, Notary, PrivateKey

DATA = b"what was released"
KINDS: dict[str, tuple[Callable[[], PrivateKey], str]] = {
    "P-256": (lambda: ec.generate_private_key(ec.SECP256R1()), "sha256"),
    "P-384 as cosign 2 signs": (lambda: ec.generate_private_key(ec.SECP384R1()), "sha256"),
    "P-384": (lambda: ec.generate_private_key(ec.SECP384R1()), "sha384"),
    "P-521": (lambda: ec.generate_private_key(ec.SECP521R1()), "sha512"),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate, "sha256"),
    "RSA": (lambda: rsa.generate_private_key(65537, 2048), "sha256"),
}


@pytest.fixture(scope="module")
def notary() -> Notary:
    return Notary()


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner(ec.generate_private_key(ec.SECP256R1()))


def verified(notary: Notary, bundle: Any, *keys: KeySigner, data: bytes = DATA) -> VerifiedBundle:
    verifier = KeyVerifier(notary.trusted_root, [read_pem(key.pem) for key in keys])
    return verifier.file(json.dumps(bundle).encode(), sha256_bytes(data), lambda: data)


def stated(notary: Notary, bundle: Any, *keys: KeySigner) -> VerifiedBundle:
    return KeyVerifier(notary.trusted_root, [read_pem(key.pem) for key in keys]).statement(json.dumps(bundle).encode())


@pytest.mark.parametrize(("make", "algorithm"), KINDS.values(), ids=KINDS)
def test_a_key_of_each_kind_verifies_what_it_signed_and_nothing_else(
    notary: Notary, make: Callable[[], PrivateKey], algorithm: str
) -> None:
    one, other = KeySigner(make(), algorithm=algorithm), KeySigner(make(), algorithm=algorithm)
    proof = verified(notary, one.file(DATA), one)
    assert (proof.key_sha256, proof.times, proof.log_index, proof.log_id) == (one.sha256, (), -1, "")
    assert stated(notary, one.statement(DATA), one).payload == DATA
    for bundle, data in ((one.file(DATA), b"another"), (other.file(DATA), DATA)):
        with pytest.raises(NotVerifiedError):
            verified(notary, bundle, one, data=data)
    with pytest.raises(NotVerifiedError, match="is signed by another key"):
        stated(notary, other.statement(DATA), one)


def test_any_of_several_keys_may_have_signed_whatever_their_kinds(notary: Notary) -> None:
    signers = [KeySigner(make(), algorithm=algorithm) for make, algorithm in KINDS.values()]
    for signer in signers:
        assert verified(notary, signer.file(DATA), *signers).key_sha256 == signer.sha256


@pytest.mark.parametrize("name", ["Ed25519", "P-384"])
def test_a_key_that_signs_more_than_a_digest_needs_the_bytes(notary: Notary, name: str) -> None:
    make, algorithm = KINDS[name]
    signer = KeySigner(make(), algorithm=algorithm)
    verifier = KeyVerifier(notary.trusted_root, [read_pem(signer.pem)])
    bundle = signer.file(DATA)
    for read in (None, lambda: b"changed since it was measured"):
        with pytest.raises(NotVerifiedError):
            verifier.file(json.dumps(bundle).encode(), sha256_bytes(DATA), read)


@pytest.mark.parametrize(
    ("version", "ed25519_log", "stamped"), [(1, False, False), (1, False, True), (2, False, True), (2, True, True)]
)
@pytest.mark.parametrize("what", ["file", "statement"])
def test_a_log_entry_and_a_timestamp_are_verified_and_told(
    version: Any, ed25519_log: bool, stamped: bool, what: str
) -> None:
    notary = Notary(version=version, ed25519_log=ed25519_log)
    signer = KeySigner(ec.generate_private_key(ec.SECP256R1()), logged=notary, stamped=notary if stamped else None)
    signer.file(b"an entry before")
    proof = (
        verified(notary, signer.file(DATA), signer)
        if what == "file"
        else stated(notary, signer.statement(DATA), signer)
    )
    assert proof.log_index == 1
    assert len(proof.log_id) == 64
    assert len(proof.times) == (version == 1) + stamped


def test_an_entry_of_version_2_without_a_time_is_refused() -> None:
    notary = Notary(version=2)
    signer = KeySigner(ec.generate_private_key(ec.SECP256R1()), logged=notary)
    with pytest.raises(NotVerifiedError, match="has a log entry without a time that is proved"):
        verified(notary, signer.file(DATA), signer)


def test_what_is_in_another_log_or_stamped_by_another_authority_is_refused(notary: Notary) -> None:
    other = Notary()
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(NotVerifiedError, match="a log that the trusted root does not know"):
        verified(notary, KeySigner(key, logged=other).file(DATA), KeySigner(key))
    with pytest.raises(NotVerifiedError, match="a timestamp that no authority of the trusted root gave"):
        verified(notary, KeySigner(key, stamped=other).file(DATA), KeySigner(key))


def test_the_entry_of_another_signature_is_refused(notary: Notary) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = KeySigner(key, logged=notary)
    bundle, second = signer.file(DATA), signer.file(DATA)
    assert bundle["messageSignature"] != second["messageSignature"]
    bundle["verificationMaterial"]["tlogEntries"] = second["verificationMaterial"]["tlogEntries"]
    with pytest.raises(NotVerifiedError, match="the log's entry is about something else"):
        verified(notary, bundle, signer)
    statement, other = signer.statement(DATA), signer.statement(b"other")
    statement["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]
    with pytest.raises(NotVerifiedError, match="the log's entry is about something else"):
        stated(notary, statement, signer)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [leaf for key, inner in steps for leaf in leaves(inner, (*path, key))] or [path]


@pytest.mark.parametrize("what", ["file", "statement"])
def test_no_leaf_of_a_logged_and_stamped_bundle_can_be_changed(notary: Notary, what: str) -> None:
    signer = KeySigner(ec.generate_private_key(ec.SECP256R1()), logged=notary, stamped=notary)
    bundle = signer.file(DATA) if what == "file" else signer.statement(DATA)
    check = verified if what == "file" else stated
    check(notary, bundle, signer)
    free = ("verificationMaterial.publicKey.hint", "mediaType", "verificationMaterial.tlogEntries.0.kindVersion")
    accepted = []
    for path in leaves(bundle):
        name = ".".join(map(str, path))
        edits: tuple[Any, ...] = ("", "AAAA", 7, None, [], {"a": 1})
        for edit in edits:
            changed = copy.deepcopy(bundle)
            node = changed
            for key in path[:-1]:
                node = node[key]
            if not node[path[-1]] and not edit:
                continue  # the first entry of a log has no hashes, however that is written
            node[path[-1]] = edit
            try:
                check(notary, changed, signer)
            except NotVerifiedError:
                continue
            accepted.append(name)
    assert [name for name in accepted if not name.startswith(free)] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda bundle: bundle.pop("messageSignature"),
        lambda bundle: bundle["verificationMaterial"].pop("publicKey"),
        lambda bundle: bundle["verificationMaterial"].update(certificate={"rawBytes": "AAAA"}),
        lambda bundle: bundle.update(dsseEnvelope={}),
        lambda bundle: bundle["verificationMaterial"].update(tlogEntries=[{}]),
        lambda bundle: bundle["verificationMaterial"].update(tlogEntries=[{}, {}]),
        lambda bundle: bundle["verificationMaterial"].update(
            timestampVerificationData={"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}] * 9}
        ),
        lambda bundle: bundle["messageSignature"]["messageDigest"].update(algorithm="SHA1"),
        lambda bundle: bundle["messageSignature"].update(signature=""),
    ],
)
def test_a_malformed_bundle_is_refused(notary: Notary, signer: KeySigner, damage: Callable[[Any], Any]) -> None:
    bundle = signer.file(DATA)
    damage(bundle)
    with pytest.raises(NotVerifiedError):
        verified(notary, bundle, signer)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"verificationMaterial": 1}', b"[" * 100_000])
def test_what_is_no_bundle_is_none_by_a_key(notary: Notary, signer: KeySigner, data: bytes) -> None:
    assert not is_by_key(data)
    with pytest.raises(NotVerifiedError):
        KeyVerifier(notary.trusted_root, [read_pem(signer.pem)]).file(data, sha256_bytes(DATA))


def pem(private: Any) -> bytes:
    data: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data


def private_pem(form: PrivateFormat) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, form, NoEncryption())


BAD_KEYS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "holds no single public key in PEM"),
    "another file": (b'{"a": 1}', "holds no single public key in PEM"),
    "DER": (b"0Y0\x13", "holds no single public key in PEM"),
    "no key inside": (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no public key that can"),
    "two keys": (pem(ec.generate_private_key(ec.SECP256R1())) * 2, "holds no single public key in PEM"),
    "private": (private_pem(PrivateFormat.PKCS8), "holds a PRIVATE key"),
    "private, old form": (private_pem(PrivateFormat.TraditionalOpenSSL), "holds a PRIVATE key"),
    "cosign's private": (b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n", "holds a PRIVATE key"),
    "certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a certificate"),
    "DSA": (pem(dsa.generate_private_key(1024)), "of a kind that is not supported"),  # noqa: S505
    "X25519": (pem(x25519.X25519PrivateKey.generate()), "of a kind that is not supported"),
    "a short RSA key": (pem(rsa.generate_private_key(65537, 1024)), "is an RSA key of 1024 bits, expected 2048"),  # noqa: S505
    "another curve": (pem(ec.generate_private_key(ec.SECP256K1())), "is a key on the curve secp256k1"),
    "far too long": (b"-----BEGIN PUBLIC KEY-----\n" + b"A" * (64 << 10), "has more than 65536 bytes"),
}


@pytest.mark.parametrize(("data", "message"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_what_is_no_public_key_is_a_usage_error_and_never_quoted(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "key.pub"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as caught:
        key_in(path)
    assert caught.value.exit_code == ExitCode.USAGE
    secret = b"".join(data.split(b"\n")[1:-2]).decode("ascii", "replace")
    assert not secret or secret not in caught.value.described()


def test_a_key_that_cannot_be_read_is_a_usage_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            key_in(path)

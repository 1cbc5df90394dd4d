"""A key of the trusted root counts only for what was signed while it was valid; a newer format is not examined."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.public_keys import read_der
from ops.supply_chain.adapters.sigstore.verifier_imports import (
    Bundle,
    TimestampSource,
    TimestampVerificationResult,
    TrustedRoot,
    VerificationError,
    Verifier,
    trustroot,
)
from ops.supply_chain.adapters.sigstore.windows import WindowedVerifier
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.adapters.sigstore.test_bundle_verifier import Signed, signed_by
from tests.fakes.key_signing import KeySigner, Notary
from tests.fakes.signing import clear_platform, statement_of

NOW = datetime.now(UTC)
ENDED = {"start": "2020-01-01T00:00:00Z", "end": (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
LATER = {"start": (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
OPEN = {"start": "2020-01-01T00:00:00Z", "end": (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
ENTRIES = ("tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities")


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    with pytest.MonkeyPatch.context() as patch:
        clear_platform(patch)
        yield signed_by(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def stranger() -> Iterator[dict[str, Any]]:
    with RehearsalInstance() as instance:
        yield json.loads(instance.trusted_root_json)


def edited(root: bytes, entry: str, window: dict[str, str]) -> bytes:
    document = json.loads(root)
    for row in document[entry]:
        (row if "validFor" in row else row["publicKey"])["validFor"] = window
    return json.dumps(document).encode()


def verify(verifier: BundleVerifier, signed: Signed) -> list[Callable[[], object]]:
    return [
        lambda: verifier.file(signed.file.data, signed.sha256),
        lambda: verifier.statement(signed.statement.data),
    ]


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("window", [ENDED, LATER], ids=["ended", "not begun"])
def test_a_key_that_was_not_valid_at_signing_time_is_refused(
    signed: Signed, entry: str, window: dict[str, str]
) -> None:
    for check in verify(BundleVerifier(edited(signed.root, entry, window)), signed):
        with pytest.raises(NotVerifiedError, match=r"was (?:not )?valid"):
            check()


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_key_that_was_valid_counts(signed: Signed, entry: str) -> None:
    for check in verify(BundleVerifier(edited(signed.root, entry, OPEN)), signed):
        check()


@pytest.mark.parametrize("entry", ENTRIES[:3])
def test_another_key_that_is_valid_does_not_stand_in(signed: Signed, stranger: dict[str, Any], entry: str) -> None:
    """The key that signed has ended; a key of another instance beside it is valid, and changes nothing."""
    document = json.loads(edited(signed.root, entry, ENDED))
    document[entry] += stranger[entry]
    for check in verify(BundleVerifier(json.dumps(document).encode()), signed):
        with pytest.raises(NotVerifiedError):
            check()


@pytest.mark.parametrize("entry", ENTRIES[:3])
def test_an_ended_key_beside_the_one_that_signed_is_harmless(
    signed: Signed, stranger: dict[str, Any], entry: str
) -> None:
    document = json.loads(signed.root)
    document[entry] = [*json.loads(edited(json.dumps(stranger).encode(), entry, ENDED))[entry], *document[entry]]
    verifier = BundleVerifier(json.dumps(document).encode())
    for check in verify(verifier, signed) * 2:
        check()


@pytest.mark.parametrize("entry", ["tlogs", "timestampAuthorities"])
@pytest.mark.parametrize("window", [ENDED, LATER], ids=["ended", "not begun"])
def test_the_same_for_a_bundle_by_a_key(entry: str, window: dict[str, str]) -> None:
    notary = Notary()
    signer = KeySigner(ec.generate_private_key(ec.SECP256R1()), logged=notary, stamped=notary)
    key = read_der(signer.spki)
    bundle = json.dumps(signer.file(b"x")).encode()
    statement = json.dumps(signer.statement(statement_of("x"))).encode()
    good = KeyVerifier(notary.trusted_root, [key])
    assert good.file(bundle, sha256_bytes(b"x")).times
    assert good.statement(statement).times
    ended = KeyVerifier(edited(notary.trusted_root, entry, window), [key])
    with pytest.raises(NotVerifiedError, match=r"not valid|no authority"):
        ended.file(bundle, sha256_bytes(b"x"))
    with pytest.raises(NotVerifiedError, match=r"not valid|no authority"):
        ended.statement(statement)


NEWER_BUNDLES = (
    "application/vnd.dev.sigstore.bundle.v0.4+json",
    "application/vnd.dev.sigstore.bundle.v1+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.10",
)
NEWER_ROOTS = (
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
)


def retyped(document: bytes, media_type: str) -> bytes:
    return json.dumps({**json.loads(document), "mediaType": media_type, "field": "of the future"}).encode()


@pytest.mark.parametrize("media_type", NEWER_BUNDLES)
def test_a_newer_bundle_is_not_examined(signed: Signed, media_type: str) -> None:
    with pytest.raises(NewerFormatError) as caught:
        signed.verifier.file(retyped(signed.file.data, media_type), signed.sha256)
    assert caught.value.message == f"bundle: not examined: newer than this verifier ({media_type})"
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("media_type", NEWER_ROOTS)
def test_a_newer_root_is_not_examined(signed: Signed, media_type: str) -> None:
    with pytest.raises(NewerFormatError, match="not examined: newer than this verifier"):
        BundleVerifier(retyped(signed.root, media_type))
    key = read_der(KeySigner(ec.generate_private_key(ec.SECP256R1())).spki)
    with pytest.raises(NewerFormatError, match="not examined: newer than this verifier"):
        KeyVerifier(retyped(signed.root, media_type), [key])


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dev.sigstore.bundle.v0.0+json",
        "text/plain",
        "",
    ],
)
def test_a_type_that_is_not_newer_is_refused_where_it_does_not_fit(signed: Signed, media_type: str) -> None:
    with pytest.raises(NotVerifiedError):
        signed.verifier.file(retyped(signed.file.data, media_type), signed.sha256)


def test_a_chain_is_verified_once_for_a_certificate_and_a_moment(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[datetime] = []
    plain = Verifier._verify_chain_at_time

    def counted(self: Verifier, certificate: Any, result: Any) -> Any:
        verified.append(result.time)
        return plain(self, certificate, result)

    monkeypatch.setattr(Verifier, "_verify_chain_at_time", counted)
    verifier = BundleVerifier(signed.root)
    first = [check() for check in verify(verifier, signed)]
    moments = len(verified)
    assert len(set(verified)) == moments
    assert [check() for check in verify(verifier, signed)] == first
    assert len(verified) == moments


def test_a_chain_that_did_not_verify_is_verified_again(signed: Signed, stranger: dict[str, Any]) -> None:
    root = json.loads(signed.root)
    root["certificateAuthorities"] = stranger["certificateAuthorities"]
    verifier = BundleVerifier(json.dumps(root).encode())
    for check in [*verify(verifier, signed), *verify(verifier, signed)]:
        with pytest.raises(NotVerifiedError):
            check()


def test_another_moment_of_the_same_certificate_is_verified_by_itself(signed: Signed) -> None:
    verifier = WindowedVerifier(TrustedRoot(trustroot.TrustedRoot.from_json(signed.root)))
    certificate = Bundle.from_json(signed.file.data).signing_certificate
    inner = verifier._whole
    for at in (certificate.not_valid_before_utc, certificate.not_valid_after_utc) * 2:
        assert inner._verify_chain_at_time(
            certificate, TimestampVerificationResult(TimestampSource.TRANSPARENCY_SERVICE, at)
        )
    for at in (
        certificate.not_valid_before_utc - timedelta(hours=1),
        certificate.not_valid_after_utc + timedelta(hours=1),
    ) * 2:
        with pytest.raises(VerificationError):
            inner._verify_chain_at_time(
                certificate, TimestampVerificationResult(TimestampSource.TRANSPARENCY_SERVICE, at)
            )

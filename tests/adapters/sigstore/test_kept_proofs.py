"""Proofs that are kept: the answers of a plain verifier, for exactly these bytes and this file, and no refusal is kept."""

from __future__ import annotations

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError
from ops.supply_chain.adapters.sigstore.kept_proofs import KeptProofs
from tests.adapters.sigstore.test_bundle_verifier import OTHER, Signed
from tests.fakes.signing import record_verified


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record which kind of bundle the library verifies."""
    return record_verified(monkeypatch)


def test_a_bundle_is_verified_once_and_proves_the_same(signed: Signed, verified: list[str]) -> None:
    kept = KeptProofs(signed.root)
    for _ in range(3):
        assert kept.file(signed.file.data, signed.sha256) == signed.file.verified
        assert kept.statement(signed.statement.data) == signed.statement.verified
    assert verified == ["verify_artifact", "verify_dsse"]


def test_a_proof_is_of_one_file_one_bundle_and_one_kind(signed: Signed, stranger: Signed) -> None:
    kept = KeptProofs(signed.root)
    kept.file(signed.file.data, signed.sha256)
    kept.statement(signed.statement.data)
    for _ in range(2):
        for bundle, sha256 in (
            (signed.file.data, OTHER),
            (signed.statement.data, signed.sha256),
            (signed.file.data.replace(b"{", b'{"unknown": 1, ', 1), signed.sha256),
            (stranger.file.data, stranger.sha256),
        ):
            with pytest.raises(NotVerifiedError):
                kept.file(bundle, sha256)
        for bundle in (signed.file.data, stranger.statement.data, signed.statement.data[:-2]):
            with pytest.raises(NotVerifiedError):
                kept.statement(bundle)


def test_another_root_has_proofs_of_its_own(signed: Signed, stranger: Signed) -> None:
    KeptProofs(signed.root).file(signed.file.data, signed.sha256)
    with pytest.raises(NotVerifiedError):
        KeptProofs(stranger.root).file(signed.file.data, signed.sha256)


def test_a_refusal_is_examined_each_time_with_the_words_of_a_plain_verifier(
    signed: Signed, verified: list[str]
) -> None:
    kept, plain = KeptProofs(signed.root), BundleVerifier(signed.root)
    for times in (1, 2):
        with pytest.raises(NotVerifiedError) as caught:
            kept.file(signed.file.data, OTHER)
        assert len(verified) == times
    with pytest.raises(NotVerifiedError) as expected:
        plain.file(signed.file.data, OTHER)
    assert caught.value.message == expected.value.message
    newer = b'{"mediaType": "application/vnd.dev.sigstore.bundle.v9+json"}'
    for _ in range(2):
        with pytest.raises(NewerFormatError):
            kept.file(newer, signed.sha256)

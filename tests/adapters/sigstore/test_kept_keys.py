"""Keys of a root that are read once: the same answers, and nothing that failed is remembered as valid."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.trust import Keyring, KeyringPurpose
from sigstore.errors import MetadataError, VerificationError
from sigstore.models import TrustedRoot
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails
from sigstore_models.trustroot import v1 as trustroot

from ops.supply_chain.adapters.sigstore import kept_keys
from ops.supply_chain.adapters.sigstore.kept_keys import KeptKeyring, KeptRoot
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.adapters.sigstore.windows import ALWAYS

OWN = ec.generate_private_key(ec.SECP256R1())


class Counting(KeptKeyring):
    """A keyring that counts how often its keys were asked."""

    def __init__(self) -> None:
        der = OWN.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # The models read bytes of JSON, which are written in Base64.
        key = PublicKey.model_construct(raw_bytes=der, key_details=PublicKeyDetails.PKIX_ECDSA_P256_SHA_256)
        super().__init__(Keyring([key]))
        [self.hint] = self._keyring
        [key_of_root] = self._keyring.values()
        self.asked, verify = 0, key_of_root.verify

        def counted(signature: bytes, data: bytes) -> None:
            self.asked += 1
            verify(signature, data)

        key_of_root.verify = counted  # type: ignore[method-assign]


def signature_of(data: bytes) -> bytes:
    return OWN.sign(data, ec.ECDSA(SHA256()))


def test_the_same_signature_is_verified_once_and_another_each_time() -> None:
    keyring, signature = Counting(), signature_of(b"data")
    for _ in range(3):
        keyring.verify(key_id=keyring.hint, signature=signature, data=b"data")
    assert keyring.asked == 1
    keyring.verify(key_id=keyring.hint, signature=signature_of(b"more"), data=b"more")
    assert keyring.asked == 2


def test_what_failed_is_refused_again_and_what_verified_vouches_for_nothing_else() -> None:
    keyring, signature = Counting(), signature_of(b"data")
    keyring.verify(key_id=keyring.hint, signature=signature, data=b"data")
    changed = bytes([*signature[:-1], signature[-1] ^ 1])
    for turn in range(3):
        for wrong, data in ((changed, b"data"), (signature, b"datA"), (b"", b"data"), (signature, b"")):
            with pytest.raises(VerificationError):
                keyring.verify(key_id=keyring.hint, signature=wrong, data=data)
        assert keyring.asked == 1 + 4 * (turn + 1)


def test_no_more_is_kept_than_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_keys, "MOST_SIGNATURES", 2)
    keyring = Counting()
    for number in range(5):
        data = b"%d" % number
        keyring.verify(key_id=keyring.hint, signature=signature_of(data), data=data)
        assert len(keyring._valid) <= 2
    assert keyring.asked == 5


def root_in(path: Path) -> trustroot.TrustedRoot:
    """Return a root whose logs have no windows, as each verifier has it."""
    inner = trustroot.TrustedRoot.from_json(path.read_bytes())
    logs = {name: [log.model_copy(update={"public_key": log.public_key.model_copy(update={"valid_for": ALWAYS})}) for log in getattr(inner, name)] for name in ("tlogs", "ctlogs")}  # fmt: skip
    return inner.model_copy(update=logs)


def test_a_root_has_the_keys_and_certificates_that_the_library_reads() -> None:
    inner = root_in(embedded_root().path)
    kept, plain = KeptRoot(inner), TrustedRoot(inner)
    verifying = KeyringPurpose.VERIFY
    for _ in range(2):
        assert kept.rekor_keyring(verifying)._keyring.keys() == plain.rekor_keyring(verifying)._keyring.keys()
        assert kept.ct_keyring(verifying)._keyring.keys() == plain.ct_keyring(verifying)._keyring.keys()
        chains = [authority._certificates for authority in plain.get_timestamp_authorities()]
        assert [authority._certificates for authority in kept.get_timestamp_authorities()] == chains
    assert kept.rekor_keyring(verifying) is kept.rekor_keyring(verifying)
    assert set(kept.rekor_keyring(verifying)._keyring).isdisjoint(kept.ct_keyring(verifying)._keyring)
    kept.get_timestamp_authorities().clear()
    assert len(kept.get_timestamp_authorities()) == len(chains)


def test_keys_that_cannot_be_read_are_an_error_each_time() -> None:
    inner = root_in(embedded_root().path).model_copy(update={"tlogs": [], "ctlogs": []})
    for _ in range(2):
        with pytest.raises(MetadataError):
            KeptRoot(inner).rekor_keyring(KeyringPurpose.VERIFY)
        with pytest.raises(MetadataError):
            KeptRoot(inner).ct_keyring(KeyringPurpose.VERIFY)

"""The instance's keys: made at its start, never written anywhere."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
ECDSA_DETAILS, ED25519_DETAILS = "PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519"


class SigningKey:
    """A private key with what documents say of its public half.

    Args:
        private: ECDSA on P-256, or Ed25519.
    """

    def __init__(self, private: PrivateKey) -> None:
        self._private = private
        public = private.public_key()
        self.spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.details = ECDSA_DETAILS if isinstance(private, ec.EllipticCurvePrivateKey) else ED25519_DETAILS
        self._raw = b"" if self.details == ECDSA_DETAILS else public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes: with ECDSA over their SHA-256, or with Ed25519 over themselves."""
        if isinstance(self._private, ec.EllipticCurvePrivateKey):
            return self._private.sign(data, ec.ECDSA(SHA256()))
        return self._private.sign(data)

    def log_id(self, name: str) -> bytes:
        """Return the identifier of a log with this key: 32 bytes, the first four of which hint at its signatures.

        Args:
            name: The log's, which counts for Ed25519 only (C2SP signed-note).
        """
        if self.details == ECDSA_DETAILS:
            return hashlib.sha256(self.spki).digest()
        return hashlib.sha256(name.encode() + b"\n\x01" + self._raw).digest()


def new_ecdsa_key() -> ec.EllipticCurvePrivateKey:
    """Make an ECDSA key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def new_log_key(*, ed25519_log: bool) -> SigningKey:
    """Make the key of a log."""
    return SigningKey(ed25519.Ed25519PrivateKey.generate() if ed25519_log else new_ecdsa_key())

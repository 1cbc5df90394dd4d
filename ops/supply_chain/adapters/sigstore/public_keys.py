"""Public keys that someone hands over: read from PEM, named by their SHA-256, and what they verify.

Which hash goes with which key is what cosign does: https://docs.sigstore.dev/cosign/key_management/signing_with_self-managed_keys/ ;
https://github.com/sigstore/sigstore/blob/main/pkg/signature/algorithm_registry.go .
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from ops.supply_chain.core.errors import ErrorClass, UsageError

FEWEST_RSA_BITS = 2048
"""NIST SP 800-131A rev. 2: a signature by a shorter RSA key proves nothing."""

MOST_KEY_BYTES = 64 << 10
_CURVES: tuple[tuple[type, tuple[HashAlgorithm, ...]], ...] = (
    (SECP256R1, (SHA256(),)),
    (SECP384R1, (SHA256(), SHA384())),
    (SECP521R1, (SHA256(), SHA512())),
)
"""Curve -> hashes that signers use with it: the SHA-256 of cosign 1 and 2, then the one of its size."""

_DERIVE = "openssl pkey -in FILE -pubout"


class UnreadableError(ValueError):
    """The bytes of a message are needed and cannot be read, or are no longer those that were measured."""


class Message:
    """What was signed: its SHA-256, which is known, and its bytes, which are read only where a key needs them.

    Args:
        sha256: Of the bytes.
        read: Returns them; None where they cannot be read.
    """

    def __init__(self, sha256: bytes, read: Callable[[], bytes] | None) -> None:
        self._digests = {"sha256": sha256}
        self._read = read

    @classmethod
    def of(cls, data: bytes) -> Message:
        """Return the message that bytes are."""
        return cls(hashlib.sha256(data).digest(), lambda: data)

    def digest(self, name: str) -> bytes:
        """Return the digest by hashlib's name of the algorithm.

        Raises:
            UnreadableError: The bytes are needed, and cannot be read.
        """
        if name not in self._digests:
            self._digests[name] = hashlib.new(name, self.whole()).digest()
        return self._digests[name]

    def whole(self) -> bytes:
        """Return the bytes.

        Raises:
            UnreadableError: They cannot be read, or are no longer those that were measured.
        """
        try:
            data = self._read() if self._read else None
        except (OSError, LookupError) as error:
            raise UnreadableError(type(error).__name__) from error
        if data is None or hashlib.sha256(data).digest() != self._digests["sha256"]:
            raise UnreadableError
        return data


class PublicKey:
    """A key of a kind that signs files: ECDSA on a NIST curve, Ed25519, RSA with PKCS #1 v1.5.

    Args:
        key: As the library read it.
    Raises:
        ValueError: It is of another kind, or too short.
    """

    def __init__(self, key: object) -> None:
        if isinstance(key, RSAPublicKey) and key.key_size < FEWEST_RSA_BITS:
            raise ValueError(f"is an RSA key of {key.key_size} bits, expected {FEWEST_RSA_BITS} or more")
        if isinstance(key, EllipticCurvePublicKey):
            self._hashes = next((hashes for curve, hashes in _CURVES if isinstance(key.curve, curve)), ())
            if not self._hashes:
                raise ValueError(f"is a key on the curve {key.curve.name}, expected P-256, P-384 or P-521")
        elif not isinstance(key, RSAPublicKey | Ed25519PublicKey):
            raise ValueError("is a key of a kind that is not supported, expected ECDSA, Ed25519 or RSA")  # noqa: TRY004
        self._key = key
        self.spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.sha256 = hashlib.sha256(self.spki).hexdigest()

    def verify(self, signature: bytes, message: Message) -> None:
        """Verify a signature.

        Raises:
            InvalidSignature: It is not by this key over this message.
            UnreadableError: The key does not sign a SHA-256, and the bytes cannot be read.
        """
        if isinstance(self._key, Ed25519PublicKey):
            self._key.verify(signature, message.whole())
        elif isinstance(self._key, RSAPublicKey):
            self._key.verify(signature, message.digest("sha256"), PKCS1v15(), Prehashed(SHA256()))
        else:
            self._verify_ecdsa(self._key, signature, message)

    def _verify_ecdsa(self, key: EllipticCurvePublicKey, signature: bytes, message: Message) -> None:
        for algorithm in self._hashes:
            try:
                return key.verify(signature, message.digest(algorithm.name), ECDSA(Prehashed(algorithm)))
            except InvalidSignature:
                continue
        raise InvalidSignature


def read_der(data: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo.

    Raises:
        ValueError: It is none, or of a kind that is not supported.
    """
    try:
        return PublicKey(load_der_public_key(data))
    except UnsupportedAlgorithm as error:
        raise ValueError("is a key of a kind that is not supported") from error


def read_pem(data: bytes) -> PublicKey:
    """Read a public key from PEM.

    Raises:
        ValueError: It is none, or of a kind that is not supported; the message says which.
    """
    if len(data) > MOST_KEY_BYTES:
        raise ValueError(f"has more than {MOST_KEY_BYTES} bytes, which no key has")
    if b"PRIVATE KEY-----" in data:
        # Its bytes are never quoted: what is printed may be published.
        raise ValueError(f"holds a PRIVATE key, which only its owner may have. Derive the public one: {_DERIVE}")
    if b"-----BEGIN CERTIFICATE-----" in data:
        raise ValueError("holds a certificate, expected a public key: openssl x509 -in FILE -noout -pubkey")
    if data.count(b"-----BEGIN ") != 1:
        raise ValueError("holds no single public key in PEM ('-----BEGIN PUBLIC KEY-----')")
    try:
        return PublicKey(load_pem_public_key(data))
    except UnsupportedAlgorithm as error:
        raise ValueError("is a key of a kind that is not supported") from error


def key_in(path: Path) -> PublicKey:
    """Read the public key in a file that was named on the command line.

    Raises:
        UsageError: It cannot be read, or is no public key that can be used.
    """
    try:
        with path.open("rb") as file:
            return read_pem(file.read(MOST_KEY_BYTES + 1))
    except OSError as error:
        raise UsageError(
            f"--key {path}: cannot be read: {error.strerror or error}", kind=ErrorClass.COMMAND_LINE
        ) from error
    except ValueError as error:
        hint = "Give the signer's public key as PEM: cosign public-key --key KEY, or what the KMS exports."
        raise UsageError(f"--key {path}: {_plain(error)}", hint=hint, kind=ErrorClass.COMMAND_LINE) from error


def _plain(error: ValueError) -> str:
    """Return our own messages as they are; the library's name OpenSSL's internals, so a general one replaces them."""
    said = str(error)
    return said if said.startswith(("is a", "holds", "has")) else "holds no public key that can be read"

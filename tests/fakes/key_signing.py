"""Signers with a key of their own, as `cosign sign-blob --key` and `attest-blob --key` write their bundles.

Source: https://docs.sigstore.dev/about/bundle/ ; cosign 2 and 3. The log and the time-stamping authority are the
rehearsal's.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rfc3161_client import HashAlgorithm as Imprint
from rfc3161_client import TimestampRequestBuilder

from ops.supply_chain.rehearsal.clocks import Clocks
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.rehearsal.services import Request, Services

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_NAMES = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}
HASHES: dict[str, HashAlgorithm] = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}


class Notary:
    """A transparency log and a time-stamping authority, without a server.

    Args:
        version: Of the log: 1 promises a time, 2 does not.
        ed25519_log: Gives a log of version 2 an Ed25519 key.
    """

    def __init__(self, *, version: Literal[1, 2] = 1, ed25519_log: bool = False) -> None:
        self.version = version
        self._services = Services(Options(log_version=version, ed25519_log=ed25519_log), Clocks())
        self.trusted_root = json.dumps(self._services.trusted_root).encode()

    def logged(self, body: dict[str, Any], kind: str, at: datetime) -> dict[str, Any]:
        """The entry of a bundle."""
        log, data = self._services.log, _canonical(body)
        proof = log.append(data)
        entry = {
            "logIndex": str(proof.position),
            "logId": {"keyId": _text(log.id)},
            "kindVersion": {"kind": kind, "version": body["apiVersion"]},
            "inclusionProof": {
                "logIndex": str(proof.position),
                "rootHash": _text(proof.root),
                "treeSize": str(proof.size),
                "hashes": [_text(sibling) for sibling in proof.hashes],
                "checkpoint": {"envelope": log.checkpoint(proof)},
            },
            "canonicalizedBody": _text(data),
        }
        if self.version == 1:
            seconds = int(at.timestamp())
            promised = {
                "body": _text(data),
                "integratedTime": seconds,
                "logID": log.id.hex(),
                "logIndex": proof.position,
            }
            promise = {"signedEntryTimestamp": _text(log.key.sign(_canonical(promised)))}
            entry |= {"integratedTime": str(seconds), "inclusionPromise": promise}
        return entry

    def stamped(self, signature: bytes) -> bytes:
        """A time stamp over a signature."""
        request = TimestampRequestBuilder().data(signature).hash_algorithm(Imprint.SHA256).build().as_bytes()
        return self._services.answer("tsa", Request("POST", "/", "", request, "")).body


class KeySigner:
    """Signs with a private key.

    Args:
        private: The key.
        algorithm: Hash that goes with it; Ed25519 signs whole messages.
        logged: Where signatures are logged, None for nowhere.
        stamped: Who gives them a time stamp, None for no one.
    """

    def __init__(
        self,
        private: PrivateKey,
        *,
        algorithm: str = "sha256",
        logged: Notary | None = None,
        stamped: Notary | None = None,
    ) -> None:
        self._private, self._algorithm, self._logged, self._stamped = private, algorithm, logged, stamped
        public = private.public_key()
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.sha256 = hashlib.sha256(self.spki).hexdigest()

    def file(self, data: bytes) -> dict[str, Any]:
        """A bundle over a file."""
        signature = self._sign(data)
        digest = hashlib.new(self._algorithm, data).digest()
        message = {
            "messageDigest": {"algorithm": _NAMES[self._algorithm], "digest": _text(digest)},
            "signature": _text(signature),
        }
        spec = {
            "data": {"hash": {"algorithm": self._algorithm, "value": digest.hex()}},
            "signature": {"content": _text(signature), "publicKey": {"content": _text(self.pem)}},
        }
        return self._bundle("messageSignature", message, signature, "hashedrekord", spec, digest)

    def statement(self, payload: bytes, kind: str = "application/vnd.in-toto+json") -> dict[str, Any]:
        """A bundle with a statement."""
        encoded = b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)
        signature = self._sign(encoded)
        envelope = {"payload": _text(payload), "payloadType": kind, "signatures": [{"sig": _text(signature)}]}
        spec = {
            "envelopeHash": _hash(json.dumps(envelope).encode()),
            "payloadHash": _hash(payload),
            "signatures": [{"signature": _text(signature), "verifier": _text(self.pem)}],
        }
        digest = hashlib.new(self._algorithm, encoded).digest()
        return self._bundle("dsseEnvelope", envelope, signature, "dsse", spec, digest)

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(data)
        chosen = HASHES[self._algorithm]
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), chosen)
        return self._private.sign(data, ec.ECDSA(chosen))

    def _bundle(
        self, name: str, content: dict[str, Any], signature: bytes, kind: str, spec: dict[str, Any], digest: bytes
    ) -> dict[str, Any]:
        material: dict[str, Any] = {"publicKey": {"hint": _text(bytes.fromhex(self.sha256))}, "tlogEntries": []}
        if self._logged:
            body = {"apiVersion": "0.0.1", "kind": kind, "spec": spec}
            if self._logged.version != 1:
                kind, body = "hashedrekord", self._second(digest, signature)
            material["tlogEntries"] = [self._logged.logged(body, kind, datetime.now(UTC))]
        if self._stamped:
            stamp = _text(self._stamped.stamped(signature))
            material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": stamp}]}
        return {"mediaType": BUNDLE, "verificationMaterial": material, name: content}

    def _second(self, digest: bytes, signature: bytes) -> dict[str, Any]:
        verifier = {"publicKey": {"rawBytes": _text(self.spki)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
        logged = {
            "data": {"algorithm": _NAMES[self._algorithm], "digest": _text(digest)},
            "signature": {"content": _text(signature), "verifier": verifier},
        }
        return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": logged}}


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _hash(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

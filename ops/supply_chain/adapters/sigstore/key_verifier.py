"""Verifying bundles by a key that its owner keeps, which sigstore-python cannot: for a supplier who signs so.

What is checked: the signature over the file, the transparency log's promise and proof that it was logged, and that
the log's entry is this signature by this key. Rekor version 1, `hashedrekord` entries and ECDSA keys only; anything
else is refused. A key says nothing about who holds it: that is for whoever handed it over.

Source: https://docs.sigstore.dev/about/bundle/ ; RFC 9162 section 2.1.3.2; facts/sigstore.md sections 1.5 and 1.7
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.plain_json import load

_HASHED = ("hashedrekord", "0.0.1")
_CERTIFICATES = frozenset({"certificate", "x509CertificateChain"})
_SIGNATURE_LINE = "\u2014 "
_HINT_BYTES = 4


class _Log(NamedTuple):
    """A transparency log of the trusted root: its key, and from when to when it is valid."""

    key: EllipticCurvePublicKey
    start: datetime | None
    end: datetime | None


class KeyVerifier:
    """Verifies bundles by one public key.

    Args:
        trusted_root: The bytes of a `trusted_root.json`, whose logs are trusted.
        public_key: PEM.
    Raises:
        InputError: Either is none that can be used.
    """

    def __init__(self, trusted_root: bytes, public_key: bytes) -> None:
        try:
            self._key = _ecdsa(load_pem_public_key(public_key))
            rows = load(trusted_root, where="trusted root")["tlogs"]
            self._logs = {row["logId"]["keyId"]: log for row in rows if (log := _log_of(row)) is not None}
        except (ValueError, LookupError, TypeError, AttributeError, UnsupportedAlgorithm, _OtherKeyError) as error:
            raise InputError(f"key or trusted root cannot be used: {error}") from error

    def file(self, bundle: bytes, sha256: str) -> datetime:
        """Verify a bundle over a file.

        Args:
            bundle: The bundle's bytes.
            sha256: The file's SHA-256.
        Returns:
            The moment at which the log took it in.
        Raises:
            NotVerifiedError: It is no such bundle, or does not verify.
        """
        try:
            return self._verified(load(bundle, where="bundle"), bytes.fromhex(sha256))
        except StageError as error:
            raise NotVerifiedError(error.message) from error
        except InvalidSignature as error:
            raise NotVerifiedError("a signature is invalid") from error
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            OverflowError,
            OSError,
            UnsupportedAlgorithm,
        ) as error:
            raise NotVerifiedError(f"is no bundle by a key: {type(error).__name__}") from error

    def _verified(self, bundle: Any, digest: bytes) -> datetime:
        material, message = bundle["verificationMaterial"], bundle["messageSignature"]
        [entry] = material["tlogEntries"]
        signature = _bytes(message["signature"])
        if "publicKey" not in material or _CERTIFICATES & material.keys() or "dsseEnvelope" in bundle:
            raise NotVerifiedError("is no bundle over a file by a key")
        if "messageDigest" in message and _bytes(message["messageDigest"]["digest"]) != digest:
            raise NotVerifiedError("is over another file")
        self._key.verify(signature, digest, ECDSA(Prehashed(SHA256())))
        _require_same(entry, digest, signature, self._key)
        log = self._logs.get(entry["logId"]["keyId"])
        if log is None:
            raise NotVerifiedError("is in a log that the trusted root does not know")
        at = datetime.fromtimestamp(int(entry["integratedTime"]), UTC)
        if (log.start and at < log.start) or (log.end and at > log.end):
            raise NotVerifiedError("was logged when that log's key was not valid")
        _require_promise(entry, log)
        _require_proof(entry, log)
        return at


class _OtherKeyError(Exception):
    """A key of a kind that is not known here."""


def _log_of(row: Any) -> _Log | None:
    try:
        key = _ecdsa(load_der_public_key(_bytes(row["publicKey"]["rawBytes"])))
    except _OtherKeyError:
        return None
    valid = row["publicKey"].get("validFor", {})
    return _Log(key, _moment(valid.get("start")), _moment(valid.get("end")))


def _ecdsa(key: object) -> EllipticCurvePublicKey:
    if not isinstance(key, EllipticCurvePublicKey):
        raise _OtherKeyError("expected an ECDSA key")
    return key


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text, where="validFor") if text else None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _require_same(entry: Any, digest: bytes, signature: bytes, key: EllipticCurvePublicKey) -> None:
    """Hold the log's entry against what was verified."""
    body = load(_bytes(entry["canonicalizedBody"]), where="log entry")
    spec = body["spec"]
    logged = load_pem_public_key(_bytes(spec["signature"]["publicKey"]["content"]))
    told = (
        (body["kind"], body["apiVersion"]),
        (spec["data"]["hash"]["algorithm"], spec["data"]["hash"]["value"]),
        _bytes(spec["signature"]["content"]),
        _spki(_ecdsa(logged)) if isinstance(logged, EllipticCurvePublicKey) else b"",
    )
    if told != (_HASHED, ("sha256", digest.hex()), signature, _spki(key)):
        raise NotVerifiedError("the log's entry is about something else")


def _spki(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _require_promise(entry: Any, log: _Log) -> None:
    """Check the signed entry timestamp: the log's word for when it took the entry in."""
    promised = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logID": _bytes(entry["logId"]["keyId"]).hex(),
        "logIndex": int(entry["logIndex"]),
    }
    data = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
    log.key.verify(_bytes(entry["inclusionPromise"]["signedEntryTimestamp"]), data, ECDSA(SHA256()))


def _require_proof(entry: Any, log: _Log) -> None:
    """Check that the entry is in the tree whose head the log signed."""
    proof = entry["inclusionProof"]
    root, index, size = _bytes(proof["rootHash"]), int(proof["logIndex"]), int(proof["treeSize"])
    leaf = hashlib.sha256(b"\0" + _bytes(entry["canonicalizedBody"])).digest()
    if root_of(leaf, index, size, [_bytes(one) for one in proof["hashes"]]) != root:
        raise NotVerifiedError("the log's proof does not lead to its root")
    note, _, signatures = proof["checkpoint"]["envelope"].partition("\n\n")
    lines = note.split("\n")
    if (lines[1], _bytes(lines[2])) != (str(size), root):
        raise NotVerifiedError("the log's checkpoint is of another tree")
    hint = _bytes(entry["logId"]["keyId"])[:_HINT_BYTES]
    signed = [_bytes(line.rpartition(" ")[2]) for line in signatures.splitlines() if line.startswith(_SIGNATURE_LINE)]
    found = [one[_HINT_BYTES:] for one in signed if one[:_HINT_BYTES] == hint]
    if len(found) != 1:
        raise NotVerifiedError("the log's checkpoint is not signed by that log")
    log.key.verify(found[0], f"{note}\n".encode(), ECDSA(SHA256()))


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which an audit path leads.

    Args:
        leaf: Hash of the leaf.
        index: Its place, from 0.
        size: Of the tree.
        path: Hashes from the leaf's side upwards.
    Raises:
        NotVerifiedError: The path is not as long as such a tree has it.
    """
    if not 0 <= index < size:
        raise NotVerifiedError("the log's proof is for no place in its tree")
    # RFC 9162 section 2.1.3.2: "Set fn to leaf_index and sn to tree_size - 1."
    at, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise NotVerifiedError("the log's proof is too long")
        if at & 1 or at == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        at, last = at >> 1, last >> 1
    if last:
        raise NotVerifiedError("the log's proof is too short")
    return node

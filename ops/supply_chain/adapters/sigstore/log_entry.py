"""The entry of a transparency log in a bundle by a key: that the log took in this signature, and when.

Rekor version 1 (`hashedrekord` and `dsse` 0.0.1: a signed promise with a time, and a proof) and version 2
(`hashedrekord` 0.0.2: a proof alone).

Source: https://docs.sigstore.dev/about/bundle/ ; https://github.com/sigstore/rekor/tree/main/pkg/types ;
https://github.com/sigstore/rekor-tiles ; RFC 9162 section 2.1.3.2 ; C2SP tlog-checkpoint and signed-note.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.public_keys import Message, PublicKey, read_der, read_pem
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.plain_json import load

_SIGNATURE_LINE = "\u2014 "
_HINT_BYTES = 4
_HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
_OTHER = "the log's entry is about something else"


class TransparencyLog(NamedTuple):
    """A transparency log of the trusted root: its key, and from when to when it is valid."""

    key: PublicKey
    start: datetime | None
    end: datetime | None


class Signed(NamedTuple):
    """A signature that verified: by which key, over which message; `payload` is a DSSE envelope's, else None."""

    key: PublicKey
    signature: bytes
    message: Message
    payload: bytes | None


class LogEntry(NamedTuple):
    """A verified entry: its position in the log (from 0), the log's key in hexadecimal, and the time that the log promised."""

    position: int
    log_id: str
    at: datetime | None


def logs_in(root: Any) -> dict[str, TransparencyLog]:
    """Return the transparency logs of a trusted root by their identifier; those with keys of other kinds left out.

    Raises:
        InputError: It is no trusted root.
    """
    try:
        return {row["logId"]["keyId"]: log for row in root.get("tlogs", []) if (log := _log_of(row)) is not None}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"trusted root: cannot be used: {type(error).__name__} in its logs") from error


def verified_entry(entry: Any, signed: Signed, logs: dict[str, TransparencyLog], proved: datetime | None) -> LogEntry:
    """Verify the entry of a log.

    Args:
        entry: As the bundle has it.
        signed: What it has to be about.
        logs: Those that are trusted.
        proved: The time that a time-stamping authority proved; None for none.
    Raises:
        NotVerifiedError: It is of a log that is not trusted, about something else, or not proved.
        InvalidSignature: The log did not sign it.
        ValueError, LookupError, TypeError, AttributeError: It is malformed.
    """
    log = logs.get(entry["logId"]["keyId"])
    if log is None:
        raise NotVerifiedError("is in a log that the trusted root does not know")
    body = load(_bytes(entry["canonicalizedBody"]), where="log entry")
    reader = _READERS.get((body["kind"], body["apiVersion"]))
    if reader is None:
        raise NotVerifiedError("has a log entry of a kind that is not supported")
    reader(body["spec"], signed)
    promised = _promised(entry, log) if body["apiVersion"] == _FIRST else None
    times = [at for at in (promised, proved) if at is not None]
    if not times:
        raise NotVerifiedError("has a log entry without a time that is proved")
    if any((log.start and at < log.start) or (log.end and at > log.end) for at in times):
        raise NotVerifiedError("was logged when that log's key was not valid")
    _require_proof(entry, log)
    return LogEntry(int(entry["inclusionProof"]["logIndex"]), _bytes(entry["logId"]["keyId"]).hex(), promised)


def _log_of(row: Any) -> TransparencyLog | None:
    data = _bytes(row["publicKey"]["rawBytes"])
    valid = row["publicKey"].get("validFor", {})
    try:
        key = read_der(data)
    except ValueError as error:
        if "not supported" in str(error) or "curve" in str(error):
            return None
        raise
    return TransparencyLog(key, _moment(valid.get("start")), _moment(valid.get("end")))


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text, where="validFor") if text else None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _require_hashed_1(spec: Any, signed: Signed) -> None:
    hashed, written = spec["data"]["hash"], spec["signature"]
    key = read_pem(_bytes(written["publicKey"]["content"]))
    _require(signed, hashed["algorithm"], bytes.fromhex(hashed["value"]), _bytes(written["content"]), key)


def _require_dsse_1(spec: Any, signed: Signed) -> None:
    hashed, [written] = spec["payloadHash"], spec["signatures"]
    if signed.payload is None or hashed["algorithm"] != "sha256":
        raise NotVerifiedError(_OTHER)
    told = (hashed["value"], _bytes(written["signature"]), read_pem(_bytes(written["verifier"])).spki)
    if told != (hashlib.sha256(signed.payload).hexdigest(), signed.signature, signed.key.spki):
        raise NotVerifiedError(_OTHER)


def _require_hashed_2(spec: Any, signed: Signed) -> None:
    # A DSSE envelope is logged in the same way: the digest is then that of its pre-authentication encoding.
    hashed, written = spec["hashedRekordV002"]["data"], spec["hashedRekordV002"]["signature"]
    key = read_der(_bytes(written["verifier"]["publicKey"]["rawBytes"]))
    _require(signed, _HASHES.get(hashed["algorithm"], ""), _bytes(hashed["digest"]), _bytes(written["content"]), key)


def _require(signed: Signed, algorithm: str, digest: bytes, signature: bytes, key: PublicKey) -> None:
    """Compare what was logged with what was verified."""
    known = algorithm in _HASHES.values() and signed.message.digest(algorithm) == digest
    if not known or (signature, key.spki) != (signed.signature, signed.key.spki):
        raise NotVerifiedError(_OTHER)


_FIRST, _SECOND = "0.0.1", "0.0.2"
_READERS = {
    ("hashedrekord", _FIRST): _require_hashed_1,
    ("dsse", _FIRST): _require_dsse_1,
    ("hashedrekord", _SECOND): _require_hashed_2,
}


def _promised(entry: Any, log: TransparencyLog) -> datetime:
    """Check the signed entry timestamp: the log's word for when it took the entry in."""
    promised = {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logID": _bytes(entry["logId"]["keyId"]).hex(),
        "logIndex": int(entry["logIndex"]),
    }
    data = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
    log.key.verify(_bytes(entry["inclusionPromise"]["signedEntryTimestamp"]), Message.of(data))
    return datetime.fromtimestamp(promised["integratedTime"], UTC)


def _require_proof(entry: Any, log: TransparencyLog) -> None:
    """Check that the entry is in the tree whose head the log signed."""
    proof = entry["inclusionProof"]
    root, index, size = _bytes(proof["rootHash"]), int(proof["logIndex"]), int(proof["treeSize"])
    leaf = hashlib.sha256(b"\0" + _bytes(entry["canonicalizedBody"])).digest()
    if root_of(leaf, index, size, [_bytes(sibling) for sibling in proof["hashes"]]) != root:
        raise NotVerifiedError("the log's proof does not lead to its root")
    note, _, signatures = proof["checkpoint"]["envelope"].partition("\n\n")
    lines = note.split("\n")
    if (lines[1], _bytes(lines[2])) != (str(size), root):
        raise NotVerifiedError("the log's checkpoint is of another tree")
    hint = _bytes(entry["logId"]["keyId"])[:_HINT_BYTES]
    signed = [_bytes(line.rpartition(" ")[2]) for line in signatures.splitlines() if line.startswith(_SIGNATURE_LINE)]
    found = [data[_HINT_BYTES:] for data in signed if data[:_HINT_BYTES] == hint]
    if len(found) != 1:
        raise NotVerifiedError("the log's checkpoint is not signed by that log")
    log.key.verify(found[0], Message.of(f"{note}\n".encode()))


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

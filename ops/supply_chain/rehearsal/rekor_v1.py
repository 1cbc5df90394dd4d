"""Version 1 of the transparency log: proposed entry in, entry with proof and promise out.

Source: Rekor, openapi.yaml, `POST /api/v1/log/entries`; types hashedrekord 0.0.1 and dsse 0.0.1.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from ops.supply_chain.rehearsal.log import LOG_NAME, MerkleLog, decoded, require_signature
from ops.supply_chain.rehearsal.merkle import Proof
from ops.supply_chain.rehearsal.refusal import Refusal

TREE_ID = 1
"""The ID of the only tree; clients recognise a version 1 checkpoint by ` - <digits>` at the end of its origin."""

ORIGIN = f"{LOG_NAME} - {TREE_ID}"


def add_entry(log: MerkleLog, proposed: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Log a proposed entry.

    Args:
        log: With an ECDSA key.
        proposed: The JSON of the request.
        now: The log's time.
    Returns:
        The JSON of the answer: one entry under its identifier.
    Raises:
        Refusal: Not an entry, not signed by its certificate's key, or logged already.
    """
    try:
        kind = proposed["kind"]
        spec = {"hashedrekord": _hashedrekord, "dsse": _dsse}[kind](proposed["spec"])
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise Refusal(400, f"error processing entry: {type(error).__name__}") from error
    body = _canonical({"apiVersion": "0.0.1", "kind": kind, "spec": spec})
    return _integrated(log, body, log.append(body), now)


def _hashedrekord(spec: dict[str, Any]) -> dict[str, Any]:
    algorithm, value = spec["data"]["hash"]["algorithm"], spec["data"]["hash"]["value"]
    content, key = spec["signature"]["content"], spec["signature"]["publicKey"]["content"]
    if algorithm != "sha256":
        raise Refusal(400, "error processing entry: this log knows sha256 only")
    require_signature(decoded(key), decoded(content), bytes.fromhex(value))
    return {
        "data": {"hash": {"algorithm": algorithm, "value": value}},
        "signature": {"content": content, "publicKey": {"content": key}},
    }


def _dsse(spec: dict[str, Any]) -> dict[str, Any]:
    text, verifiers = spec["proposedContent"]["envelope"], spec["proposedContent"]["verifiers"]
    envelope = json.loads(text)
    payload = decoded(envelope["payload"])
    [signature], [verifier] = envelope["signatures"], verifiers
    signed = _pre_authentication(envelope["payloadType"], payload)
    require_signature(decoded(verifier), decoded(signature["sig"]), hashlib.sha256(signed).digest())
    return {
        "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(text.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
        "signatures": [{"signature": signature["sig"], "verifier": verifier}],
    }


def _pre_authentication(kind: str, payload: bytes) -> bytes:
    # PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _integrated(log: MerkleLog, body: bytes, proof: Proof, now: datetime) -> dict[str, Any]:
    # The promise is signed over exactly these four, as canonical JSON.
    entry = {
        "body": b64encode(body).decode(),
        "integratedTime": int(now.timestamp()),
        "logID": log.id.hex(),
        "logIndex": proof.position,
    }
    promise = b64encode(log.key.sign(_canonical(entry))).decode()
    inclusion = {
        "checkpoint": log.checkpoint(proof),
        "hashes": [digest.hex() for digest in proof.hashes],
        "logIndex": proof.position,
        "rootHash": proof.root.hex(),
        "treeSize": proof.size,
    }
    verification = {"inclusionProof": inclusion, "signedEntryTimestamp": promise}
    return {f"{TREE_ID:016x}{proof.leaf.hex()}": {**entry, "verification": verification}}


def _canonical(value: dict[str, Any]) -> bytes:
    # RFC 8785: the values are ASCII text and whole numbers, for which this is the canonical form.
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

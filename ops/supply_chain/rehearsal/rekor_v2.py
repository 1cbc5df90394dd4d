"""Version 2 of the transparency log: no promise and no time of its own, so a time-stamp must go with it.

Source: rekor-tiles, api/proto/rekor/v2; C2SP tlog-checkpoint.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from ops.supply_chain.rehearsal.log import LOG_NAME, MerkleLog, decoded, require_signature
from ops.supply_chain.rehearsal.refusal import Refusal

ORIGIN = LOG_NAME


def add_entry(log: MerkleLog, request: dict[str, Any], _now: datetime) -> dict[str, Any]:
    """Log a hash and its signature; an attestation is logged the same way.

    Args:
        log: With any key.
        request: The JSON of the request.
    Returns:
        The JSON of the answer: a TransparencyLogEntry.
    Raises:
        Refusal: Not an entry, not signed by its certificate's key, or logged already.
    """
    try:
        entry = request["hashedRekordRequestV002"]
        signature, digest = entry["signature"], entry["digest"]
        certificate = signature["verifier"]["x509Certificate"]["rawBytes"]
        require_signature(decoded(certificate), decoded(signature["content"]), decoded(digest))
    except (KeyError, TypeError) as error:
        raise Refusal(400, f"invalid request: {type(error).__name__}") from error
    logged = {"data": {"algorithm": "SHA2_256", "digest": digest}, "signature": signature}
    value = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": logged}}
    body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return _entry(log, body)


def _entry(log: MerkleLog, body: bytes) -> dict[str, Any]:
    proof = log.append(body)
    return {
        "logIndex": str(proof.position),
        "logId": {"keyId": b64encode(log.id).decode()},
        "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
        "inclusionProof": {
            "logIndex": str(proof.position),
            "rootHash": b64encode(proof.root).decode(),
            "treeSize": str(proof.size),
            "hashes": [b64encode(digest).decode() for digest in proof.hashes],
            "checkpoint": {"envelope": log.checkpoint(proof)},
        },
        "canonicalizedBody": b64encode(body).decode(),
    }

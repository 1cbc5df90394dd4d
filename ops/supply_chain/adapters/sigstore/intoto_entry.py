"""Log entries of the kind `intoto` 0.0.2: how Rekor v1 took statements in before the kind `dsse`, slsa-github-generator's too.

sigstore-python verifies everything about a bundle with such an entry except the entry's own time and content. Both are
read here, as sigstore-go does.

Source: https://github.com/sigstore/rekor/tree/main/pkg/types/intoto ; sigstore 4.5 (`Verifier`)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.verifier_imports import Bundle, TimestampSource, TimestampVerificationResult
from ops.supply_chain.core.plain_json import load

KIND = ("intoto", "0.0.2")
_OTHER = "the log's entry is about something else"


def is_intoto(bundle: Bundle) -> bool:
    """Return whether a bundle's log entry is of this kind."""
    found = bundle.log_entry._inner.kind_version  # noqa: SLF001 - the entry's kind has no public name
    return (found.kind, found.version) == KIND


def log_time(bundle: Bundle) -> list[TimestampVerificationResult]:
    """Return the time that the log promised; none without a promise, which the library verifies with the entry."""
    entry = bundle.log_entry._inner  # noqa: SLF001 - as above
    if not entry.integrated_time or not entry.inclusion_promise:
        return []
    at = datetime.fromtimestamp(entry.integrated_time, tz=UTC)
    return [TimestampVerificationResult(source=TimestampSource.TRANSPARENCY_SERVICE, time=at)]


def require_same(bundle: Bundle) -> None:
    """Compare what the log took in with a bundle whose envelope's signature was verified.

    Raises:
        NotVerifiedError: It is about another payload, signature or certificate.
        ValueError, LookupError, TypeError: It is malformed.
    """
    envelope = bundle._dsse_envelope  # noqa: SLF001 - as above
    if envelope is None or len(envelope._inner.signatures) != 1:  # noqa: SLF001 - as above
        raise NotVerifiedError("expected an envelope with one signature")
    body = load(bundle.log_entry._inner.canonicalized_body, where="log entry")  # noqa: SLF001 - as above
    if (body["kind"], body["apiVersion"]) != KIND:
        raise NotVerifiedError(_OTHER)
    certificate = bundle.signing_certificate.public_bytes(Encoding.DER)
    payload = bytes(envelope._inner.payload)  # noqa: SLF001 - as above
    _require_content(body["spec"]["content"], envelope._inner.payload_type, payload, envelope.signature, certificate)  # noqa: SLF001


def _require_content(content: Any, kind: str, payload: bytes, signature: bytes, certificate: bytes) -> None:
    hashed, logged = content["payloadHash"], content["envelope"]
    [written] = logged["signatures"]
    # Rekor encodes the signature a second time: it takes the envelope's text for bytes.
    encoded = (signature, base64.b64encode(signature))
    same = (
        hashed["algorithm"] == "sha256"
        and hmac.compare_digest(hashed["value"], hashlib.sha256(payload).hexdigest())
        and logged["payloadType"] == kind
        and base64.b64decode(written["sig"], validate=True) in encoded
        and _der(base64.b64decode(written["publicKey"], validate=True)) == certificate
    )
    if not same:
        raise NotVerifiedError(_OTHER)


def _der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)

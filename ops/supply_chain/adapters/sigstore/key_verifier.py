"""Verify bundles made with a key that its owner keeps (a key pair, a KMS), which sigstore-python cannot.

What is checked: the signature over the file or statement; every log entry and timestamp that the bundle has, against
the trusted root. A bundle without either is accepted and says so: a key that was handed over needs no log to be
trusted, and a key says nothing about who holds it. Only its provider can say that.

Source: https://docs.sigstore.dev/about/bundle/ ; DSSE 1.0.2, https://github.com/secure-systems-lab/dsse
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError, require_known
from ops.supply_chain.adapters.sigstore.log_entry import LogEntry, Signed, logs_in, verified_entry
from ops.supply_chain.adapters.sigstore.public_keys import Message, PublicKey, UnreadableError
from ops.supply_chain.adapters.sigstore.timestamps import authorities_in, verified_times
from ops.supply_chain.contracts.values.verified_bundle import TimeSource, VerifiedBundle, VerifiedTime
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.plain_json import load

MOST_BUNDLE_BYTES = 256 << 20
"""An attestation holds its whole SBOM; nothing honest is larger."""

_MATERIALS = frozenset({"certificate", "x509CertificateChain"})
_DIGESTS = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError, UnsupportedAlgorithm)


class KeyVerifier:
    """Verifies bundles by any of some public keys.

    Args:
        trusted_root: The bytes of a `trusted_root.json`, whose logs and time-stamping authorities are trusted.
        keys: At least one; the bundle's hint does not choose among them.
    Raises:
        InputError: It is no trusted root that can be used.
        NewerFormatError: It is in a format that is not known yet.
    """

    def __init__(self, trusted_root: bytes, keys: Sequence[PublicKey]) -> None:
        root = load(trusted_root, where="trusted root")
        if not isinstance(root, dict):
            raise InputError("trusted root: cannot be used: is no object")
        require_known(root, where="trusted root")
        self.keys = tuple(keys)
        self._logs = logs_in(root)
        self._authorities = authorities_in(root)

    def file(self, bundle: bytes, sha256: str, read: Callable[[], bytes] | None = None) -> VerifiedBundle:
        """Verify a bundle over a file.

        Args:
            bundle: The bundle's bytes.
            sha256: The file's SHA-256.
            read: Returns the file's bytes, for keys that do not sign a SHA-256; None where they cannot be read.
        Raises:
            NotVerifiedError: It is no such bundle, or does not verify.
            NewerFormatError: It is in a format that is not known yet.
        """
        message = Message(bytes.fromhex(sha256), read)
        return self._guarded(bundle, lambda document: self._file(document, message))

    def statement(self, bundle: bytes) -> VerifiedBundle:
        """Verify a bundle with a DSSE envelope. What the payload is about is for the caller to compare.

        Raises:
            NotVerifiedError: It is no such bundle, or does not verify.
            NewerFormatError: It is in a format that is not known yet.
        """
        return self._guarded(bundle, self._statement)

    def _guarded(self, bundle: bytes, work: Callable[[Any], VerifiedBundle]) -> VerifiedBundle:
        if len(bundle) > MOST_BUNDLE_BYTES:
            raise NotVerifiedError(f"has {len(bundle)} bytes, more than the {MOST_BUNDLE_BYTES} that a bundle may have")
        try:
            document = load(bundle, where="bundle")
            require_known(document, where="bundle")
            return work(document)
        except NewerFormatError:
            raise
        except StageError as error:
            raise NotVerifiedError(error.message) from error
        except InvalidSignature as error:
            raise NotVerifiedError("a signature is invalid") from error
        except _MALFORMED as error:
            raise NotVerifiedError(f"is no bundle by a key: {type(error).__name__}") from error

    def _file(self, document: Any, message: Message) -> VerifiedBundle:
        signed = document["messageSignature"]
        if "dsseEnvelope" in document:
            raise NotVerifiedError("is no bundle over a file by a key")
        told = signed.get("messageDigest")
        if told is not None:
            algorithm = _DIGESTS.get(told["algorithm"])
            if algorithm is None or base64.b64decode(told["digest"], validate=True) != message.digest(algorithm):
                raise NotVerifiedError("is over another file")
        return self._verified(document, base64.b64decode(signed["signature"], validate=True), message)

    def _statement(self, document: Any) -> VerifiedBundle:
        envelope = document["dsseEnvelope"]
        if "messageSignature" in document:
            raise NotVerifiedError("is no bundle with a statement by a key")
        [written] = envelope["signatures"]
        kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"], validate=True)
        # DSSE 1.0.2: what is signed is "DSSEv1", then length and bytes of type and body, a space between each two.
        encoded = kind.encode()
        message = Message.of(b"DSSEv1 %d %b %d %b" % (len(encoded), encoded, len(payload), payload))
        signature = base64.b64decode(written["sig"], validate=True)
        return self._verified(document, signature, message, payload_type=kind, payload=payload)

    def _verified(
        self, document: Any, signature: bytes, message: Message, *, payload_type: str = "", payload: bytes | None = None
    ) -> VerifiedBundle:
        material = document["verificationMaterial"]
        if "publicKey" not in material or _MATERIALS & material.keys():
            raise NotVerifiedError("is no bundle by a key alone")
        signed = Signed(self._signer(signature, message), signature, message, payload)
        stamps = verified_times(
            (material.get("timestampVerificationData") or {}).get("rfc3161Timestamps") or [],
            signature,
            self._authorities,
        )
        entry = self._entry(material.get("tlogEntries") or [], signed, min(stamps, default=None))
        times = [VerifiedTime(source=TimeSource.AUTHORITY, at=at) for at in stamps]
        if entry and entry.at:
            times.append(VerifiedTime(source=TimeSource.LOG, at=entry.at))
        return VerifiedBundle(
            san="",
            issuer="",
            extensions={},
            times=tuple(sorted(times, key=lambda time: (time.at, time.source))),
            log_index=entry.position if entry else -1,
            log_id=entry.log_id if entry else "",
            media_type=str(document.get("mediaType", "")),
            certificate=b"",
            certificate_sha256="",
            signature=signature,
            payload_type=payload_type,
            payload=payload or b"",
            key_sha256=signed.key.sha256,
        )

    def _signer(self, signature: bytes, message: Message) -> PublicKey:
        """Return the key that made a signature.

        Raises:
            NotVerifiedError: None of them did.
        """
        unread = False
        for key in self.keys:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                continue
            except UnreadableError:  # another key may need no more than the digest
                unread = True
                continue
            return key
        if unread:
            raise NotVerifiedError(
                "cannot be verified with the given key without the file's bytes, which are not there"
            )
        raise NotVerifiedError("is signed by another key, or over other bytes, than given")

    def _entry(self, entries: Any, signed: Signed, proved: datetime | None) -> LogEntry | None:
        if not entries:
            return None
        [entry] = entries
        return verified_entry(entry, signed, self._logs, proved)

"""The time-stamping authority: a digest in, a signed statement of when it was there out.

Source: RFC 3161; RFC 5652 (CMS SignedData); RFC 5816 (ESSCertIDv2).
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ops.supply_chain.rehearsal import der
from ops.supply_chain.rehearsal.certificates import CertificateSigner
from ops.supply_chain.rehearsal.refusal import Refusal

POLICY = "1.3.6.1.4.1.57264.2"
"""The policy of the timestamps: that of Sigstore's own authority."""

ACCURACY_SECONDS = 1
_SHA256 = der.encode(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"), der.NULL)
_ECDSA_SHA256 = der.encode(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))
_TST_INFO, _SIGNED_DATA = der.oid("1.2.840.113549.1.9.16.1.4"), der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.3"), der.oid("1.2.840.113549.1.9.4")
_SIGNING_TIME, _SIGNING_CERTIFICATE = der.oid("1.2.840.113549.1.9.5"), der.oid("1.2.840.113549.1.9.16.2.47")
_UTC_TIME = 0x17
_GRANTED = der.encode(der.SEQUENCE, der.integer(0))


class LoopbackTimestamping:
    """The authority; safe for many threads.

    Args:
        authority: Its key and certificates.
    """

    def __init__(self, authority: CertificateSigner) -> None:
        self.chain = authority.chain
        self._key = authority.key
        self._certificate = authority.certificate.public_bytes(Encoding.DER)
        self._signer = _signer_identifier(authority.certificate)
        self._serials = itertools.count(1)

    def stamp(self, request: bytes, now: datetime) -> bytes:
        """Answer a request.

        Args:
            request: TimeStampReq.
            now: The authority's time.
        Returns:
            TimeStampResp.
        Raises:
            Refusal: 400, it is none.
        """
        imprint, nonce = _read(request)
        info = der.encode(
            der.SEQUENCE,
            der.integer(1),
            der.oid(POLICY),
            imprint,
            der.integer(next(self._serials)),
            der.encode(der.GENERALIZED_TIME, now.strftime("%Y%m%d%H%M%SZ").encode()),
            der.encode(der.SEQUENCE, der.integer(ACCURACY_SECONDS)),
            nonce,
        )
        signed = der.encode(
            der.SEQUENCE,
            der.integer(3),
            der.set_of(_SHA256),
            der.encode(der.SEQUENCE, _TST_INFO, der.context(0, der.encode(der.OCTET_STRING, info))),
            der.context(0, self._certificate),
            der.set_of(self._signer_info(info, now)),
        )
        token = der.encode(der.SEQUENCE, _SIGNED_DATA, der.context(0, signed))
        return der.encode(der.SEQUENCE, _GRANTED, token)

    def _signer_info(self, info: bytes, now: datetime) -> bytes:
        certificate = der.encode(der.OCTET_STRING, hashlib.sha256(self._certificate).digest())
        attributes = der.set_of(
            _attribute(_CONTENT_TYPE, _TST_INFO),
            _attribute(_SIGNING_TIME, der.encode(_UTC_TIME, now.strftime("%y%m%d%H%M%SZ").encode())),
            _attribute(_MESSAGE_DIGEST, der.encode(der.OCTET_STRING, hashlib.sha256(info).digest())),
            _attribute(_SIGNING_CERTIFICATE, _nested(der.SEQUENCE, certificate, depth=3)),
        )
        # "The IMPLICIT [0] tag in the signedAttrs is not used for the DER encoding, rather an EXPLICIT SET OF
        # tag is used." (RFC 5652, 5.4)
        signature = self._key.sign(attributes, ec.ECDSA(SHA256()))
        [written] = der.split(attributes)
        return der.encode(
            der.SEQUENCE,
            der.integer(1),
            self._signer,
            _SHA256,
            der.context(0, written.content),
            _ECDSA_SHA256,
            der.encode(der.OCTET_STRING, signature),
        )


def _read(request: bytes) -> tuple[bytes, bytes]:
    """Return the message imprint and the nonce of a request, as they were written; no nonce is empty."""
    try:
        [outer] = der.split(request)
        version, imprint, *rest = der.split(outer.content)
        _algorithm, digest = der.split(imprint.content)
    except ValueError as error:
        raise Refusal(400, "not a TimeStampReq") from error
    if (version.tag, digest.tag, len(digest.content)) != (der.INTEGER, der.OCTET_STRING, 32):
        raise Refusal(400, "this authority stamps SHA-256 digests only")
    return imprint.whole, next((field.whole for field in rest if field.tag == der.INTEGER), b"")


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, kind, der.set_of(value))


def _nested(tag: int, value: bytes, *, depth: int) -> bytes:
    for _ in range(depth):
        value = der.encode(tag, value)
    return value


def _signer_identifier(certificate: x509.Certificate) -> bytes:
    return der.encode(der.SEQUENCE, certificate.issuer.public_bytes(), der.integer(certificate.serial_number))

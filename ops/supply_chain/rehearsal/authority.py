"""The certificate authority: an identity token and a signing request in, a logged certificate out.

Source: Fulcio, `POST /api/v2/signingCert`; RFC 6962 section 3.2, "Structure of the Signed Certificate Timestamp".
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ops.supply_chain.rehearsal import der
from ops.supply_chain.rehearsal.certificates import CertificateSigner, new_authority, pem, signer_builder
from ops.supply_chain.rehearsal.claims import Claims
from ops.supply_chain.rehearsal.keys import SigningKey, new_ecdsa_key
from ops.supply_chain.rehearsal.refusal import Refusal
from ops.supply_chain.rehearsal.tokens import Tokens

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
"""The extension that holds the log's promises (RFC 6962, 3.3)."""

_V1, _CERTIFICATE_TIMESTAMP, _PRECERT_ENTRY, _NO_EXTENSIONS = b"\x00", b"\x00", b"\x00\x01", b"\x00\x00"
_SHA256_ECDSA = b"\x04\x03"


class CertificateAuthority:
    """The authority, and the certificate transparency log that it writes to.

    Args:
        tokens: Who says which tokens are good.
        now: The start of the instance.
        intermediate: See `Options`.
    """

    def __init__(self, tokens: Tokens, now: datetime, *, intermediate: bool) -> None:
        self._tokens = tokens
        self._authority = new_authority("authority", now, intermediate=intermediate)
        self.chain = self._authority.chain
        self.log_key = SigningKey(new_ecdsa_key())

    def issue(self, token: str, request: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Answer a request for a certificate.

        Args:
            token: The identity token.
            request: The JSON of the request.
            now: The authority's time.
        Returns:
            The JSON of the answer.
        Raises:
            Refusal: The token or the request is not good.
        """
        claims = self._tokens.read(token, now=now)
        leaf = self._logged(claims, _requested_key(request), now)
        certificates = [pem(certificate) for certificate in (leaf, *self.chain)]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": certificates}}}

    def _logged(self, claims: Claims, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
        try:
            builder = signer_builder(claims, key, self._authority, now)
        except ValueError as error:
            raise Refusal(400, f"The identity cannot be written into a certificate: {error}") from error
        unlogged = builder.sign(self._authority.key, SHA256()).tbs_certificate_bytes
        promise = _promise(self.log_key, self._authority, unlogged, now)
        # "The contents of the ASN.1 OCTET STRING embedded in an OCSP extension or X509v3 certificate
        # extension" (3.3): a list, each of its entries and itself led by two bytes of length.
        listed = der.encode(der.OCTET_STRING, _sized(_sized(promise)))
        logged = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, listed), critical=False)
        return logged.sign(self._authority.key, SHA256())


def _promise(log: SigningKey, issuer: CertificateSigner, unlogged: bytes, now: datetime) -> bytes:
    moment = (int(now.timestamp()) * 1000).to_bytes(8, "big")
    spki = issuer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # RFC 6962, 3.2: "issuer_key_hash is the SHA-256 hash of the certificate issuer's public key".
    entry = hashlib.sha256(spki).digest() + len(unlogged).to_bytes(3, "big") + unlogged
    signed = _V1 + _CERTIFICATE_TIMESTAMP + moment + _PRECERT_ENTRY + entry + _NO_EXTENSIONS
    return _V1 + log.log_id("") + moment + _NO_EXTENSIONS + _SHA256_ECDSA + _sized(log.sign(signed))


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _requested_key(request: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    """Return the key of a signing request whose signature proves possession of it."""
    try:
        signing_request = x509.load_pem_x509_csr(b64decode(request["certificateSigningRequest"], validate=True))
        key = signing_request.public_key()
        proven = signing_request.is_signature_valid
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(400, "The certificate signing request could not be parsed") from error
    if not proven or not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refusal(400, "The signature supplied in the request could not be verified")
    return key

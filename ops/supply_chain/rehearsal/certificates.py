"""The certificates of the instance: its authorities, those it gives to signers, that of its time-stamping.

Source: Fulcio, docs/certificate-specification.md; RFC 5280; RFC 3161 section 2.3.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ops.supply_chain.rehearsal import der
from ops.supply_chain.rehearsal.claims import Claims, extensions_of, subject_of
from ops.supply_chain.rehearsal.keys import new_ecdsa_key
from ops.supply_chain.rehearsal.options import ORGANISATION

FULCIO_ARC = "1.3.6.1.4.1.57264.1"
"""The arc of the extensions that repeat the claims of the token."""

AUTHORITY_LEAD = timedelta(hours=1)
"""How long before the start authorities are valid, so that a service with a wrong clock can be tried."""

AUTHORITY_LIFE = timedelta(days=1)
"""How long after the start authorities can still sign: an instance lives for one rehearsal."""

SIGNER_LIFE = timedelta(minutes=10)
"""As Fulcio's certificates."""

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class CertificateSigner(NamedTuple):
    """A key that issues certificates, its certificate, and those above it up to the root."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Its certificate first, the root last."""
        return (self.certificate, *self.above)


def new_authority(name: str, now: datetime, *, intermediate: bool) -> CertificateSigner:
    """Make a root, and below it an intermediate authority where wanted.

    Args:
        name: What it is for, a word in the subjects.
        now: The start of the instance.
        intermediate: Whether the root signs an intermediate authority, which is then returned.
    """
    root = _authority(f"{name} root", now, None, path_length=int(intermediate))
    return _authority(f"{name} intermediate", now, root, path_length=0) if intermediate else root


def _authority(name: str, now: datetime, issuer: CertificateSigner | None, *, path_length: int) -> CertificateSigner:
    key = new_ecdsa_key()
    subject = _name(name)
    builder = (
        _builder(subject, issuer.certificate.subject if issuer else subject, key.public_key(), now - AUTHORITY_LEAD)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        # Fulcio's intermediate is for code signing only, and clients may insist.
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    signer = issuer.key if issuer else key
    builder = builder.add_extension(_authority_identifier(signer), critical=False)
    return CertificateSigner(key, builder.sign(signer, SHA256()), issuer.chain if issuer else ())


def new_timestamping(now: datetime) -> CertificateSigner:
    """Make the key of a time-stamping authority, with its certificate and the root that signed that."""
    root = _authority("timestamping root", now, None, path_length=0)
    key = new_ecdsa_key()
    certificate = (
        _builder(_name("timestamping"), root.certificate.subject, key.public_key(), now - AUTHORITY_LEAD)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        # "The corresponding certificate MUST contain only one instance of the extended key usage field
        # extension [...] This extension MUST be critical." (RFC 3161, 2.3)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_identifier(root.key), critical=False)
        .sign(root.key, SHA256())
    )
    return CertificateSigner(key, certificate, root.chain)


def signer_builder(
    claims: Claims, public_key: ec.EllipticCurvePublicKey, issuer: CertificateSigner, now: datetime
) -> x509.CertificateBuilder:
    """Put together a signer's certificate, all but the proof of its logging.

    Args:
        claims: Of the token.
        public_key: Of the request.
        issuer: Who signs it.
        now: The authority's time.
    """
    identity, email = subject_of(claims)
    alternative = x509.RFC822Name(identity) if email else x509.UniformResourceIdentifier(identity)
    builder = (
        _builder(x509.Name([]), issuer.certificate.subject, public_key, now)
        .not_valid_after(now + SIGNER_LIFE)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_authority_identifier(issuer.key), critical=False)
        # RFC 5280, 4.2.1.6: where the subject is empty, the alternative name has to be critical.
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=True)
    )
    raw, text = extensions_of(claims)
    for number, value in [*((n, v.encode()) for n, v in raw.items()), *((n, _text(v)) for n, v in text.items())]:
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{FULCIO_ARC}.{number}"), value)
        builder = builder.add_extension(extension, critical=False)
    return builder


def pem(certificate: x509.Certificate) -> str:
    """Write a certificate as PEM text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _text(value: str) -> bytes:
    return der.encode(der.UTF8_STRING, value.encode())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"rehearsal {name}"),
        ]
    )


def _usage(*named: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in named for usage in _USAGES})


def _authority_identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())

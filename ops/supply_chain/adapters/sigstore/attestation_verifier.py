"""Attestations (PEP 740) verified: signature, certificate, transparency log, subject, and the claimed publisher.

Cryptography is pypi-attestations' and sigstore's. `Attestation.verify` of pypi-attestations is not called: it
makes a verifier for each attestation, from a trusted root in the user's cache that may be older than the one
of the installed package. Here one verifier is made, from a root that is named by digest; what `verify` does
after the signature is done on the verified bytes below. Asks no network.

Source: PEP 740 ("Attestation verification"); pypi-attestations 0.0.30; sigstore 4.5.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from ops.supply_chain.adapters.sigstore.publisher_cache import PublisherCache
from ops.supply_chain.adapters.sigstore.trusted_root import TrustedRootFile
from ops.supply_chain.contracts.values.attestation import AttestationStatus, DistributionFile, FileAttestation
from ops.supply_chain.contracts.values.publisher import AttestedPublisher
from ops.supply_chain.contracts.values.trusted_publisher import (
    EXTENSIONS,
    CertificateIdentity,
    Claim,
    MismatchError,
    is_known,
    proven,
)
from ops.supply_chain.core.canonical import load_plain
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.wheel import same_distribution

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from ops.supply_chain.adapters.sigstore.windows import WindowedVerifier

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPES = frozenset({"https://slsa.dev/provenance/v1", "https://docs.pypi.org/attestations/publish/v1"})
FORMAT_VERSION = 1
"""Of provenance and attestation objects; PEP 740 knows no other."""

TOOLS = ("pypi-attestations", "sigstore")
UPDATE_REMEDY = "Update sealwright, which brings pypi-attestations along, or check that file manually."
_LONGEST_REASON = 400


class _Bundle(msgspec.Struct):
    publisher: dict[str, Any]
    attestations: list[Any]


class _Provenance(msgspec.Struct):
    version: int
    attestation_bundles: list[_Bundle]


class _NotUnderstood(Exception):  # noqa: N818 - a reason on its way to becoming a value
    """Its validity is unknown."""


class _Invalid(Exception):  # noqa: N818 - as above
    """It was understood and does not verify."""


class AttestationVerifier:
    """Verifies provenance objects against one trusted root.

    Args:
        root: Whom to trust.
        cache: Keeps what verified.
    """

    def __init__(self, root: TrustedRootFile, cache: PublisherCache) -> None:
        self.root = root
        self._cache = cache
        self._verifier: WindowedVerifier | None = None
        self._tools = " ".join(version(tool) for tool in TOOLS)

    def verify(self, file: DistributionFile, document: bytes) -> FileAttestation:
        """Verify every attestation in a provenance object.

        Args:
            file: Name and digest that must be attested, from the lock.
            document: The provenance object's bytes.
        Returns:
            `ATTESTED` where all verify and each proves the publisher that is claimed for it; `INVALID` where
            one does not; `NOT_EXAMINED` where one cannot be understood.
        Raises:
            InputError: The trusted root is none.
            OutputError: The cache cannot be written.
        """
        words = (file.sha256, file.filename, sha256_bytes(document), self.root.sha256, self._tools)
        kept = self._cache.verified("\n".join(words))
        try:
            publishers = kept or self._publishers(file, _read(document))
        except _NotUnderstood as error:
            return FileAttestation(
                filename=file.filename, state=AttestationStatus.NOT_EXAMINED, reason=str(error), remedy=UPDATE_REMEDY
            )
        except _Invalid as error:
            return FileAttestation(filename=file.filename, state=AttestationStatus.INVALID, reason=str(error))
        if not kept:
            self._cache.keep_verified("\n".join(words), publishers)
        return FileAttestation(filename=file.filename, state=AttestationStatus.ATTESTED, publishers=publishers)

    def _publishers(self, file: DistributionFile, provenance: _Provenance) -> tuple[AttestedPublisher, ...]:
        found: dict[object, AttestedPublisher] = {}
        for bundle in provenance.attestation_bundles:
            for attestation in bundle.attestations:
                publisher = self._publisher(file, bundle.publisher, attestation)
                found[publisher.key] = publisher
        return tuple(sorted(found.values(), key=lambda one: one.key))

    def _publisher(self, file: DistributionFile, claim: Claim, attestation: Any) -> AttestedPublisher:
        policy = _Claimed(claim)
        verifier = self._loaded()
        from pypi_attestations import Attestation  # it imports sigstore, which is to be imported without its clients

        try:
            bundle = Attestation.model_validate(attestation).to_bundle()
            payload_type, payload = verifier.verify_dsse(bundle, policy)
        except Exception as error:
            # Both libraries leak untyped errors on hostile input (ValueError, AttributeError, ExtensionNotFound,
            # pydantic's): whatever it is, the attestation did not verify.
            raise _Invalid(_one_line(error)) from error
        if policy.publisher is None:
            raise _Invalid("the verifier did not check its certificate")
        if payload_type != PAYLOAD_TYPE:
            raise _Invalid(f"expected a payload of type {PAYLOAD_TYPE}, found {_one_line(payload_type)}")
        _check_statement(payload, file)
        return policy.publisher

    def _loaded(self) -> WindowedVerifier:
        if self._verifier is None:
            from ops.supply_chain.adapters.sigstore.verifier_imports import Error, TrustedRoot
            from ops.supply_chain.adapters.sigstore.windows import WindowedVerifier

            try:
                self._verifier = WindowedVerifier(TrustedRoot.from_file(str(self.root.path)))
            except (Error, ValueError, OSError) as error:
                raise InputError(
                    f"{self.root.path}: is no trusted root of sigstore: {_one_line(error)}",
                    hint="Give another with --trusted-root, or none for the embedded one.",
                ) from error
        return self._verifier


class _Claimed:
    """A verification policy of sigstore: the certificate proves the claimed publisher."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.publisher: AttestedPublisher | None = None

    def verify(self, cert: Certificate) -> None:
        from ops.supply_chain.adapters.sigstore.verifier_imports import VerificationError

        try:
            self.publisher = proven(self._claim, _identity_of(cert))
        except MismatchError as error:
            raise VerificationError(f"the certificate is not the claimed publisher's: {error}") from error


def _identity_of(cert: Certificate) -> CertificateIdentity:
    from cryptography.hazmat import asn1
    from cryptography.x509 import ExtensionNotFound, RFC822Name, SubjectAlternativeName, UnrecognizedExtension

    texts: dict[str, str] = {}
    for extension in cert.extensions:
        value = extension.value
        if extension.oid.dotted_string in EXTENSIONS and isinstance(value, UnrecognizedExtension):
            texts[extension.oid.dotted_string] = asn1.decode_der(str, value.value)
    try:
        names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return CertificateIdentity(extensions=texts)
    return CertificateIdentity(extensions=texts, emails=tuple(names.get_values_for_type(RFC822Name)))


def _read(document: bytes) -> _Provenance:
    try:
        provenance = msgspec.json.decode(document, type=_Provenance)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _NotUnderstood(f"its provenance object is malformed: {_one_line(error)}") from None
    if provenance.version != FORMAT_VERSION:
        raise _NotUnderstood(f"its provenance object has version {provenance.version}, expected {FORMAT_VERSION}")
    attestations = [attestation for bundle in provenance.attestation_bundles for attestation in bundle.attestations]
    if not all(bundle.attestations for bundle in provenance.attestation_bundles) or not attestations:
        raise _NotUnderstood("its provenance object has no attestation in it")
    for bundle in provenance.attestation_bundles:
        if not is_known(bundle.publisher):
            raise _NotUnderstood(
                f"its publisher is of kind {_one_line(bundle.publisher.get('kind'))}, which is unknown"
            )
    for attestation in attestations:
        version = attestation.get("version") if isinstance(attestation, dict) else None
        if isinstance(version, int) and version != FORMAT_VERSION:
            raise _NotUnderstood(f"its attestation has version {version}, expected {FORMAT_VERSION}")
    return provenance


def _check_statement(payload: bytes, file: DistributionFile) -> None:
    """Check what was signed: PEP 740 requires one subject, this file, and one of two predicates."""
    try:
        statement = load_plain(payload, where="statement")
        kind, predicate, subjects = statement["_type"], statement["predicateType"], statement["subject"]
        if len(subjects) != 1:
            raise _Invalid(f"expected one subject, found {len(subjects)}")
        name, digest = subjects[0]["name"], subjects[0]["digest"].get("sha256")
    except (InputError, LookupError, TypeError, AttributeError) as error:
        raise _Invalid(f"the signed statement is malformed: {_one_line(error)}") from error
    if kind != STATEMENT_TYPE:
        raise _Invalid(f"expected a statement of type {STATEMENT_TYPE}, found {_one_line(kind)}")
    if predicate not in PREDICATE_TYPES:
        raise _Invalid(f"its predicate type {_one_line(predicate)} is not defined by PEP 740")
    if not (isinstance(name, str) and same_distribution(name, file.filename)):
        raise _Invalid(f"it is about {_one_line(name)}, expected {file.filename}")
    if digest != file.sha256:
        raise _Invalid(f"it is about sha256 {_one_line(digest)}, expected {file.sha256}, which the lock names")


def _one_line(said: object) -> str:
    text = " ".join(printable(without_credentials(str(said).replace("\n", " "))).split())
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "..."

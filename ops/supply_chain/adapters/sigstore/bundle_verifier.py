"""Verifying Sigstore bundles against one trusted root, without network: sigstore-python behind typed answers.

Imports sigstore when it is imported itself: import it where it is used. The library leaks untyped errors on
hostile input (ValueError, AttributeError, ExtensionNotFound, pydantic's), so
whatever it raises means that the bundle did not verify.

Source: sigstore 4.5; https://docs.sigstore.dev/about/bundle/
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError, require_known
from ops.supply_chain.adapters.sigstore.verifier_imports import Bundle, HashAlgorithm, Hashed, TrustedRoot, trustroot
from ops.supply_chain.adapters.sigstore.windows import WindowedVerifier
from ops.supply_chain.contracts.values.verified_bundle import (
    FULCIO_ARC,
    ISSUER_V1,
    ISSUER_V2,
    OTHER_NAME,
    RAW_EXTENSIONS,
    VerifiedBundle,
    VerifiedTime,
)
from ops.supply_chain.core.canonical import load_plain
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, StageError
from ops.supply_chain.core.text import printable, without_credentials

MOST_BUNDLE_BYTES = 256 << 20
"""An attestation holds its whole SBOM; nothing honest is larger."""

MOST_CERTIFICATES = 64
"""Certificates whose contents are kept: the files of a release are signed with a few."""

_LONGEST_REASON = 300


class BundleVerifier:
    """Verifies bundles against one trusted root; usable from several threads.

    Args:
        trusted_root: The bytes of a `trusted_root.json`.
        where: What to call it in an error.
    Raises:
        InputError: It is no trusted root that can be used.
        NewerFormatError: It is in a format that is not known yet.
    """

    def __init__(self, trusted_root: bytes, *, where: str = "trusted root") -> None:
        self.trusted_root_sha256 = sha256_bytes(trusted_root)
        try:
            require_known(load_plain(trusted_root, where=where), where=where)
            root = TrustedRoot(trustroot.TrustedRoot.from_json(trusted_root))
            self._verifier = WindowedVerifier(root)
        except StageError:
            raise
        except Exception as error:  # pydantic's and the library's own, see the module's docstring
            raise InputError(f"{where}: is no trusted root of Sigstore: {_reason(error)}") from error

    def file(self, bundle: bytes, sha256: str) -> VerifiedBundle:
        """Verify a bundle over a file.

        Args:
            bundle: The bundle's bytes, as they were read.
            sha256: The file's SHA-256.
        Raises:
            NotVerifiedError: It is no bundle, or does not verify for that file and this root.
            NewerFormatError: It is in a format that is not known yet.
        """
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(sha256))

        def check(parsed: Bundle) -> tuple[str, bytes]:
            self._verifier.verify_artifact(hashed, parsed, _Named())
            return "", b""

        return self._verify(bundle, check)

    def statement(self, bundle: bytes) -> VerifiedBundle:
        """Verify a bundle with a DSSE envelope. What the payload is about is for the caller to compare.

        Raises:
            NotVerifiedError: It is no such bundle, or does not verify for this root.
            NewerFormatError: It is in a format that is not known yet.
        """
        return self._verify(bundle, lambda parsed: self._verifier.verify_dsse(parsed, _Named()))

    def _verify(self, data: bytes, check: Callable[[Bundle], tuple[str, bytes]]) -> VerifiedBundle:
        if len(data) > MOST_BUNDLE_BYTES:
            raise NotVerifiedError(f"has {len(data)} bytes, more than the {MOST_BUNDLE_BYTES} that a bundle may have")
        try:
            # The library lets the second of two equal keys win; another reader may take the first.
            document = load_plain(data, where="bundle")
            require_known(document, where="bundle")
            parsed = Bundle.from_json(data)
            payload_type, payload = check(parsed)
            return _facts(parsed, document, self._verifier.times(), payload_type, payload)
        except NewerFormatError:
            raise
        except StageError as error:
            raise NotVerifiedError(error.message) from error
        except Exception as error:  # a verifier that leaks untyped errors: whatever it is, nothing is proved
            raise NotVerifiedError(_reason(error)) from error


class _Named:
    """A verification policy of sigstore that reads the name from the certificate; authorization is checked later."""

    def verify(self, cert: x509.Certificate) -> None:
        _read(cert)


def name_of(certificate: x509.Certificate) -> tuple[str, str]:
    """Return a signing certificate's subject alternative name and OIDC issuer.

    Raises:
        NotVerifiedError: It has not exactly one name, no issuer, or two that differ.
    """
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if len(names) != 1:
        raise NotVerifiedError(f"the certificate has {len(names)} names, expected one")
    found = extensions_of(certificate)
    issuers = {found[oid] for oid in (ISSUER_V1, ISSUER_V2) if oid in found}
    if len(issuers) != 1:
        raise NotVerifiedError(f"the certificate names {len(issuers)} OIDC issuers, expected one")
    return _name(next(iter(names))), issuers.pop()


def extensions_of(certificate: x509.Certificate) -> dict[str, str]:
    """Return a certificate's Fulcio extensions: dotted number -> text."""
    found = {}
    for extension in certificate.extensions:
        oid, value = extension.oid.dotted_string, extension.value
        if oid.startswith(FULCIO_ARC) and isinstance(value, x509.UnrecognizedExtension):
            found[oid] = value.value.decode() if oid in RAW_EXTENSIONS else asn1.decode_der(str, value.value)
    return found


class _Read(NamedTuple):
    """What a certificate says, in the words of `VerifiedBundle`."""

    san: str
    issuer: str
    extensions: dict[str, str]
    pem: bytes
    sha256: str


@lru_cache(maxsize=MOST_CERTIFICATES)
def _read(certificate: x509.Certificate) -> _Read:
    """Read a certificate, which equals another one if all of its bytes do; raises as `name_of` does, each time."""
    san, issuer = name_of(certificate)
    sha256 = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    return _Read(san, issuer, extensions_of(certificate), certificate.public_bytes(Encoding.PEM), sha256)


def _name(name: x509.GeneralName) -> str:
    if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier):
        return name.value
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == OTHER_NAME:
        return asn1.decode_der(str, name.value)
    raise NotVerifiedError(f"the certificate's name is a {type(name).__name__}, which is unknown")


def _facts(
    parsed: Bundle, document: object, times: tuple[VerifiedTime, ...], payload_type: str, payload: bytes
) -> VerifiedBundle:
    certificate = _read(parsed.signing_certificate)
    index, log_id = _log_entry(parsed)
    return VerifiedBundle(
        san=certificate.san,
        issuer=certificate.issuer,
        extensions=dict(certificate.extensions),
        times=times,
        log_index=index,
        log_id=log_id,
        media_type=str(document.get("mediaType", "")) if isinstance(document, dict) else "",
        certificate=certificate.pem,
        certificate_sha256=certificate.sha256,
        signature=parsed.signature,
        payload_type=payload_type,
        payload=payload,
    )


def _log_entry(parsed: Bundle) -> tuple[int, str]:
    # The outer logIndex of a Rekor v2 entry is proved by nothing; the one of the inclusion proof is.
    entry = parsed.log_entry._inner  # noqa: SLF001 - its parts have no public name
    proof = entry.inclusion_proof
    # The library compares the roots alone, and a path can lead to the same root as of a tree of another size: the
    # place would then be another than the log signed. C2SP tlog-checkpoint: the second line is the tree's size.
    if proof.checkpoint is None or proof.checkpoint.envelope.split("\n")[1] != str(proof.tree_size):
        raise NotVerifiedError("the log's checkpoint is of a tree of another size")
    return proof.log_index, entry.log_id.key_id.hex()


def _reason(error: Exception) -> str:
    said = printable(without_credentials(" ".join(str(error).split()))) or type(error).__name__
    return said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}..."

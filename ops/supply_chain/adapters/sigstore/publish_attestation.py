"""Sigstore bundles as PEP 740 attestations: what a package index takes with an upload.

The conversion is pypi-attestations'. It keeps one log entry and no timestamp of an authority, so that only what version 1
of the log signed can be verified afterwards: its entries carry a time.

Imports sigstore when it is imported itself: import it where it is used.

Source: https://peps.python.org/pep-0740/ ; pypi-attestations 0.0.30, `Attestation.from_bundle`
"""

from __future__ import annotations

from pypi_attestations import Attestation, AttestationError, Distribution
from sigstore.errors import Error
from sigstore.models import Bundle

from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.text import printable


def require_distribution(name: str, sha256: str) -> None:
    """Refuse a file that no publish attestation can be about.

    Raises:
        InputError: Its name is not that of a wheel or source distribution.
    """
    try:
        Distribution(name=name, digest=sha256)
    except ValueError as error:
        raise InputError(
            f"{name}: is not the name of a wheel or source distribution, so it cannot have a publish attestation",
            hint="Rename it, or set [signing].publish_attestations = false.",
        ) from error


def attestation_of(bundle: bytes) -> bytes:
    """Return a bundle with a statement as an attestation.

    Args:
        bundle: The bundle's bytes, as they were verified.
    Returns:
        UTF-8 JSON with a line feed at its end.
    Raises:
        OutputError: It cannot be converted.
    """
    try:
        attestation = Attestation.from_bundle(Bundle.from_json(bundle))
    except (AttestationError, Error, ValueError) as error:
        reason = printable(" ".join(str(error).split()))[:300]
        raise OutputError(f"the new bundle cannot be written as a PEP 740 attestation: {reason}") from error
    return attestation.model_dump_json().encode() + b"\n"

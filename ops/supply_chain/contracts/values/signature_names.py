"""What signing puts beside the files of a release, and under which names.

Beside each FILE lies `FILE.sigstore.json`, a Sigstore bundle over its bytes; where configured also `FILE.sig`
and `FILE.crt`. The attestations are bundles with a DSSE envelope, and need no further signature. Beside a wheel or
source distribution lies `FILE.publish.attestation`, its publish attestation (PEP 740), which a package index takes
with the upload. The trusted root lets a customer verify without network; it is signed like a file. None of them is a subject of the provenance:
it was written before they were.

Source: https://docs.sigstore.dev/about/bundle/ ; https://docs.pypi.org/attestations/publish/v1/
"""

from __future__ import annotations

BUNDLE_SUFFIX = ".sigstore.json"
DETACHED_SUFFIXES = (".sig", ".crt")
PUBLISH_SUFFIX = ".publish.attestation"
"""As pypi-attestations and twine expect the name beside the distribution."""

SIGNATURE_SUFFIXES = (BUNDLE_SUFFIX, *DETACHED_SUFFIXES, PUBLISH_SUFFIX)
"""No file that is itself signed may end so."""

ATTESTATION_SUFFIX = f".attestation{BUNDLE_SUFFIX}"
TRUSTED_ROOT_SUFFIX = "-trusted_root.json"

NOT_SIGNED = "digests published, not signed"
"""What a release in mode `checksums` is called, everywhere."""


def bundle_name(name: str) -> str:
    """Return the name of the bundle over a released file."""
    return f"{name}{BUNDLE_SUFFIX}"


def signature_name(name: str) -> str:
    """Return the name of the detached signature of a released file: base64, one line."""
    return f"{name}.sig"


def certificate_name(name: str) -> str:
    """Return the name of the certificate beside a detached signature: PEM."""
    return f"{name}.crt"


def publish_attestation_name(name: str) -> str:
    """Return the name of the publish attestation of a distribution."""
    return f"{name}{PUBLISH_SUFFIX}"


def attestation_name(component: str, version: str, what: str) -> str:
    """Return the name of a signed attestation.

    Args:
        component: N.
        version: V.
        what: `provenance`, `sbom`, `vex`, or a key of `STATEMENT_TYPES` (predicate_types.py).
    """
    return f"{component}-{version}-{what}{ATTESTATION_SUFFIX}"


def trusted_root_name(component: str, version: str) -> str:
    """Return the name of the trusted root against which the bundles verify."""
    return f"{component}-{version}{TRUSTED_ROOT_SUFFIX}"


def is_signed(name: str) -> bool:
    """Return whether a file of a release needs a bundle: all files do, except signatures themselves."""
    return not name.endswith(SIGNATURE_SUFFIXES)


def is_signature(name: str) -> bool:
    """Return whether a file was added by signing, so that it depends on the run and not on the source."""
    return name.endswith((*SIGNATURE_SUFFIXES, TRUSTED_ROOT_SUFFIX))

"""What signing puts beside the files of a release, and under which names.

Beside each FILE lies `FILE.sigstore.json`, a Sigstore bundle over its bytes (`FILE.bundle` in a release with conventional
names); where configured also `FILE.sig` and `FILE.crt`. The attestations are bundles with a DSSE envelope, and need no further signature. Beside a wheel or
source distribution lies `FILE.publish.attestation`, its publish attestation (PEP 740), which a package index takes
with the upload. The trusted root lets a customer verify without network; it is signed like a file. None of them is a subject of the provenance:
it was written before they were.

Source: https://docs.sigstore.dev/about/bundle/ ; https://docs.pypi.org/attestations/publish/v1/
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.release_naming import ReleaseNaming

BUNDLE_SUFFIX = ".sigstore.json"
CONVENTIONAL_BUNDLE_SUFFIX = ".bundle"
BUNDLE_SUFFIXES = (BUNDLE_SUFFIX, CONVENTIONAL_BUNDLE_SUFFIX)
"""In any form of names: one release has bundles of one of them."""

DETACHED_SUFFIXES = (".sig", ".crt")
PUBLISH_SUFFIX = ".publish.attestation"
"""As pypi-attestations and twine expect the name beside the distribution."""

SIGNATURE_SUFFIXES = (*BUNDLE_SUFFIXES, *DETACHED_SUFFIXES, PUBLISH_SUFFIX)
"""No file that is itself signed may end so."""

ATTESTATION_SUFFIXES = tuple(f".attestation{suffix}" for suffix in BUNDLE_SUFFIXES)
"""In any form of names."""

TRUSTED_ROOT_SUFFIX = "-trusted_root.json"

NOT_SIGNED = "digests published, not signed"
"""What a release in mode `checksums` is called, everywhere."""


def bundle_suffix(naming: ReleaseNaming) -> str:
    """Return the extension of every bundle of a release, attestations included."""
    return CONVENTIONAL_BUNDLE_SUFFIX if naming is ReleaseNaming.CONVENTIONAL else BUNDLE_SUFFIX


def bundle_name(name: str, naming: ReleaseNaming) -> str:
    """Return the name of the bundle over a released file."""
    return f"{name}{bundle_suffix(naming)}"


def signature_name(name: str) -> str:
    """Return the name of the detached signature of a released file: base64, one line."""
    return f"{name}.sig"


def certificate_name(name: str) -> str:
    """Return the name of the certificate beside a detached signature: PEM."""
    return f"{name}.crt"


def publish_attestation_name(name: str) -> str:
    """Return the name of the publish attestation of a distribution."""
    return f"{name}{PUBLISH_SUFFIX}"


def attestation_name(component: str, version: str, what: str, naming: ReleaseNaming) -> str:
    """Return the name of a signed attestation.

    Args:
        component: N.
        version: V.
        what: `provenance`, `sbom`, `vex`, or a key of `STATEMENT_TYPES` (predicate_types.py).
        naming: The form of the release.
    """
    return f"{component}-{version}-{what}.attestation{bundle_suffix(naming)}"


def trusted_root_name(component: str, version: str) -> str:
    """Return the name of the trusted root against which the bundles verify."""
    return f"{component}-{version}{TRUSTED_ROOT_SUFFIX}"


def is_signed(name: str) -> bool:
    """Return whether a file of a release needs a bundle: all files do, except signatures themselves."""
    return not name.endswith(SIGNATURE_SUFFIXES)


def is_signature(name: str) -> bool:
    """Return whether a file was added by signing, so that it depends on the run and not on the source."""
    return name.endswith((*SIGNATURE_SUFFIXES, TRUSTED_ROOT_SUFFIX))

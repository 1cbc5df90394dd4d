"""Commands with which a customer checks the same without sealwright.

Every name is quoted for a POSIX shell. Run them in the release folder.

Source: cosign verify-blob and verify-blob-attestation.
"""

from __future__ import annotations

import shlex

ROOT_VARIABLE = "$TRUSTED_ROOT"
"""The file of a private or pinned trusted root, which the customer obtained separately."""

KEY_VARIABLE = "$PUBLIC_KEY"
"""The file of the signer's public key, which the customer obtained separately."""


def quoted(text: str) -> str:
    """Return a text as one shell word."""
    return shlex.quote(text)


def checksums(name: str) -> str:
    """Return the command that checks the digests."""
    return f"sha256sum --check --strict {quoted(name)}"


def listed(name: str, checksums: str) -> str:
    """Return the command that checks that a checksums file lists one file, and its digest."""
    return f"grep -F {quoted(f'  {name}')} {quoted(checksums)} | sha256sum --check --strict -"


def who(identity: str, pattern: str, issuer: str) -> str:
    """Return the options that make cosign expect an identity.

    cosign does not anchor a pattern; ours are matched from the first to the last character.
    """
    name = (
        f"--certificate-identity {quoted(identity)}"
        if identity
        else f"--certificate-identity-regexp {quoted(f'^(?:{pattern})$')}"
    )
    return f"{name} --certificate-oidc-issuer {quoted(issuer)}"


def key(*, logged: bool) -> str:
    """Return the options that make cosign expect a key, and accept a signature without a log entry."""
    return f'--key "{KEY_VARIABLE}"' + ("" if logged else " --insecure-ignore-tlog")


def verify_file(name: str, bundle: str, expected: str, *, private_root: bool) -> str:
    """Return the command that checks the signature of a file.

    Args:
        name: The file.
        bundle: Its bundle.
        expected: What `who` returned; empty if no signer is expected; then there is no such command.
        private_root: Whether the root differs from cosign's own.
    """
    return (
        f"cosign verify-blob --bundle {quoted(bundle)}{_root(private_root)} {expected} {quoted(name)}"
        if expected
        else ""
    )


def verify_attestation(subject: str, bundle: str, kind: str, expected: str, *, private_root: bool) -> str:
    """Return the command that checks an attestation over a file; arguments as `verify_file`, and `kind` is the predicate type."""
    if not expected or not subject:
        return ""
    return (
        f"cosign verify-blob-attestation --bundle {quoted(bundle)}{_root(private_root)} --type {quoted(kind)} "
        f"{expected} {quoted(subject)}"
    )


def verify_publish_attestation(name: str, identity: str, *, private_root: bool) -> str:
    """Return the command that checks the publish attestation beside a distribution.

    Args:
        name: The distribution.
        identity: The signer's name in its certificate; empty if none is expected.
        private_root: Whether the root differs from the public instance's: the tool knows no other.
    """
    if private_root or not identity:
        return ""
    return f"pypi-attestations verify attestation --identity {quoted(identity)} {quoted(name)}"


def certificate(bundle: str) -> str:
    """Return the command that shows the certificate of a bundle."""
    path = ".verificationMaterial | .certificate.rawBytes // .x509CertificateChain.certificates[0].rawBytes"
    return f"jq -r {quoted(path)} {quoted(bundle)} | base64 -d | openssl x509 -inform DER -noout -text"


def subjects(provenance: str) -> str:
    """Return the command that checks the digests of the provenance's subjects."""
    return rf"""jq -r '.subject[] | "\(.digest.sha256)  \(.name)"' {quoted(provenance)} | sha256sum --check --strict"""


def show(file: str, path: str) -> str:
    """Return the command that shows one part of a JSON document."""
    return f"jq {quoted(path)} {quoted(file)}"


def digest_of(file: str, path: str) -> str:
    """Return the command that prints the digest of the canonical form of one part of a JSON document."""
    return f"jq -S {quoted(path)} {quoted(file)} | sha256sum"


def _root(private: bool) -> str:  # noqa: FBT001 - a single flag
    return f' --trusted-root "{ROOT_VARIABLE}"' if private else ""

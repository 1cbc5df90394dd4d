#!/usr/bin/env python3
"""A client for sigstore-conformance: this project's verifier behind the suite's command-line protocol.

    pytest test --skip-signing --entrypoint tests/trust/verification/conformance.py

in a checkout of the suite, with this project's interpreter first on PATH. Only `verify-bundle` is there: signing needs
Sigstore's staging instance.

Source: https://github.com/sigstore/sigstore-conformance/blob/main/docs/cli_protocol.md
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.public_keys import read_pem
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.formats import json_reader
from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.trust.verification.provenance import subjects_of

IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
    "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"
_DIGEST = re.compile(r"sha256:(?P<digest>[0-9a-f]{64})")


class Materials(NamedTuple):
    """What a case is verified with; without `trusted_root` the public-good instance's, without `key` an identity."""

    bundle: bytes
    trusted_root: bytes
    identity: str = IDENTITY
    issuer: str = ISSUER
    key: bytes = b""


def refusal(materials: Materials, sha256: str, artifact: bytes | None = None) -> str:
    """Verify a bundle over an artifact, or over a statement with the artifact as a subject.

    Args:
        materials: What to verify with.
        sha256: The artifact's digest.
        artifact: Its bytes, where they are there.
    Returns:
        Why it does not verify; empty if it does.
    """
    try:
        if materials.key:
            return _refusal_by_key(materials, sha256, artifact)
        identity = SigningIdentity(identity=materials.identity, issuer=materials.issuer)
        checker = BundleChecker(BundleVerifier(materials.trusted_root), [identity])
        is_statement = b'"dsseEnvelope"' in materials.bundle
        answer = checker.statement(materials.bundle) if is_statement else checker.file(materials.bundle, sha256)
        if not answer.counts or answer.proof is None:
            return answer.problem or "does not count"
        return _other_subject(answer.proof, sha256) if is_statement else ""
    except StageError as error:
        return error.message
    except ValueError as error:  # the key's reader: its caller names the file
        return str(error)


def _refusal_by_key(materials: Materials, sha256: str, artifact: bytes | None) -> str:
    verifier = KeyVerifier(materials.trusted_root, [read_pem(materials.key)])
    read = (lambda: artifact) if artifact is not None else None
    if b'"dsseEnvelope"' in materials.bundle:
        return _other_subject(verifier.statement(materials.bundle), sha256)
    verifier.file(materials.bundle, sha256, read)
    return ""


def _other_subject(proof: VerifiedBundle, sha256: str) -> str:
    try:
        subjects = set(subjects_of(json_reader.read(proof.payload)).values())
    except json_reader.UnexpectedShapeError as error:
        return str(error)
    return "" if sha256 in subjects else "the statement is about other files"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of the protocol.

    Returns:
        0 if the bundle verifies, else 1.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    verify = parser.add_subparsers(required=True).add_parser("verify-bundle")
    verify.add_argument("--bundle", type=Path, required=True)
    verify.add_argument("--certificate-identity", default="")
    verify.add_argument("--certificate-oidc-issuer", default="")
    verify.add_argument("--key", type=Path)
    verify.add_argument("--trusted-root", type=Path)
    verify.add_argument("artifact")
    args = parser.parse_args(argv)
    root = args.trusted_root or embedded_root().path
    materials = Materials(
        bundle=args.bundle.read_bytes(),
        trusted_root=root.read_bytes(),
        identity=args.certificate_identity,
        issuer=args.certificate_oidc_issuer,
        key=args.key.read_bytes() if args.key else b"",
    )
    digest = None if Path(args.artifact).exists() else _DIGEST.fullmatch(args.artifact)
    artifact = None if digest else Path(args.artifact).read_bytes()
    why = refusal(materials, digest["digest"] if digest else hashlib.sha256(artifact or b"").hexdigest(), artifact)
    sys.stderr.write(f"{why}\n" if why else "")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())

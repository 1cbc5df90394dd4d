"""Check the attestations (PEP 740) that a package index serves for our own distributions."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.gather.trust.verification.index_evidence import ExpectedPublisher, file_evidence
from ops.supply_chain.gather.trust.verification.inputs import chosen_root

if TYPE_CHECKING:
    from ops.supply_chain.contracts.config.signing import SigningIdentity
    from ops.supply_chain.contracts.files.package_verification import ServedFile
    from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer


def provenance_check(
    identities: Sequence[SigningIdentity], trust_config: Path | None
) -> Callable[[DistributionFile, ProvenanceAnswer], ServedFile]:
    """Return what checks the Integrity API's response for a distribution, against the project's trusted root and identities.

    At least one publish attestation has to be there, and every attestation has to be by one of the identities, about exactly
    this file.

    Raises:
        InputError: The trusted root cannot be read.
    """
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

    root = chosen_root(argparse.Namespace(trusted_root=None), trust_config)
    checker = BundleChecker(BundleVerifier(root.data, where=root.origin), identities)
    expected = ExpectedPublisher(identities=True, exact=True)
    return lambda file, answer: file_evidence(file, answer, expected, checker)

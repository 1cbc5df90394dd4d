"""Check the provenance objects (PEP 740) that a package index serves for our own distributions."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.gather.trust.verification.inputs import chosen_root
from ops.supply_chain.trust.verification.evidence import bundles_in
from ops.supply_chain.trust.verification.published import PUBLISH_TYPE, statement_problems

if TYPE_CHECKING:
    from ops.supply_chain.contracts.config.signing import SigningIdentity


def provenance_check(
    identities: Sequence[SigningIdentity], trust_config: Path | None
) -> Callable[[bytes, str, str], str]:
    """Return what checks a provenance object against the project's trusted root and identities.

    Returns:
        Provenance object, name and SHA-256 of the distribution -> what is wrong, empty if nothing.
    Raises:
        InputError: The trusted root cannot be read.
    """
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

    root = chosen_root(argparse.Namespace(trusted_root=None), trust_config)
    checker = BundleChecker(BundleVerifier(root.data, where=root.origin), identities)
    return partial(provenance_problem, checker)


def provenance_problem(checker: BundleChecker, document: bytes, name: str, sha256: str) -> str:
    """Return what is wrong with the provenance object of a distribution; empty if it attests exactly this file.

    At least one publish attestation has to be there; each attestation has to verify, and each publish attestation has to be
    by one of the project's identities and about exactly this file. The publisher that the index names is not compared.
    """
    published = 0
    for found in bundles_in(document):
        if found.problem or found.left_out:
            return f"its provenance object on the index cannot be read: {excerpt(found.problem or found.left_out)}"
        result = checker.statement(found.bundle, kind="publish-attestation")
        if result.proof is None:
            return f"an attestation on the index {excerpt(result.problem)}"
        try:
            statement = json_reader.read(result.proof.payload)
            if statement["predicateType"].text() != PUBLISH_TYPE:
                continue
            problems = [result.problem] if result.problem else []
            problems += statement_problems(statement, name=name, sha256=sha256)
        except UnexpectedShapeError as error:
            problems = [str(error)]
        if problems:
            return f"its publish attestation on the index: {excerpt(problems[0])}"
        published += 1
    return "" if published else "the index serves no publish attestation of it"

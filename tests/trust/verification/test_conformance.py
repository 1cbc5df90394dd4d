"""The cases of Sigstore's conformance suite come out as their names say.

Source: sigstore/sigstore-conformance, as kept in the shared data folder (see its README).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.key_verifier import KeyVerifier
from ops.supply_chain.adapters.sigstore.public_keys import read_pem
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.trust.verification.provenance import subjects_of

CASES = (
    "bundle-malformed-json_fail",
    "happy-path-intoto-in-dsse-v3",
    "happy-path-v0.3",
    "managed-key-happy-path",
    "signature-mismatch_fail",
    "wrong-material_fail",
)


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_as_named(shared_data: Path, name: str) -> None:
    folder = shared_data / "sigstore" / "conformance"
    cases = {case["case"]: case for case in json.loads((folder / "cases.json").read_text())}
    assert set(cases) == set(CASES)
    assert _verifies(folder, cases[name]) == (cases[name]["expect"] == "pass")
    assert (cases[name]["expect"] == "pass") != name.endswith("_fail")


def _verifies(folder: Path, case: dict[str, Any]) -> bool:
    bundle, root = (folder / case["bundle"]).read_bytes(), (folder / case["trusted_root"]).read_bytes()
    sha256 = sha256_bytes((folder / case["artifact"]).read_bytes())
    if case["key"]:
        return _verifies_with_key(KeyVerifier(root, [read_pem((folder / case["key"]).read_bytes())]), bundle, sha256)
    identity = SigningIdentity(identity=case["identity"], issuer=case["issuer"])
    checker = BundleChecker(BundleVerifier(root), [identity])
    if b"dsseEnvelope" not in bundle:
        return checker.file(bundle, sha256).counts
    answer = checker.statement(bundle)
    return answer.counts and answer.proof is not None and sha256 in _subjects(answer.proof.payload)


def _subjects(payload: bytes) -> set[str]:
    try:
        return set(subjects_of(json_reader.read(payload)).values())
    except UnexpectedShapeError:
        return set()


def _verifies_with_key(verifier: KeyVerifier, bundle: bytes, sha256: str) -> bool:
    try:
        verifier.file(bundle, sha256)
    except NotVerifiedError:
        return False
    return True

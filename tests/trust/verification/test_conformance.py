"""The cases of Sigstore's conformance suite come out as their names say.

Six of them are kept in the shared data folder (see its README). All of them run where `SIGSTORE_CONFORMANCE` names a
checkout of https://github.com/sigstore/sigstore-conformance.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from tests.trust.verification.conformance import IDENTITY, ISSUER, Materials, main, refusal

CASES = (
    "bundle-malformed-json_fail",
    "happy-path-intoto-in-dsse-v3",
    "happy-path-v0.3",
    "managed-key-happy-path",
    "signature-mismatch_fail",
    "wrong-material_fail",
)
FEWEST = 70
OWN_FAULTS = {
    "intoto-expired-certificate_fail": "cert is not valid at validation time",
    "intoto-log-entry-mismatch_fail": "the log's entry is about something else",
    "intoto-missing-inclusion-proof_fail": "inclusionProof",
    "intoto-set-outside-signing-cert-validity_fail": "cert is not valid at validation time",
    "intoto-tsa-timestamp-outside-cert-validity_fail": "cert is not valid at validation time",
}
"""Cases that a verifier without this kind of log entry would refuse for another reason than theirs."""


@pytest.fixture(scope="module")
def suite() -> Path:
    folder = os.environ.get("SIGSTORE_CONFORMANCE", "")
    if not folder:
        pytest.skip("SIGSTORE_CONFORMANCE names no checkout of sigstore-conformance")
    return Path(folder) / "test" / "assets" / "bundle-verify"


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_as_named(shared_data: Path, name: str) -> None:
    folder = shared_data / "sigstore" / "conformance"
    cases = {case["case"]: case for case in json.loads((folder / "cases.json").read_text())}
    assert set(cases) == set(CASES)
    case = cases[name]
    materials = Materials(
        bundle=(folder / case["bundle"]).read_bytes(),
        trusted_root=(folder / case["trusted_root"]).read_bytes(),
        identity=case["identity"] or "",
        issuer=case["issuer"] or "",
        key=(folder / case["key"]).read_bytes() if case["key"] else b"",
    )
    artifact = (folder / case["artifact"]).read_bytes()
    why = refusal(materials, hashlib.sha256(artifact).hexdigest(), artifact)
    assert bool(why) == (case["expect"] != "pass") == name.endswith("_fail"), why


def test_every_case_of_the_suite_comes_out_as_named(suite: Path) -> None:
    cases = sorted(path for path in suite.iterdir() if path.is_dir())
    assert len(cases) >= FEWEST
    wrong = {f"{case.name} {how}" for case in cases for how in ("file", "digest") if not _is_as_named(case, how)}
    assert not wrong


@pytest.mark.parametrize("name", OWN_FAULTS)
def test_a_case_is_refused_for_its_own_fault(suite: Path, name: str) -> None:
    assert OWN_FAULTS[name] in _refusal(suite / name, "file")


def _is_as_named(case: Path, how: str) -> bool:
    return bool(_refusal(case, how)) == case.name.endswith("_fail")


def _refusal(case: Path, how: str) -> str:
    own, root, key = case / "artifact", case / "trusted_root.json", case / "key.pub"
    materials = Materials(
        bundle=(case / "bundle.sigstore.json").read_bytes(),
        trusted_root=(root if root.exists() else embedded_root().path).read_bytes(),
        identity=_text(case / "identity") or IDENTITY,
        issuer=_text(case / "issuer") or ISSUER,
        key=key.read_bytes() if key.exists() else b"",
    )
    artifact = (own if own.exists() else case.parent / "a.txt").read_bytes()
    return refusal(materials, hashlib.sha256(artifact).hexdigest(), artifact if how == "file" else None)


def _text(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def test_the_client_speaks_the_protocol_of_the_suite(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "sigstore" / "conformance"
    cases = {case["case"]: case for case in json.loads((folder / "cases.json").read_text())}
    case = cases["managed-key-happy-path"]
    artifact = folder / case["artifact"]
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    command = ["verify-bundle", "--bundle", str(folder / case["bundle"]), "--key", str(folder / case["key"])]
    assert main([*command, str(artifact)]) == main([*command, f"sha256:{digest}"]) == 0
    assert main([*command, f"sha256:{'0' * 64}"]) == 1
    assert capsys.readouterr().err.strip()

"""The customer guide's `--type` of each attestation is the predicate type that is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ops.supply_chain.contracts.values.predicate_types import DOCUMENT_TYPES, PROVENANCE_TYPE, STATEMENT_TYPES
from ops.supply_chain.trust.signing.statements import documents
from ops.supply_chain.trust.verification import commands, provenance
from ops.supply_chain.trust.verification.file_kinds import ATTESTED

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "customer-guide.md"
TYPES = {
    "provenance": PROVENANCE_TYPE,
    **{
        document.what: document.predicate_type
        for document in documents(["N-V-sbom.cdx.json", "N-V-vex.openvex.json"], component="N", version="V")
    },
    **STATEMENT_TYPES,
}


def printed() -> dict[str, str]:
    found = {}
    for line in GUIDE.read_text().splitlines():
        if line.startswith("cosign verify-blob-attestation"):
            words = shlex.split(line)
            bundle = words[words.index("--bundle") + 1]
            match = re.fullmatch(r"N-V-([a-z-]+)\.attestation\.sigstore\.json", bundle)
            assert match, bundle
            found[match[1]] = words[words.index("--type") + 1]
    return found


def test_the_guide_has_a_command_with_the_full_type_for_each_attestation() -> None:
    assert printed() == TYPES
    assert set(TYPES) == set(ATTESTED)


@pytest.mark.parametrize("what", TYPES)
def test_the_table_has_it_too(what: str) -> None:
    (row,) = [line for line in GUIDE.read_text().splitlines() if line.startswith(f"| `{what}` |")]
    assert f"`{TYPES[what]}`" in row


def test_no_short_name_is_given() -> None:
    assert not re.findall(r"--type (?!https://)\S+", GUIDE.read_text())
    assert all(kind.startswith("https://") for kind in (*TYPES.values(), *dict(DOCUMENT_TYPES).values()))
    assert provenance.PREDICATE_TYPE == PROVENANCE_TYPE


@pytest.mark.parametrize("what", TYPES)
def test_the_verifier_prints_the_same_type(what: str) -> None:
    command = commands.verify_attestation("x", "b", TYPES[what], "--who", private_root=False)
    assert f"--type {TYPES[what]} " in command

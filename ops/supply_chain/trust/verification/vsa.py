"""The result as a SLSA Verification Summary Attestation: a statement that the verifying party may sign.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from ops.supply_chain.contracts.files.verification import Expectations, GivenFile, Verification
from ops.supply_chain.contracts.values.predicate_types import SUMMARY, SUMMARY_TYPE
from ops.supply_chain.contracts.values.weakening import NOT_RECORDED
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.trust.verification.file_kinds import VERIFIER, classify
from ops.supply_chain.trust.verification.provenance import REHEARSAL_SUFFIX, STATEMENT_TYPE

PREDICATE_TYPE = SUMMARY_TYPE
VERIFIER_ID = "verifier:v1"
SLSA_VERSION = "1.2"


def policy_of(wanted: Expectations, identities: list[dict[str, str]]) -> dict[str, Any]:
    """Return the expectations as plain data; the digest of its canonical form identifies the policy."""
    return {
        "schema": "verification-policy/1",
        "identities": identities,
        **({"keys": list(wanted.keys)} if wanted.keys else {}),
        "trusted_root_sha256": wanted.root_sha256,
        "source_repository": wanted.source_repository,
        "source_commit": wanted.source_commit,
        "tag": wanted.tag,
        "allow_unsigned": wanted.allow_unsigned,
        "rehearsal": wanted.rehearsal,
    }


def statement(
    verification: Verification,
    policy: dict[str, Any],
    *,
    base: str,
    verifier_version: str,
    verified_at: str,
    further: tuple[GivenFile, ...] = (),
) -> bytes:
    """Write the statement.

    Args:
        verification: A complete verification: if something could not be examined, there is nothing to summarise.
        policy: As `policy_of` returns it.
        base: The prefix of identifiers.
        verifier_version: Our own.
        verified_at: RFC 3339.
        further: Files of further evidence that were used.
    Raises:
        ValueError: Not everything could be examined.
    """
    if verification.ruling is Outcome.NOT_EXAMINED:
        raise ValueError("a verification summary needs a verification")
    # What was only tolerated is not a pass: neither a rehearsal nor an unsigned release passes.
    passed = verification.outcome is Outcome.PASS
    mark = REHEARSAL_SUFFIX if verification.rehearsal else ""
    listed = {line.subject for check in verification.checks if check.code == "files.listed" for line in check.lines}
    parts = classify([file.name for file in verification.files], attached=VERIFIER not in listed)
    subjects = [file for file in verification.files if file.name in parts.released]
    attestations = {*parts.bundles, *parts.publish_attestations, parts.provenance} - {parts.attestation(SUMMARY)}
    inputs = [file for file in verification.files if file.name in attestations]
    predicate = {
        "verifier": {"id": f"{base}{VERIFIER_ID}{mark}", "version": {"sealwright": verifier_version}},
        "timeVerified": verified_at,
        "resourceUri": resource_uri(verification.component, verification.version),
        "policy": {"uri": f"{base}policy:verification:v1", "digest": {"sha256": sha256_bytes(plain_json.dump(policy))}},
        "inputAttestations": [
            {"uri": file.name, "digest": {"sha256": file.sha256}}
            for file in sorted([*inputs, *further], key=lambda file: file.name)
        ],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [f"SLSA_BUILD_LEVEL_{verification.level.build}", *verification.properties]
        if passed
        else ["FAILED"],
        "slsaVersion": SLSA_VERSION,
        # SLSA 1.2: extension fields are named <vendor>_<name>.
        **({"sealwright_rehearsal": True} if verification.rehearsal else {}),
        "sealwright_weakened": _weakened(verification),
    }
    return plain_json.dump(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": file.name, "digest": {"sha256": file.sha256}} for file in subjects],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )


def resource_uri(component: str, version: str) -> str:
    """Return the package URL of a release."""
    return f"pkg:generic/{quote(component, safe='')}@{quote(version, safe='')}"


def _weakened(verification: Verification) -> list[dict[str, str]] | str:
    """Return the settings that made the release gate weaker than its default, or that they are not recorded."""
    if verification.weakened is None:
        return NOT_RECORDED
    return [asdict(setting) for setting in verification.weakened]

"""The statement of a reproduction, ready to sign: an in-toto Statement v1 with a Simple Verification Result.

Its subjects are the files that a second run made byte for byte, and no others. `SLSA_BUILD_REPRODUCED` is never among the
properties: SLSA reserves it for provenance of two independently operated platforms that the issuer trusts, which no single
run can know. Whoever has both may state it (docs/reproduce.md).

Source: https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md (v0.2);
https://slsa.dev/spec/v1.2/verified-properties; SLSA 1.2 names extension fields `<vendor>_<name>`
"""

from __future__ import annotations

from ops.supply_chain.contracts.files.provenance import STATEMENT_TYPE
from ops.supply_chain.contracts.files.reproduction import FileResult, Reproduction
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.outcome import Outcome

PREDICATE_TYPE = "https://in-toto.io/attestation/svr/v0.2"
REPRODUCED = "SEALWRIGHT_REPRODUCED"
VERIFIED = "SEALWRIGHT_RELEASE_VERIFIED"
_REPRODUCER = "reproducer:v1"
_REHEARSAL = ":rehearsal"


def statement(reproduction: Reproduction, *, base: str, version: str) -> bytes | None:
    """Write the statement.

    Args:
        reproduction: The comparison.
        base: What identifiers begin with.
        version: Our own version.
    Returns:
        Canonical bytes; None where a file differs or could not be compared: then there is nothing to state.
    """
    identical = reproduction.named(FileResult.IDENTICAL)
    if reproduction.outcome is not Outcome.PASS or not identical:
        return None
    verified = reproduction.verification is Outcome.PASS
    predicate = {
        "verifier": {
            "id": f"{base}{_REPRODUCER}{_REHEARSAL if reproduction.rehearsal else ''}",
            "policies": [],
            "sealwright_version": version,
        },
        "timeCreated": reproduction.time,
        "properties": [REPRODUCED, *([VERIFIED] if verified else [])],
        "sealwright_source": {"gitCommit": reproduction.commit},
        "sealwright_release": {
            "component": reproduction.component,
            "version": reproduction.version,
            "rehearsal": reproduction.rehearsal,
            "verification": reproduction.verification.value,
            **({} if verified else {"notVerified": reproduction.verified_why}),
        },
        "sealwright_recordsTaken": list(reproduction.taken),
        "sealwright_notIdentical": [
            {"name": file.name, "result": file.result.value, "why": file.why}
            for file in reproduction.files
            if file.result is not FileResult.IDENTICAL
        ],
        "sealwright_notIndependent": list(reproduction.not_independent),
    }
    return plain_json.dump(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": file.name, "digest": {"sha256": file.released}} for file in identical],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )

"""The verification summary of one run: what was held against what, when, by which version of us."""

from __future__ import annotations

from datetime import datetime

from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION, Expectations
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.examine import Examined
from ops.supply_chain.gather.trust.verification.inputs import Trust
from ops.supply_chain.trust.verification import vsa


def summary_statement(examined: Examined, wanted: Expectations, trusted: Trust, *, now: datetime) -> bytes | None:
    """Write the summary; None where not everything could be examined, which is no verification.

    Args:
        examined: The answer.
        wanted: What the release was held against.
        trusted: Whom it may be signed by.
        now: The present moment.
    """
    if examined.verification.ruling is Outcome.NOT_EXAMINED:
        return None
    identities = [
        {key: str(getattr(one, key)) for key in ("identity", "identity_regex", "issuer", "since", "until")}
        for one in trusted.identities
    ]
    return vsa.statement(
        examined.verification,
        vsa.policy_of(wanted, identities),
        base=URI_BASE,
        verifier_version=VERIFIER_VERSION,
        verified_at=timestamp(now),
        further=examined.further,
    )

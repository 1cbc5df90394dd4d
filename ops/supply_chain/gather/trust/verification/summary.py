"""The verification summary of one run: release, expectations, time and sealwright version."""

from __future__ import annotations

from datetime import datetime

from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION, Expectations
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import CheckedRelease
from ops.supply_chain.gather.trust.verification.inputs import Trust
from ops.supply_chain.trust.verification import vsa


def summary_statement(checked: CheckedRelease, wanted: Expectations, trusted: Trust, *, now: datetime) -> bytes | None:
    """Return the summary; None if something could not be examined.

    Args:
        checked: The checked release.
        wanted: The expectations of the customer.
        trusted: The authorized signers and the root.
        now: The current time.
    """
    if checked.verification.ruling is Outcome.NOT_EXAMINED:
        return None
    identities = [
        {
            **{key: str(getattr(identity, key)) for key in ("identity", "identity_regex", "issuer", "since", "until")},
            **{
                key: getattr(identity, key)
                for key in ("repository", "ref", "event", "runner")
                if getattr(identity, key)
            },
            **({"for": ", ".join(identity.signs)} if identity.signs else {}),
        }
        for identity in trusted.identities
    ]
    return vsa.statement(
        checked.verification,
        vsa.policy_of(wanted, identities),
        base=URI_BASE,
        verifier_version=VERIFIER_VERSION,
        verified_at=timestamp(now),
        further=checked.further,
    )

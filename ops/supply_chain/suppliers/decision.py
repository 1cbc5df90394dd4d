"""The decision about each document, from the verdicts of the rules in `policy/suppliers/`.

A document is accepted if no rule denies it. Which rules refuse a document, and do not only quarantine it, is in
`policy/data/suppliers.json`. A rule that did not decide quarantines: "could not check" never accepts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.contracts.values.registry import IntakeDecision, IntakeReason
from ops.supply_chain.core.outcome import Outcome

PROFILE = "suppliers"
"""The profile, and the table of `policy/data/` with its settings."""

REFUSED_BY = "refused_by"
UNDECIDED = "the rule did not decide"


class DocumentDecision(NamedTuple):
    """A decision and its reasons; an accepted document has none."""

    decision: IntakeDecision
    reasons: tuple[IntakeReason, ...]


def undecided(verdicts: Iterable[RuleVerdict], digests: Iterable[str]) -> bool:
    """Return whether a rule did not decide: it denies something else than one of the documents, or gave no answer."""
    known = set(digests)
    return any(
        verdict.outcome is Outcome.NOT_EXAMINED or any(denial.subject not in known for denial in verdict.denials)
        for verdict in verdicts
    )


def decisions(
    verdicts: Sequence[RuleVerdict], digests: Sequence[str], data: dict[str, Any]
) -> dict[str, DocumentDecision]:
    """Return the decision about each document.

    Args:
        verdicts: Of all rules of the profile, at least one.
        digests: The documents that they are about.
        data: The tables of the policy.
    """
    refused_by = set(data[PROFILE][REFUSED_BY])
    reasons: defaultdict[str, list[IntakeReason]] = defaultdict(list)
    refused: set[str] = set()
    for verdict in verdicts:
        if verdict.outcome is not Outcome.PASS and not verdict.denials:
            for digest in digests:
                reasons[digest].append(IntakeReason(verdict.code, UNDECIDED))
        for denial in (*verdict.denials, *verdict.unknowns):
            subjects = [denial.subject] if denial.subject in digests else digests
            for digest in subjects:
                reasons[digest].append(IntakeReason(verdict.code, denial.message))
                if verdict.code in refused_by and denial.subject == digest:
                    refused.add(digest)
    return {digest: _decision(reasons[digest], refused=digest in refused) for digest in digests}


def _decision(reasons: Sequence[IntakeReason], *, refused: bool) -> DocumentDecision:
    if refused:
        return DocumentDecision(IntakeDecision.REFUSED, tuple(reasons))
    decision = IntakeDecision.QUARANTINED if reasons else IntakeDecision.ACCEPTED
    return DocumentDecision(decision, tuple(reasons))

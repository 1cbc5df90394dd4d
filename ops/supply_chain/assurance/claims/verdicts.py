"""From what the rules decided to what may be claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ops.supply_chain.assurance.claims.evidence import GatheredEvidence
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import ClaimStatus, ClaimVerdict
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.outcome import Outcome

PROFILE = "claims"
"""Folder of the rules, and first part of their codes."""

RELEASE = "release"
"""Subject of the reason that there is no release at all: nothing else needs saying then."""

NO_FILE = "No file holds the evidence for it."

_STANDINGS = {
    Outcome.PASS: ClaimStatus.SUPPORTED,
    Outcome.NOT_EXAMINED: ClaimStatus.NOT_EXAMINED,
    Outcome.FAIL: ClaimStatus.NOT_SUPPORTED,
}


class ClaimRule(msgspec.Struct, frozen=True, kw_only=True):
    """One claim as its rule describes it.

    `code` is the rule's, `evidence` and `facts` are words of `GatheredEvidence.files` and `GatheredEvidence.facts`.
    """

    code: str
    sentence: str
    otherwise: str
    evidence: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def id(self) -> str:
        """The claim's id: the rule's name in kebab case."""
        return self.code.removeprefix(f"{PROFILE}.").replace("_", "-")


def claims_from(
    rules: Sequence[ClaimRule], answers: Sequence[RuleVerdict], gathered: GatheredEvidence
) -> tuple[ClaimVerdict, ...]:
    """Put the claims together.

    Args:
        rules: Every claim; any order.
        answers: What the engine said of the rules; one that it left out supports nothing.
        gathered: What they were asked about.
    Returns:
        Sorted by id.
    """
    said = {answer.code: answer for answer in answers}
    return tuple(sorted((_claim(rule, said, gathered) for rule in rules), key=lambda claim: claim.id))


def _claim(rule: ClaimRule, said: Mapping[str, RuleVerdict], gathered: GatheredEvidence) -> ClaimVerdict:
    answer = said.get(rule.code)
    standing = _STANDINGS[answer.outcome] if answer else ClaimStatus.NOT_SUPPORTED
    missing = _missing(answer) if answer else (f"The rule {rule.code} was not asked.",)
    files = _files(rule, gathered)
    if standing is ClaimStatus.SUPPORTED and not files:
        standing, missing = ClaimStatus.NOT_SUPPORTED, (NO_FILE,)
    if standing is not ClaimStatus.SUPPORTED:
        return ClaimVerdict(
            id=rule.id, sentence=rule.sentence, standing=standing, missing=missing, otherwise=rule.otherwise
        )
    facts = {word: gathered.facts[word] for word in rule.facts if gathered.facts.get(word)}
    return ClaimVerdict(id=rule.id, sentence=rule.sentence, standing=standing, evidence=files, facts=facts)


def _missing(answer: RuleVerdict) -> tuple[str, ...]:
    reasons = [*answer.denials, *answer.unknowns]
    nothing = [reason for reason in reasons if reason.subject == RELEASE]
    texts = dict.fromkeys(reason.message for reason in nothing or reasons)
    return tuple(text if text.endswith((".", "?", "!")) else f"{text}." for text in texts)


def _files(rule: ClaimRule, gathered: GatheredEvidence) -> tuple[FileRef, ...]:
    found = {file.path: file for word in rule.evidence for file in gathered.files.get(word, ())}
    return tuple(found[path] for path in sorted(found))

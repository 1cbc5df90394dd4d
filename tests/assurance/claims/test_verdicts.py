"""From what a rule decided to what may be claimed."""

from __future__ import annotations

from ops.supply_chain.assurance.claims.evidence import ClaimEvidence, GatheredEvidence
from ops.supply_chain.assurance.claims.verdicts import NO_FILE, ClaimRule, claims_from
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import ClaimStatus, ClaimVerdict
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.core.outcome import Outcome

RULE = ClaimRule(
    code="claims.no_drift",
    sentence="No lock has drifted.",
    otherwise="There is no evidence.",
    evidence=("gate", "provenance"),
    facts=("locks", "pins"),
)
GATE = FileRef(path="artifacts:gate.json", sha256="a" * 64, size=1)
PROVENANCE = FileRef(path="artifacts:a-provenance.json", sha256="b" * 64, size=2)
GATHERED = GatheredEvidence(
    evidence=ClaimEvidence(component="small"),
    files={"gate": (GATE,), "provenance": (PROVENANCE,), "other": (GATE,)},
    facts={"locks": "2", "pins": "", "builder": "x"},
)


def reason(message: str, subject: str = "s") -> Reason:
    return Reason(message=message, subject=subject, fix="Mend it.")


def answer(outcome: Outcome, *denials: Reason, unknowns: tuple[Reason, ...] = ()) -> RuleVerdict:
    return RuleVerdict(
        code=RULE.code, title="", outcome=outcome, examined=0, unknown=0, denials=denials, unknowns=unknowns
    )


def claim(*answers: RuleVerdict, gathered: GatheredEvidence = GATHERED) -> ClaimVerdict:
    [found] = claims_from([RULE], answers, gathered)
    return found


def test_a_claim_that_passes_has_its_evidence_by_path_and_the_facts_that_are_known() -> None:
    assert claim(answer(Outcome.PASS)) == ClaimVerdict(
        id="no-drift",
        sentence="No lock has drifted.",
        standing=ClaimStatus.SUPPORTED,
        evidence=(PROVENANCE, GATE),
        facts={"locks": "2"},
    )


def test_one_that_is_denied_says_what_is_missing_and_what_is_true_and_shows_nothing() -> None:
    denied = answer(Outcome.FAIL, reason("A lock has drifted."), reason("A lock has drifted.", "t"), reason("odd"))
    assert claim(denied) == ClaimVerdict(
        id="no-drift",
        sentence="No lock has drifted.",
        standing=ClaimStatus.NOT_SUPPORTED,
        missing=("A lock has drifted.", "odd."),
        otherwise="There is no evidence.",
    )


def test_one_that_nobody_could_look_at_is_not_examined() -> None:
    found = claim(answer(Outcome.NOT_EXAMINED, unknowns=(reason("The stage did not pass."),)))
    assert (found.standing, found.missing) == (ClaimStatus.NOT_EXAMINED, ("The stage did not pass.",))
    assert found.evidence == ()


def test_where_there_is_no_release_nothing_else_needs_saying() -> None:
    denied = answer(Outcome.FAIL, reason("No release.", "release"), reason("There is no record.", "check_locks"))
    assert claim(denied).missing == ("No release.",)


def test_a_rule_that_was_not_asked_supports_nothing() -> None:
    assert claim().missing == ("The rule claims.no_drift was not asked.",)


def test_a_pass_without_any_file_of_evidence_supports_nothing() -> None:
    found = claim(answer(Outcome.PASS), gathered=GatheredEvidence(evidence=GATHERED.evidence, facts=GATHERED.facts))
    assert (found.standing, found.missing, found.facts) == (ClaimStatus.NOT_SUPPORTED, (NO_FILE,), {})

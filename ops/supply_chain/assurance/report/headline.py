"""The verdict in one word, with the sentence that makes it true and what stands in its way.

"Allowed" is said only where every gate left a record and passed, both verdicts allow, they are about the very
files that lie here, and the release was verified as a customer would. Whatever is missing from that is named.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import msgspec

from ops.supply_chain import row_of, title_of
from ops.supply_chain.assurance.report.inputs import ReportInput
from ops.supply_chain.assurance.report.stages import SIDE_BY_SIDE
from ops.supply_chain.assurance.report.tone import Tone, plural
from ops.supply_chain.assurance.report.verification import VerificationView
from ops.supply_chain.contracts.files.verdict import Verdict
from ops.supply_chain.core.outcome import Outcome

MOST_REASONS = 6
LONGEST_REASON = 140


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen first: `reasons` are what stands in the way, `more` counts those not listed."""

    tone: Tone
    word: str
    sentence: str
    reasons: tuple[str, ...]
    more: int


def headline(evidence: ReportInput, verification: VerificationView | None) -> Headline:
    """Decide what is seen first.

    Args:
        evidence: The run.
        verification: What verifying the release came to; None where nobody did.
    """
    decided = [verdict for verdict in (evidence.verdict, evidence.provenance_verdict) if verdict is not None]
    denied = [verdict for verdict in decided if verdict.outcome is Outcome.FAIL]
    gaps = tuple(_gaps(evidence, verification))
    if not evidence.records and not decided:
        return _made(Tone.UNKNOWN, "Not examined", "There is no run to show: nothing was looked at.", ())
    if denied:
        return _denied(evidence, denied)
    if verification is not None and verification.outcome is Outcome.FAIL:
        return _made(Tone.FAIL, "Not verified", "The release does not verify: do not use it, do not publish it.", gaps)
    if evidence.verdict is None:
        return _undecided(evidence, gaps)
    if any(_is_open(verdict) for verdict in decided):
        return _made(Tone.UNKNOWN, "Not examined", "The policy could not examine everything it asks for.", gaps)
    return _judged(evidence, verification.refusals if verification is not None else (), gaps)


def _made(tone: Tone, word: str, sentence: str, reasons: tuple[str, ...]) -> Headline:
    return Headline(
        tone=tone,
        word=word,
        sentence=sentence,
        reasons=reasons[:MOST_REASONS],
        more=max(0, len(reasons) - MOST_REASONS),
    )


def _judged(evidence: ReportInput, refusals: tuple[str, ...], gaps: tuple[str, ...]) -> Headline:
    """The policy allows it: say what else stands in the way, if anything does."""
    if refusals and evidence.rehearsal:
        sentence = "The rehearsal works, and a real release would be refused as it stands."
        return _made(Tone.FAIL, "Would be refused", sentence, (*refusals, *gaps))
    if refusals:
        sentence = "Verifying was told to tolerate what a customer's verification refuses."
        return _made(Tone.UNKNOWN, "Not verified in full", sentence, (*refusals, *gaps))
    if gaps:
        sentence = "The policy allows what it was shown, and that is not everything a release needs."
        return _made(Tone.UNKNOWN, "Not examined in full", sentence, gaps)
    return _allowed(rehearsal=evidence.rehearsal)


def _allowed(*, rehearsal: bool) -> Headline:
    if rehearsal:
        sentence = "Every gate passed and the rehearsed release verifies. A rehearsal is not a release."
        return _made(Tone.REHEARSED, "Would be allowed", sentence, ())
    return _made(Tone.PASS, "Allowed", "Every gate passed, the policy allows it, and the release verifies.", ())


def _denied(evidence: ReportInput, denied: list[Verdict]) -> Headline:
    reasons = tuple(_reasons(denied))
    rules = sum(rule.outcome is not Outcome.PASS for verdict in denied for rule in verdict.rules)
    word = "Would be denied" if evidence.rehearsal else "Denied"
    would = "would refuse" if evidence.rehearsal else "refuses"
    count = f"{plural(rules, 'rule')} of the policy {'does' if rules == 1 else 'do'} not pass"
    return _made(Tone.FAIL, word, f"The policy {would} this release: {count}.", reasons)


def _undecided(evidence: ReportInput, gaps: tuple[str, ...]) -> Headline:
    refused = sum(record.outcome is Outcome.FAIL for record in evidence.records)
    if refused:
        sentence = f"{plural(refused, 'stage')} refused; the policy has not decided."
        return _made(Tone.FAIL, "Findings stand", sentence, gaps)
    return _made(Tone.UNKNOWN, "Not decided", "The policy has not decided about this run.", gaps)


def _is_open(verdict: Verdict) -> bool:
    """Tell whether a verdict is anything but a whole pass; a rule that decides nothing is no pass."""
    passed = verdict.decision == "allow" and verdict.outcome is Outcome.PASS and bool(verdict.rules)
    return not passed or any(rule.outcome is not Outcome.PASS for rule in verdict.rules)


def _reasons(denied: list[Verdict]) -> Iterator[str]:
    for verdict in denied:
        for rule in verdict.rules:
            if rule.outcome is Outcome.PASS:
                continue
            first = next(iter((*rule.denials, *rule.unknowns)), None)
            about = f" ({first.subject})" if first and first.subject and first.sentence != first.message else ""
            left = len(rule.denials) + len(rule.unknowns) - 1
            more = f", and {left} more" if left > 0 else ""
            said = _short(first.message) if first is not None else "no answer"
            yield f"Required: {_lower(rule.title)}. Found: {said}{about}{more}."


def _short(text: str) -> str:
    """Cut a long message at a word; the section on the policy has all of it."""
    return textwrap.shorten(text, LONGEST_REASON, placeholder=" …")


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _gaps(evidence: ReportInput, verification: VerificationView | None) -> Iterator[str]:
    """Yield a sentence for everything that keeps a page from saying "allowed"."""
    left = {record.stage: record for record in evidence.records}
    for script in SIDE_BY_SIDE:
        if script not in left and row_of(script).required:
            yield f"{title_of(script)}: no record, so nothing is known of it."
    for script, record in sorted(left.items()):
        if record.outcome is not Outcome.PASS:
            ended = "refused" if record.outcome is Outcome.FAIL else "could not examine everything"
            yield f"{title_of(script)}: {ended}."
    if evidence.verdict is None:
        yield "There is no verdict of the policy."
    elif evidence.provenance_verdict is None:
        yield "There is no verdict of the policy on the provenance."
    for path in evidence.stale:
        yield f"{path} is not what the policy decided about: it was changed or removed since."
    yield from _unverified(verification)


def _unverified(verification: VerificationView | None) -> Iterator[str]:
    if verification is None:
        yield "The release was not verified as a customer would."
    elif not verification.current:
        yield "The files of the release are not those that were verified."
    elif verification.outcome is Outcome.NOT_EXAMINED:
        yield "Verifying the release could not examine everything."
    elif verification.outcome is Outcome.FAIL:
        yield "The release does not verify."
    elif not verification.signed:
        yield "The release is not signed by a published identity."

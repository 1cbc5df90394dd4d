"""The verdict in one word, with its explanation and the reasons against a release.

"Allowed" is said only where every gate left a record and passed, both verdicts allow, they are about the very
files that lie here, and the release was verified as a customer would. Whatever is missing from that is named.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import msgspec

from ops.supply_chain import daily_scan_uses, row_of, title_of
from ops.supply_chain.assurance.report.inputs import ReportInput
from ops.supply_chain.assurance.report.stages import SIDE_BY_SIDE
from ops.supply_chain.assurance.report.tone import Tone, plural
from ops.supply_chain.assurance.report.verification import VerificationView
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Verdict, as_clause
from ops.supply_chain.contracts.values.cause import Mark
from ops.supply_chain.contracts.values.weakening import weakened_sentence
from ops.supply_chain.core.outcome import Outcome

SCANNED = tuple(use.name for step in daily_scan_uses() for use in step if use.stage.gate)
"""The gates of `daily_scan`."""

MOST_REASONS = 6
LONGEST_REASON = 140


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict at the top: `reasons` against a release that no root cause has, `more` counts those not listed.

    `weakened` names every setting that made the gate weaker than its default; empty where there is none.
    """

    tone: Tone
    word: str
    sentence: str
    reasons: tuple[str, ...]
    more: int
    weakened: str = ""


def headline(evidence: ReportInput, verification: VerificationView | None) -> Headline:
    """Return the verdict at the top.

    Args:
        evidence: The run.
        verification: The verification of the release; None where it was not verified.
    """
    decided = [verdict for verdict in (evidence.verdict, evidence.provenance_verdict) if verdict is not None]
    found, weakened = _decided(evidence, verification, decided), _weakened(decided)
    if weakened and found.tone in (Tone.PASS, Tone.REHEARSED):  # never looks like a plain pass
        found = msgspec.structs.replace(found, tone=Tone.UNKNOWN, word=f"{found.word}, weakened")
    reasons = tuple(reason for reason in found.reasons if reason not in set(_explained(evidence)))
    more = max(0, len(reasons) - MOST_REASONS)
    return msgspec.structs.replace(found, weakened=weakened, reasons=reasons[:MOST_REASONS], more=more)


def _explained(evidence: ReportInput) -> Iterator[str]:
    """Yield that a stage did not pass, for each stage of which a root cause is shown."""
    stages = {stage for mark, cause in evidence.causes if mark is not Mark.NOTE for stage in cause.stages}
    for record in evidence.records:
        if record.stage in stages:
            yield _not_passed(record)


def _not_passed(record: Record) -> str:
    ended = "failed" if record.outcome is Outcome.FAIL else "not fully examined"
    return f"{title_of(record.stage)}: {ended}."


def _weakened(decided: list[Verdict]) -> str:
    """Return the settings that made the gate weaker; both passes compare the same configuration."""
    return weakened_sentence(
        dict.fromkeys(setting.in_words for verdict in decided for setting in verdict.weakened or ())
    )


def _decided(evidence: ReportInput, verification: VerificationView | None, decided: list[Verdict]) -> Headline:
    denied = [verdict for verdict in decided if verdict.outcome is Outcome.FAIL]
    gaps = tuple(_gaps(evidence, verification))
    if not evidence.records and not decided:
        return _made(Tone.UNKNOWN, "Not examined", "There is no run to show: nothing was checked.", ())
    if denied:
        return _denied(evidence, denied)
    if verification is not None and verification.outcome is Outcome.FAIL:
        return _made(Tone.FAIL, "Not verified", "The release does not verify: do not use or publish it.", gaps)
    if evidence.verdict is None:
        return _undecided(evidence, gaps)
    if any(_is_open(verdict) for verdict in decided):
        return _made(Tone.UNKNOWN, "Not examined", "The policy could not check everything it requires.", gaps)
    return _judged(evidence, verification.refusals if verification is not None else (), gaps)


def _made(tone: Tone, word: str, sentence: str, reasons: tuple[str, ...]) -> Headline:
    return Headline(tone=tone, word=word, sentence=sentence, reasons=reasons, more=0)


def _judged(evidence: ReportInput, refusals: tuple[str, ...], gaps: tuple[str, ...]) -> Headline:
    """Return the headline where the policy allows: other reasons against a release, if there are any."""
    if refusals and evidence.rehearsal:
        sentence = "The rehearsal completed, but a real release would fail verification."
        return _made(Tone.FAIL, "Would not verify", sentence, (*refusals, *gaps))
    if refusals:
        sentence = "Verification tolerated what a customer's verification rejects."
        return _made(Tone.UNKNOWN, "Not verified in full", sentence, (*refusals, *gaps))
    if gaps:
        sentence = "The policy allows the release, but not every required check was completed."
        return _made(Tone.UNKNOWN, "Not examined in full", sentence, gaps)
    return _allowed(rehearsal=evidence.rehearsal)


def _allowed(*, rehearsal: bool) -> Headline:
    if rehearsal:
        sentence = "Every gate passed and the rehearsed release verifies. A rehearsal is not a release."
        return _made(Tone.REHEARSED, "Would be allowed", sentence, ())
    return _made(Tone.PASS, "Allowed", "Every gate passed, the policy allows it, and the release verifies.", ())


def _denied(evidence: ReportInput, denied: list[Verdict]) -> Headline:
    reasons = () if evidence.causes else tuple(_reasons(denied))  # each denial belongs to one of the causes
    rules = sum(rule.outcome is not Outcome.PASS for verdict in denied for rule in verdict.rules)
    word = "Would be denied" if evidence.rehearsal else "Denied"
    would = "would deny" if evidence.rehearsal else "denies"
    count = f"{plural(rules, 'rule')} {'does' if rules == 1 else 'do'} not pass"
    return _made(Tone.FAIL, word, f"The policy {would} this release: {count}.", reasons)


def _undecided(evidence: ReportInput, gaps: tuple[str, ...]) -> Headline:
    failed = sum(record.outcome is Outcome.FAIL for record in evidence.records)
    if evidence.since is not None:
        return _scanned(failed, gaps)
    if failed:
        sentence = f"{plural(failed, 'stage')} failed; the policy was not evaluated."
        return _made(Tone.FAIL, "Open findings", sentence, gaps)
    return _made(Tone.UNKNOWN, "Not decided", "The policy was not evaluated in this run.", gaps)


def _scanned(failed: int, gaps: tuple[str, ...]) -> Headline:
    """Return the headline of a scan: only its gates count, and it decides nothing about a release."""
    if failed:
        return _made(Tone.FAIL, "Open findings", f"{plural(failed, 'gate')} of this scan failed.", gaps)
    if gaps:
        return _made(Tone.UNKNOWN, "Not examined in full", "No gate of this scan failed, but not all passed.", gaps)
    return _made(
        Tone.PASS, "Nothing open", "Every gate of this scan passed. A scan decides nothing about a release.", ()
    )


def _is_open(verdict: Verdict) -> bool:
    """Return whether a verdict is anything but a full pass; a rule without a result never passes."""
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
            message = _short(first.message) if first is not None else "no result"
            yield f"Required: {as_clause(rule.title)}. Found: {message}{about}{more}."


def _short(text: str) -> str:
    """Cut a long message at a word; the policy section has the full text."""
    return textwrap.shorten(text, LONGEST_REASON, placeholder=" …")


def _gaps(evidence: ReportInput, verification: VerificationView | None) -> Iterator[str]:
    """Yield a sentence for each reason why the verdict cannot be "Allowed"."""
    left = {record.stage: record for record in evidence.records}
    scan = evidence.since is not None
    for script in SCANNED if scan else SIDE_BY_SIDE:
        if script not in left and (scan or row_of(script).required):
            yield f"{title_of(script)}: no record, so it was not checked."
    for _, record in sorted(left.items()):
        if record.outcome is not Outcome.PASS:
            yield _not_passed(record)
    if scan:
        return
    if evidence.verdict is None:
        yield "The policy was not evaluated."
    elif evidence.provenance_verdict is None:
        yield "The policy was not evaluated for the provenance."
    for path in evidence.stale:
        yield f"{path} changed or was removed after the policy was evaluated."
    yield from _unverified(verification)


def _unverified(verification: VerificationView | None) -> Iterator[str]:
    if verification is None:
        yield "The release was not verified."
    elif not verification.current:
        yield "The files of the release changed after they were verified."
    elif verification.outcome is Outcome.NOT_EXAMINED:
        yield "The release was not fully verified."
    elif verification.outcome is Outcome.FAIL:
        yield "The release does not verify."
    elif not verification.signed:
        yield "The release is not signed by a published identity."

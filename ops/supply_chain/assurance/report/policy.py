"""The policy's verdict by rule: rules that do not pass first, with reasons and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.assurance.report.tone import Tone, plural, tone_of, word_of
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Verdict
from ops.supply_chain.core.outcome import Outcome

MOST_REASONS = 50


class ReasonGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Reasons with the same fix."""

    fix: str
    reasons: tuple[Reason, ...]


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; `left` counts reasons that are not listed.

    `noted` is set where it passed over something that is unknown, or only warns: that never looks like a plain pass.
    """

    code: str
    title: str
    tone: Tone
    word: str
    examined: int
    noted: bool
    groups: tuple[ReasonGroup, ...]
    left: int


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of the verdicts: `open` need attention, `rest` pass without remarks."""

    evaluated: bool
    passed: int
    total: int
    profiles: tuple[str, ...]
    policy_sha256: str
    open: tuple[RuleView, ...]
    rest: tuple[RuleView, ...]


def policy_view(verdicts: Sequence[Verdict]) -> PolicyView:
    """Arrange the rules of one run's verdicts.

    Args:
        verdicts: On SBOMs and records, then on the provenance, as far as they exist.
    """
    rules = [rule for verdict in verdicts for rule in verdict.rules]
    views = [_view(rule) for rule in rules]
    loud = [view for view in views if view.tone is not Tone.PASS]
    return PolicyView(
        evaluated=bool(verdicts),
        passed=sum(rule.outcome is Outcome.PASS for rule in rules),
        total=len(rules),
        profiles=tuple(dict.fromkeys(profile for verdict in verdicts for profile in verdict.profiles)),
        policy_sha256=verdicts[0].policy_sha256 if verdicts else "",
        open=tuple(sorted(loud, key=lambda view: (_ORDER.index(view.tone), view.noted, view.code))),
        rest=tuple(view for view in views if view not in loud),
    )


_ORDER = (Tone.FAIL, Tone.UNKNOWN)


def _grouped(reasons: Sequence[Reason]) -> tuple[ReasonGroup, ...]:
    fixes = dict.fromkeys(reason.fix for reason in reasons)
    return tuple(
        ReasonGroup(fix=fix, reasons=tuple(reason for reason in reasons if reason.fix == fix)) for fix in fixes
    )


def _word(rule: RuleVerdict, reasons: int) -> str:
    if rule.warnings:
        return f"warns, and denies from {rule.effective_on}"
    return f"passed over {plural(rule.unknown or reasons, 'unknown')}"


def _view(rule: RuleVerdict) -> RuleView:
    reasons = (*rule.denials, *rule.unknowns, *rule.warnings)
    noted = rule.outcome is Outcome.PASS and bool(reasons or rule.unknown)
    return RuleView(
        code=rule.code,
        title=rule.title,
        tone=Tone.UNKNOWN if noted else tone_of(rule.outcome),
        word=_word(rule, len(reasons)) if noted else word_of(rule.outcome),
        examined=rule.examined,
        noted=noted,
        groups=_grouped(reasons[:MOST_REASONS]),
        left=max(0, len(reasons) - MOST_REASONS),
    )

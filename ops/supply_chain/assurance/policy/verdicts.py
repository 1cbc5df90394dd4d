"""From what each rule decided to the verdict, and the verdict in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from ops.supply_chain.assurance.policy.consent import proposal
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Verdict, as_clause
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.weakening import weakened_sentence
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.core.text import printable

MOST_LINES = 20
"""Reasons of one rule that are shown to a person; the verdict's file has all."""

EMPTY_RULE = "has-rules"
"""Last part of the code under which a profile without rules is denied."""

PENDING_RULE = "in-effect"
"""Last part of the code under which a profile is not examined, because none of its rules is in effect yet."""


def empty_profile(profile: str) -> RuleVerdict:
    """Deny a profile that has no rules: nothing was asked, so nothing was proved."""
    code = f"{profile}.{EMPTY_RULE}"
    reason = Reason(
        message=f"the profile {profile} has no rules",
        subject=code,
        fix="Restore the policy folder, or name the folder that has the rules in [policy].folders.",
    )
    return RuleVerdict(
        code=code,
        title="The profile has rules",
        outcome=Outcome.FAIL,
        examined=0,
        unknown=0,
        denials=(reason,),
        unknowns=(),
    )


def pending_profile(profile: str, since: str) -> RuleVerdict:
    """Leave a profile unexamined whose rules take effect later: warnings prove nothing."""
    code = f"{profile}.{PENDING_RULE}"
    reason = Reason(
        message=f"no rule of the profile {profile} is in effect before {since}",
        subject=code,
        fix="Name the profile in [policy].profiles from that day on, or add a rule to it that is in effect.",
    )
    return RuleVerdict(
        code=code,
        title="A rule of the profile is in effect",
        outcome=Outcome.NOT_EXAMINED,
        examined=0,
        unknown=0,
        denials=(),
        unknowns=(reason,),
    )


def pending(rules: Iterable[RuleVerdict], today: date) -> list[RuleVerdict]:
    """Return a verdict that is no pass for each profile all of whose rules take effect after a day.

    Args:
        rules: What each rule decided.
        today: The day of the run, in UTC.
    """
    starts: dict[str, list[str]] = {}
    for rule in rules:
        starts.setdefault(rule.code.partition(".")[0], []).append(rule.effective_on)
    return [pending_profile(profile, min(days)) for profile, days in starts.items() if min(days) > today.isoformat()]


def until_effective(rule: RuleVerdict, today: date) -> RuleVerdict:
    """Return a rule's verdict as it counts on a day: before the rule is in effect, what it denies is a warning.

    A rule that did not decide, or could not examine, only warns as well.

    Args:
        rule: What it decided.
        today: The day of the run, in UTC.
    """
    if rule.outcome is Outcome.PASS or not rule.effective_on or date.fromisoformat(rule.effective_on) <= today:
        return rule
    warnings = (*rule.denials, *rule.unknowns)
    return msgspec.structs.replace(rule, outcome=Outcome.PASS, denials=(), unknowns=(), warnings=warnings)


def build_verdict(
    rules: Iterable[RuleVerdict],
    *,
    subject: tuple[str, str],
    profiles: tuple[str, ...],
    empty: Iterable[str],
    engine: ToolRef,
    policy: tuple[FileRef, ...],
    inputs: Iterable[FileRef],
) -> Verdict:
    """Put the verdict together.

    Args:
        rules: What each rule decided; any order.
        subject: Component and version.
        profiles: As asked for.
        empty: Those of them that have no rule: each denies.
        engine: What evaluated the rules.
        policy: All files of the policy, sorted by path.
        inputs: What was judged.
    Returns:
        Rules sorted by code, inputs by path. No rule at all is no pass.
    """
    judged = sorted([*rules, *map(empty_profile, empty)], key=lambda rule: rule.code)
    outcome = worst([rule.outcome for rule in judged])
    return Verdict(
        schema="verdict/1",
        decision="allow" if outcome is Outcome.PASS else "deny",
        outcome=outcome,
        component=subject[0],
        version=subject[1],
        profiles=profiles,
        engine=engine,
        policy_sha256=digest_of(policy),
        policy=policy,
        inputs=tuple(sorted(inputs, key=lambda ref: ref.path)),
        rules=tuple(judged),
    )


def digest_of(policy: Iterable[FileRef]) -> str:
    """Return the SHA-256 of the lines `<sha256>  <path>` of a policy's files, in their order."""
    return sha256_bytes("".join(f"{file.sha256}  {file.path}\n" for file in policy).encode())


def findings_of(verdict: Verdict) -> tuple[Finding, ...]:
    """Return each denial as a finding."""
    return tuple(
        Finding(
            code=f"policy.{rule.code}",
            severity=Severity.HIGH,
            message=reason.compared_with(rule.title),
            next_step=reason.fix,
        )
        for rule in verdict.rules
        for reason in rule.denials
    )


def counts_of(verdict: Verdict) -> dict[str, int]:
    """Count rules by outcome, and reasons; rules that warn only where there are any."""
    outcomes = [rule.outcome for rule in verdict.rules]
    warned = sum(bool(rule.warnings) for rule in verdict.rules)
    return {
        "rules": len(outcomes),
        "passed": sum(rule.outcome is Outcome.PASS and not rule.warnings for rule in verdict.rules),
        "failed": outcomes.count(Outcome.FAIL),
        "undetermined": outcomes.count(Outcome.NOT_EXAMINED),
        "denials": sum(len(rule.denials) for rule in verdict.rules),
        "unknowns": sum(len(rule.unknowns) for rule in verdict.rules),
        **({"warned": warned} if warned else {}),
        **({"weakened": len(verdict.weakened)} if verdict.weakened else {}),
    }


def render(verdict: Verdict, today: date) -> str:
    """Return the verdict for people, without its findings: the decision, what weakened it, a line per rule, what was not
    examined, and the entries that would accept what weakens it.
    """
    head = f"policy: {verdict.decision} ({verdict.outcome.value}) {verdict.component} {verdict.version}"
    weakened = [printable(weakened_sentence([setting.in_words])) for setting in verdict.weakened or ()]
    width = max((len(rule.code) for rule in verdict.rules), default=0)
    table = [f"  {_word(rule):<12}  {rule.code:<{width}}  {_title(rule)}" for rule in verdict.rules]
    reasons = [line for rule in verdict.rules for line in _explain(rule)]
    return "\n".join([head, *weakened, "", *table, *reasons, *_proposals(verdict, today)]) + "\n"


def _proposals(verdict: Verdict, today: date) -> list[str]:
    refused = [setting for setting in verdict.weakened or () if not setting.until]
    if not refused:
        return []
    lines = [line for setting in refused for line in ("", *proposal(setting, today).splitlines())]
    head = f"to accept this, where customers see it, add to {CONFIG_NAME} and write the reason:"
    return ["", head, *(f"    {printable(line)}".rstrip() for line in lines)]


def _word(rule: RuleVerdict) -> str:
    return "warning" if rule.warnings else rule.outcome.value


def _title(rule: RuleVerdict) -> str:
    if rule.warnings:
        return f"{rule.title} (denies from {rule.effective_on})"
    if rule.outcome is not Outcome.PASS:
        return rule.title
    known = f", {rule.unknown} stated unknown" if rule.unknown else ""
    return f"{rule.title} ({rule.examined} examined{known})"


def _explain(rule: RuleVerdict) -> list[str]:
    unknown = "unknown" if rule.outcome is Outcome.PASS else "not examined"
    warning = f"warning, denies from {rule.effective_on}"
    return [
        line
        for word, reasons in ((unknown, rule.unknowns), (warning, rule.warnings))
        for line in _list(word, rule, reasons)
    ]


def _list(word: str, rule: RuleVerdict, reasons: tuple[Reason, ...]) -> list[str]:
    if not reasons:
        return []
    lines = [f"    required: {as_clause(rule.title)}"]
    lines += [f"    found: {reason.sentence}" for reason in reasons[:MOST_LINES]]
    if len(reasons) > MOST_LINES:
        lines.append(f"    and {len(reasons) - MOST_LINES} more: all are in the verdict's file")
    fixes = dict.fromkeys(reason.fix for reason in reasons)
    return ["", f"{word}: {rule.code}", *lines, *(f"    next: {fix}" for fix in fixes)]

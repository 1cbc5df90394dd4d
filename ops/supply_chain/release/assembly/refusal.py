"""Why a rehearsed release would be denied: reasons from the records and verdicts of the rehearsal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.contracts.files.verdict import Reason, Verdict
from ops.supply_chain.core.outcome import Outcome


def reasons_of_verdicts(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Return the reason of each rule that does not pass.

    Args:
        verdicts: The verdicts of both passes of the policy.
    Returns:
        One sentence a rule, in the order of the verdicts and of the rules in them.
    """
    found = [
        f"policy {rule.code}: {_of_reasons(rule.denials or rule.unknowns)}"
        for verdict in verdicts
        for rule in verdict.rules
        if rule.outcome is not Outcome.PASS
    ]
    empty = [
        f"policy: the verdict is {verdict.decision} ({verdict.outcome})"
        for verdict in verdicts
        if verdict.decision != "allow" and all(rule.outcome is Outcome.PASS for rule in verdict.rules)
    ]
    return (*found, *empty)


def _of_reasons(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return "no rule decided"
    return _first_of([reason.message if reason.sentence == reason.message else _about(reason) for reason in reasons])


def _about(reason: Reason) -> str:
    return f"{reason.message} ({reason.subject})" if reason.subject else reason.message


def _first_of(messages: Sequence[str]) -> str:
    more = len(messages) - 1
    return messages[0] + (f", and {more} more" if more else "")

"""What a rule yielded, compared with the only forms that count: see `rego` for why there is no other."""

from __future__ import annotations

from typing import Any

from ops.supply_chain.adapters.rego.rule_files import Rule
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable

UNDECIDED = "the rule did not decide"

_DECISIONS = frozenset({"pass", "deny", "unknown"})
_ENTRY = frozenset({"message", "subject"})
_NEED = _ENTRY | {"holds", "unseen", "reads"}


def verdict_of(rule: Rule, answer: dict[str, Any]) -> RuleVerdict:
    """Return what a rule decided.

    Args:
        rule: The rule.
        answer: All that its package holds, as the engine gave it.
    Returns:
        A denial of its own where the rule did not decide.
    """
    try:
        return _of_needs(rule, answer) if "needs" in answer else _of_decision(rule, answer)
    except _MalformedError as error:
        return undecided(rule, str(error))


def _of_decision(rule: Rule, answer: dict[str, Any]) -> RuleVerdict:
    counts = _pass(answer.get("pass"))
    denials = _reasons(answer.get("deny"), rule)
    unknowns = _reasons(answer.get("unknown"), rule)
    if unknowns and not rule.metadata.may_be_unknown:
        raise _MalformedError("it yields 'unknown', which its metadata does not allow")
    if counts is not None and denials:
        raise _MalformedError("it yields both 'pass' and 'deny'")
    if counts is None and not denials and not unknowns:
        raise _MalformedError("it yields neither 'pass' nor 'deny'")
    if counts is not None:
        return _ruled(rule, Outcome.PASS, counts=counts, unknowns=unknowns)
    return _ruled(rule, Outcome.FAIL if denials else Outcome.NOT_EXAMINED, denials=denials, unknowns=unknowns)


def _of_needs(rule: Rule, answer: dict[str, Any]) -> RuleVerdict:
    """Return what a rule decided that yields needs alone.

    It passes where all needs hold, denies each that does not, and leaves open what could not be checked.
    """
    if answer.keys() & _DECISIONS:
        raise _MalformedError("it yields 'needs' beside 'pass', 'deny' or 'unknown'")
    needs = answer["needs"]
    if not isinstance(needs, list) or not needs:
        raise _MalformedError("its 'needs' is not an array with entries")
    short = [need for need in map(_need, needs) if not need["holds"]]
    denials, unknowns = (
        _reasons([{key: need[key] for key in _ENTRY} for need in short if need["unseen"] is unseen], rule)
        for unseen in (False, True)
    )
    if not short:
        return _ruled(rule, Outcome.PASS, counts=(len(needs), 0))
    return _ruled(rule, Outcome.FAIL if denials else Outcome.NOT_EXAMINED, denials=denials, unknowns=unknowns)


def _need(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != _NEED:
        raise _MalformedError("a need has not exactly 'holds', 'unseen', 'reads', 'message' and 'subject'")
    if not isinstance(value["holds"], bool) or not isinstance(value["unseen"], bool):
        raise _MalformedError("a need's 'holds' or 'unseen' is neither true nor false")
    return value


class _MalformedError(Exception):
    """A rule yielded a value that has none of the forms."""


def _pass(value: Any) -> tuple[int, int] | None:
    if value is None or value is False:
        return None
    if value is True:
        return (0, 0)
    if isinstance(value, dict) and "examined" in value and value.keys() <= {"examined", "unknown"}:
        counts = (value["examined"], value.get("unknown", 0))
        if all(type(count) is int and count >= 0 for count in counts):
            return counts
    raise _MalformedError("its 'pass' is neither true nor an object with 'examined'")


def _reasons(value: Any, rule: Rule) -> tuple[Reason, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _MalformedError("its entries are not in a set or an array")
    found = {_reason(entry, rule) for entry in value}
    return tuple(sorted(found, key=lambda reason: (reason.subject, reason.message)))


def _reason(entry: Any, rule: Rule) -> Reason:
    if not isinstance(entry, dict) or entry.keys() != _ENTRY:
        raise _MalformedError("an entry has not exactly 'message' and 'subject'")
    if not all(isinstance(text, str) and text.strip() for text in entry.values()):
        raise _MalformedError("an entry's 'message' or 'subject' is not a text")
    return Reason(message=printable(entry["message"]), subject=printable(entry["subject"]), fix=rule.metadata.fix)


def undecided(rule: Rule, why: str) -> RuleVerdict:
    """Deny a rule that did not decide, and say why it did not."""
    reason = Reason(
        message=f"{UNDECIDED}: {why}",
        subject=rule.code,
        fix=f"The input lacks what the rule needs, or {rule.module.path} has a mistake: repair it there.",
    )
    return _ruled(rule, Outcome.FAIL, denials=(reason,))


def _ruled(
    rule: Rule,
    outcome: Outcome,
    *,
    counts: tuple[int, int] = (0, 0),
    denials: tuple[Reason, ...] = (),
    unknowns: tuple[Reason, ...] = (),
) -> RuleVerdict:
    effective_on = rule.metadata.effective_on
    return RuleVerdict(
        code=rule.code,
        title=rule.metadata.title,
        outcome=outcome,
        examined=counts[0],
        unknown=counts[1],
        denials=denials,
        unknowns=unknowns,
        effective_on=effective_on.isoformat() if effective_on else "",
    )

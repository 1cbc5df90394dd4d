"""From findings to an outcome: the one rule by which a gate passes, fails, or could not tell."""

from __future__ import annotations

from collections.abc import Iterable

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome

_ORDER = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Tell whether a severity reaches a threshold; `unknown` counts as high on both sides."""
    return _rank(severity) >= _rank(threshold)


def standing(findings: Iterable[Finding], *, fail_on: Severity) -> tuple[Finding, ...]:
    """Return the findings that make a gate fail: not waived, and at least that severe."""
    return tuple(one for one in findings if not one.waived_by and at_least(one.severity, fail_on))


def outcome_of(findings: Iterable[Finding], *, fail_on: Severity, all_examined: bool) -> Outcome:
    """Fold findings into an outcome.

    Args:
        findings: After waivers.
        fail_on: The least severity that fails; `info` findings never do.
        all_examined: Whether everything that was to be looked at was looked at.
    Returns:
        `fail` where a finding stands, else `not-examined` where something was not looked at, else `pass`.
    """
    threshold = Severity.LOW if fail_on is Severity.INFO else fail_on
    if standing(findings, fail_on=threshold):
        return Outcome.FAIL
    return Outcome.PASS if all_examined else Outcome.NOT_EXAMINED


def _rank(severity: Severity) -> int:
    return _ORDER.index(Severity.HIGH if severity is Severity.UNKNOWN else severity)

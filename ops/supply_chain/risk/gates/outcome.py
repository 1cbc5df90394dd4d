"""The one rule by which a gate passes, fails, or is not examined."""

from __future__ import annotations

from collections.abc import Iterable

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome

_ORDER = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


def at_least(severity: Severity, threshold: Severity) -> bool:
    """Return True if a severity reaches a threshold; `unknown` counts as high on both sides."""
    return _rank(severity) >= _rank(threshold)


def open_findings(findings: Iterable[Finding], *, fail_on: Severity) -> tuple[Finding, ...]:
    """Return the findings that make a gate fail: not waived, and of at least that severity."""
    return tuple(finding for finding in findings if not finding.waived_by and at_least(finding.severity, fail_on))


def decide_outcome(findings: Iterable[Finding], *, fail_on: Severity, all_examined: bool) -> Outcome:
    """Decide the outcome of a gate.

    Args:
        findings: The findings after waivers.
        fail_on: The lowest severity that fails; `info` findings never do.
        all_examined: True if nothing that had to be examined was left out.
    Returns:
        `fail` if a finding is open, else `not-examined` if something was not examined, else `pass`.
    """
    threshold = Severity.LOW if fail_on is Severity.INFO else fail_on
    if open_findings(findings, fail_on=threshold):
        return Outcome.FAIL
    return Outcome.PASS if all_examined else Outcome.NOT_EXAMINED


def _rank(severity: Severity) -> int:
    return _ORDER.index(Severity.HIGH if severity is Severity.UNKNOWN else severity)

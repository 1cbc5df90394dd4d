"""Exceptions: packages whose publisher findings are accepted, each with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.publishers import PublisherException
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable


def apply_exceptions(findings: Iterable[Finding], exceptions: Sequence[PublisherException]) -> tuple[Finding, ...]:
    """Mark findings that an exception accepts, and report malformed and unused exceptions.

    Args:
        findings: Of one project, any order.
        exceptions: `[[publishers.exceptions]]`; one without a reason has no effect.
    Returns:
        All findings, none dropped, then those about the exceptions.
    """
    reasons = {
        normalise(exception.package): exception.reason.strip() for exception in exceptions if exception.reason.strip()
    }
    used: set[str] = set()
    marked = []
    for finding in findings:
        reason = reasons.get(finding.package, "")
        if reason and not finding.waived_by:
            used.add(finding.package)
            finding = msgspec.structs.replace(finding, waived_by=f"publishers.exceptions: {printable(reason)}")  # noqa: PLW2901
        marked.append(finding)
    remarks = [note for place, exception in enumerate(exceptions) for note in _notes(place, exception, used)]
    return (*marked, *remarks)


def _notes(place: int, exception: PublisherException, used: set[str]) -> list[Finding]:
    if not exception.reason.strip():
        what, severity, step = "has no reason, so it has no effect", Severity.HIGH, "Add the reason why it is accepted."
        return [_note(place, exception, "exception-malformed", severity, what, step)]
    if normalise(exception.package) not in used:
        return [_note(place, exception, "exception-unused", Severity.INFO, "matches no finding", "Remove it.")]
    return []


def _note(place: int, exception: PublisherException, fact: str, severity: Severity, what: str, step: str) -> Finding:
    name = printable(normalise(exception.package))
    return Finding(
        code=f"publisher.{fact}",
        severity=severity,
        message=f"publishers.exceptions[{place}] ({name}) {what}",
        next_step=step,
        package=name,
        path=CONFIG_NAME,
    )

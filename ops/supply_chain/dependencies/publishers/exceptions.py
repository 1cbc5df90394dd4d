"""Reasoned exceptions: packages whose publisher findings are accepted, each with why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.publishers import PublisherException
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable


def apply_exceptions(findings: Iterable[Finding], exceptions: Sequence[PublisherException]) -> tuple[Finding, ...]:
    """Mark what is excepted, and tell of exceptions that are malformed or unused.

    Args:
        findings: Of one project, any order.
        exceptions: `[[publishers.exceptions]]`; one without a reason excepts nothing.
    Returns:
        All findings, none dropped, then those about the exceptions.
    """
    reasons = {normalise(one.package): one.reason.strip() for one in exceptions if one.reason.strip()}
    used: set[str] = set()
    judged = []
    for finding in findings:
        reason = reasons.get(finding.package, "")
        if reason and not finding.waived_by:
            used.add(finding.package)
            finding = msgspec.structs.replace(finding, waived_by=f"publishers.exceptions: {printable(reason)}")  # noqa: PLW2901
        judged.append(finding)
    told = [note for place, one in enumerate(exceptions) for note in _notes(place, one, used)]
    return (*judged, *told)


def _notes(place: int, one: PublisherException, used: set[str]) -> list[Finding]:
    if not one.reason.strip():
        what, severity, step = "has no reason: it excepts nothing", Severity.HIGH, "Write why it is accepted."
        return [_note(place, one, "exception-malformed", severity, what, step)]
    if normalise(one.package) not in used:
        return [_note(place, one, "exception-unused", Severity.INFO, "excepts nothing", "Remove it.")]
    return []


def _note(place: int, one: PublisherException, fact: str, severity: Severity, what: str, step: str) -> Finding:
    name = printable(normalise(one.package))
    return Finding(
        code=f"publisher.{fact}",
        severity=severity,
        message=f"publishers.exceptions[{place}] ({name}) {what}",
        next_step=step,
        package=name,
        path=CONFIG_NAME,
    )

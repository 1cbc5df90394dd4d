"""A report of claims for people."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.contracts.files.claims import ClaimsReport, ClaimStatus, ClaimVerdict, ControlStatus
from ops.supply_chain.core.text import printable


def report_text(report: ClaimsReport) -> str:
    """Return the report: the release it is based on, each claim, and how many controls are met."""
    return "\n".join(printable(line) for line in _lines(report))


def _lines(report: ClaimsReport) -> Iterator[str]:
    yield f"claims of {report.component}, {_source(report)}"
    width = max((len(claim.id) for claim in report.claims), default=0)
    for claim in report.claims:
        yield f"  {claim.standing.value:<13}  {claim.id:<{width}}  {_said(claim)}"
    standings = [control.standing for control in report.controls]
    counts = ", ".join(f"{standings.count(standing)} {standing.value.replace('-', ' ')}" for standing in ControlStatus)
    yield f"controls: {counts}"


def _source(report: ClaimsReport) -> str:
    source = report.source
    if source is None:
        return "which rest on no release: none is retained that could be read"
    kind = "the rehearsal (which is not a release) of" if source.rehearsal else "the release"
    return f"which rest on {kind} {source.version}, retained {source.retained_at}"


def _said(claim: ClaimVerdict) -> str:
    return claim.sentence if claim.standing is ClaimStatus.SUPPORTED else f"{claim.otherwise} {claim.missing[0]}"

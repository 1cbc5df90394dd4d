"""The report on a publication: its plan, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.publication import RemoteRelease
from ops.supply_chain.release.publication.plan import Plan, PublicationState


class PublicationReport(NamedTuple):
    """Target, state found there, and the plan made for it."""

    repository: str
    tag: str
    found: PublicationState
    plan: Plan


def plan_text(report: PublicationReport) -> str:
    """Write the plan of a dry run."""
    lines = [
        f"would publish {report.tag} to {report.repository}, where it is {report.found.value}; nothing was sent",
        *_rows(report.plan),
    ]
    if report.found is not PublicationState.PUBLISHED:
        lines.append("  then      compare each digest, and publish in one step")
    return "\n".join(lines)


def done_text(report: PublicationReport, release: RemoteRelease, notes: Sequence[str]) -> str:
    """Write what was done."""
    if report.found is PublicationState.PUBLISHED:
        head = f"{report.tag} was published before, complete and identical"
    else:
        head = f"published {report.tag} to {report.repository}"
    lock = ["  immutable: its files and tag can no longer be changed"] if release.immutable else []
    rows = (
        _rows(report.plan)
        if report.found is not PublicationState.PUBLISHED
        else [f"  kept      {len(report.plan.keep)} files"]
    )
    return "\n".join([f"{head}: {release.url}", *rows, *lock, *(f"  note      {note}" for note in notes)])


def plan_document(report: PublicationReport) -> dict[str, object]:
    """Return the same for programs."""
    plan = report.plan
    return {
        "repository": report.repository,
        "tag": report.tag,
        "found": report.found.value,
        "uploaded": [file.name for file in plan.upload],
        "kept": [file.name for file in plan.keep],
        "replaced": [asset.name for asset in plan.replace],
        "removed": [asset.name for asset in plan.remove],
        "extra": [asset.name for asset in plan.extra],
    }


def _rows(plan: Plan) -> list[str]:
    replaced = {asset.name for asset in plan.replace}
    groups = {
        "upload": [file.name for file in plan.upload if file.name not in replaced],
        "replace": sorted(replaced),
        "keep": [file.name for file in plan.keep],
        "remove": [asset.name for asset in (*plan.remove, *plan.extra)],
        "compare": [asset.name for asset in plan.unread],
    }
    return [f"  {what:<9} {name}" for what, names in groups.items() for name in names]

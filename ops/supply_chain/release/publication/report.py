"""What a person is told about a publication."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.publication import RemoteRelease
from ops.supply_chain.release.publication.plan import Plan, State


class Told(NamedTuple):
    """Where it goes, how far it was found, and what was planned then."""

    repository: str
    tag: str
    found: State
    plan: Plan


def plan_text(told: Told) -> str:
    """Write the plan of a dry run."""
    lines = [
        f"would publish {told.tag} to {told.repository}, where it is {told.found.value}; nothing was sent",
        *_rows(told.plan),
    ]
    if told.found is not State.PUBLISHED:
        lines.append("  then      compare each digest, and publish in one step")
    return "\n".join(lines)


def done_text(told: Told, release: RemoteRelease, notes: Sequence[str]) -> str:
    """Write what was done."""
    if told.found is State.PUBLISHED:
        head = f"{told.tag} was published before, complete and identical"
    else:
        head = f"published {told.tag} to {told.repository}"
    lock = ["  immutable: its files and tag can no longer be changed"] if release.immutable else []
    rows = _rows(told.plan) if told.found is not State.PUBLISHED else [f"  kept      {len(told.plan.keep)} files"]
    return "\n".join([f"{head}: {release.url}", *rows, *lock, *(f"  note      {note}" for note in notes)])


def plan_document(told: Told) -> dict[str, object]:
    """Return the same for programs."""
    plan = told.plan
    return {
        "repository": told.repository,
        "tag": told.tag,
        "found": told.found.value,
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

"""Retained releases under review: whose time ends, which are damaged, and whether there is any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ops.supply_chain.assurance.review.days import Horizon
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.review import Area, ReviewItem, Standing


def retention_items(releases: Sequence[HeldRelease], horizon: Horizon, *, component: str) -> list[ReviewItem]:
    """List every retained release of the component.

    Args:
        releases: Read to the last byte, with the problems of the chain.
        horizon: With today in UTC, by which they are kept.
        component: Whose they are.
    """
    if not releases:
        step = "Run the review where releases are retained, or give their folder with --artifacts."
        return [_item(Standing.NOT_EXAMINED, component, "no release is retained here", step)]
    return [item for held in releases for item in _of(held, horizon)]


def _of(held: HeldRelease, horizon: Horizon) -> list[ReviewItem]:
    step = "Restore it from a copy kept elsewhere; do not edit its manifest."
    subject = f"{held.component} {held.version}"
    items = [_item(Standing.OVERDUE, subject, f"is damaged: {problem}", step) for problem in held.problems]
    # What does not verify says nothing that could be believed, its own end included.
    if held.manifest is not None and not held.problems:
        items.append(_time_of(held.manifest, subject, horizon))
    return items


def _time_of(manifest: Manifest, subject: str, horizon: Horizon) -> ReviewItem:
    last = date.fromisoformat(manifest.retained_until)
    day, message = last.isoformat(), f"the time for which it is kept {horizon.left(last)}"
    if horizon.standing(last) is Standing.LISTED:
        return _item(Standing.LISTED, subject, message, day=day)
    if horizon.standing(last) is Standing.DUE:
        return _item(Standing.DUE, subject, message, "Decide whether anybody still runs it, before it may go.", day)
    step = "Keep a copy if anybody still runs it; `nox -s retention -- --prune` tells what may go."
    return _item(Standing.OPEN, subject, message, step, day)


def _item(standing: Standing, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(area=Area.RETENTION, standing=standing, subject=subject, message=message, next_step=step, day=day)

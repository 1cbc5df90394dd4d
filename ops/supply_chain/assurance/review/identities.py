"""Signing identities under review: who may sign today, who may no longer, whose end nobody set."""

from __future__ import annotations

from datetime import date

from ops.supply_chain.assurance.review.days import Horizon
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.review import Area, ReviewItem, Standing

ADD = f"Add a [[signing.identities]] entry to {CONFIG_NAME}."


def identity_items(signing: SigningConfig, horizon: Horizon) -> list[ReviewItem]:
    """List every identity.

    Args:
        signing: Whose identities make sense (`identities.check.checked`).
        horizon: With today in UTC, by which identities begin and end.
    """
    if signing.mode is SigningMode.CHECKSUMS:
        told = "[signing].mode is checksums: digests are published and nothing is signed"
        return [_item(Standing.OPEN, CONFIG_NAME, told, "Decide whether releases are to be signed by now.")]
    identities = signing.identities
    if not identities:
        return [_item(Standing.OPEN, CONFIG_NAME, "no signing identity is configured: nobody may sign a release", ADD)]
    items = [_of(one, position, horizon) for position, one in enumerate(identities)]
    if not any(_may_sign(one, horizon.today) for one in identities):
        items.append(_item(Standing.OVERDUE, CONFIG_NAME, "no identity is valid today: nobody may sign a release", ADD))
    return items


def _of(one: SigningIdentity, position: int, horizon: Horizon) -> ReviewItem:
    who = one.identity or f"expression {one.identity_regex}"
    subject = f"signing.identities[{position}] {who}"
    about = f"issuer {one.issuer}" + (f", {one.role}" if one.role else "")
    if one.since and date.fromisoformat(one.since) > horizon.today:
        return _item(Standing.LISTED, subject, f"begins on {one.since}: {about}", day=one.since)
    if not one.until:
        step = "Confirm that it still is ours and still needed; set 'until' on the day on which it is not."
        return _item(Standing.OPEN, subject, f"has no end: {about}", step)
    last = date.fromisoformat(one.until)
    return _ending(subject, about, last, horizon)


def _ending(subject: str, about: str, last: date, horizon: Horizon) -> ReviewItem:
    standing, message = horizon.standing(last), f"{horizon.left(last)}: {about}"
    if standing is Standing.OVERDUE:
        # That is as it should be: what it signed while it held still verifies.
        return _item(Standing.LISTED, subject, f"{message}; kept for what it signed before", day=last.isoformat())
    step = "Add the identity that follows it before that day." if standing is Standing.DUE else ""
    return _item(standing, subject, message, step, last.isoformat())


def _may_sign(one: SigningIdentity, today: date) -> bool:
    begun = not one.since or date.fromisoformat(one.since) <= today
    return begun and (not one.until or today <= date.fromisoformat(one.until))


def _item(standing: Standing, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=Area.IDENTITIES, standing=standing, subject=subject, message=message, next_step=step, day=day
    )

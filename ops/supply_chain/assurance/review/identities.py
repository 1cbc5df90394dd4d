"""Signing identities under review: who may sign today, who may no longer, whose end nobody set."""

from __future__ import annotations

from datetime import date

from ops.supply_chain.assurance.review.days import ReviewWindow
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus

ADD = f"Add a [[signing.identities]] entry to {CONFIG_NAME}."


def identity_items(signing: SigningConfig, window: ReviewWindow) -> list[ReviewItem]:
    """List every identity.

    Args:
        signing: Whose identities make sense (`identities.check.checked`).
        window: With today in UTC, by which identities begin and end.
    """
    if signing.mode is SigningMode.CHECKSUMS:
        told = "[signing].mode is checksums: digests are published and nothing is signed"
        return [_item(ReviewStatus.OPEN, CONFIG_NAME, told, "Decide whether releases are to be signed by now.")]
    identities = signing.identities
    if not identities:
        return [
            _item(ReviewStatus.OPEN, CONFIG_NAME, "no signing identity is configured: nobody may sign a release", ADD)
        ]
    items = [_of(identity, position, window) for position, identity in enumerate(identities)]
    if not any(_may_sign(identity, window.today) for identity in identities):
        items.append(
            _item(ReviewStatus.OVERDUE, CONFIG_NAME, "no identity is valid today: nobody may sign a release", ADD)
        )
    return items


def _of(identity: SigningIdentity, position: int, window: ReviewWindow) -> ReviewItem:
    who = identity.identity or f"expression {identity.identity_regex}"
    subject = f"signing.identities[{position}] {who}"
    about = f"issuer {identity.issuer}" + (f", {identity.role}" if identity.role else "")
    if identity.since and date.fromisoformat(identity.since) > window.today:
        return _item(ReviewStatus.LISTED, subject, f"begins on {identity.since}: {about}", day=identity.since)
    if not identity.until:
        step = "Confirm that it still is ours and still needed; set 'until' on the day on which it is not."
        return _item(ReviewStatus.OPEN, subject, f"has no end: {about}", step)
    last = date.fromisoformat(identity.until)
    return _ending(subject, about, last, window)


def _ending(subject: str, about: str, last: date, window: ReviewWindow) -> ReviewItem:
    standing, message = window.standing(last), f"{window.left(last)}: {about}"
    if standing is ReviewStatus.OVERDUE:
        # That is as it should be: what it signed while it held still verifies.
        return _item(ReviewStatus.LISTED, subject, f"{message}; kept for what it signed before", day=last.isoformat())
    step = "Add the identity that follows it before that day." if standing is ReviewStatus.DUE else ""
    return _item(standing, subject, message, step, last.isoformat())


def _may_sign(identity: SigningIdentity, today: date) -> bool:
    begun = not identity.since or date.fromisoformat(identity.since) <= today
    return begun and (not identity.until or today <= date.fromisoformat(identity.until))


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.IDENTITIES, standing=standing, subject=subject, message=message, next_step=step, day=day
    )

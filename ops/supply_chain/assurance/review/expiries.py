"""Expiry dates: waivers, signing identities, retained releases and security.txt.

Source: https://www.rfc-editor.org/rfc/rfc9116#section-2.5.5 (the "Expires" field is required and appears exactly
once; after that time the file is stale and should not be used).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from ops.supply_chain.assurance.review.window import ReviewWindow
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.core.commands import command

_WAIVER_STEPS = {
    ReviewStatus.OVERDUE: "Resolve the finding, or decide again with a new date: this waiver has no effect any more.",
    ReviewStatus.DUE: "Resolve the finding before that day, or decide again.",
    ReviewStatus.LISTED: "",
}


class WaiverUnderReview(NamedTuple):
    """A well-formed waiver; `owner` may be empty in the older form."""

    place: str
    id: str
    package: str
    owner: str
    reason: str
    begins: date
    ends: date


def waiver_items(
    waivers: Sequence[WaiverUnderReview], malformed: Sequence[str], window: ReviewWindow
) -> list[ReviewItem]:
    """List every waiver.

    Args:
        waivers: The well-formed ones.
        malformed: A sentence for each of the others.
        window: With today in the zone of the waivers.
    """
    items = [
        _waiver_item(ReviewStatus.OVERDUE, CONFIG_NAME, text, f"Correct it in {CONFIG_NAME}.") for text in malformed
    ]
    items += [_waiver(waiver, window) for waiver in waivers]
    return items or [_waiver_item(ReviewStatus.LISTED, CONFIG_NAME, "no waiver is configured")]


def _waiver(waiver: WaiverUnderReview, window: ReviewWindow) -> ReviewItem:
    standing, subject = window.status(waiver.ends), f"{waiver.place} {waiver.id}"
    if waiver.begins > window.today:
        return _waiver_item(
            ReviewStatus.OPEN, subject, f"begins on {waiver.begins}, which is in the future", "Correct its date."
        )
    about = f" for {waiver.package}" if waiver.package else ""
    owner = f", owner {waiver.owner}" if waiver.owner else ", without owner"
    message = f"{window.left(waiver.ends)}{about}{owner}: {waiver.reason}"
    return _waiver_item(standing, subject, message, _WAIVER_STEPS[standing], waiver.ends.isoformat())


def _waiver_item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.WAIVERS, standing=standing, subject=subject, message=message, next_step=step, day=day
    )


ADD_IDENTITY = f"Add a [[signing.identities]] entry to {CONFIG_NAME}."


def identity_items(signing: SigningConfig, window: ReviewWindow) -> list[ReviewItem]:
    """List every identity.

    Args:
        signing: With valid identities (`identities.check.checked`).
        window: With today in UTC.
    """
    if signing.mode is SigningMode.CHECKSUMS:
        text = "[signing].mode is checksums: digests are published and nothing is signed"
        return [_identity_item(ReviewStatus.OPEN, CONFIG_NAME, text, "Decide whether to sign releases.")]
    identities = signing.identities
    if not identities:
        return [
            _identity_item(
                ReviewStatus.OPEN,
                CONFIG_NAME,
                "no signing identity is configured: no one may sign a release",
                ADD_IDENTITY,
            )
        ]
    items = [_identity(identity, position, window) for position, identity in enumerate(identities)]
    if not any(_may_sign(identity, window.today) for identity in identities):
        items.append(
            _identity_item(
                ReviewStatus.OVERDUE, CONFIG_NAME, "no identity is valid today: no one may sign a release", ADD_IDENTITY
            )
        )
    return items


def _identity(identity: SigningIdentity, position: int, window: ReviewWindow) -> ReviewItem:
    who = identity.identity or f"expression {identity.identity_regex}"
    subject = f"signing.identities[{position}] {who}"
    about = f"issuer {identity.issuer}" + (f", {identity.role}" if identity.role else "")
    if identity.since and date.fromisoformat(identity.since) > window.today:
        return _identity_item(ReviewStatus.LISTED, subject, f"begins on {identity.since}: {about}", day=identity.since)
    if not identity.until:
        step = "Confirm that it is still yours and still needed; set 'until' once it is not."
        return _identity_item(ReviewStatus.OPEN, subject, f"has no expiry date: {about}", step)
    last = date.fromisoformat(identity.until)
    return _ending_identity(subject, about, last, window)


def _ending_identity(subject: str, about: str, last: date, window: ReviewWindow) -> ReviewItem:
    standing, message = window.status(last), f"{window.left(last)}: {about}"
    if standing is ReviewStatus.OVERDUE:
        # As intended: what it signed while it was valid still verifies.
        return _identity_item(
            ReviewStatus.LISTED, subject, f"{message}; kept for what it signed before", day=last.isoformat()
        )
    step = "Add the identity that follows it before that day." if standing is ReviewStatus.DUE else ""
    return _identity_item(standing, subject, message, step, last.isoformat())


def _may_sign(identity: SigningIdentity, today: date) -> bool:
    begun = not identity.since or date.fromisoformat(identity.since) <= today
    return begun and (not identity.until or today <= date.fromisoformat(identity.until))


def _identity_item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.IDENTITIES, standing=standing, subject=subject, message=message, next_step=step, day=day
    )


def retention_items(
    releases: Sequence[HeldRelease],
    window: ReviewWindow,
    *,
    component: str,
    kept_until: Callable[[Manifest], date] = lambda manifest: date.fromisoformat(manifest.retained_until),
) -> list[ReviewItem]:
    """List every retained release of the component.

    Args:
        releases: Fully read and verified, with the problems of the chain.
        window: With today in UTC.
        component: Name of the component.
        kept_until: The last day on which a release must be kept; by default that of its manifest.
    """
    if not releases:
        step = "Run the review where releases are retained, or give their folder with --artifacts."
        return [_release_item(ReviewStatus.NOT_EXAMINED, component, "no release is retained here", step)]
    return [item for held in releases for item in _release(held, window, kept_until)]


def _release(held: HeldRelease, window: ReviewWindow, kept_until: Callable[[Manifest], date]) -> list[ReviewItem]:
    step = "Restore it from a copy kept elsewhere; do not edit its manifest."
    subject = f"{held.component} {held.version}"
    items = [_release_item(ReviewStatus.OVERDUE, subject, f"is damaged: {problem}", step) for problem in held.problems]
    # A damaged release is not trusted, its retention date included.
    if held.manifest is not None and not held.problems:
        items.append(_retained_until(kept_until(held.manifest), subject, window))
    return items


def _retained_until(last: date, subject: str, window: ReviewWindow) -> ReviewItem:
    day, message = last.isoformat(), f"its retention period {window.left(last)}"
    if window.status(last) is ReviewStatus.LISTED:
        return _release_item(ReviewStatus.LISTED, subject, message, day=day)
    if window.status(last) is ReviewStatus.DUE:
        return _release_item(
            ReviewStatus.DUE, subject, message, "Check whether it is still in use before it may be removed.", day
        )
    step = f"Keep a copy if it is still in use; `{command('retention', '--prune')}` lists what may be removed."
    return _release_item(ReviewStatus.OPEN, subject, message, step, day)


def _release_item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.RETENTION, standing=standing, subject=subject, message=message, next_step=step, day=day
    )


_EXPIRES = re.compile(r"^expires[ \t]*:[ \t]*(?P<timestamp>\S+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
RENEW_CONTACT = "Renew it with a later date, and check that its contact still answers."


def contact_items(path: str, text: str | None, now: datetime, *, within_days: int) -> list[ReviewItem]:
    """Review the file.

    Args:
        path: Relative to the project.
        text: Its content; None where it does not exist.
        now: The time of the review.
        within_days: How far ahead to look.
    """
    if text is None:
        step = "Publish one (RFC 9116), or state only in SECURITY.md how to report."
        return [_contact_item(ReviewStatus.OPEN, path, "does not exist", step)]
    timestamps = _EXPIRES.findall(text)
    if len(timestamps) != 1:
        return [
            _contact_item(
                ReviewStatus.OVERDUE, path, f"has {len(timestamps)} Expires fields, expected one", RENEW_CONTACT
            )
        ]
    try:
        expires = datetime.fromisoformat(timestamps[0])
    except ValueError:
        expires = None
    if expires is None or expires.tzinfo is None:
        return [
            _contact_item(
                ReviewStatus.OVERDUE,
                path,
                f"Expires is {timestamps[0]!r}, expected an RFC 3339 timestamp",
                RENEW_CONTACT,
            )
        ]
    return [_dated_contact(path, expires.astimezone(UTC), now, within_days)]


def _dated_contact(path: str, expires: datetime, now: datetime, within_days: int) -> ReviewItem:
    last = expires.date()
    if expires <= now:
        return _contact_item(ReviewStatus.OVERDUE, path, f"expired on {last}", RENEW_CONTACT, last.isoformat())
    window = ReviewWindow(now.astimezone(UTC).date(), within_days)
    standing = window.status(last)
    step = RENEW_CONTACT if standing is ReviewStatus.DUE else ""
    return _contact_item(standing, path, window.left(last), step, last.isoformat())


def _contact_item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.CONTACT, standing=standing, subject=subject, message=message, next_step=step, day=day
    )

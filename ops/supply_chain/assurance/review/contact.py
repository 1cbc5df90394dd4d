"""`security.txt` under review: is it there, and until when does it hold?

Source: RFC 9116, section 2.5.5: the "Expires" field is required and stands once; after that moment the file is
stale and should not be used.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ops.supply_chain.assurance.review.days import ReviewWindow
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus

_EXPIRES = re.compile(r"^expires[ \t]*:[ \t]*(?P<moment>\S+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
RENEW = "Write it again with a later day, and check that the contact in it still answers."


def contact_items(path: str, text: str | None, now: datetime, *, within_days: int) -> list[ReviewItem]:
    """Look at the file.

    Args:
        path: Relative to the project.
        text: Its content; None where it is not there.
        now: The moment of the review.
        within_days: How far ahead to look.
    """
    if text is None:
        step = "Publish one (RFC 9116), or tell in SECURITY.md alone how to report."
        return [_item(ReviewStatus.OPEN, path, "is not there", step)]
    moments = _EXPIRES.findall(text)
    if len(moments) != 1:
        return [_item(ReviewStatus.OVERDUE, path, f"has {len(moments)} Expires fields, expected one", RENEW)]
    try:
        expires = datetime.fromisoformat(moments[0])
    except ValueError:
        expires = None
    if expires is None or expires.tzinfo is None:
        return [_item(ReviewStatus.OVERDUE, path, f"Expires is {moments[0]!r}, expected a moment of RFC 3339", RENEW)]
    return [_dated(path, expires.astimezone(UTC), now, within_days)]


def _dated(path: str, expires: datetime, now: datetime, within_days: int) -> ReviewItem:
    last = expires.date()
    if expires <= now:
        return _item(ReviewStatus.OVERDUE, path, f"ended on {last}", RENEW, last.isoformat())
    window = ReviewWindow(now.astimezone(UTC).date(), within_days)
    standing = window.standing(last)
    step = RENEW if standing is ReviewStatus.DUE else ""
    return _item(standing, path, window.left(last), step, last.isoformat())


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "", day: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.CONTACT, standing=standing, subject=subject, message=message, next_step=step, day=day
    )

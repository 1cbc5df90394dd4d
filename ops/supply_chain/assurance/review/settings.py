"""Settings under review: what the configuration accepts without an expiry date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ops.supply_chain.contracts.config.feeds import DEFAULT_SNAPSHOT_AGE_DAYS
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.contracts.values.finding import Severity

REMOTE = ("https://", "http://")
HOURS_PER_DAY = 24


def settings_items(config: Config, today: date) -> list[ReviewItem]:
    """List what the configuration accepts without an expiry date.

    Args:
        config: The project's configuration.
        today: In UTC.
    """
    items = [*_feeds(config), *_publishers(config), *_gate(config), *_response(config, today)]
    listed = f"a snapshot may be {config.feeds.max_snapshot_age_days} days old; findings of severity {config.gate.fail_on} or above fail a gate"
    return [*items, _item(ReviewStatus.LISTED, "[feeds], [gate]", listed)]


def _feeds(config: Config) -> Iterator[ReviewItem]:
    feeds = config.feeds
    if feeds.osv_snapshot or feeds.osv_api:
        kind = "address" if feeds.osv_snapshot.startswith(REMOTE) or not feeds.osv_snapshot else "file or folder"
        text = f"advisories come from another {kind} than OSV's own feed"
        yield _item(ReviewStatus.OPEN, "[feeds]", text, "Confirm that it is a whole copy of OSV's feed of PyPI.")
    days = max(feeds.max_snapshot_age_days, (feeds.max_file_age_hours or 0) / HOURS_PER_DAY)
    if days > DEFAULT_SNAPSHOT_AGE_DAYS:
        text = (
            f"a snapshot of advisories may be {days:.0f} days old, more than the default of {DEFAULT_SNAPSHOT_AGE_DAYS}"
        )
        yield _item(ReviewStatus.OPEN, "[feeds]", text, "Lower the limit, or confirm that it is needed.")


def _publishers(config: Config) -> Iterator[ReviewItem]:
    if not config.publishers.attestations:
        text = "attestations is false: publisher attestations are not checked"
        yield _item(ReviewStatus.OPEN, "[publishers]", text, "Check whether the index has an Integrity API now.")
    for exception in config.publishers.exceptions:
        text = f"publisher findings are accepted without an expiry date: {exception.reason}"
        yield _item(
            ReviewStatus.OPEN,
            f"[[publishers.exceptions]] {exception.package}",
            text,
            "Confirm that the reason still applies.",
        )


def _gate(config: Config) -> Iterator[ReviewItem]:
    if config.gate.fail_on not in (Severity.INFO, Severity.LOW):
        text = f"fail_on is {config.gate.fail_on}: less severe findings pass a gate"
        yield _item(ReviewStatus.OPEN, "[gate]", text, "Confirm this, and review what passed.")


def _response(config: Config, today: date) -> Iterator[ReviewItem]:
    holidays = config.response.holidays
    if holidays and max(holidays) < today:
        text = f"the last holiday is {max(holidays)}: all weekdays after it count as business days"
        yield _item(ReviewStatus.OPEN, "[response]", text, "Add the coming holidays.")


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "") -> ReviewItem:
    return ReviewItem(area=ReviewSection.SETTINGS, standing=standing, subject=subject, message=message, next_step=step)

"""Settings under review: where the configuration looks away on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.contracts.values.finding import Severity

REMOTE = ("https://", "http://")


def settings_items(config: Config, today: date) -> list[ReviewItem]:
    """List what the configuration accepts without a date on which that ends.

    Args:
        config: The project's.
        today: In UTC.
    """
    items = [*_feeds(config), *_publishers(config), *_gate(config), *_response(config, today)]
    listed = f"a feed may be {config.feeds.max_age_hours} hours old; findings from {config.gate.fail_on} on fail a gate"
    return [*items, _item(ReviewStatus.LISTED, "[feeds], [gate]", listed)]


def _feeds(config: Config) -> Iterator[ReviewItem]:
    snapshot = config.feeds.osv_snapshot
    if snapshot and not snapshot.startswith(REMOTE) and config.feeds.max_file_age_hours is None:
        text = "the OSV snapshot is a file, and without max_file_age_hours any age of it counts as looked at"
        yield _item(
            ReviewStatus.OPEN, "[feeds]", text, "Set max_file_age_hours, and refresh the file from time to time."
        )


def _publishers(config: Config) -> Iterator[ReviewItem]:
    if not config.publishers.attestations:
        text = "attestations is false: by whom files are attested is not asked"
        yield _item(ReviewStatus.OPEN, "[publishers]", text, "Check whether the index has an Integrity API by now.")
    for exception in config.publishers.exceptions:
        text = f"publisher findings are accepted without an end: {exception.reason}"
        yield _item(
            ReviewStatus.OPEN, f"[[publishers.exceptions]] {exception.package}", text, "Confirm that the reason holds."
        )


def _gate(config: Config) -> Iterator[ReviewItem]:
    if config.gate.fail_on not in (Severity.INFO, Severity.LOW):
        text = f"fail_on is {config.gate.fail_on}: what is less severe passes a gate"
        yield _item(ReviewStatus.OPEN, "[gate]", text, "Confirm that, and look at what passed.")


def _response(config: Config, today: date) -> Iterator[ReviewItem]:
    holidays = config.response.holidays
    if holidays and max(holidays) < today:
        text = f"the last holiday is {max(holidays)}: days after it are all counted as working days"
        yield _item(ReviewStatus.OPEN, "[response]", text, "Add the holidays that are to come.")


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "") -> ReviewItem:
    return ReviewItem(area=ReviewSection.SETTINGS, standing=standing, subject=subject, message=message, next_step=step)

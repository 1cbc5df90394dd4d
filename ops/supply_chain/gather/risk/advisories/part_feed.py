"""The feed of a fleet that several machines examine: every one of them uses the same snapshot, or none counts."""

from __future__ import annotations

from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.core.errors import UnavailableError


def require_feed(feed: FeedRef, expected: str) -> None:
    """Refuse to examine a part of a fleet with another snapshot than the rest of it.

    Args:
        feed: The one that was read.
        expected: SHA-256 of that of the run.
    Raises:
        UnavailableError: It is another one.
    """
    if feed.sha256 != expected:
        raise UnavailableError(
            f"this worker has another snapshot of advisories: expected sha256 {expected[:12]}, found "
            f"{(feed.sha256 or 'none')[:12]}",
            hint="Give every machine the same file with --advisories, or one cache on a shared file system with --cache.",
        )

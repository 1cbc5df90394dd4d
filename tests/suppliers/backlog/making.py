"""Makes observations and items for tests of the backlog."""

from __future__ import annotations

from typing import Any

from ops.supply_chain.contracts.files.backlog import AffectedVersion, BacklogItem, StatementSource
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.suppliers.backlog.observed import Due, Observation, Subject, SubjectCheck
from ops.supply_chain.suppliers.backlog.review import ReviewDay, review

SUBJECT = Subject("Acme", "pkg:generic/thing", "pkg:pypi/foo")
DAY = ReviewDay("2026-11-20T12:00:00Z", "2026-11-20")
LATER = ReviewDay("2026-11-25T12:00:00Z", "2026-11-25")
DOCUMENT, NEWER = "a" * 64, "b" * 64


def listed(
    version: str = "1.0", product_version: str = "2.0", *, document: str = DOCUMENT, status: str = ""
) -> AffectedVersion:
    statement = StatementSource(status=status, supplier="Acme", document="c" * 64) if status else None
    return AffectedVersion(product_version=product_version, version=version, document=document, statement=statement)


def seen(*names: str, **fields: Any) -> Observation:
    base: dict[str, Any] = {
        "subject": SUBJECT,
        "severity": Severity.HIGH,
        "received": "2026-11-01",
        "versions": (listed(),),
    }
    return Observation(names=names, **{**base, **fields})


def due(_severity: Severity, published: str, received: str, _exploited: str) -> Due:
    return Due(max(published, received), "receipt of the product")


def reviewed(
    items: tuple[BacklogItem, ...],
    *observations: Observation,
    check: SubjectCheck | None = None,
    day: ReviewDay = DAY,
) -> tuple[BacklogItem, ...]:
    """Review with documents that list nothing affected besides what was observed."""
    found = check or SubjectCheck((DOCUMENT,), frozenset({"1.0"}), "2026-11-01")
    return review(items, observations, lambda _: found, tenant="t", day=day, due=due)

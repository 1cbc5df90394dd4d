"""Whether a snapshot of advisories can stand in for OSV's feed of PyPI.

A feed that a project configures replaces everything that its gates know. One with a handful of records finds nothing in
any project, so it counts as not examined. The numbers are far below those of the real feed, so that a mirror of a part
of it (the PyPA records and the malicious packages, without GitHub's) still counts, and far above what is written by hand.
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.advisory import FeedFacts

FEWEST_RECORDS = 5000
"""Distinct records that name a package of PyPI. OSV's feed of PyPI had over 20,000 in 2026, the PyPA's part of it alone
over 7,000."""

FEWEST_MALWARE = 1000
"""Distinct records of malicious packages of PyPI. The OpenSSF repository had over 9,000 in 2025."""


def shortfall(facts: FeedFacts, *, configured: bool) -> str:
    """Return why a snapshot has too few records to examine anything, or empty.

    Args:
        facts: Of the snapshot.
        configured: True if the project's configuration chose it.
    """
    if not configured or facts.named >= FEWEST_RECORDS:
        return ""
    return (
        f"the configured snapshot has {_records(facts.named)} of PyPI, far fewer than OSV's feed "
        f"(at least {FEWEST_RECORDS} are expected)"
    )


def malware_shortfall(records: int, *, configured: bool) -> str:
    """Return why a snapshot and further folders have too few malicious packages to examine anything, or empty.

    Args:
        records: Distinct records of malicious packages, in the snapshot and the folders of `[feeds].malicious`.
        configured: True if the project's configuration chose the snapshot.
    """
    if not records:
        return "the snapshot has no record of a malicious package (MAL-)"
    if configured and records < FEWEST_MALWARE:
        return (
            f"the configured snapshot has {_records(records)} of malicious packages, far fewer than OSV's feed "
            f"(at least {FEWEST_MALWARE} are expected)"
        )
    return ""


def _records(count: int) -> str:
    return f"{count} record{'s' * (count != 1)}"

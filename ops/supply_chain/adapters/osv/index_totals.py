"""What is counted of a feed when it is read, whether into an index or for its first answer."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from ops.supply_chain.contracts.values.advisory import FeedFacts, UnusableRecord
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import plural


class IndexTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a feed that do not depend on the time, counted when it is built."""

    sha256: str
    records: int
    withdrawn: int
    packages: int
    ignored: int
    named: int
    malware: int
    repeated: int
    misspelt: tuple[tuple[str, str], ...]
    prefixes: tuple[tuple[str, int], ...]

    def facts(
        self, name: str, *, newest: int | None, from_future: int, unusable: tuple[UnusableRecord, ...]
    ) -> FeedFacts:
        """Return the facts of the feed, with what depends on the time or is kept elsewhere."""
        return FeedFacts(
            name=name,
            sha256=self.sha256,
            records=self.records,
            withdrawn=self.withdrawn,
            packages=self.packages,
            prefixes=self.prefixes,
            newest=newest,
            from_future=from_future,
            unusable=unusable,
            ignored=self.ignored,
            named=self.named,
            malware=self.malware,
            repeated=self.repeated,
            misspelt=self.misspelt,
        )


class IndexDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """What an index of packages of PyPI has, checked as a whole by one digest.

    `rows` is package -> SHA-256 of its row, so that some rows can be checked without all others. `modified` has the time of change
    of each record that has one, sorted. `unusable` are the records that cannot be read, in their order.
    """

    totals: IndexTotals
    rows: dict[str, bytes]
    modified: tuple[int, ...]
    unusable: tuple[UnusableRecord, ...]

    def facts(self, name: str, now: int) -> FeedFacts:
        """Return the facts of the feed at a time in Unix seconds."""
        until_now = bisect_right(self.modified, now)
        return self.totals.facts(
            name,
            newest=self.modified[until_now - 1] if until_now else None,
            from_future=len(self.modified) - until_now,
            unusable=self.unusable,
        )


def prefix_of(identifier: str) -> str:
    """Return the first part of an identifier, by which records are counted."""
    return identifier.partition("-")[0]


def refuse_empty(totals: IndexTotals, where: str) -> None:
    """Refuse a feed without records of PyPI.

    Raises:
        UnavailableError: It has none.
    """
    if totals.packages == 0:
        contents = f"{plural(totals.records, 'record')}, none of PyPI" if totals.records else "no record"
        raise UnavailableError(
            f"advisories {where}: has {contents}",
            hint="Use OSV's PyPI snapshot, or a folder of OSV records of PyPI, with --advisories.",
        )

"""What is counted of a feed when it is read, whether into an index or for its first answer."""

from __future__ import annotations

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

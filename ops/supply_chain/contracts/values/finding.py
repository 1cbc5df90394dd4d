"""The one shape of a finding, whatever gate it comes from, and of the row that shows it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, UnsetType

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.values.exploitation import Exploitation


class Severity(StrEnum):
    """How severe a finding is; every decision treats `unknown` as `high`."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


WORST_FIRST = (
    Severity.CRITICAL,
    Severity.HIGH,
    Severity.UNKNOWN,
    Severity.MEDIUM,
    Severity.LOW,
    Severity.INFO,
)
"""Order of severities in every list: `unknown` counts as high and comes after `high`."""


class Finding(Contract, frozen=True, kw_only=True):
    """One problem that a gate found.

    `code` is `<gate>.<problem>` in kebab case, for example `lock.unhashed`. `path` is relative to the project;
    `line` counts from 1 and is 0 where the finding is about the whole file. `next_step` is one sentence in the
    imperative. `waived_by` is empty while the finding is open.

    One finding can have many locations: `path` and `line` are the first, `also_at` has further ones as
    `path:line` in order, perhaps not all of them, and `places` is the total number. `due` is the last day to deal
    with it in time, `first_seen` the day on which a scan first reported it, `published` the day on which the last of the
    records that it rests on was published, in UTC; all are ISO dates, or empty. `published` is empty as well if one of
    those records has no date. `exploitation` is what the feeds of exploitation say of a vulnerability; absent where none
    was asked.
    """

    code: str
    severity: Severity
    message: str
    next_step: str
    package: str = ""
    version: str = ""
    path: str = ""
    line: Count = 0
    aliases: tuple[str, ...] = ()
    waived_by: str = ""
    also_at: tuple[str, ...] = ()
    places: Count = 1
    due: str = ""
    first_seen: str = ""
    published: str = ""
    exploitation: Exploitation | UnsetType = UNSET

    @property
    def is_exploited(self) -> bool:
        """Whether it is a vulnerability that is known to be exploited."""
        return isinstance(self.exploitation, Exploitation) and self.exploitation.is_exploited

    @property
    def sort_key(self) -> tuple[str, int, str, str, str, str]:
        """Sort key of findings in records: by location, then package, then code."""
        return (self.path, self.line, self.package, self.version, self.code, self.message)


_LATEST_DAY = "9999-99-99"
"""Sorts what has no due date after what has one."""


def priority(
    severity: Severity, due: str, exploitation: Exploitation | UnsetType = UNSET
) -> tuple[tuple[int, int], int, str, float]:
    """Return the sort key of vulnerabilities by what to deal with first: exploited, EPSS, severity, due date.

    Args:
        severity: Any.
        due: An ISO date, empty for none.
        exploitation: What the feeds say; absent where none was asked.
    Returns:
        Smaller is more urgent. Without any feed the order is that of severity and due date.
    """
    known = exploitation if isinstance(exploitation, Exploitation) else Exploitation()
    return (known.order, WORST_FIRST.index(severity), due or _LATEST_DAY, -(known.epss or 0.0))


class FindingRow(Contract, frozen=True, kw_only=True):
    """One row of a list of findings: a finding, and every location of findings that differ only in location.

    `subject` is the package with its version, or the code of a finding that is about none. `identifiers` are the
    names of the vulnerability, then the code. `locations` are the known ones as `path:line` in order, `places` is
    the total number; none and 0 for a finding that is about no file. `merged` is the number of findings in the row.
    """

    finding: Finding
    subject: str
    identifiers: tuple[str, ...]
    locations: tuple[str, ...]
    places: Count
    merged: Count

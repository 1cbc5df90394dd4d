"""`[releases]`: which past releases are scanned every day."""

from __future__ import annotations

import re
from typing import NamedTuple

from ops.supply_chain.contracts.base import Contract

NEWEST = "newest"
MOST_DAYS = 36_500
_AGE = re.compile(r"([1-9][0-9]{0,4}) (day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


class Age(NamedTuple):
    """An age in days; months and years count as their longest."""

    days: int


class ReleasesConfig(Contract, frozen=True, kw_only=True):
    """`[releases]`: which retained releases are supported, so that `daily_scan` scans them.

    `supported` is `newest`, a list of versions or version lines (`1.4.2`, `1.x`, `>=2,<3`), or an age such as `2 years`,
    `18 months` or `90 days`. Empty, the default: those whose support period (`[[support.versions]]`) is not over. The newest
    release is always one of them.
    """

    supported: str | tuple[str, ...] = ""

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            ValueError: It is none; msgspec makes it an error with its place in the file.
        """
        given = self.supported
        if isinstance(given, tuple):
            if not all(entry.strip() for entry in given):
                raise ValueError("`supported`: expected versions, found an empty one")
        elif given not in ("", NEWEST) and self.age is None:
            raise ValueError(
                f"`supported`: expected `newest`, a list of versions or an age as `2 years`, found {given[:40]!r}"
            )

    @property
    def age(self) -> Age | None:
        """The age; None where another form is configured."""
        found = _AGE.fullmatch(self.supported.strip()) if isinstance(self.supported, str) else None
        return Age(min(int(found[1]) * _DAYS[found[2]], MOST_DAYS)) if found else None

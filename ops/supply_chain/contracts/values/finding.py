"""The one shape of a finding, whatever gate it comes from.

Source: DESIGN section 1, idea 3.
"""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract, Count


class Severity(StrEnum):
    """How bad; `unknown` is treated as high wherever a decision hangs on it."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Finding(Contract, frozen=True, kw_only=True):
    """One thing that somebody has to look at.

    `code` is `<gate>.<fact>` in kebab case, for example `lock.unhashed`. `path` is relative to the
    project, `line` counts from 1 and is 0 where the file as a whole is meant. `next_step` is one
    sentence, an order. `waived_by` is empty while the finding stands.

    One finding may stand at many places: `path` and `line` are the first, `also_at` further ones as
    `path:line` in order, perhaps not all of them, and `places` says how many there are in all. `due` is
    the last day on which it can be dealt with in time, `first_seen` the day on which a scan first told
    of it, both ISO dates, empty where there is none.
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

    @property
    def sort_key(self) -> tuple[str, int, str, str, str, str]:
        """Order of findings in every list: by place, then by what."""
        return (self.path, self.line, self.package, self.version, self.code, self.message)

"""What came of looking at one lock."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.finding import Finding


class How(StrEnum):
    """In which way a lock was held against what it is made from."""

    RECOMPILED = "recompiled"
    BY_TOOL = "checked by its tool"
    BY_CONSISTENCY = "held against its manifest"
    EMPTY = "holds nothing of its own"
    NO_SOURCE = "has no source"
    ABSENT = "is not there"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One lock, looked at.

    `path` is relative to the project. `examined` is False where something outside did not answer. `same`
    tells that it is what its source says, `from_source` that this was found without any of its pins. `diff` is
    what differs, for people. `tool` is (name, version) of who was asked, and `note` what else has to be
    said of how it was looked at.
    """

    path: str
    how: How
    examined: bool = True
    same: bool = False
    from_source: bool = False
    findings: tuple[Finding, ...] = ()
    diff: tuple[str, ...] = ()
    tool: tuple[str, str] = ("", "")
    note: str = ""

    @property
    def drifted(self) -> bool:
        """Whether it is something else than its source says, or is missing."""
        return any(one.code in ("lock.drift", "lock.missing") for one in self.findings)

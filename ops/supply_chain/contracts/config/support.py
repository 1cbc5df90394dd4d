"""`[support]`: which versions are supported."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class SupportPolicy(StrEnum):
    """Which releases get security fixes."""

    NEWEST = "newest"
    LISTED = "listed"
    UNSTATED = "unstated"


class SupportedVersions(Contract, frozen=True, kw_only=True):
    """One entry of `[[support.versions]]`; `until` is an ISO date or empty for no stated end."""

    versions: str
    supported: bool = True
    until: str = ""
    note: str = ""


class SupportConfig(Contract, frozen=True, kw_only=True):
    """`[support]`: which versions get security fixes; `versions` are for the policy `listed`."""

    policy: SupportPolicy = SupportPolicy.UNSTATED
    versions: tuple[SupportedVersions, ...] = ()
    text: str = ""

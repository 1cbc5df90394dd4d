"""`[security_insights]`: the contents of `security-insights.yml`."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.config.links import MoreLink


class Person(Contract, frozen=True, kw_only=True):
    """A person in `security-insights.yml`; `primary` for at most one of a list."""

    name: str
    primary: bool = False
    affiliation: str = ""
    email: str = ""


class RepositoryStatus(StrEnum):
    """The states of Security Insights, from https://www.repostatus.org."""

    ACTIVE = "active"
    ABANDONED = "abandoned"
    CONCEPT = "concept"
    INACTIVE = "inactive"
    MOVED = "moved"
    SUSPENDED = "suspended"
    UNSUPPORTED = "unsupported"
    WIP = "WIP"


class SecurityInsightsConfig(Contract, frozen=True, kw_only=True):
    """`[security_insights]`: what `security-insights.yml` 2.2.0 needs and no other table states.

    The file is written where `url`, its own address, is set; then `last_reviewed`, `repository`,
    `licence_url`, `administrators` and `core_team` are required too.
    """

    url: str = ""
    last_reviewed: str = ""
    homepage: str = ""
    repository: str = ""
    repository_comment: str = "The source of the project."
    status: RepositoryStatus = RepositoryStatus.ACTIVE
    accepts_change_request: bool = True
    accepts_automated_change_request: bool = False
    licence: str = ""
    licence_url: str = ""
    administrators: tuple[Person, ...] = ()
    core_team: tuple[Person, ...] = ()
    self_assessment: str = "No self assessment has been published."
    distribution_points: tuple[MoreLink, ...] = ()

"""`[reporting]`: how vulnerabilities are reported, and the response targets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ReportingConfig(Contract, frozen=True, kw_only=True):
    """`[reporting]`: how a vulnerability is told in private.

    `github` is `OWNER/REPO` where private vulnerability reporting is switched on; `email` an address, `url`
    the https address of a form, `pgp_key` that of a key. Any of them may be empty. `acknowledge_days` and
    `disclosure_days` count calendar days and are not promised where they are not set. `credit` says whether
    reporters are named if they wish. What is not accepted as a vulnerability is one sentence each.
    """

    github: str = ""
    email: str = ""
    url: str = ""
    pgp_key: str = ""
    languages: tuple[str, ...] = ()
    acknowledge_days: Days | None = None
    disclosure_days: Days | None = None
    credit: bool | None = None
    bug_bounty: bool | None = None
    not_accepted: tuple[str, ...] = (
        "Output of a scanner without a way in which the finding can be exploited here.",
        "Vulnerabilities of a dependency that are public already, unless they can be exploited here in a new way.",
        "Attacks on services, accounts or people that are not part of this project.",
    )
    severity_decided_by: str = "the maintainers"
    text: str = ""

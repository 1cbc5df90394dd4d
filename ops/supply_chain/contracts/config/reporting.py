"""`[reporting]`: how vulnerabilities are reported, and the response targets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ReportingConfig(Contract, frozen=True, kw_only=True):
    """`[reporting]`: how vulnerabilities are reported in private.

    `github` is `OWNER/REPO` where private vulnerability reporting is enabled; `email` an address, `url` the https
    address of a form, `pgp_key` that of a key. Any of them may be empty. `acknowledge_days` and `disclosure_days`
    count calendar days; where they are not set, there is no commitment. `credit` says whether reporters are credited
    if they wish. `not_accepted` has one sentence for each kind of report that is not accepted.
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
        "Scanner output without a demonstrated way to exploit the finding in this project.",
        "Known vulnerabilities of a dependency, unless this project makes them exploitable in a new way.",
        "Attacks on services, accounts or people that are not part of this project.",
    )
    severity_decided_by: str = "the maintainers"
    text: str = ""

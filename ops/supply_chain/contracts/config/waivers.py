"""`[[waivers]]`, `[waiver_rules]` and `acknowledged_cves`: accepted findings, each until a date."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract


class AcknowledgedCve(Contract, frozen=True, kw_only=True):
    """One entry of `acknowledged_cves`, as existing components write it; dates are TOML dates, ISO text or prose."""

    cve_id: str
    package: str
    date_acknowledged: str
    reason: str
    expected_resolution: str


DEFAULT_WAIVER_DAYS = 180

DEFAULT_WARNING_DAYS = 14

BusinessDays = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class WaiverEntry(Contract, frozen=True, kw_only=True):
    """One `[[waivers]]` entry: a known finding, accepted until an expiry date.

    `id` is a finding's code, an advisory id or an alias of it. `package`, `versions` (a PEP 440 specifier) and `path`
    (of the file that the finding is about, relative to the project) narrow it; empty means any. `justification` is one
    of OpenVEX's labels, needed only to state `not_affected`. `date` is the day it was written, `expires` its last
    day. An entry with a code covers what existed on its date (docs/contracts.md). All are text here, so that a malformed
    entry becomes a finding that names it, not a refusal to start.
    """

    id: str = ""
    package: str = ""
    versions: str = ""
    path: str = ""
    reason: str = ""
    justification: str = ""
    owner: str = ""
    date: str = ""
    expires: str = ""
    link: str = ""


class WaiverRules(Contract, frozen=True, kw_only=True):
    """`[waiver_rules]`: for how many days a waiver may be valid, how many days ahead its expiry is reported, and the
    time zone in which its last day ends.
    """

    max_days: BusinessDays = DEFAULT_WAIVER_DAYS
    warn_days: BusinessDays = DEFAULT_WARNING_DAYS
    zone: str = "UTC"

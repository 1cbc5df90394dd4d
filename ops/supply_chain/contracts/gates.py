"""The tables of `.security-config.toml` that the gates and the daily scan read."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.finding import Severity

DEFAULT_WAIVER_DAYS = 180
DEFAULT_WARNING_DAYS = 14
DEFAULT_FEED_AGE_HOURS = 48

Hours = Annotated[int, msgspec.Meta(ge=1, le=24 * 3650)]
BusinessDays = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class WaiverEntry(Contract, frozen=True, kw_only=True):
    """One `[[waivers]]` entry: a finding that stands, known and accepted until a day.

    `id` is a finding's code, an advisory id or an alias of it. `package`, `versions` (a PEP 440
    specifier) and `path` (of the file that the finding is about, relative to the project) narrow it; empty
    means any. `justification` is one of OpenVEX's labels, needed only to
    state `not_affected`. `date` is the day it was written, `expires` the last day on which it holds.
    All are text here, so that a malformed entry becomes a finding that names it, not a refusal to start.
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
    """`[waiver_rules]`: for how long at most a waiver may hold, how many days ahead its end is told, and
    the time zone in which its last day ends.
    """

    max_days: BusinessDays = DEFAULT_WAIVER_DAYS
    warn_days: BusinessDays = DEFAULT_WARNING_DAYS
    zone: str = "UTC"


class FeedsConfig(Contract, frozen=True, kw_only=True):
    """`[feeds]`: where advisories come from, and how old they may be.

    Empty addresses mean the public defaults. `max_age_hours` is the greatest age at which a snapshot from
    an address still counts as looked at, by when the service last confirmed it; `max_file_age_hours` that
    of a file or folder, by its newest record, and without it such an age is only told. `malicious` is a
    folder of OSSF malicious-packages records, relative to the project, used beside the snapshot.
    """

    osv_snapshot: str = ""
    osv_api: str = ""
    integrity_api: str = ""
    max_age_hours: Hours = DEFAULT_FEED_AGE_HOURS
    max_file_age_hours: Hours | None = None
    malicious: str = ""


class PublisherException(Contract, frozen=True, kw_only=True):
    """One `[[publishers.exceptions]]` entry: a package whose publisher findings are accepted, and why."""

    package: str
    reason: str


class PublishersConfig(Contract, frozen=True, kw_only=True):
    """`[publishers]`: how bad each kind of publisher finding is, and reasoned exceptions.

    `no_baseline` is for a direct dependency that nothing was recorded of. `attestations = false` declares
    that an index without Integrity API is known: attestations are then not asked for, and each record says so.
    """

    attestations: bool = True
    no_baseline: Severity = Severity.MEDIUM
    metadata_changed: Severity = Severity.MEDIUM
    publisher_changed: Severity = Severity.HIGH
    attestation_lost: Severity = Severity.HIGH
    attestation_invalid: Severity = Severity.CRITICAL
    exceptions: tuple[PublisherException, ...] = ()


class GateConfig(Contract, frozen=True, kw_only=True):
    """`[gate]`: the least severity that makes a gate fail; what lies below stays visible and passes."""

    fail_on: Severity = Severity.LOW


class PublicLogConfig(Contract, frozen=True, kw_only=True):
    """`[public_log]`: `age` recipients (public keys) for whom full findings may be encrypted."""

    recipients: tuple[str, ...] = ()

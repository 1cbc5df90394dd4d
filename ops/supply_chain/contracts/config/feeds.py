"""`[feeds]`: where advisories come from, and how old they may be."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

DEFAULT_FEED_AGE_HOURS = 48

DEFAULT_SNAPSHOT_AGE_DAYS = 7
"""Days since the newest record of a snapshot. OSV's feed of PyPI has new records every day; a week covers holidays of
whoever copies it, and is shorter than the deadlines that most projects set themselves for critical vulnerabilities."""

DEFAULT_EXPLOITATION_AGE_DAYS = 14
"""Days since the release of a KEV catalog or the day of EPSS scores. CISA changes the catalog a few times a week, with longer
pauses over holidays; scores are of every day."""

DEFAULT_SOURCE = "default"
"""The value of `kev` and `epss` for the publisher's own address."""

Hours = Annotated[int, msgspec.Meta(ge=1, le=24 * 3650)]
SnapshotDays = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class FeedsConfig(Contract, frozen=True, kw_only=True):
    """`[feeds]`: where advisories come from, and how old they may be.

    Empty addresses mean the public defaults. `osv_snapshot` is an address, or a zip file or folder relative to the
    project; it is recorded as configured, with digest and number of records, and counts as not examined if it has far
    fewer records than OSV's feed of PyPI. `max_snapshot_age_days` is the greatest age of any snapshot, counted from
    its newest record; an older one counts as not examined. `max_file_age_hours` replaces it for files and folders.
    `max_age_hours` is the greatest time since an address last confirmed its copy. `malicious` is a folder of OSSF
    malicious-packages records, relative to the project, used in addition to the snapshot: it can only add findings,
    so its age is limited only by `max_file_age_hours`. `ecosystems` names feeds of other ecosystems by OSV's names of those, for
    example `npm`: each an address, or a zip file or folder relative to the project; without one, packages of an ecosystem are not
    examined. `kev` is the catalog of known exploited vulnerabilities, `epss` the scores of EPSS: `default` for the address
    of CISA or FIRST, another address, or a file relative to the project; without one, exploitation is not checked, and
    findings are in the order of their severity. `max_exploitation_age_days` is the greatest age of both by their own date,
    `max_file_age_hours` that of files: what an older catalog does not list counts as not checked.
    """

    osv_snapshot: str = ""
    osv_api: str = ""
    integrity_api: str = ""
    max_age_hours: Hours = DEFAULT_FEED_AGE_HOURS
    max_snapshot_age_days: SnapshotDays = DEFAULT_SNAPSHOT_AGE_DAYS
    max_file_age_hours: Hours | None = None
    malicious: str = ""
    kev: str = ""
    epss: str = ""
    max_exploitation_age_days: SnapshotDays = DEFAULT_EXPLOITATION_AGE_DAYS
    ecosystems: dict[str, str] = msgspec.field(default_factory=dict)

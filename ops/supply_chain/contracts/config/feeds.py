"""`[feeds]`: where advisories come from, and how old they may be."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

DEFAULT_FEED_AGE_HOURS = 48

Hours = Annotated[int, msgspec.Meta(ge=1, le=24 * 3650)]


class FeedsConfig(Contract, frozen=True, kw_only=True):
    """`[feeds]`: where advisories come from, and how old they may be.

    Empty addresses mean the public defaults. `max_age_hours` is the greatest age of a downloaded snapshot, counted
    from when the service last confirmed it; an older one counts as not examined. `max_file_age_hours` is the limit for
    a file or folder, by its newest record; without it, the age is only reported. `malicious` is a folder of OSSF
    malicious-packages records, relative to the project, used in addition to the snapshot.
    """

    osv_snapshot: str = ""
    osv_api: str = ""
    integrity_api: str = ""
    max_age_hours: Hours = DEFAULT_FEED_AGE_HOURS
    max_file_age_hours: Hours | None = None
    malicious: str = ""

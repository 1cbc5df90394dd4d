"""The day on which a run counts waivers."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.errors import ErrorClass, UsageError


def waiver_day(now: datetime, config: Config) -> date:
    """Return the date of a run in the time zone in which waivers expire.

    Raises:
        UsageError: `[waiver_rules].zone` is not a time zone.
    """
    zone = config.waiver_rules.zone
    try:
        return now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"[waiver_rules].zone {zone!r} is not a time zone",
            hint="Use an IANA name, such as Europe/Stockholm.",
            kind=ErrorClass.CONFIGURATION,
        ) from error

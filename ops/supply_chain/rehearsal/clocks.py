"""The clocks of the instance: each service has its own, because each outside service has.

A test sets one of them wrong and sees what verification makes of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Literal

Service = Literal["oidc", "github", "fulcio", "rekor", "tsa"]
"""What can be asked: the issuer, GitHub's token endpoint, the authority, the log, the time-stamping authority."""


class Clocks:
    """The time of each service, shifted by the configured offset."""

    def __init__(self) -> None:
        self._offsets: dict[Service, timedelta] = {}

    def set_wrong(self, service: Service, by: timedelta) -> None:
        """Make a service's clock wrong from now on; a zero difference makes it right again."""
        self._offsets[service] = by

    def now(self, service: Service) -> datetime:
        """Return the present moment as a service sees it: UTC, whole seconds."""
        return datetime.fromtimestamp(int(time.time()), UTC) + self._offsets.get(service, timedelta())

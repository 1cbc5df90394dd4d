"""A waiver that was understood, and what it covers."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field is called date

import msgspec

VULNERABILITY, MALWARE = "vulnerability", "malware"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted finding.

    `id` as written; `package` in PEP 503 form or empty for any; `versions` a PEP 440 specifier or empty
    for any; `path` that of the finding, relative to the project, or empty for any. It holds from the day it was
    written to the end of `expires`. `place` is where it stands, for messages: `waivers[0]`.
    """

    id: str
    place: str
    reason: str
    owner: str
    date: Day
    expires: Day
    package: str = ""
    versions: str = ""
    path: str = ""
    justification: str = ""
    link: str = ""

    @property
    def scope(self) -> str:
        """Who looks after it: `vulnerability`, `malware`, or the gate's part of a finding code (`lock`)."""
        if "." in self.id:
            return self.id.split(".", 1)[0]
        return MALWARE if self.id.upper().startswith("MAL-") else VULNERABILITY

    @property
    def label(self) -> str:
        """What a waived finding says of its waiver."""
        owner = f", {self.owner}" if self.owner else ""
        return f"{self.id}{owner}, until {self.expires.isoformat()}"

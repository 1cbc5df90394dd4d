"""A valid waiver."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field is called date

import msgspec

VULNERABILITY, MALWARE = "vulnerability", "malware"


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """The acceptance of a finding until an expiry date.

    `id` as written; `package` in PEP 503 form or empty for any; `versions` a PEP 440 specifier or empty
    for any; `path` that of the finding, relative to the project, or empty for any. It is valid from `date` to the end
    of `expires`. `place` is its position in the configuration, for messages: `waivers[0]`.
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
        """The gate that applies it: `vulnerability`, `malware`, or the first part of a finding code (`lock`)."""
        if "." in self.id:
            return self.id.split(".", 1)[0]
        return MALWARE if self.id.upper().startswith("MAL-") else VULNERABILITY

    @property
    def label(self) -> str:
        """The waiver as shown in a waived finding."""
        owner = f", {self.owner}" if self.owner else ""
        return f"{self.id}{owner}, until {self.expires.isoformat()}"

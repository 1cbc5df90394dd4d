"""The order of NuGet: SemVer 2.0.0 with four numbers and without regard to case.

Source: https://learn.microsoft.com/nuget/concepts/package-versioning#normalized-version-numbers
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable
from ops.supply_chain.formats.version_orders.semver import BEFORE_RELEASE, RELEASED, identifiers

_VERSION = re.compile(
    r"v?(?P<release>[0-9]+(?:\.[0-9]+){0,3})(?:-(?P<before>[0-9a-z.-]+))?(?:\+[0-9a-z.+-]*)?", re.IGNORECASE | re.ASCII
)
_PARTS = 4


def sort_key(version: str) -> str:
    """Return the key of a NuGet version.

    Raises:
        NoKeyError: It is not one.
    """
    match = _VERSION.fullmatch(readable(version))
    if match is None:
        msg = "not a NuGet version"
        raise NoKeyError(msg)
    parts = [*match["release"].split("."), "0", "0", "0"][:_PARTS]
    before = match["before"]
    ending = RELEASED if before is None else BEFORE_RELEASE + identifiers(before.lower())
    return "".join(number(part) for part in parts) + ending

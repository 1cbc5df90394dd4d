"""The order of SemVer 2.0.0: npm, crates.io, Go and others.

A leading `v` is dropped, missing parts are zero, build metadata does not count. Go's own releases (`go1.21rc2`) are
read as Go's tools write them in SemVer (`1.21.0-rc.2`). More than three numbers have no place in this order.

Source: https://semver.org/spec/v2.0.0.html#spec-item-11, https://go.dev/ref/mod#versions
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable

_VERSION = re.compile(
    r"[vV=]?(?P<release>[0-9]+(?:\.[0-9]+){0,2})(?:-(?P<before>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.+-]*)?"
)
_GO_RELEASE = re.compile(r"(?:go)?(?P<release>[0-9]+(?:\.[0-9]+){0,2})(?P<kind>alpha|beta|rc)(?P<number>[0-9]+)")
_PARTS = 3
RELEASED, BEFORE_RELEASE = "~", "-"
_END = "!"
"""After an identifier: below each character that an identifier can have."""


def sort_key(version: str) -> str:
    """Return the key of a SemVer version.

    Raises:
        NoKeyError: It is not a SemVer version.
    """
    text = readable(version)
    match = _VERSION.fullmatch(text)
    if match is None:
        msg = "not a SemVer version"
        raise NoKeyError(msg)
    parts = [*match["release"].split("."), "0", "0"][:_PARTS]
    before = match["before"]
    ending = RELEASED if before is None else BEFORE_RELEASE + identifiers(before)
    return "".join(number(part) for part in parts) + ending


def go_sort_key(version: str) -> str:
    """Return the key of a version of a Go module or of Go itself.

    Raises:
        NoKeyError: It is neither.
    """
    text = readable(version)
    release = _GO_RELEASE.fullmatch(text)
    if release is not None:
        parts = [*release["release"].split("."), "0", "0"][:_PARTS]
        text = f"{'.'.join(parts)}-{release['kind']}.{release['number']}"
    return sort_key(text.removeprefix("go"))


def identifiers(before: str) -> str:
    """Return the key of the dot-separated identifiers of a pre-release.

    Raises:
        NoKeyError: An identifier is empty.
    """
    keys = []
    for name in before.split("."):
        if not name:
            msg = "an empty identifier"
            raise NoKeyError(msg)
        keys.append(f"0{number(name)}" if name.isdigit() else f"1{name}{_END}")
    return "".join(keys)

"""Addresses that may be published: absolute, well formed, without credentials; others are left out.

Metadata and locks hold whatever strangers typed; CycloneDX and SPDX demand an IRI, and a reader clicks it.

Source: RFC 3986 section 2 (the characters of a URI).
"""

from __future__ import annotations

import re
from functools import lru_cache

from ops.supply_chain.core.text import without_credentials

LONGEST_ADDRESS = 2000

_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://[A-Za-z0-9._~-]+(?::\d+)?"
    r"(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?\Z"
)
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/\s][^\s]*)\Z")
_WEB = ("http", "https")


@lru_cache(maxsize=65536)
def publishable(url: str, *, schemes: tuple[str, ...] = _WEB) -> str:
    """Return an address as it may be published, or nothing.

    Args:
        url: What a lock or a package's metadata holds.
        schemes: The schemes accepted, lower case; empty accepts any that has a host.
    Returns:
        The address without credentials; empty where it is not a well-formed address of those schemes.
    """
    cleaned = without_credentials(url.strip())
    found = _URI.match(cleaned)
    if found is None or len(cleaned) > LONGEST_ADDRESS or cleaned.count("#") > 1:
        return ""
    return cleaned if not schemes or found["scheme"].lower() in schemes else ""


def repository(url: str) -> str:
    """Return a version control address as a URI, whatever of the usual spellings it has; empty if none.

    Args:
        url: `https://host/path`, `ssh://git@host/path`, or `git@host:path`.
    """
    plain = url.strip().removeprefix("git+")
    found = _SCP.match(plain)
    if found is not None and "://" not in plain:
        plain = f"ssh://{found['host']}/{found['path']}"
    return publishable(plain, schemes=())

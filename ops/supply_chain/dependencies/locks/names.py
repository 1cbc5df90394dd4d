"""Checks of package names, versions and markers that all readers share.

Source: PEP 508 (names), PEP 440 (versions), PEP 685 (extras).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials

NAME_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
"""A package name; ASCII only, letters and digits at both ends."""

_NAME = re.compile(NAME_PATTERN)
_USER_PART = re.compile(r"://[^@\s]*:[^@\s]*@")
_QUOTE_LIMIT = 120
LONGEST_QUOTED = 2048
"""Of longer texts only the length is shown: the search for credentials in them could take too long."""


def is_name(text: str) -> bool:
    """Return whether a text is a package name."""
    return _NAME.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def is_version(text: str) -> bool:
    """Return whether a text is a PEP 440 version, without wildcard."""
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return text.isascii()


@lru_cache(maxsize=4096)
def normal_marker(text: str) -> str:
    """Return an environment marker in the form that `packaging` writes; an empty one stays empty.

    Raises:
        ValueError: It is not a marker.
    """
    if not text.strip():
        return ""
    # Many locks have no markers.
    from packaging.markers import InvalidMarker, Marker

    try:
        return str(Marker(text))
    except (InvalidMarker, RecursionError) as error:
        raise ValueError(f"{quote(text.strip())} is not an environment marker") from error


def normal_extras(written: Iterable[str]) -> tuple[str, ...]:
    """Return extras normalised as PEP 685 says, sorted, without duplicates."""
    return tuple(sorted({normalise(extra.strip()) for extra in written if extra.strip()}))


def quote(text: str) -> str:
    """Return text from a file, safe to show: one line, no credentials, quoted, shortened."""
    if len(text) > LONGEST_QUOTED:
        return f"a text of {len(text)} characters"
    safe = printable(_USER_PART.sub("://", without_credentials(text)))
    return f"'{safe[:_QUOTE_LIMIT]}...'" if len(safe) > _QUOTE_LIMIT else f"'{safe}'"

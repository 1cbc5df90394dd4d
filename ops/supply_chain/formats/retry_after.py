"""How long a service asks its clients to wait: the header `Retry-After`.

Source: RFC 9110, section 10.2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait; a date becomes seconds by the answer's own `Date`.

    Args:
        headers: Of the answer; found by names in lower case.
    Returns:
        0 or more; None if it names no time, or none that can be read.
    """
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None

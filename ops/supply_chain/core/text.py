"""Making other people's text safe to show: control characters out, credentials out of URLs.

Package names, licences and summaries come from strangers and end up on terminals, in CI logs and in
documents; a carriage return or an escape sequence there can forge a line.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@]*(?:@[^/?#\s@]*)*@")
_SECRET_QUERY = re.compile(
    r"(?P<key>[?&](?:access_token|token|api_key|apikey|key|password|secret|sig|signature|auth)=)[^&#\s]*",
    re.IGNORECASE,
)
REDACTED = "****"


def printable(text: str) -> str:
    """Return text on one line, with each control and bidirectional-override character as `?`."""
    return _CONTROL.sub("?", text)


def without_credentials(text: str) -> str:
    """Return text in which no URL has a user, a password or a secret query value left.

    The user part is removed whole, not masked: even its length is nobody's business.
    """
    cleaned = _CREDENTIALS.sub(r"\g<scheme>", text)
    return _SECRET_QUERY.sub(rf"\g<key>{REDACTED}", cleaned)

"""Make text that others wrote safe to show: without control characters, and without credentials in URLs.

Package names, licences and summaries come from strangers and end up on terminals, in CI logs and in
documents; a carriage return or an escape sequence there can forge a line.
"""

from __future__ import annotations

import re

from ops.supply_chain.core.tokens import REDACTED, without_tokens

_CONTROL = r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
"""Expression, as those below, for control characters, what changes the direction of text, and what has no width and no use in any script."""
_CREDENTIALS = r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*@"
"""The user part of an address: from `://` to the last `@` of the authority."""

_ODD_CREDENTIALS = r"(?<=://)[^/?#\s@:]{0,256}:(?!\d{0,5}(?:[/?#\s]|\Z))[^\s@]{0,512}@"
"""A password with an unescaped `/`, `?` or `#`: what follows the colon is no port and an `@` comes later."""

_QUERY_VALUES = (
    r"(?i)(?P<key>[?&](?:(?:access|private|job|id)_token|token|api_key|apikey|key|password|(?:client_)?secret|sig|signature|auth|"
    r"x-(?:amz|goog)-(?:signature|security-token|credential))=)[^&#\s]*"
)
_SENTENCE_END = r"(?<=[.!?]) +(?=[A-Z])"

EXCERPT_CHARACTERS = 200
"""Most characters of foreign text in one message."""


def printable(text: str) -> str:
    """Return text on one line, with each control, direction and hidden character as `?`."""
    # What Python calls printable has none of them, and most text is; an expression is compiled where it is used.
    return text if text.isprintable() else re.sub(_CONTROL, "?", text)


def excerpt(text: object) -> str:
    """Return foreign text for a message: on one line, and shortened where it is long."""
    line = printable(str(text))
    return line if len(line) <= EXCERPT_CHARACTERS else f"{line[:EXCERPT_CHARACTERS]}..."


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """Return a count with its noun: `1 lock`, `2 locks`, `2 hashes`.

    Args:
        count: How many.
        singular: The noun for one.
        plural_form: The noun for all other counts; empty adds an `s`.
    """
    return f"{count:,} {singular if count == 1 else plural_form or f'{singular}s'}"


def size_text(size: int) -> str:
    """Write a size with three digits and a unit of 1,000."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 - the step from one unit to the next
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a full stop inside a file name or a version ends none."""
    return [sentence for sentence in re.split(_SENTENCE_END, text) if sentence]


def is_text(name: str) -> bool:
    """Return whether a file's name can be written as UTF-8: Python has stand-ins for bytes that are no characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def without_credentials(text: str) -> str:
    """Return text without a user, a password or a secret query value in a URL, and without tokens and private keys.

    The user part is removed whole, not masked: its length says something as well.
    """
    if "://" in text and "@" in text:
        text = re.sub(_CREDENTIALS, "", re.sub(_ODD_CREDENTIALS, "", text))
    if "=" in text and ("?" in text or "&" in text):
        text = re.sub(_QUERY_VALUES, rf"\g<key>{REDACTED}", text)
    return without_tokens(text)

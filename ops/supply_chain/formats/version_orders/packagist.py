"""The order of Composer: at most four numbers, missing ones are zero, then PHP's comparison of what follows.

A branch (`dev-main`, `main-dev`) has no place in the order.

Source: https://getcomposer.org/doc/articles/versions.md, https://www.php.net/version_compare
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable

_VERSION = re.compile(r"[vV]?(?P<release>[0-9]+(?:\.[0-9]+)*)(?P<rest>[^+ ]*)(?:\+[^ ]*)?")
_PART = re.compile(r"[0-9]+|[a-zA-Z]+")
_STABLE = re.compile(r"[-_.]?stable(?=$|[-_.])", re.IGNORECASE)
_PARTS = 4
_WORDS = (("dev", "1"), ("a", "2"), ("b", "3"), ("rc", "4"), ("p", "8"))
"""The beginning of a word and its place; PHP compares no more than the beginning, so that `post` is a patch."""

_UNKNOWN, _END, _NUMBER = "0", "5", "6"
"""PHP's order: unknown words, dev, alpha, beta, RC, the end, numbers, patches."""


def sort_key(version: str) -> str:
    """Return the key of a Composer version.

    Raises:
        NoKeyError: It is a branch, or does not begin with a number.
    """
    match = _VERSION.fullmatch(readable(version))
    if match is None:
        msg = "not a Composer version"
        raise NoKeyError(msg)
    release = match["release"].split(".")
    release += ["0"] * (_PARTS - len(release))
    key = [_NUMBER + number(part) for part in release]
    parts = _PART.findall(_STABLE.sub("", match["rest"]))
    key += [_NUMBER + number(part) if part.isdigit() else _word(part.lower()) for part in parts]
    return "".join(key) + _END


def _word(word: str) -> str:
    return next((place for beginning, place in _WORDS if word.startswith(beginning)), _UNKNOWN)

"""The order of dpkg: Debian and Ubuntu.

Source: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version, deb-version(7)
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable

_VERSION = re.compile(r"[A-Za-z0-9.+~:-]+")
_PART = re.compile(r"(?P<text>[^0-9]*)(?P<number>[0-9]*)", re.ASCII)
_TILDE, _END, _OTHER = "!", '"', "{"
"""A tilde is below the end, the end below letters, and letters below everything else."""


def sort_key(version: str) -> str:
    """Return the key of a Debian version: epoch, upstream version, revision.

    Raises:
        NoKeyError: It has a character that dpkg does not permit, or no upstream version.
    """
    text = readable(version)
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "0", text
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    if not _VERSION.fullmatch(text) or not epoch.isdigit() or not upstream:
        msg = "not a Debian version"
        raise NoKeyError(msg)
    return number(epoch) + _key(upstream) + _key(revision)


def _key(text: str) -> str:
    parts = []
    for match in _PART.finditer(text):
        if match.end() == match.start():
            break
        parts.append("".join(_character(char) for char in match["text"]) + _END + number(match["number"]))
    return "".join(parts or [_END + number("0")]) + _END


def _character(char: str) -> str:
    if char == "~":
        return _TILDE
    return char if char.isalpha() else _OTHER + char

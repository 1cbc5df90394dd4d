"""The order of apk: Alpine, Wolfi and Chainguard.

A number with a leading zero that is not the first is compared as text, below each number without one. What apk itself
calls invalid has no place in the order, except a number after the letter (`5.1p1`), which Alpine's advisories have.

Source: https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable

_BEFORE = {"alpha": "a", "beta": "b", "pre": "c", "rc": "d"}
_AFTER = {"cvs": "a", "svn": "b", "git": "c", "hg": "d", "p": "e"}
_SUFFIX = "|".join([*_BEFORE, *_AFTER])
_VERSION = re.compile(
    rf"(?P<release>[0-9]+(?:\.[0-9]+)*)(?P<letter>[a-z](?P<after>[0-9]+)?)?"
    rf"(?P<suffixes>(?:_(?:{_SUFFIX})[0-9]*)*)(?:~(?P<commit>[0-9a-f]+))?(?:-r(?P<revision>[0-9]+))?"
)
_ONE_SUFFIX = re.compile(rf"_(?P<name>{_SUFFIX})(?P<number>[0-9]*)")
_PRE, _END, _REVISION, _COMMIT, _NUMBER, _POST, _LETTER, _DIGIT = "!1234567"
"""What follows, in the order of apk: a suffix before a release is below the end, and all else above it."""

_TEXT_END = " "


def sort_key(version: str) -> str:
    """Return the key of an Alpine version.

    Raises:
        NoKeyError: apk's grammar does not permit it.
    """
    match = _VERSION.fullmatch(readable(version))
    if match is None:
        msg = "not an Alpine version"
        raise NoKeyError(msg)
    first, *others = match["release"].split(".")
    key = [number(first), *(_DIGIT + _digits(part) for part in others)]
    if match["letter"]:
        key.append(_LETTER + match["letter"][0])
    if match["after"]:
        key.append(_DIGIT + _digits(match["after"]))
    for suffix in _ONE_SUFFIX.finditer(match["suffixes"]):
        name = suffix["name"]
        key.append(_PRE + _BEFORE[name] if name in _BEFORE else _POST + _AFTER[name])
        if suffix["number"]:
            key.append(_NUMBER + number(suffix["number"]))
    if match["commit"]:
        key.append(_COMMIT + match["commit"] + _TEXT_END)
    if match["revision"]:
        key.append(_REVISION + number(match["revision"]))
    return "".join(key) + _END


def _digits(part: str) -> str:
    return f"0{part}{_TEXT_END}" if part.startswith("0") else f"1{number(part)}"

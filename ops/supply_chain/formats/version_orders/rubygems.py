"""The order of RubyGems.

A version is a list of numbers and words; a word is below each number, and what is missing counts as zero.

Source: https://docs.ruby-lang.org/en/master/Gem/Version.html
"""

from __future__ import annotations

import re

from ops.supply_chain.formats.version_orders.keys import MOST_DIGITS, NoKeyError, number, readable

_VERSION = re.compile(r"[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_LOOSE = re.compile(r"[0-9]+(?:\.?[0-9a-zA-Z]+)*(?:-[0-9A-Za-z.-]+)?")
_PLATFORM = re.compile(
    r"-(?:java|jruby|dalvik|mswin(?:32|64)?|mingw(?:32|64)?|"
    r"(?:universal|x86|x64|x86_64|i[3-6]86|arm|armv[5-8]\w*|arm64|aarch64|ppc64(?:le)?|powerpc64(?:le)?|s390x|riscv64)"
    r"-(?:linux|darwin|mingw|mswin|freebsd|openbsd|netbsd|solaris|java|aix|cygwin)[\w.-]*)"
)
"""A platform that a file's name or a lock has after the version, and that is no part of it."""

_SEGMENT = re.compile(r"[0-9]+|[a-z]+", re.IGNORECASE)
_LOWER, _END, _HIGHER = "!", "M", "N"
"""Zeros and a word are below the end, which counts as zero; zeros and a number are above it."""


def sort_key(version: str) -> str:
    """Return the key of a gem's version.

    Raises:
        NoKeyError: It is not one, or has more than 99 zeros in a row.
    """
    text = readable(version)
    built = _PLATFORM.search(text)
    text = text[: built.start()] if built and built.end() == len(text) else text
    if not _VERSION.fullmatch(text) and not _LOOSE.fullmatch(text):
        msg = "not a RubyGems version"
        raise NoKeyError(msg)
    segments = _SEGMENT.findall(text.replace("-", ".pre."))
    first_word = next((place for place, item in enumerate(segments) if item.isalpha()), len(segments))
    kept = _without_zeros(segments[:first_word]) + _without_zeros(segments[first_word:])
    key, zeros = [], 0
    for item in kept:
        if item.isdigit() and not item.strip("0"):
            zeros += 1
            if zeros > MOST_DIGITS:
                msg = "more than 99 zeros in a row"
                raise NoKeyError(msg)
        else:
            key.append(
                f"{_LOWER}{zeros:02}{item}{_LOWER}" if item.isalpha() else f"{_HIGHER}{99 - zeros:02}{number(item)}"
            )
            zeros = 0
    return "".join(key) + _END


def _without_zeros(segments: list[str]) -> list[str]:
    while segments and segments[-1].isdigit() and not segments[-1].strip("0"):
        segments = segments[:-1]
    return segments

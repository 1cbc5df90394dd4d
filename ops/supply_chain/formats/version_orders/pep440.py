"""The order of Python's versions.

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering
"""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from ops.supply_chain.formats.version_orders.keys import NoKeyError, number, readable

_END = "!"
"""After the release numbers and after the local label: below each digit and letter."""

_PHASES = {"a": "1", "b": "2", "rc": "3"}
_DEV_ONLY, _RELEASED = "0", "5"


def sort_key(version: str) -> str:
    """Return the key of a version by PEP 440.

    Raises:
        NoKeyError: It is not one.
    """
    try:
        read = Version(readable(version))
    except InvalidVersion as exc:
        msg = "not a PEP 440 version"
        raise NoKeyError(msg) from exc
    release = list(read.release)
    while len(release) > 1 and not release[-1]:
        release.pop()
    key = number(str(read.epoch)) + "".join(number(str(part)) for part in release) + _END
    if read.pre is not None:
        key += _PHASES[read.pre[0]] + number(str(read.pre[1]))
    else:
        key += _DEV_ONLY if read.post is None and read.dev is not None else _RELEASED
    key += "0" if read.post is None else "1" + number(str(read.post))
    key += "1" if read.dev is None else "0" + number(str(read.dev))
    if read.local is None:
        return key + "0"
    return key + "1" + "".join(_local(part) for part in read.local.split(".")) + _END


def without_local(version: str) -> str:
    """Return a version without its local label (`2.6.0` of `2.6.0+cu124`); what is none is returned as it is."""
    try:
        return Version(version).public if "+" in version else version
    except InvalidVersion:
        return version


def _local(part: str) -> str:
    return f"2{number(part)}" if part.isdigit() else f"1{part}{_END}"

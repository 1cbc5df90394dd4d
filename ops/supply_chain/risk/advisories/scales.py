"""The orders of versions by which ranges are evaluated: one scale for each ecosystem, all with the same ends.

A scale gives each version a place, or None where its ecosystem's order has none for it; places of one scale compare
with each other. Ecosystems without an order have no places: only listed versions, and ranges that cover everything, match.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import parse_version, version_key

BEYOND = ".999999999"
"""Appended to a release number: after every version that begins with it."""

_LABELLED = re.compile(
    r"\s*(?P<release>v?(?:\d+!)?\d+(?:\.\d+)+)[-_.+]?"
    r"(?!(?:to|through|thru|until|upto|up|and|or|before|after|prior)(?![a-z]))[a-z]+\d*(?:\\?\.\d+)?\s*",
    re.ASCII | re.IGNORECASE,
)
"""A release number of at least two parts and a label that begins with a letter. What begins with a digit is no label:
`2024-09-19` is a date, and `1.2-3.4` or `1.2-to-3.4` are two versions."""


class VersionPlace(Protocol):
    """The place of a version; it compares with other places of its scale. `local` is its local label, if it has one."""

    @property
    def local(self) -> str | None:
        """The local label."""

    def __lt__(self, other: Any, /) -> bool: ...
    def __le__(self, other: Any, /) -> bool: ...
    def __gt__(self, other: Any, /) -> bool: ...
    def __ge__(self, other: Any, /) -> bool: ...


class CheckedVersion(NamedTuple):
    """A version to check against ranges.

    `version` is None if its scale has no place for it; `public` is the version without its local label; `keys` are the
    keys that a list of affected versions may have for it. `text` is the version as written.
    """

    version: VersionPlace | None
    public: VersionPlace | None
    keys: tuple[str, ...]
    scale: Scale
    text: str = ""


class Scale(Protocol):
    """The order of one ecosystem's versions.

    `first` is below every version, the meaning of `introduced: "0"`; `second` is the end of a range that may end
    immediately, after `first`, where it may start; `last` is later than every version. `order` is what it is called in reasons.
    """

    def __hash__(self) -> int: ...

    order: str
    first: VersionPlace
    second: VersionPlace
    last: VersionPlace

    def place(self, text: str) -> VersionPlace | None:
        """Return the place of a version."""

    def near(self, text: str, *, early: bool) -> VersionPlace | None:
        """Return a place before or after every version that a text without a place can mean; None if that is unknown."""

    def after(self, text: str) -> VersionPlace | None:
        """Return a place after a last affected version and before every later release; None without a place."""

    def check(self, text: str) -> CheckedVersion:
        """Prepare a version for checking."""

    def check_place(self, place: VersionPlace) -> CheckedVersion:
        """Prepare a place for checking."""

    def lists(self, versions: Collection[str], about: CheckedVersion) -> bool:
        """Return True if a record's list has a version."""


class PypiScale:
    """The order of PEP 440."""

    order = "PEP 440"
    first: VersionPlace = Version("0.dev0")
    second: VersionPlace = Version("0.dev1")
    last: VersionPlace = Version("999999999!0")

    def place(self, text: str) -> VersionPlace | None:
        """Return the version; None if it is not one of PEP 440."""
        return parse_version(text)

    def near(self, text: str, *, early: bool) -> VersionPlace | None:
        """Return the start or the end of the versions that begin with the release number of a labelled version."""
        labelled = _LABELLED.fullmatch(text)
        return None if labelled is None else Version(labelled["release"] + (".dev0" if early else BEYOND))

    def after(self, text: str) -> VersionPlace | None:
        """Return a version after another and before every later release."""
        version = parse_version(text)
        labelled = None if version else _LABELLED.fullmatch(text)
        if labelled is not None:
            return Version(labelled["release"] + BEYOND + BEYOND)
        if version is None:
            return None
        if version.is_prerelease:
            # Of 1.0rc1 the next versions are 1.0rc2 and 1.0: the first is not known to exist.
            return Version(version.base_version)
        return Version(f"{version.base_version}.post{BEYOND[1:]}")

    def check(self, text: str) -> CheckedVersion:
        """Prepare a version; one with a local label also counts as the version without it."""
        return _checked_pypi(text)

    def check_place(self, place: VersionPlace) -> CheckedVersion:
        """Prepare a version that was read."""
        return _checked_pypi(str(place))

    def lists(self, versions: Collection[str], about: CheckedVersion) -> bool:
        """Return True if a list of version keys has the version, with or without its local label."""
        return any(key in versions for key in about.keys)


PYPI_SCALE = PypiScale()


@lru_cache(maxsize=1 << 16)
def _checked_pypi(version: str) -> CheckedVersion:
    parsed = parse_version(version)
    if parsed is None:
        return CheckedVersion(None, None, (version_key(version),), PYPI_SCALE, version)
    if parsed.local is None:
        return CheckedVersion(parsed, parsed, (version_key(version),), PYPI_SCALE, version)
    keys = (version_key(version), version_key(parsed.public))
    return CheckedVersion(parsed, Version(parsed.public), keys, PYPI_SCALE, version)


@lru_cache(maxsize=64)
def scale_of(ecosystem: str) -> Scale:
    """Return the scale of an ecosystem, by its name with or without suffix."""
    from ops.supply_chain.formats.version_orders.ecosystems import PYPI, base_of
    from ops.supply_chain.risk.advisories.other_scales import OtherScale

    base = base_of(ecosystem)
    return PYPI_SCALE if base == PYPI else OtherScale(base)

"""Versions as a question names them, decided in the order of their ecosystem, or not at all.

The order decides, not a tool's rules of what to install: `<2.6.3` includes 2.6.3rc1, which was made before 2.6.3, and `>1.0`
includes 1.0.post1. A local label that the question does not have does not count: 2.6.0+cu124 is 2.6.0.

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from ops.supply_chain.formats.version_orders.ecosystems import PYPI
from ops.supply_chain.formats.version_orders.orders import compare, order_of, sort_key
from ops.supply_chain.formats.version_orders.pep440 import without_local
from ops.supply_chain.formats.version_orders.ranges import in_range, is_range

_COMPARATOR = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>|=)\s*([^\s,<>=!~|][^\s,<>=|]*)\s*")
_WILDCARD = ".*"
_EPOCH = re.compile(r"[0-9]+:")
_LEADING_V = re.compile(r"[vV](?=\d)")


class BadVersionsError(ValueError):
    """A text that names no versions of its ecosystem."""


class Comparator(NamedTuple):
    """An operator and a bound."""

    operator: str
    version: str


class Versions(NamedTuple):
    """Versions of one ecosystem: those for which all comparators hold, or those of a `vers` range.

    `ecosystem` is as OSV names it, empty for one without an order. Without comparators and range it is every version.
    """

    ecosystem: str
    type_: str = ""
    comparators: tuple[Comparator, ...] = ()
    vers: str = ""

    @property
    def everything(self) -> bool:
        """True for every version."""
        return not self.comparators and not self.vers

    def __str__(self) -> str:
        return self.vers or ",".join(f"{item.operator}{item.version}" for item in self.comparators)

    def include(self, version: str) -> bool | None:
        """Return whether a version is one of them; None if that cannot be decided."""
        if self.everything:
            return True
        if not version:
            return None
        if self.vers:
            return in_range(self.type_, self.ecosystem, self._public(plain(self.ecosystem, version)), self.vers)
        answers = [_holds(self.ecosystem, item, version) for item in self.comparators]
        return False if False in answers else None if None in answers else True

    def _public(self, version: str) -> str:
        """Return a version of PyPI without its local label, where the range has none."""
        return without_local(version) if self.ecosystem == PYPI and "+" not in unquote(self.vers) else version


def read_comparators(text: str, ecosystem: str, type_: str) -> Versions:
    """Read `>=1.0,<2.0`.

    Raises:
        BadVersionsError: It is none, or a bound has no place in the order of the ecosystem.
    """
    if is_range(text):
        return read_range(text, ecosystem, type_)
    found = []
    for part in text.split(","):
        match = _COMPARATOR.fullmatch(part)
        if match is None:
            raise BadVersionsError(f"expected an operator and a version, found {part.strip()[:60]!r}")
        found.append(Comparator(match[1], match[2]))
    versions = Versions(ecosystem, type_, tuple(found))
    for item in found:
        _check(ecosystem, item)
    return versions


def read_range(text: str, ecosystem: str, type_: str) -> Versions:
    """Read `vers:npm/>=1.0|<2.0`.

    Raises:
        BadVersionsError: It is invalid, or of another ecosystem.
    """
    scheme, slash, bounds = text.removeprefix("vers:").partition("/")
    if not slash or scheme.lower() not in (type_, "all"):
        raise BadVersionsError(f"expected a range of the form vers:{type_}/..., found {text[:60]!r}")
    versions = Versions(ecosystem, type_, vers=f"vers:{scheme.lower()}/{bounds}")
    first = unquote(next((part.lstrip("<>=!") for part in bounds.split("|")), ""))
    ordered = order_of(ecosystem) is not None  # without an order every version is undecided
    if bounds != "*" and ordered and in_range(type_, ecosystem, first, versions.vers) is None:
        raise BadVersionsError(f"{text[:60]!r} is no valid range, or the order of {type_} does not decide it")
    return versions


def exactly(version: str, ecosystem: str, type_: str) -> Versions:
    """Return one version."""
    return Versions(ecosystem, type_, (Comparator("==", version),))


def plain(ecosystem: str, version: str) -> str:
    """Return a version without the `v` that tags begin with, where only that gives it a place in the order."""
    if not version or sort_key(ecosystem, version) is not None:
        return version
    bare = _LEADING_V.sub("", version, count=1)
    return bare if sort_key(ecosystem, bare) is not None else version


def undecided_reason(versions: Versions, version: str) -> str:
    """Return why it was not decided whether a version is one of them."""
    if not version:
        return "it has no version"
    if order_of(versions.ecosystem) is None:
        return "the order of its versions is not known"
    return f"version {version[:60]!r} has no place in the order of {versions.ecosystem}"


def _check(ecosystem: str, item: Comparator) -> None:
    """Refuse a bound that decides nothing.

    Raises:
        BadVersionsError: It has no place in the order.
    """
    bound = item.version
    exact = item.operator in ("==", "=", "!=")
    if item.operator == "~=" and (ecosystem != PYPI or "." not in bound):
        raise BadVersionsError(f"~={bound[:60]} is no range: write both bounds, such as >=1.2,<2")
    if item.operator == "===" or order_of(ecosystem) is None:  # without an order only equal text is decided
        return
    if exact and ecosystem == PYPI:
        bound = bound.removesuffix(_WILDCARD)
    if sort_key(ecosystem, plain(ecosystem, bound)) is None:
        raise BadVersionsError(f"{item.version[:60]!r} is no version of {ecosystem}")


def _holds(ecosystem: str, item: Comparator, version: str) -> bool | None:
    operator, bound = item
    if ecosystem == PYPI:
        return _holds_pypi(operator, bound, version)
    if operator in ("==", "=", "===", "!="):
        found = _equal(ecosystem, version, bound)
        return found if found is None or operator != "!=" else not found
    order = compare(ecosystem, plain(ecosystem, version), plain(ecosystem, bound))
    return None if order is None else _by_order(operator, order)


def _by_order(operator: str, order: int) -> bool:
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _equal(ecosystem: str, version: str, bound: str) -> bool | None:
    if version == bound:
        return True
    if order_of(ecosystem) is None:
        texts = [_LEADING_V.sub("", text, count=1) for text in (version, bound)]
        if ":" not in version or ":" not in bound:  # of RPM, one of them can lack the epoch
            texts = [_EPOCH.sub("", text) for text in texts]
        return texts[0] == texts[1]
    order = compare(ecosystem, plain(ecosystem, version), plain(ecosystem, bound))
    return None if order is None else order == 0


def _holds_pypi(operator: str, bound: str, version: str) -> bool | None:
    same_text = version.strip().lower() == bound.lower()
    if operator == "===":
        return same_text
    exact = operator in ("==", "=")
    try:
        found = Version(version)
        prefix = bound.endswith(_WILDCARD)
        limit = Version(bound.removesuffix(_WILDCARD))
    except InvalidVersion:
        return True if exact and same_text else None
    if prefix:
        return _starts_with(found, limit) is exact
    if operator == "~=":
        return _public(found) >= limit and _starts_with(found, _without_last(limit))
    if limit.local is None:
        found = _public(found)
    order = (found > limit) - (found < limit)
    return (order == 0) is exact if operator in ("==", "=", "!=") else _by_order(operator, order)


def _public(version: Version) -> Version:
    return version if version.local is None else Version(version.public)


def _starts_with(version: Version, start: Version) -> bool:
    padded = (*version.release, *([0] * len(start.release)))[: len(start.release)]
    return version.epoch == start.epoch and padded == start.release


def _without_last(version: Version) -> Version:
    return Version(f"{version.epoch}!{'.'.join(map(str, version.release[:-1]))}")

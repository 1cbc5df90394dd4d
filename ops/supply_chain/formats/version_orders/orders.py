"""The order of an ecosystem's versions, by the names that OSV gives to ecosystems.

    >>> compare("npm", "1.2.3", "1.2.10")
    -1
    >>> compare("Debian:12", "1.0~rc1", "1.0")
    -1
    >>> compare("Android", "12", "13") is None
    True

Three answers and a fourth: lower, equal, higher, undecidable. A version that its ecosystem's rules cannot place is
undecidable, which is never "not affected".

Source: https://ossf.github.io/osv-schema/#affectedpackage-field, https://ossf.github.io/osv-schema/#affectedrangestype-field
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.formats.version_orders import (
    alpine,
    debian,
    maven,
    nuget,
    packagist,
    pep440,
    rubygems,
    semver,
)
from ops.supply_chain.formats.version_orders.keys import NoKeyError

__all__ = ["ORDERED", "Order", "compare", "order_of", "sort_key"]


class Order(NamedTuple):
    """How versions are ordered: a sortable text key, and a comparison where equal keys do not decide.

    Both raise NoKeyError for a version without a place. `exact` is False if versions with the same key can differ.
    """

    key: Callable[[str], str]
    comparison: Callable[[str, str], int] | None = None

    @property
    def exact(self) -> bool:
        """True if the key alone decides."""
        return self.comparison is None


_SEMVER = Order(semver.sort_key)
_APK, _DPKG = Order(alpine.sort_key), Order(debian.sort_key)

ORDERED: dict[str, Order] = {
    "Alpine": _APK,
    "Chainguard": _APK,
    "Debian": _DPKG,
    "Go": Order(semver.go_sort_key),
    "Hex": _SEMVER,
    "Julia": _SEMVER,
    "Maven": Order(maven.sort_key, maven.compare),
    "NuGet": Order(nuget.sort_key),
    "Packagist": Order(packagist.sort_key),
    "PyPI": Order(pep440.sort_key),
    "RubyGems": Order(rubygems.sort_key),
    "SwiftURL": _SEMVER,
    "Ubuntu": _DPKG,
    "Wolfi": _APK,
    "crates.io": _SEMVER,
    "npm": _SEMVER,
}
"""By the ecosystem's name without its suffix. Ecosystems that are absent have no order: only listed versions match."""


def order_of(ecosystem: str) -> Order | None:
    """Return the order of an ecosystem; None if it has none.

    Args:
        ecosystem: As OSV writes it, with or without a suffix: `Debian:12`, `npm`.
    """
    return ORDERED.get(ecosystem.partition(":")[0])


@lru_cache(maxsize=1 << 16)
def sort_key(ecosystem: str, version: str) -> str | None:
    """Return the sortable key of a version; None if it has no place in its ecosystem's order."""
    order = order_of(ecosystem)
    if order is None:
        return None
    try:
        return order.key(version)
    except NoKeyError:
        return None


def compare(ecosystem: str, left: str, right: str) -> int | None:
    """Compare two versions of one ecosystem.

    Returns:
        -1, 0 or 1 as the left one is lower, equal or higher; None if that cannot be decided. Identical text is equal
        in each ecosystem.
    """
    if left == right:
        return 0
    order, keys = order_of(ecosystem), (sort_key(ecosystem, left), sort_key(ecosystem, right))
    if order is None or keys[0] is None or keys[1] is None:
        return None
    if keys[0] != keys[1]:
        return -1 if keys[0] < keys[1] else 1
    return 0 if order.comparison is None else order.comparison(left, right)

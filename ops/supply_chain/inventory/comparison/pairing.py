"""Which version of one package became which: equal ones first, then neighbours in the order of versions.

Of two lists of versions, each of the shorter one gets a partner in the other, in order, such that partners are as near to
each other as possible; of equally near ones the newest are taken. The rule is the same from either side, so the
comparison the other way round has the same pairs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key
from typing import NamedTuple

from ops.supply_chain.formats.version_orders.orders import compare, sort_key

MOST_PAIRED = 200
"""Versions of one package on one side for which the nearest partners are searched; more are paired from the newest."""

_BY_TYPE = {
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "golang": "Go",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
_BY_NAMESPACE = {"alpine": "Alpine", "chainguard": "Chainguard", "wolfi": "Wolfi"}
_NUMBERS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,30}")


class Pairs(NamedTuple):
    """Versions with their partners (older document, newer document), and those without one; all oldest first."""

    paired: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]
    come: tuple[str, ...]


def order_name(kind: str, namespace: str = "") -> str:
    """Return the ecosystem whose order the versions of a package URL's type have; empty if none is known."""
    if kind == "deb":
        return "Debian"
    if kind == "apk":
        return _BY_NAMESPACE.get(namespace, "Alpine")
    return _BY_TYPE.get(kind, "")


def compare_versions(ecosystem: str, left: str, right: str) -> int | None:
    """Compare two versions.

    Args:
        ecosystem: As `order_name` gives it. Without one, only plain numbers with dots have an order.
        left: A version.
        right: Another one.
    Returns:
        -1, 0 or 1 as the left one is lower, equal or higher; None if that cannot be decided.
    """
    if ecosystem or left == right:
        return compare(ecosystem, left, right)
    if not (_NUMBERS.fullmatch(left) and _NUMBERS.fullmatch(right)):
        return None
    keys = [[int(part) for part in version.split(".")] for version in (left, right)]
    for key in keys:
        while len(key) > 1 and not key[-1]:
            key.pop()
    return (keys[0] > keys[1]) - (keys[0] < keys[1])


def pair_versions(ecosystem: str, before: Sequence[str], after: Sequence[str]) -> Pairs:
    """Pair the versions that only one of two documents has.

    Args:
        ecosystem: As `order_name` gives it.
        before: Versions in the older document and not in the newer one, each once.
        after: Versions in the newer document and not in the older one, each once.
    """
    ranks = _ranks(ecosystem, {*before, *after})
    equal = _equal(ranks, before, after)
    same = {version for pair in equal for version in pair}
    old, new = (sorted(sorted(set(side) - same), key=ranks.__getitem__) for side in (before, after))
    if len(old) <= len(new):
        partners = _partners([ranks[version] for version in old], [ranks[version] for version in new])
        pairs = [(old[at], new[to]) for at, to in enumerate(partners)]
    else:
        partners = _partners([ranks[version] for version in new], [ranks[version] for version in old])
        pairs = [(old[to], new[at]) for at, to in enumerate(partners)]
    from_old, from_new = {left for left, _ in pairs}, {right for _, right in pairs}
    return Pairs(
        tuple(sorted((*equal, *pairs), key=lambda pair: (ranks[pair[0]], pair))),
        tuple(version for version in old if version not in from_old),
        tuple(version for version in new if version not in from_new),
    )


def _equal(ranks: dict[str, int], before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Return the versions that are equal in order and written in another way, such as 1.0 and 1.0.0."""
    by_rank: dict[int, list[str]] = {}
    for version in sorted(after, reverse=True):
        by_rank.setdefault(ranks[version], []).append(version)
    return [(version, by_rank[ranks[version]].pop()) for version in sorted(before) if by_rank.get(ranks[version])]


def _ranks(ecosystem: str, versions: set[str]) -> dict[str, int]:
    """Return the place of each version: those without an order first, by text; those of equal order share a place."""
    ordered = [version for version in versions if _has_order(ecosystem, version)]
    ranks = {version: at for at, version in enumerate(sorted(versions - set(ordered)))}
    at, last = len(ranks), ""

    def by_order(left: str, right: str) -> int:
        return compare_versions(ecosystem, left, right) or 0

    for version in sorted(sorted(ordered), key=cmp_to_key(by_order)):
        at += bool(last) and compare_versions(ecosystem, last, version) != 0
        ranks[version], last = at, version
    return ranks


def _has_order(ecosystem: str, version: str) -> bool:
    return sort_key(ecosystem, version) is not None if ecosystem else _NUMBERS.fullmatch(version) is not None


def _partners(few: Sequence[int], many: Sequence[int]) -> list[int]:
    """Return for each place of the shorter list the position of its partner in the longer one; both are sorted."""
    spare = len(many) - len(few)
    if len(many) > MOST_PAIRED or not spare:
        return [at + spare for at in range(len(few))]
    # costs[at][skipped]: of the first `at` of the shorter list, if `skipped` of the longer one have no partner.
    costs = [[0] * (spare + 1)]
    for at, place in enumerate(few):
        row: list[int] = []
        for skipped in range(spare + 1):
            paired = costs[at][skipped] + abs(many[at + skipped] - place)
            row.append(min(paired, row[-1]) if row else paired)
        costs.append(row)
    found, skipped = [], spare
    for at in range(len(few), 0, -1):
        while skipped and costs[at][skipped - 1] < costs[at - 1][skipped] + abs(many[at - 1 + skipped] - few[at - 1]):
            skipped -= 1
        found.append(at - 1 + skipped)
    return found[::-1]

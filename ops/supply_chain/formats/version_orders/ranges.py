"""Version ranges in the notation `vers`, decided by the order of each ecosystem, or not at all.

    >>> in_range("npm", "npm", "1.2.3", "vers:npm/>=1.0.0|<2.0.0")
    True
    >>> in_range("generic", "", "1.2.3", "vers:generic/>=1.0.0|<2.0.0") is None
    True

Source: https://github.com/package-url/vers-spec
"""

from __future__ import annotations

import re
from functools import cmp_to_key, lru_cache
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote

from ops.supply_chain.formats.version_orders.orders import compare, sort_key

SCHEME = "vers:"
_COMPARATORS = (">=", "<=", "!=", ">", "<", "=")
_FROM_ZERO = re.compile(r">=?\s*(?:0:)?v?0(?:[.]0)*(?:[-~].*)?", re.IGNORECASE)
_LONGEST = 4096
"""Characters of a range: what is longer is not decided."""


class _Constraint(NamedTuple):
    comparator: str
    version: str


def is_range(text: str) -> bool:
    """Return whether a text is a range, and not a version."""
    return text.startswith(SCHEME)


def is_everything(text: str) -> bool:
    """Return whether a range has no end in either direction: `*`, all but some versions (`!=1.0`), or everything from zero on."""
    parts = text.partition("/")[2].split("|") if is_range(text) else []
    if all(part.startswith("!=") for part in parts):
        return bool(parts)
    return len(parts) == 1 and (parts[0] == "*" or _FROM_ZERO.fullmatch(unquote(parts[0])) is not None)


def is_valid(ecosystem: str, versions: str) -> bool:
    """Return whether a range can be decided for some version of an ecosystem.

    Args:
        ecosystem: As OSV names it.
        versions: `vers:TYPE/CONSTRAINTS`; of any type.
    """
    text = versions.removeprefix(SCHEME).partition("/")[2]
    return is_range(versions) and (text == "*" or _decidable(ecosystem, text))


def _decidable(ecosystem: str, text: str) -> bool:
    constraints = _constraints(ecosystem, text)
    return constraints is not None and sort_key(ecosystem, constraints[0].version) is not None


def in_range(type_: str, ecosystem: str, version: str, versions: str) -> bool | None:
    """Return whether a version is in a range.

    Args:
        type_: Of the package URL; the range must be of the same type.
        ecosystem: As OSV names it; empty for none.
        version: To be found.
        versions: `vers:TYPE/CONSTRAINTS`; `*` is every version.
    Returns:
        None where that cannot be decided: another type, an invalid range, a version without a place in the order.
    """
    scheme, _, text = versions.removeprefix(SCHEME).partition("/")
    if not is_range(versions) or scheme.lower() not in (type_, "all"):
        return None
    if text == "*":
        return True
    constraints = _constraints(ecosystem, text) if scheme.lower() == type_ else None
    if not constraints or not version:
        return None
    orders = [compare(ecosystem, version, constraint.version) for constraint in constraints]
    if None in orders:
        return None
    # "Checking if a version is contained within a range": equality first, then the intervals.
    for order, constraint in zip(orders, constraints, strict=True):
        if order == 0:
            return constraint.comparator in ("=", "<=", ">=")
    intervals = [
        (order, constraint.comparator)
        for order, constraint in zip(orders, constraints, strict=True)
        if constraint.comparator not in ("=", "!=")
    ]
    # Where only versions are excluded, the specification leaves open what remains.
    return None if all(item.comparator == "!=" for item in constraints) else _between(intervals)


def _between(bounds: list[tuple[int | None, str]]) -> bool:
    """Return whether a version is between bounds, given how it compares with each of them, lowest bound first."""
    if not bounds:
        return False
    above = [comparator for order, comparator in bounds if order == 1]
    below = [comparator for order, comparator in bounds if order == -1]
    from_lower = not above or above[-1].startswith(">")
    to_upper = not below or below[0].startswith("<")
    return from_lower and to_upper


@lru_cache(maxsize=4096)
def _constraints(ecosystem: str, text: str) -> tuple[_Constraint, ...] | None:
    """Read constraints, sorted by version; None where they are invalid or cannot be ordered."""
    if len(text) > _LONGEST:
        return None
    found: list[_Constraint] = []
    for part in text.split("|"):
        comparator = next((known for known in _COMPARATORS if part.startswith(known)), "")
        version = unquote(part.removeprefix(comparator)).strip()
        if not version or (found and compare(ecosystem, found[0].version, version) is None):
            return None
        found.append(_Constraint(comparator or "=", version))

    def order(left: _Constraint, right: _Constraint) -> int:
        return compare(ecosystem, left.version, right.version) or 0

    found.sort(key=cmp_to_key(order))
    return tuple(found) if _valid(ecosystem, found) else None


def _valid(ecosystem: str, constraints: list[_Constraint]) -> bool:
    ways = [constraint.comparator[0] for constraint in constraints if constraint.comparator not in ("=", "!=")]
    alternating = all(first != second for first, second in pairwise(ways))
    return alternating and all(
        compare(ecosystem, first.version, second.version) == -1 for first, second in pairwise(constraints)
    )

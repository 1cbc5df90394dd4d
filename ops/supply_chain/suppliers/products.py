"""The products that a supplier may speak for, as `[[suppliers]].products` names them.

Source: docs/suppliers.md
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote


def matches_product(pattern: str, product: str) -> bool:
    """Return whether a pattern is the whole of a product's name; `*` is any text.

    Args:
        pattern: One of `[[suppliers]].products`; a package URL is percent-encoded, or not.
        product: A package URL without version and qualifiers, or a name.
    """
    return _matches(pattern, product) or ("%" in pattern and _matches(unquote(pattern), product))


def _matches(pattern: str, product: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return first == product
    if not product.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = product.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return product.endswith(others[-1]) and len(product) - len(others[-1]) >= at


def owns(patterns: Iterable[str], product: str) -> bool:
    """Return whether a supplier was named for a product: a list that allows any product names none.

    Args:
        patterns: `[[suppliers]].products` of the supplier.
        product: A package URL without version and qualifiers, or a name.
    """
    return any(pattern.strip("*") and matches_product(pattern, product) for pattern in patterns)

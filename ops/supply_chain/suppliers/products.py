"""The products that a supplier may speak for, as `[[suppliers]].products` names them.

No supplier speaks for a whole ecosystem: its statement that nothing is affected would count for packages of everyone.

Source: docs/suppliers.md; https://github.com/package-url/purl-spec
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

PREFIX = "pkg:"
PRIVATE_TYPE = "generic"
"""The type of package URLs without a registry: `pkg:generic/*` names no packages of others."""

_HOST = re.compile(r"(?:bitbucket|codeberg)\.org|(?:gitee|github|gitlab)\.com|git\.sr\.ht|gopkg\.in|sourceforge\.net")
"""Hosts of everyone's repositories, with which names of Go and Swift packages begin."""

_ECOSYSTEMS = (
    "apk", "bitbucket", "cargo", "cocoapods", "composer", "conan", "conda", "cpan", "cran", "deb", "docker", "gem", "github", "golang", "hackage", "hex", "huggingface",
    "maven", "mlflow", "npm", "nuget", "oci", "pub", "pypi", "rpm", "swift",
)  # fmt: skip
_NAMES = tuple(
    f"{place}qzx7jvk"
    for place in ("", "qzx7w/", "@qzx7w/", "com.qzx7w/", "org.qzx7w/", "github.com/qzx7w/", "gitlab.com/qzx7w/")
)
_STRANGERS = tuple(f"{PREFIX}{kind}/{name}" for kind in _ECOSYSTEMS for name in _NAMES)
"""Packages of no supplier: a pattern that matches one matches those of everyone, however it is written."""

_SIGNS = re.compile(r"[*/@:~.\s_-]")


@lru_cache(maxsize=4096)
def names_ecosystem(pattern: str) -> bool:
    """Return whether a pattern is about all packages of an ecosystem, of a host of repositories, or of several ecosystems.

    Args:
        pattern: One of `[[suppliers]].products`. `*` alone, which allows any product, is about no packages.
    """
    text = unquote(pattern).strip().casefold()
    head, star, _ = text.partition("*")
    if not star or not text.strip("*"):
        return False
    if any(_matches(text, stranger) for stranger in _STRANGERS):
        return True
    if len(head) < len(PREFIX) and PREFIX.startswith(head):
        return not _SIGNS.sub("", text[len(head) :])
    if not head.startswith(PREFIX):
        return False
    kind, _, name = text[len(PREFIX) :].lstrip("/").partition("/")
    if kind == PRIVATE_TYPE:
        return False
    host, _, rest = name.partition("/")
    return not _SIGNS.sub("", rest if _HOST.fullmatch(host) else name)


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
    """Return whether a supplier was named for a product: a pattern that allows any product, or all of an ecosystem, names none.

    Args:
        patterns: `[[suppliers]].products` of the supplier.
        product: A package URL without version and qualifiers, or a name.
    """
    return any(
        pattern.strip("*") and not names_ecosystem(pattern) and matches_product(pattern, product)
        for pattern in patterns
    )

"""Packages and versions named by purls and version ranges, exactly or not at all.

Source: ECMA-427 (purl), https://ecma-international.org/publications-and-standards/standards/ecma-427/;
https://github.com/package-url/vers-spec; PEP 503; PEP 440.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values.vex import VexTarget
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.version_orders.ecosystems import PYPI
from ops.supply_chain.formats.version_orders.ranges import in_range, is_valid

NOT_PYPI = "name no PyPI package by its purl"
NO_VERSION = "name no exact version"
NARROWER = "are about a single file or another index only"
UNREADABLE_RANGE = "have a version range that PEP 440 cannot decide"

RANGE_SCHEME = "vers:pypi/"


class PurlKey(NamedTuple):
    """A purl in the form in which two are compared; PyPI names in PEP 503 form."""

    kind: str
    namespace: str
    name: str
    version: str
    narrowed: str


@lru_cache(maxsize=65536)
def purl_key(text: str) -> PurlKey | None:
    """Read a purl; None for any other text."""
    from packageurl import PackageURL

    if not text.startswith("pkg:"):
        return None
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        return None
    name = normalise(purl.name) if purl.type == "pypi" else purl.name
    qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
    narrowed = "&".join(f"{key}={value}" for key, value in sorted(qualifiers.items()))
    if purl.subpath:
        narrowed += f"#{purl.subpath}"
    return PurlKey(purl.type, purl.namespace or "", name, purl.version or "", narrowed)


def with_version(purl: str, version: str) -> str:
    """Return a purl with the version that its document gives elsewhere; unchanged if it has one, or is no purl."""
    from packageurl import PackageURL

    key = purl_key(purl)
    if key is None or key.version or not version:
        return purl
    return PackageURL.from_string(purl)._replace(version=version).to_string()


def is_product(purl: str, own: Iterable[PurlKey]) -> bool:
    """Return True if a purl names our own product, in this version or in all.

    Args:
        purl: As the document names a product; a purl without a version is about every version.
        own: The purls that our product goes by.
    """
    found = purl_key(purl)
    return found is not None and any(
        (found.kind, found.namespace, found.name, found.narrowed) == (key.kind, key.namespace, key.name, key.narrowed)
        and (found.version in ("", key.version) or (found.kind == "pypi" and same_version(found.version, key.version)))
        for key in own
    )


def target_of(purl: str, *, within: str = "", version: str = "", versions: str = "") -> VexTarget:
    """Return the target that a purl names.

    Args:
        purl: The package; any other text gives a target with a problem, which matches nothing.
        within: Purl of the product in whose context the statement applies; empty for the package itself.
        version: The exact version from elsewhere in the document, used if the purl has none.
        versions: A `vers` range, used if there is no exact version.
    """
    label = printable(purl) or "nothing"
    key = purl_key(purl)
    if key is None or key.kind != "pypi" or key.namespace:
        return VexTarget(label=label, problem=NOT_PYPI)
    if key.narrowed and not within:
        return VexTarget(label=label, problem=NARROWER)
    exact = key.version or version
    if exact:
        return VexTarget(label=label, name=key.name, version=exact, within=within)
    if not versions:
        return VexTarget(label=label, problem=NO_VERSION)
    if not _is_readable(versions):
        return VexTarget(label=label, problem=UNREADABLE_RANGE)
    return VexTarget(label=label, name=key.name, versions=versions, within=within)


def same_version(version: str, other: str) -> bool:
    """Return True if two versions are the same by PEP 440; versions of another form are compared as text."""
    if version == other:
        return True
    first, second = _version(version), _version(other)
    return first is not None and first == second


def within_range(version: str, versions: str) -> bool:
    """Return True if a version is in a `vers:pypi/` range; False if that cannot be decided."""
    return _is_readable(versions) and in_range("pypi", PYPI, version, versions) is True


def _is_readable(versions: str) -> bool:
    """Return False for another scheme, `*`, and an invalid range."""
    return versions.startswith(RANGE_SCHEME) and versions != f"{RANGE_SCHEME}*" and is_valid(PYPI, versions)


@lru_cache(maxsize=65536)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None

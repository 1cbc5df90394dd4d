"""The packages of any SBOM in one form, to compare documents of different formats and tools.

Packages are identified by ecosystem and name: a pypi purl by its PEP 503 name, any other purl by type,
namespace and name, and what has no purl by its name alone, which is an ecosystem of its own; so a package
from a path is never taken for the index's package of the same name.

Source: https://github.com/package-url/purl-spec; PEP 503. Raw purls are never compared: tools spell them differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from ops.supply_chain.core.names import normalise

NO_ECOSYSTEM = ""
"""Ecosystem of what has no purl."""

FILES = "file"
"""Ecosystem of files, which are identified by their names."""

_SPELLING = re.compile(r"[-_ ]")
_OPERATORS = re.compile(r"\s+AND\s+", re.IGNORECASE)
_LICENCE_REF = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_UNKNOWN = frozenset({"", "NOASSERTION", "NONE", "UNKNOWN"})
NO_LICENCE = "NONE"
"""SPDX: there is no licence. That is known, and a package that loses its licence was relicensed."""


PackageKey = tuple[str, str]
"""(ecosystem, name)."""


class ListedPackage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of one package in one document.

    `name` is as written, `version` empty where unknown. `licences` are sorted names and expressions that
    hold together, empty where unknown. `hashes` are `<algorithm>:<lower-case hex>`, algorithm in lower case
    letters and digits only. `producer` is empty where unknown. `needs` are the packages it depends on; None
    where the document does not state them. `scope` is CycloneDX's word, empty where it is not stated; `inside` are the
    wheels that contain it, sorted. `supplier` is empty where unknown; it is the producer too where no other is stated.
    `count` is how many components of the document it is.
    """

    key: PackageKey
    name: str
    version: str
    licences: tuple[str, ...] = ()
    hashes: frozenset[str] = frozenset()
    producer: str = ""
    needs: frozenset[PackageKey] | None = None
    scope: str = ""
    inside: tuple[str, ...] = ()
    supplier: str = ""
    count: int = 1


class SbomInventory(msgspec.Struct, frozen=True, kw_only=True):
    """One document: its format with version, what it describes, and its packages by key and version.

    `components` is how many components that is, 0 where that was not counted. `incomplete` is why what is absent may only
    be unlisted; empty if the document states nothing of the kind. `uncertain` are packages about which alone it
    states that, and `below` what each package depends on or contains.
    """

    format: str
    name: str
    version: str
    items: dict[PackageKey, dict[str, ListedPackage]]
    syntax: str = ""
    components: int = 0
    incomplete: str = ""
    uncertain: frozenset[PackageKey] = frozenset()
    below: dict[PackageKey, frozenset[PackageKey]] = {}

    @property
    def size(self) -> int:
        """The number of versions of packages."""
        return sum(map(len, self.items.values()))

    @property
    def inside(self) -> int:
        """How many of them are inside wheels of others."""
        return sum(bool(item.inside) for versions in self.items.values() for item in versions.values())


def collect(items: Iterable[ListedPackage]) -> dict[PackageKey, dict[str, ListedPackage]]:
    """Arrange items by key and version; two of the same version become one."""
    found: dict[PackageKey, dict[str, ListedPackage]] = {}
    for item in items:
        versions = found.setdefault(item.key, {})
        known = versions.get(item.version)
        versions[item.version] = item if known is None else _merged(known, item)
    return found


def key_of(purl: str, name: str, group: str = "") -> PackageKey:
    """Return the key that identifies a package.

    Args:
        purl: As the document has it; empty or broken means that there is none.
        name: As the document has it.
        group: The namespace before the name, if the format keeps it in a field of its own.
    """
    from packageurl import PackageURL

    try:
        parsed = PackageURL.from_string(purl) if purl else None
    except ValueError:
        parsed = None
    if parsed is None:
        return (NO_ECOSYSTEM, name_without_ecosystem(name, group))
    if parsed.type == "pypi":
        return ("pypi", normalise(parsed.name))
    return (parsed.type, "/".join(filter(None, (parsed.namespace, parsed.name))))


def name_without_ecosystem(name: str, group: str = "") -> str:
    """Return the name that identifies what has no package URL: a weak identity, without case."""
    return normalise("/".join(filter(None, (group, name))))


def digest_of(algorithm: str, digest: str) -> str:
    """Return a hash in the one spelling that all formats share here."""
    return f"{_SPELLING.sub('', algorithm).lower()}:{digest.lower()}"


def licences_of(expression: str, names: dict[str, str] | None = None) -> tuple[str, ...]:
    """Take a licence expression apart into what holds together.

    Args:
        expression: SPDX, or any text.
        names: LicenseRef -> the name behind it.
    Returns:
        The parts of a plain AND, sorted; an expression with OR or brackets as a whole; `NONE` where there is no licence; nothing if unknown.
    """
    parts = _parts_of(expression)
    if names:
        parts = tuple(_LICENCE_REF.sub(lambda found: names.get(found[0], found[0]), part) for part in parts)
    return tuple(sorted(set(parts)))


@lru_cache(maxsize=8192)
def _parts_of(expression: str) -> tuple[str, ...]:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    clean = expression.strip()
    if clean == NO_LICENCE:
        return (clean,)
    if clean.upper() in _UNKNOWN:
        return ()
    try:
        clean = str(canonicalize_license_expression(clean))
    except (InvalidLicenseExpression, KeyError, MemoryError, RecursionError):
        clean = " ".join(clean.split())
    if clean.startswith("(") and clean.endswith(")") and not {"(", ")"} & {*clean[1:-1]}:
        clean = clean[1:-1].strip()
    whole = "(" in clean or re.search(r"\sOR\s", clean, re.IGNORECASE) is not None
    return (clean,) if whole else tuple(_OPERATORS.split(clean))


def known(text: str) -> str:
    """Return a text, empty where it is a format's word for unknown."""
    return "" if text.strip().upper() in _UNKNOWN else text.strip()


def _merged(first: ListedPackage, second: ListedPackage) -> ListedPackage:
    needs = first.needs if second.needs is None else second.needs if first.needs is None else first.needs | second.needs
    return ListedPackage(
        key=first.key,
        name=first.name,
        version=first.version,
        licences=tuple(sorted({*first.licences, *second.licences})),
        hashes=first.hashes | second.hashes,
        producer=first.producer or second.producer,
        needs=needs,
        scope=first.scope if first.scope == second.scope else "",
        inside=tuple(sorted({*first.inside, *second.inside})),
        supplier=first.supplier or second.supplier,
        count=first.count + second.count,
    )

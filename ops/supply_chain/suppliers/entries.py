"""What the registry stores of an SBOM: its product, and its components by identity.

A component with a package URL is identified by that, folded by the rules of its type; one without by its CPE, else by its
supplier and name: such an identity is weak. Qualifiers belong to the occurrence, except the release of a distribution and the
source package that the component was built from.

Source: https://github.com/package-url/purl-spec/tree/main/types, https://cyclonedx.org/docs/1.6/json/#components
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

from msgspec.structs import replace

from ops.supply_chain.contracts.values.received_sbom import PackageIdentity, ReceivedSbom, SbomComponent
from ops.supply_chain.contracts.values.registry import (
    ComponentVersion,
    ListedComponent,
    PackageName,
    RegisteredComponent,
    RegisteredDigest,
    listed_once,
)
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp, timestamp
from ops.supply_chain.formats.purl import MOST_REMEMBERED
from ops.supply_chain.formats.version_orders.ecosystems import module_paths

BY_CPE, BY_NAME = ":cpe", ":name"
"""Types of weak identities."""

MOST_COMPONENTS = 4096
"""Of a document whose components are remembered: those of a large one would fill the memory."""

_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_SOURCE_VERSION = re.compile(r"@.*", re.DOTALL)


class ProductName(NamedTuple):
    """What a document is about: the identity that a newer document of it has, too, and its version; empty if it has none."""

    identity: str
    version: str


def product_of(sbom: ReceivedSbom) -> ProductName:
    """Return the product of an SBOM: the first component that it describes, else the document's own name."""
    if not sbom.roots:
        return ProductName(sbom.name, "")
    root = sbom.components[sbom.roots[0]]
    if root.package is not None:
        return ProductName(purl_of(root.package), root.package.version or root.version)
    name = f"{root.group}/{root.name}" if root.group else root.name
    return ProductName(name or sbom.name, root.version)


def purl_of(package: PackageIdentity) -> str:
    """Return a package URL without version and qualifiers, folded; for people and to compare with another such text."""
    return "/".join(part for part in (f"pkg:{package.type}", package.namespace, package.name) if part)


def utc(text: str) -> str:
    """Return a document's time in UTC as `YYYY-MM-DDTHH:MM:SSZ`; empty if it has none that can be ordered."""
    try:
        return timestamp(parse_timestamp(text, where="")) if text else ""
    except (InputError, OverflowError, ValueError):
        return ""


def components_of(sbom: ReceivedSbom) -> Iterator[RegisteredComponent]:
    """Yield what the registry stores of each component; the version of the package URL and another one are two."""
    for place, component in enumerate(sbom.components):
        if component.package is not None:
            for version, qualifiers in _remembered_versions(component.package, component.version):
                yield RegisteredComponent._make((place, *version, qualifiers))
        elif component.name or component.cpes:
            for name in weak_names(component):
                yield RegisteredComponent(place, name, component.version)


def listed_in(sbom: ReceivedSbom) -> tuple[tuple[ListedComponent, int], ...]:
    """Return what `components_of` yields, each once, with its first place and the qualifiers of all its places.

    Of components that documents share, what is listed is shared, too: as the same objects.
    """
    if len(sbom.components) <= MOST_COMPONENTS:
        found = _shared_listing(sbom.components)
        if found and len({version for _, version, _ in found}) == len(found):  # nearly always
            return tuple(zip([listed for listed, _, _ in found], range(len(found)), strict=True))
    return listed_once(components_of(sbom))


def _shared_listing(components: Sequence[SbomComponent]) -> list[_Listed]:
    """Return what each component is listed as; empty where one is listed as nothing, or as several."""
    if len(_LISTED) > MOST_REMEMBERED:
        _LISTED.clear()
        _OBJECTS.clear()
    found = list(map(_LISTED.get, map(id, components)))
    for at, known in enumerate(found):
        if known is None:
            listed = _listed_as(components[at])
            if listed is None:
                return []
            found[at] = _LISTED[id(components[at])] = listed
    return [known for known in found if known is not None]


def _listed_as(component: SbomComponent) -> _Listed | None:
    versions = _remembered_versions(component.package, component.version) if component.package is not None else ()
    if len(versions) != 1:
        return None
    [(version, qualifiers)] = versions
    version = _OBJECTS.setdefault(version, version)
    return (version, qualifiers), id(version), component


_Listed = tuple[ListedComponent, int, SbomComponent]
"""What a component is listed as, the identity of its version's object, and the component."""

_LISTED: dict[int, _Listed] = {}
"""By the identity of the component, which lives as long as it is here."""

_OBJECTS: dict[ComponentVersion, ComponentVersion] = {}
"""Equal versions are the same object."""


def _remembered_versions(package: PackageIdentity, other: str) -> _Versions:
    """Return what `_versions_of` returns; of the same object, which documents share, at once."""
    known = _VERSIONS.get(id(package))
    if known is not None and known[0] is package and known[1] == other:
        return known[2]
    if len(_VERSIONS) >= MOST_REMEMBERED:
        _VERSIONS.clear()
    found = _versions_of(package, other)
    _VERSIONS[id(package)] = package, other, found
    return found


_Versions = tuple[tuple[ComponentVersion, str], ...]
_VERSIONS: dict[int, tuple[PackageIdentity, str, _Versions]] = {}
"""By the identity of the object, which lives as long as it is here."""


@lru_cache(maxsize=MOST_REMEMBERED)
def _versions_of(package: PackageIdentity, other: str) -> _Versions:
    """Return what a package URL identifies, by the version in it and by the component's own, where that is another one.

    With each come the qualifiers that are no part of it.
    """
    name = PackageName(package.type, package.namespace, package.name)
    distribution, source, others = "", "", ""
    for key, value in package.qualifiers:
        if key == "distro":
            distribution = value.lower()
        elif key == "upstream":
            source = _SOURCE_VERSION.sub("", value).lower()
        else:
            others += f"{'&' if others else ''}{key}={quote(value, safe='/:~,')}"
    versions = dict.fromkeys((package.version or other, other or package.version))
    names = (name, *_modules(package))
    return tuple(((name, version, distribution, source), others) for name in names for version in versions)


def _modules(package: PackageIdentity) -> Iterator[PackageName]:
    """Yield the further modules that a Go package URL with a subpath can mean."""
    for path in module_paths(package.subpath) if package.type == "golang" else ():
        module = "/".join(filter(None, (package.namespace, package.name, path)))
        yield PackageName(package.type, *module.rsplit("/", 1))


def weak_names(component: SbomComponent) -> tuple[PackageName, ...]:
    """Return all weak identities of a component: by each of its CPEs, and by its name where no CPE has that."""
    found = dict.fromkeys((weak_name(component), *filter(None, map(cpe_name, component.cpes))))
    if component.name and component.name.lower() not in {item.name for item in found}:
        found[weak_name(replace(component, cpes=()))] = None
    return tuple(found)


def weak_name(component: SbomComponent) -> PackageName:
    """Return the weak identity of a component without a package URL: vendor and product of its CPE, else supplier and name.

    A name is in lower case: documents differ in that.
    """
    for cpe in component.cpes:
        found = cpe_name(cpe)
        if found is not None:
            return found
    party = component.supplier or component.producer
    return PackageName(BY_NAME, component.group or (party.name if party else ""), component.name.lower())


def cpe_name(cpe: str) -> PackageName | None:
    """Return the weak identity by a CPE 2.2 or 2.3, vendor and product; None where one is missing or is a wildcard."""
    lowered = cpe.lower()
    if lowered.startswith("cpe:2.3:"):
        fields = re.split(r"(?<!\\):", lowered)[3:5]
    elif lowered.startswith("cpe:/"):
        fields = lowered.split(":")[2:4]
    else:
        return None
    match fields:
        case [vendor, product] if not {vendor, product} & {"", "*", "-"}:
            return PackageName(BY_CPE, vendor, product)
    return None


def digests_of(sbom: ReceivedSbom) -> Iterator[RegisteredDigest]:
    """Yield the digests of all components that can be compared."""
    for place, component in enumerate(sbom.components):
        for digest in component.digests:
            if _HEX.fullmatch(digest.value):
                yield RegisteredDigest(place, digest.algorithm, digest.value)


def qualifiers_in(text: str) -> tuple[dict[str, str], ...]:
    """Return the qualifiers that the registry stores of a component, for each occurrence that differs."""
    return tuple(dict(parse_qsl(line, keep_blank_values=True)) for line in text.split("\n"))

"""The parts of a CycloneDX component that its package alone decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from ops.supply_chain.contracts.values.lock import PinSourceKind
from ops.supply_chain.inventory.build.packages import OUTSIDE
from ops.supply_chain.inventory.model.addresses import publishable, repository
from ops.supply_chain.inventory.model.document import Component, Element, Licence, Package
from ops.supply_chain.inventory.model.licences import is_identifier
from ops.supply_chain.inventory.model.suppliers import contact_of

Json = dict[str, Any]

ALGORITHMS = {
    "md5": ("MD5", 32),
    "sha1": ("SHA-1", 40),
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
    "sha3_256": ("SHA3-256", 64),
    "sha3_384": ("SHA3-384", 96),
    "sha3_512": ("SHA3-512", 128),
    "blake2b_256": ("BLAKE2b-256", 64),
    "blake2b": ("BLAKE2b-512", 128),
}
"""Name in a lock -> name in CycloneDX, and the number of hexadecimal digits."""

_HEXADECIMAL = frozenset("0123456789abcdef")


def package_fields(package: Package, supplier: str = "") -> Json:
    """Return the fields of a component that its package decides; empty ones stay empty.

    Args:
        package: Any.
        supplier: Who supplies it; left out where the producer is known, who is the same.
    """
    return {
        "cpe": package.cpe,
        "description": package.summary,
        "externalReferences": references_of(package),
        "hashes": hashes_of(package.hashes),
        "licenses": licences_of(package.licence),
        "manufacturer": party_of(package.producer, contact_of(package)),
        "name": package.name,
        "purl": package.purl,
        "supplier": {} if package.producer else party_of(supplier, contact_of(package)),
        "version": package.version,
    }


def distribution_reference(file_name: str, hashes: tuple[str, ...]) -> Json:
    """Return the reference of a component to the file that it is delivered as; its address is the file's name."""
    return {"hashes": hashes_of(hashes), "type": "distribution", "url": quote(file_name)}


def party_of(name: str, contact: str) -> Json:
    """Return who makes or supplies something, with the e-mail address or URL of it; empty where there is no name."""
    if not name:
        return {}
    address = {"url": [contact]} if "://" in contact else {"contact": [{"email": contact}]} if contact else {}
    return {"name": name, **address}


def hashes_of(hashes: tuple[str, ...]) -> list[Json]:
    """Return the digests that CycloneDX has a name for and that are as long as they must be, in order."""
    return [
        {"alg": ALGORITHMS[algorithm][0], "content": digest}
        for algorithm, _, digest in (digest.partition(":") for digest in hashes)
        if _is_usable(algorithm, digest)
    ]


def licences_of(licence: Licence) -> list[Json]:
    """Return what is declared: one expression, or a list of identifiers and names; empty where unknown."""
    if licence.expression:
        if is_identifier(licence.expression):
            return [_declared("id", licence.expression)]
        return [{"acknowledgement": "declared", "expression": licence.expression}]
    return [_declared("id", identifier) for identifier in licence.ids] + [
        _declared("name", name) for name in licence.names
    ]


def references_of(package: Package) -> list[Json]:
    """Return where it is fetched from and where it lives, sorted by type, address, comment."""
    found = [*_sources(package), *({"type": link.kind.value, "url": link.url} for link in package.links)]
    return in_order(found)


def in_order(references: Iterable[Json]) -> list[Json]:
    """Return external references sorted by type, address, comment."""
    return sorted(references, key=lambda link: (link["type"], link["url"], link.get("comment", "")))


def properties_of(component: Component, *, in_lock: bool = True, delivery: str = "") -> list[Json]:
    """Return what CycloneDX has no field for, and each element that is unknown, sorted.

    Args:
        component: Any, the root too.
        in_lock: False for the root, of which no lock can say whether it is a direct dependency.
        delivery: How it is delivered; empty if that is not stated.
    """
    package = component.package
    direct = {True: "true", False: "false", None: "unknown"}[component.direct]
    pairs = [
        *([("direct", direct)] if in_lock and not component.part else []),
        *([("delivery", delivery)] if delivery else []),
        *([("local", "true")] if package.local and in_lock else []),
        *(("extra", extra) for extra in package.extras),
        *(("group", group) for group in component.groups),
        *(("hash", digest) for digest in package.hashes if not _is_usable(*digest.split(":", 1))),
        *(("marker", marker) for marker in package.markers),
        *([("licence-source", package.licence.source)] if package.licence.source else []),
        *_path(package, in_lock=in_lock),
        *(("unknown", element.value) for element in _unknown(component, in_lock=in_lock)),
        *([("part", component.part.value)] if component.part else []),
        *component.notes,
    ]
    return [{"name": f"sealwright:{name}", "value": value} for name, value in sorted(pairs)]


def _unknown(component: Component, *, in_lock: bool) -> tuple[Element, ...]:
    # The root is what is being released: its files do not exist yet, so it has no digest to know.
    return component.unknown if in_lock else tuple(entry for entry in component.unknown if entry is not Element.HASH)


def _path(package: Package, *, in_lock: bool) -> list[tuple[str, str]]:
    if package.source.kind is not PinSourceKind.PATH or not in_lock:
        return []
    if package.source.url == OUTSIDE:
        return [("withheld", "path outside the project")]
    return [("path", package.source.url)]


def _sources(package: Package) -> list[Json]:
    source = package.source
    if source.kind is PinSourceKind.VCS and repository(source.url):
        comment = f"{source.vcs or 'git'} {source.commit}".strip()
        return [{"comment": comment, "type": "vcs", "url": repository(source.url)}]
    if package.files:
        return [found for file in package.files if (found := _file(package, file.name, file.url, file.hashes))]
    url = publishable(source.url) if source.kind is PinSourceKind.URL else package.page
    return [_distribution(url, "", package.hashes if source.kind is PinSourceKind.URL else ())] if url else []


def _file(package: Package, name: str, url: str, hashes: tuple[str, ...]) -> Json | None:
    address = url or (publishable(package.source.url) if package.source.kind is PinSourceKind.URL else package.page)
    return _distribution(address, name, hashes) if address else None


def _distribution(url: str, name: str, hashes: tuple[str, ...]) -> Json:
    digests = hashes_of(hashes)
    return {
        **({"comment": name} if name else {}),
        **({"hashes": digests} if digests else {}),
        "type": "distribution",
        "url": url,
    }


def _declared(field: str, value: str) -> Json:
    return {"license": {"acknowledgement": "declared", field: value}}


def _is_usable(algorithm: str, digest: str) -> bool:
    known = ALGORITHMS.get(algorithm)
    return known is not None and len(digest) == known[1] and _HEXADECIMAL.issuperset(digest)

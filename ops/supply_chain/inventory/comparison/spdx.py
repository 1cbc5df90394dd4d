"""SPDX 2.2, 2.3 and 3.0 as inventories."""

from __future__ import annotations

import re

from ops.supply_chain.formats.spdx2 import NOT_ASSERTED, UNSAID, Spdx2, SpdxPackage
from ops.supply_chain.formats.spdx3 import GraphPackage, Spdx3
from ops.supply_chain.inventory.comparison.inventory import (
    ListedPackage,
    PackageKey,
    SbomInventory,
    collect,
    digest_of,
    key_of,
    known,
    licences_of,
)

_ACTOR = re.compile(r"(?:Organization|Person|Tool):\s*(?P<name>.*?)\s*(?:\([^()]*@[^()]*\)|\(\))?\s*", re.DOTALL)


def spdx2_inventory(document: Spdx2) -> SbomInventory:
    """Return the inventory of an SPDX 2 document."""
    packages = {package.id: package for package in document.packages}
    roots = document.described & packages.keys()
    root = packages[min(roots)] if roots else None
    keys = {package.id: key_of(package.purl, package.name) for package in document.packages}
    names = {reference: name or reference for reference, name in document.licence_names.items()}
    left_out = _left_out(roots, len(packages))
    return SbomInventory(
        format=f"SPDX {document.version}",
        name=root.name if root else document.name,
        version=known(root.version) if root else "",
        items=collect(
            _item2(package, names, keys, document.dependencies.get(package.id))
            for package in packages.values()
            if package.id not in left_out
        ),
    )


def spdx3_inventory(document: Spdx3) -> SbomInventory:
    """Return the inventory of an SPDX 3 document."""
    packages = {package.id: package for package in document.packages}
    roots = document.roots & packages.keys()
    root = packages[min(roots)] if roots else None
    keys = {package.id: key_of(package.purl, package.name) for package in document.packages}
    left_out = _left_out(roots, len(packages))
    return SbomInventory(
        format="SPDX 3.0",
        name=root.name if root else "",
        version=root.version if root else "",
        items=collect(
            _item3(package, keys, document.dependencies.get(package.id))
            for package in packages.values()
            if package.id not in left_out
        ),
    )


def _left_out(roots: frozenset[str], packages: int) -> frozenset[str]:
    # A document that describes all its packages (as some tools write) has no one root to leave out.
    return roots if len(roots) < packages else frozenset()


def _item2(
    package: SpdxPackage, names: dict[str, str], keys: dict[str, PackageKey], targets: tuple[str, ...] | None
) -> ListedPackage:
    unknown = targets is None or NOT_ASSERTED in targets
    return ListedPackage(
        key=keys[package.id],
        name=package.name,
        version=known(package.version),
        licences=licences_of(package.declared if licences_of(package.declared) else package.concluded, names),
        hashes=frozenset(digest_of(checksum.algorithm, checksum.value) for checksum in package.checksums),
        producer=_actor(package.originator) or _actor(package.supplier),
        needs=None if unknown else _needs(frozenset(targets or ()) - UNSAID, keys),
    )


def _actor(written: str) -> str:
    found = _ACTOR.fullmatch(written)
    return known(found["name"] if found else written)


def _item3(package: GraphPackage, keys: dict[str, PackageKey], targets: frozenset[str] | None) -> ListedPackage:
    licences = {licence for expression, names in package.licences for licence in licences_of(expression, names)}
    return ListedPackage(
        key=keys[package.id],
        name=package.name,
        version=known(package.version),
        licences=tuple(sorted(licences)),
        hashes=frozenset(digest_of(entry.algorithm, entry.value) for entry in package.hashes),
        producer=next(filter(None, map(known, package.producers)), ""),
        needs=None if targets is None else _needs(targets, keys),
    )


def _needs(targets: frozenset[str], keys: dict[str, PackageKey]) -> frozenset[PackageKey]:
    return frozenset(keys[target] for target in targets if target in keys)

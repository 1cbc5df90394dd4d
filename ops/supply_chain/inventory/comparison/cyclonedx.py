"""CycloneDX 1.4 to 1.7 as an inventory.

A missing `dependencies` entry means unknown, an empty one means none; one of which a composition states that it is not
complete is unknown as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.formats.cyclonedx import FILE_REFERENCES, BomComponent, CycloneDx, LicenceChoice
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

VERSIONS = ("1.4", "1.5", "1.6", "1.7")
"""Versions that can be compared; older ones lack what a comparison needs."""


def cyclonedx_inventory(document: CycloneDx) -> SbomInventory:
    """Return the inventory of a document of a version in `VERSIONS`."""
    root = document.root
    described = [*document.components, *((root,) if root else ())]
    keys_in_order = [key_of(component.purl, component.name, component.group) for component in described]
    keys = {component.ref: key for component, key in zip(described, keys_in_order, strict=True) if component.ref}
    needs = _needs(document, keys)
    return SbomInventory(
        format=f"CycloneDX {document.spec_version}",
        name=root.name if root else "",
        version=root.version if root else "",
        items=collect(
            _item(component, key, needs.get(component.ref))
            for component, key in zip(document.components, keys_in_order, strict=False)  # the root is the last
        ),
    )


def _needs(document: CycloneDx, keys: dict[str, PackageKey]) -> dict[str, frozenset[PackageKey]]:
    incomplete = document.incomplete_refs()
    return {
        ref: frozenset(keys[target] for target in targets if target in keys)
        for ref, targets in document.dependencies.items()
        if ref not in incomplete
    }


def _item(component: BomComponent, key: PackageKey, needs: frozenset[PackageKey] | None) -> ListedPackage:
    return ListedPackage(
        key=key,
        name=component.name,
        version=known(component.version),
        licences=_licences(component.licences),
        hashes=frozenset(_hashes(component)),
        producer=_producer(component),
        needs=needs,
        scope=component.scope,
        inside=component.wheels,
    )


def _licences(choices: tuple[LicenceChoice, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    for choice in choices:
        found.update(licences_of(choice.expression or choice.id))
        if choice.name:
            found.add(choice.name)
    return tuple(sorted(found))


def _hashes(component: BomComponent) -> Iterator[str]:
    files = [reference.hashes for reference in component.references if reference.type in FILE_REFERENCES]
    for hashes in (component.hashes, *files):
        for entry in hashes:
            yield digest_of(entry.algorithm, entry.content)


def _producer(component: BomComponent) -> str:
    candidates = (
        component.manufacturer,
        ", ".join(component.authors),
        component.author,
        component.publisher,
        component.supplier,
    )
    return next(filter(None, map(known, candidates)), "")

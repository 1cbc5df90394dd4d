"""CycloneDX 1.4 to 1.7 JSON, read into an inventory.

Source: CycloneDX JSON schemas; a missing `dependencies` entry means unknown, an empty one means none, and
one of which a composition says that it is not complete is not known either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.inventory.checks.values import ROOT, table, tables, text, texts
from ops.supply_chain.inventory.comparison.inventory import (
    Inventory,
    Item,
    Key,
    collect,
    digest_of,
    key_of,
    known,
    licences_of,
)

VERSIONS = ("1.4", "1.5", "1.6", "1.7")
"""Versions that are read; older ones lack what a comparison needs."""

_FILE_LINKS = frozenset({"distribution", "source-distribution"})


def read_cyclonedx(document: dict[str, Any]) -> Inventory:
    """Read a document of a version in `VERSIONS`; anything of a wrong type is passed over."""
    root = table(table(document.get("metadata")).get("component"))
    components = list(_components(document.get("components")))
    keys = {text(one.get("bom-ref")): _key(one) for one in (root, *components) if text(one.get("bom-ref"))}
    needs = _needs(document, keys)
    return Inventory(
        format=f"CycloneDX {text(document.get('specVersion'))}",
        name=text(root.get("name")),
        version=text(root.get("version")),
        items=collect(_item(one, needs.get(text(one.get("bom-ref")))) for one in components),
    )


def _components(value: object) -> Iterator[dict[str, Any]]:
    pending = [one for _, one in tables(value, ROOT)]
    while pending:
        component = pending.pop()
        pending.extend(one for _, one in tables(component.get("components"), ROOT))
        if text(component.get("name")):
            yield component


def _key(component: dict[str, Any]) -> Key:
    return key_of(text(component.get("purl")), text(component.get("name")), text(component.get("group")))


def _needs(document: dict[str, Any], keys: dict[str, Key]) -> dict[str, frozenset[Key]]:
    partly = {
        ref
        for _, composition in tables(document.get("compositions"), ROOT)
        if composition.get("aggregate") != "complete"
        for _, ref in texts(composition.get("dependencies"), (ROOT, "dependencies"))
    }
    return {
        ref: frozenset(keys[one] for _, one in texts(entry.get("dependsOn"), (ROOT, "dependsOn")) if one in keys)
        for _, entry in tables(document.get("dependencies"), ROOT)
        if (ref := text(entry.get("ref"))) not in partly
    }


def _item(component: dict[str, Any], needs: frozenset[Key] | None) -> Item:
    return Item(
        key=_key(component),
        name=text(component.get("name")),
        version=known(text(component.get("version"))),
        licences=_licences(component),
        hashes=frozenset(_hashes(component)),
        producer=_producer(component),
        needs=needs,
    )


def _licences(component: dict[str, Any]) -> tuple[str, ...]:
    found: set[str] = set()
    for _, choice in tables(component.get("licenses"), ROOT):
        licence = table(choice.get("license"))
        found.update(licences_of(text(choice.get("expression")) or text(licence.get("id"))))
        if text(licence.get("name")):
            found.add(text(licence["name"]))
    return tuple(sorted(found))


def _hashes(component: dict[str, Any]) -> Iterator[str]:
    holders = [component]
    holders += [
        link for _, link in tables(component.get("externalReferences"), ROOT) if text(link.get("type")) in _FILE_LINKS
    ]
    for holder in holders:
        for _, digest in tables(holder.get("hashes"), ROOT):
            yield digest_of(text(digest.get("alg")), text(digest.get("content")))


def _producer(component: dict[str, Any]) -> str:
    authors = ", ".join(text(one.get("name")) for _, one in tables(component.get("authors"), ROOT))
    told = (
        text(table(component.get("manufacturer")).get("name")),
        authors,
        text(component.get("author")),
        text(component.get("publisher")),
        text(table(component.get("supplier")).get("name")),
    )
    return next(filter(None, map(known, told)), "")

"""SPDX 2.2 and 2.3 JSON and SPDX 3.0 JSON-LD, read into an inventory.

Source: SPDX 2.3 clauses 7 and 11; SPDX 3.0.1 model (Core, Software, SimpleLicensing).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ops.supply_chain.inventory.checks.spdx2 import UNSAID
from ops.supply_chain.inventory.checks.spdx3 import graph, identifier
from ops.supply_chain.inventory.checks.values import ROOT, tables, text, texts
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

VERSIONS = ("SPDX-2.2", "SPDX-2.3")

_ACTOR = re.compile(r"(?:Organization|Person|Tool):\s*(?P<name>.*?)\s*(?:\([^()]*@[^()]*\)|\(\))?\s*", re.DOTALL)
_UNKNOWN_ENDS = frozenset({"NoAssertionElement", "NoneElement"})

_Edges = dict[str, set[str] | None]
"""Identifier -> identifiers of what it needs; None where that is said to be unknown."""


def read_spdx2(document: dict[str, Any]) -> Inventory:
    """Read an SPDX 2.2 or 2.3 document; anything of a wrong type is passed over."""
    packages = {text(one.get("SPDXID")): one for _, one in tables(document.get("packages"), ROOT)}
    roots = _described(document) & packages.keys()
    root = packages[min(roots)] if roots else {}
    names = {
        text(one.get("licenseId")): text(one.get("name")) or text(one.get("licenseId"))
        for _, one in tables(document.get("hasExtractedLicensingInfos"), ROOT)
    }
    keys = {name: _key2(one) for name, one in packages.items()}
    edges = _edges2(document)
    # A document that describes all its packages (as some tools write) has no one root to leave out.
    left_out = roots if len(roots) < len(packages) else set()
    return Inventory(
        format=text(document.get("spdxVersion")).replace("-", " "),
        name=text(root.get("name")) or text(document.get("name")),
        version=known(text(root.get("versionInfo"))),
        items=collect(
            _item2(one, names, _needs(edges, name, keys)) for name, one in packages.items() if name not in left_out
        ),
    )


def _described(document: dict[str, Any]) -> set[str]:
    found = {name for _, name in texts(document.get("documentDescribes"), (ROOT, "documentDescribes"))}
    for _, relation in tables(document.get("relationships"), ROOT):
        if relation.get("relationshipType") == "DESCRIBES":
            found.add(text(relation.get("relatedSpdxElement")))
    return found


def _key2(package: dict[str, Any]) -> Key:
    purls = (
        text(reference.get("referenceLocator"))
        for _, reference in tables(package.get("externalRefs"), ROOT)
        if reference.get("referenceType") == "purl"
    )
    return key_of(next(purls, ""), text(package.get("name")))


def _edges2(document: dict[str, Any]) -> _Edges:
    edges: _Edges = {}
    for _, relation in tables(document.get("relationships"), ROOT):
        source, target = text(relation.get("spdxElementId")), text(relation.get("relatedSpdxElement"))
        kind = text(relation.get("relationshipType"))
        if kind == "DEPENDENCY_OF":
            source, target = target, source
        if kind in {"DEPENDS_ON", "DEPENDENCY_OF"}:
            _note(edges, source, (target,), unknown=target == "NOASSERTION")
    return edges


def _item2(package: dict[str, Any], names: dict[str, str], needs: frozenset[Key] | None) -> Item:
    licence = known(text(package.get("licenseDeclared"))) or text(package.get("licenseConcluded"))
    return Item(
        key=_key2(package),
        name=text(package.get("name")),
        version=known(text(package.get("versionInfo"))),
        licences=licences_of(licence, names),
        hashes=frozenset(
            digest_of(text(one.get("algorithm")), text(one.get("checksumValue")))
            for _, one in tables(package.get("checksums"), ROOT)
        ),
        producer=_actor(text(package.get("originator"))) or _actor(text(package.get("supplier"))),
        needs=needs,
    )


def _actor(written: str) -> str:
    found = _ACTOR.fullmatch(written)
    return known(found["name"] if found else written)


def read_spdx3(document: dict[str, Any]) -> Inventory:
    """Read an SPDX 3.0 document; anything of a wrong type is passed over."""
    elements = {identifier(one): one for one in graph(document) if identifier(one) and "type" in one}
    packages = {name: one for name, one in elements.items() if one.get("type") == "software_Package"}
    roots = {
        name
        for one in elements.values()
        if text(one.get("type")) in {"software_Sbom", "SpdxDocument"}
        for _, name in texts(one.get("rootElement"), (ROOT, "rootElement"))
    } & packages.keys()
    root = packages[min(roots)] if roots else {}
    keys = {name: _key3(one) for name, one in packages.items()}
    edges, licences = _edges3(elements)
    left_out = roots if len(roots) < len(packages) else set()
    return Inventory(
        format="SPDX 3.0",
        name=text(root.get("name")),
        version=text(root.get("software_packageVersion")),
        items=collect(
            _item3(one, elements, licences.get(name, ()), _needs(edges, name, keys))
            for name, one in packages.items()
            if name not in left_out
        ),
    )


def _key3(package: dict[str, Any]) -> Key:
    return key_of(text(package.get("software_packageUrl")), text(package.get("name")))


def _edges3(elements: dict[str, dict[str, Any]]) -> tuple[_Edges, dict[str, tuple[str, ...]]]:
    edges: _Edges = {}
    licences: dict[str, tuple[str, ...]] = {}
    for element in elements.values():
        source, kind = text(element.get("from")), text(element.get("relationshipType"))
        targets = [target for _, target in texts(element.get("to"), (ROOT, "to"))]
        if kind == "dependsOn":
            unknown = element.get("completeness") == "noAssertion"
            _note(edges, source, targets, unknown=unknown)
        elif kind == "hasDeclaredLicense":
            found = {part for target in targets for part in _licence3(elements.get(target, {}), elements)}
            licences[source] = tuple(sorted({*licences.get(source, ()), *found}))
    return edges, licences


def _licence3(element: dict[str, Any], elements: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    texts_by_reference = {
        text(entry.get("key")): text(elements.get(text(entry.get("value")), {}).get("name"))
        for _, entry in tables(element.get("simplelicensing_customIdToUri"), ROOT)
    }
    named = {reference: name for reference, name in texts_by_reference.items() if name}
    return licences_of(text(element.get("simplelicensing_licenseExpression")), named)


def _item3(
    package: dict[str, Any],
    elements: dict[str, dict[str, Any]],
    licences: tuple[str, ...],
    needs: frozenset[Key] | None,
) -> Item:
    agents = [name for _, name in texts(package.get("originatedBy"), (ROOT, "originatedBy"))]
    agents += [name for _, name in texts(package.get("suppliedBy"), (ROOT, "suppliedBy"))]
    producers = (text(elements.get(agent, {}).get("name")) for agent in agents)
    return Item(
        key=_key3(package),
        name=text(package.get("name")),
        version=known(text(package.get("software_packageVersion"))),
        licences=licences,
        hashes=frozenset(_hashes3(package)),
        producer=next(filter(None, map(known, producers)), ""),
        needs=needs,
    )


def _hashes3(package: dict[str, Any]) -> Iterator[str]:
    for _, digest in tables(package.get("verifiedUsing"), ROOT):
        if text(digest.get("hashValue")):
            yield digest_of(text(digest.get("algorithm")), text(digest["hashValue"]))


def _note(edges: _Edges, source: str, targets: Iterable[str], *, unknown: bool) -> None:
    known_targets = edges.setdefault(source, set())
    if unknown:
        edges[source] = None
    elif known_targets is not None:
        known_targets.update(target for target in targets if target not in UNSAID | _UNKNOWN_ENDS)


def _needs(edges: _Edges, name: str, keys: dict[str, Key]) -> frozenset[Key] | None:
    targets = edges.get(name)
    return None if targets is None else frozenset(keys[target] for target in targets if target in keys)

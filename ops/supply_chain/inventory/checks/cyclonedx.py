"""Semantic checks of CycloneDX 1.x JSON: what its schema accepts and its prose does not.

One walk over the document collects every `bom-ref` that is given and every place that names one;
then references are checked against the definitions, and components, vulnerabilities and compositions
each against their own rules. Unknown fields are passed over, wrong types left to the schema.

Source: CycloneDX 1.4 to 1.7 JSON schemas with their descriptions,
https://github.com/CycloneDX/specification/tree/master/schema.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ops.supply_chain.formats.cyclonedx import VERSIONS
from ops.supply_chain.formats.licence_expressions import licence_fault, licence_id_fault
from ops.supply_chain.formats.shape import ROOT, Place, json_path
from ops.supply_chain.inventory.checks.values import (
    Report,
    SbomProblem,
    digest_fault,
    purl_fault,
    table,
    tables,
    text,
    texts,
    timestamp_fault,
)

UNKNOWN_PROPERTY = "sealwright:unknown"
"""Our property that names an element which is not known of a component."""

VERSION_ELEMENT = "Component Version"
"""Its value where the version is not known, in the words of the CISA 2026 list."""

_SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LINK = re.compile(
    r"urn:cdx:(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"/(?P<version>[1-9][0-9]*)(?:#(?P<ref>.+))?",
    re.DOTALL,
)
_LINK_START = "urn:cdx:"

_SAME_DOCUMENT = {
    ("dependencies", "ref"),
    ("dependencies", "dependsOn"),
    ("dependencies", "provides"),
    ("taskDependencies", "ref"),
    ("taskDependencies", "dependsOn"),
    ("compositions", "dependencies"),
    ("compositions", "vulnerabilities"),
    ("attestations", "assessor"),
    ("map", "requirement"),
    ("map", "claims"),
    ("map", "counterClaims"),
    ("conformance", "mitigationStrategies"),
    ("claims", "target"),
    ("claims", "mitigationStrategies"),
    ("claims", "evidence"),
    ("claims", "counterEvidence"),
    ("requirements", "parent"),
    ("levels", "requirements"),
    ("citations", "attributedTo"),
    ("citations", "process"),
}
"""(list or object, field) pairs whose texts must be a `bom-ref` of the same document."""

_SAME_OR_LINKED = {
    ("compositions", "assemblies"),
    ("affects", "ref"),
    ("annotations", "subjects"),
    ("identity", "tools"),
    ("datasets", "ref"),
    ("resourceReferences", "ref"),
    ("source", "ref"),
    ("target", "ref"),
}
"""The same, where a BOM-Link to another document is allowed too."""

_FIELDS: dict[str, tuple[tuple[str, bool], ...]] = {
    container: tuple(
        sorted(
            {(field, False) for place, field in _SAME_DOCUMENT if place == container}
            | {(field, True) for place, field in _SAME_OR_LINKED if place == container}
        )
    )
    for container, _ in _SAME_DOCUMENT | _SAME_OR_LINKED
}

_COMPONENT_LISTS = frozenset({"components", "component", "ancestors", "descendants", "variants"})
_NEVER_HOLDS_REFS = frozenset({"hashes", "properties", "externalReferences", "methods", "callstack", "dependsOn"})
"""Lists without definitions; they are most of a document."""


_NESTED = frozenset({dict, list})


def _is_object(entry: object) -> bool:
    return isinstance(entry, dict)


def _has_something(entry: object) -> bool:
    """Return whether an entry defines a reference or has a part that can: half a million occurrences do not."""
    return isinstance(entry, dict) and ("bom-ref" in entry or not _NESTED.isdisjoint(map(type, entry.values())))


class _Use(NamedTuple):
    place: Place
    ref: str
    linkable: bool


class _Walk:
    """One pass over the document: definitions, uses, components."""

    def __init__(self, document: dict[str, Any], report: Report) -> None:
        self.refs: dict[str, Place] = {}
        self.uses: list[_Use] = []
        self.components: list[tuple[Place, str, dict[str, Any]]] = []
        self._report = report
        pending: list[tuple[tuple[Any, ...], str, dict[str, Any]]] = [(ROOT, "", document)]
        while pending:
            place, container, node = pending.pop()
            self._visit(place, container, node)
            children: list[tuple[tuple[Any, ...], str, dict[str, Any]]] = []
            for key, value in node.items():
                if isinstance(value, dict):
                    children.append(((place, key), key, value))
                elif isinstance(value, list) and key not in _NEVER_HOLDS_REFS:
                    here = (place, key)
                    is_seen = _has_something if key not in _FIELDS and key not in _COMPONENT_LISTS else _is_object
                    children += [((here, at), key, entry) for at, entry in enumerate(value) if is_seen(entry)]
            pending.extend(reversed(children))

    def _visit(self, place: Place, container: str, node: dict[str, Any]) -> None:
        if "bom-ref" in node:
            self._define((place, "bom-ref"), node["bom-ref"])
        for field, linkable in _FIELDS.get(container, ()):
            for where, ref in texts(node.get(field), (place, field)):
                self.uses.append(_Use(where, ref, linkable))
        if container in _COMPONENT_LISTS and "name" in node:
            self.components.append((place, container, node))

    def _define(self, place: Place, ref: object) -> None:
        if not isinstance(ref, str):
            return
        if not ref:
            self._report.add("ref-empty", place, "expected a bom-ref, found an empty text")
        elif ref in self.refs:
            first = json_path(self.refs[ref])
            self._report.add("ref-duplicate", place, f"expected a bom-ref of its own, found {ref!r} as at {first}")
        else:
            self.refs[ref] = place


def check_cyclonedx(document: dict[str, Any]) -> tuple[SbomProblem, ...]:
    """Check a CycloneDX document beyond its schema.

    Args:
        document: The parsed JSON object; anything may be in it.
    Returns:
        The problems, in the order of the document; empty where there is none.
    """
    report = Report()
    walk = _Walk(document, report)
    _check_head(document, report)
    _check_uses(document, walk, report)
    for place, container, component in walk.components:
        _check_component(place, container, component, _spec(document), report)
    _check_identities(document, report)
    _check_dependencies(document, report)
    _check_compositions(document, report)
    _check_vulnerabilities(document, report)
    return report.problems()


def _spec(document: dict[str, Any]) -> str:
    return text(document.get("specVersion"))


def _check_head(document: dict[str, Any], report: Report) -> None:
    spec = document.get("specVersion")
    if spec not in VERSIONS:
        known = ", ".join(VERSIONS)
        report.add("spec-version", (ROOT, "specVersion"), f"expected one of {known}; found {spec!r}")
    elif isinstance(schema := document.get("$schema"), str) and f"bom-{spec}." not in schema:
        report.add("spec-version", (ROOT, "$schema"), f"expected the schema of version {spec!r}, found {schema!r}")
    serial = document.get("serialNumber")
    if serial is not None and not (isinstance(serial, str) and _SERIAL.fullmatch(serial)):
        report.add(
            "serial-number", (ROOT, "serialNumber"), f"expected urn:uuid: and a lower-case UUID, found {serial!r}"
        )
    metadata = table(document.get("metadata"))
    # A document that holds vulnerabilities alone (VEX) speaks about components of another document.
    alone = bool(document.get("vulnerabilities")) and not document.get("components")
    if not isinstance(metadata.get("component"), dict) and not alone:
        report.add(
            "root-missing", (ROOT, "metadata"), "expected metadata.component, the software described; found none"
        )
    _check_moment(metadata, "timestamp", (ROOT, "metadata"), report)
    for place, annotation in tables(document.get("annotations"), (ROOT, "annotations")):
        _check_moment(annotation, "timestamp", place, report)


def _check_moment(node: dict[str, Any], field: str, place: Place, report: Report) -> None:
    value = node.get(field)
    if isinstance(value, str):
        report.add_if(timestamp_fault(value), "timestamp", (place, field))


def _check_uses(document: dict[str, Any], walk: _Walk, report: Report) -> None:
    own = (text(document.get("serialNumber")).removeprefix("urn:uuid:"), str(document.get("version", 1)))
    for place, ref, linkable in walk.uses:
        if ref in walk.refs:
            continue
        if linkable and ref.startswith(_LINK_START):
            _check_link(place, ref, own, walk, report)
        else:
            report.add("ref-dangling", place, f"expected a bom-ref of this document, found {ref!r}")


def _check_link(place: Place, link: str, own: tuple[str, str], walk: _Walk, report: Report) -> None:
    match = _LINK.fullmatch(link)
    if match is None:
        report.add("bom-link", place, f"expected urn:cdx:<uuid>/<version>#<bom-ref>, found {link!r}")
    elif (match["uuid"], match["version"]) == own and match["ref"] is not None and match["ref"] not in walk.refs:
        report.add("ref-dangling", place, f"expected a bom-ref of this document, found {link!r}")


def _check_component(place: Place, container: str, component: dict[str, Any], spec: str, report: Report) -> None:
    name, version = text(component.get("name")), text(component.get("version"))
    if not name.strip():
        report.add("name-missing", (place, "name"), "expected a component name, found an empty text")
    purl = component.get("purl")
    if isinstance(purl, str) and name:
        report.add_if(purl_fault(purl, name, version, text(component.get("type"))), "purl", (place, "purl"))
    if "hashes" in component:
        _check_hashes(component["hashes"], (place, "hashes"), report)
    for position, link in tables(component.get("externalReferences"), (place, "externalReferences")):
        if "hashes" in link:
            _check_hashes(link["hashes"], (position, "hashes"), report)
    if "licenses" in component:
        _check_licences(component["licenses"], (place, "licenses"), spec, report)
    if container == "components" and component.get("type") == "library" and not version:
        _check_version(place, component, report)


def _check_hashes(hashes: object, place: Place, report: Report) -> None:
    for where, digest in tables(hashes, place):
        fault = digest_fault(text(digest.get("alg")), text(digest.get("content")))
        if fault:
            report.add("hash", (where, "content"), fault)


def _check_version(place: Place, component: dict[str, Any], report: Report) -> None:
    external = component.get("isExternal") is True and component.get("versionRange")
    stated = any(
        prop.get("name") == UNKNOWN_PROPERTY and prop.get("value") == VERSION_ELEMENT
        for _, prop in tables(component.get("properties"), ROOT)
    )
    if not external and not stated:
        message = f"expected a version, or the property {UNKNOWN_PROPERTY} with {VERSION_ELEMENT!r}; found neither"
        report.add("version-missing", (place, "version"), message)


def _check_licences(licences: object, place: Place, spec: str, report: Report) -> None:
    count = expressions = 0
    for where, choice in tables(licences, place):
        count += 1
        if isinstance(choice.get("expression"), str):
            expressions += 1
            report.add_if(licence_fault(choice["expression"]), "licence", (where, "expression"))
        licence = table(choice.get("license"))
        if isinstance(licence.get("id"), str):
            report.add_if(licence_id_fault(licence["id"]), "licence", ((where, "license"), "id"))
    # "A list of SPDX licenses and/or named licenses" XOR "exactly one SPDX License Expression" up to 1.6.
    if expressions and count > 1 and spec in VERSIONS and spec != "1.7":
        report.add("licence", place, f"expected one expression and nothing else, found {count} entries")


def _check_identities(document: dict[str, Any], report: Report) -> None:
    seen: dict[tuple[str, ...], Place] = {}
    for place, component in tables(document.get("components"), (ROOT, "components")):
        identity = tuple(text(component.get(field)) for field in ("type", "group", "name", "version", "purl", "cpe"))
        if not identity[2] or not any(identity[3:]):
            continue  # a name alone identifies nothing
        first = seen.setdefault(identity, place)
        if first is not place:
            what = " ".join(filter(None, identity[1:4]))
            message = f"expected each component once, found {what!r} as at {json_path(first)}"
            report.add("identity-duplicate", place, message)


def _check_dependencies(document: dict[str, Any], report: Report) -> None:
    seen: dict[str, Place] = {}
    for place, dependency in tables(document.get("dependencies"), (ROOT, "dependencies")):
        ref = text(dependency.get("ref"))
        first = seen.setdefault(ref, place)
        if ref and first is not place:
            message = f"expected one entry a component, found {ref!r} as at {json_path(first)}"
            report.add("dependency-duplicate", place, message)
        for where, needed in texts(dependency.get("dependsOn"), (place, "dependsOn")):
            if ref and needed == ref:
                report.add("dependency-self", where, f"expected another component, found {ref!r} itself")


def _check_compositions(document: dict[str, Any], report: Report) -> None:
    for place, composition in tables(document.get("compositions"), (ROOT, "compositions")):
        if not any(composition.get(field) for field in ("assemblies", "dependencies", "vulnerabilities")):
            aggregate = text(composition.get("aggregate"))
            message = f"expected what is {aggregate!r}: assemblies, dependencies or vulnerabilities; found none"
            report.add("composition-empty", place, message)


def _check_vulnerabilities(document: dict[str, Any], report: Report) -> None:
    for place, vulnerability in tables(document.get("vulnerabilities"), (ROOT, "vulnerabilities")):
        if not text(vulnerability.get("id")).strip():
            report.add("vulnerability-unnamed", place, "expected an id, found none")
        for field in ("created", "published", "updated", "rejected"):
            _check_moment(vulnerability, field, place, report)

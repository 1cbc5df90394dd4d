"""Semantic checks of SPDX 3.0 JSON-LD: what its schema and its SHACL model accept and its prose does not.

Reads the canonical serialisation (`@context` and `@graph`), the single-element form, and elements that
are inside others.

Source: SPDX 3.0.1 model (Core, Software) and its JSON-LD serialisation,
https://spdx.github.io/spdx-spec/v3.0.1/.
"""

from __future__ import annotations

import re
from typing import Any

from ops.supply_chain.formats.licence_expressions import licence_fault
from ops.supply_chain.formats.shape import ROOT, Place, json_path
from ops.supply_chain.formats.spdx3 import CONTEXT, contexts_of, elements_of, identifier
from ops.supply_chain.inventory.checks.values import (
    Report,
    SbomProblem,
    digest_fault,
    purl_fault,
    tables,
    text,
    texts,
)

_VERSIONS = ("3.0.0", "3.0.1")
_INDIVIDUALS = re.compile(
    r"https://spdx\.org/rdf/3\.0(?:\.[01])?/terms/"
    r"(?:Core/(?:NoAssertionElement|NoneElement|SpdxOrganization)"
    r"|(?:ExpandedLicensing|SimpleLicensing)/(?:NoAssertionLicense|NoneLicense))"
)
_SHORT_INDIVIDUALS = frozenset(
    {"NoAssertionElement", "NoneElement", "SpdxOrganization", "expandedlicensing_NoAssertionLicense"}
    | {"expandedlicensing_NoneLicense"}
)
_LISTED_LICENCE = re.compile(r"https?://spdx\.org/licenses/[A-Za-z0-9.+-]+")
_CREATED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_REF_FIELDS = frozenset(
    {
        "createdBy",
        "createdUsing",
        "dataLicense",
        "definingArtifact",
        "element",
        "expandedlicensing_member",
        "expandedlicensing_subjectAddition",
        "expandedlicensing_subjectExtendableLicense",
        "expandedlicensing_subjectLicense",
        "from",
        "originatedBy",
        "rootElement",
        "security_assessedElement",
        "software_snippetFromFile",
        "subject",
        "suppliedBy",
        "to",
    }
)
_DEPENDS = frozenset({"dependsOn", "hasStaticLink", "hasDynamicLink", "hasOptionalDependency", "hasPrerequisite"})
_NO_VERSION = frozenset({"NOASSERTION", "NONE"})


def check_spdx3(document: dict[str, Any]) -> tuple[SbomProblem, ...]:
    """Check an SPDX 3.0 document beyond its schema.

    Args:
        document: The parsed JSON object; anything may be in it.
    Returns:
        The problems, in the order of the checks, then of the document; empty where there is none.
    """
    report = Report()
    if not any(map(CONTEXT.fullmatch, contexts_of(document))):
        context = document.get("@context")
        report.add("spec-version", (ROOT, "@context"), f"expected the context of SPDX 3.0.1, found {context!r}")
    elements = elements_of(document)
    known = _define(elements, report) | _imported(elements)
    for place, element in elements:
        if "type" in element:
            _check_refs(place, element, known, report)
            _check_element(place, element, report)
    _check_root(elements, report)
    return report.problems()


def _define(elements: list[tuple[Place, dict[str, Any]]], report: Report) -> set[str]:
    ids: dict[str, Place] = {}
    for place, element in elements:
        name = identifier(element)
        if not name or "type" not in element:
            continue
        first = ids.setdefault(name, place)
        if first is not place:
            report.add("ref-duplicate", place, f"expected an id of its own, found {name!r} as at {json_path(first)}")
    return set(ids)


def _imported(elements: list[tuple[Place, dict[str, Any]]]) -> set[str]:
    return {
        text(reference.get("externalSpdxId"))
        for _, element in elements
        for _, reference in tables(element.get("import"), ROOT)
    }


def _check_refs(place: Place, element: dict[str, Any], known: set[str], report: Report) -> None:
    for field in sorted(_REF_FIELDS & element.keys()):
        for where, ref in texts(element[field], (place, field)):
            if ref not in known and not _is_individual(ref):
                report.add("ref-dangling", where, f"expected an element of this document or an import, found {ref!r}")
    creation = element.get("creationInfo")
    if isinstance(creation, str) and creation not in known:
        report.add("ref-dangling", (place, "creationInfo"), f"expected a CreationInfo, found {creation!r}")
    elif creation is None and "spdxId" in element:
        report.add("creation-missing", (place, "creationInfo"), "expected a CreationInfo, found none")


def _is_individual(ref: str) -> bool:
    return ref in _SHORT_INDIVIDUALS or bool(_INDIVIDUALS.fullmatch(ref) or _LISTED_LICENCE.fullmatch(ref))


def _check_element(place: Place, element: dict[str, Any], report: Report) -> None:
    kind = text(element.get("type"))
    if kind == "CreationInfo":
        _check_creation(place, element, report)
    elif kind in {"software_Package", "software_File"}:
        _check_artifact(place, element, report)
    elif kind == "simplelicensing_LicenseExpression":
        _check_expression(place, element, report)
    elif kind.endswith("Relationship"):
        source = element.get("from")
        for where, target in texts(element.get("to"), (place, "to")):
            if target == source and text(element.get("relationshipType")) in _DEPENDS:
                report.add("dependency-self", where, f"expected another element, found {target!r} itself")
    for where, digest in tables(element.get("verifiedUsing"), (place, "verifiedUsing")):
        if isinstance(digest.get("hashValue"), str):
            report.add_if(
                digest_fault(text(digest.get("algorithm")), digest["hashValue"]), "hash", (where, "hashValue")
            )


def _check_creation(place: Place, element: dict[str, Any], report: Report) -> None:
    version, created = element.get("specVersion"), element.get("created")
    if version not in _VERSIONS:
        report.add("spec-version", (place, "specVersion"), f"expected {' or '.join(_VERSIONS)}, found {version!r}")
    if not (isinstance(created, str) and _CREATED.fullmatch(created)):
        report.add("timestamp", (place, "created"), f"expected YYYY-MM-DDThh:mm:ssZ, found {created!r}")
    if not element.get("createdBy"):
        report.add("creator", (place, "createdBy"), "expected at least one creator, found none")


def _check_artifact(place: Place, element: dict[str, Any], report: Report) -> None:
    name, version = text(element.get("name")), text(element.get("software_packageVersion"))
    if not name.strip():
        report.add("name-missing", (place, "name"), "expected a name, found none")
    if not name or element.get("type") != "software_Package":
        return
    purls = [((place, "software_packageUrl"), element.get("software_packageUrl"))]
    purls += [
        ((where, "identifier"), reference.get("identifier"))
        for where, reference in tables(element.get("externalIdentifier"), (place, "externalIdentifier"))
        if reference.get("externalIdentifierType") == "packageUrl"
    ]
    for where, purl in purls:
        if isinstance(purl, str):
            report.add_if(purl_fault(purl, name, "" if version in _NO_VERSION else version), "purl", where)


def _check_expression(place: Place, element: dict[str, Any], report: Report) -> None:
    expression = text(element.get("simplelicensing_licenseExpression"))
    if expression not in _NO_VERSION:
        report.add_if(licence_fault(expression), "licence", (place, "simplelicensing_licenseExpression"))


def _check_root(elements: list[tuple[Place, dict[str, Any]]], report: Report) -> None:
    kinds = [text(element.get("type")) for _, element in elements]
    if kinds.count("SpdxDocument") != 1:
        message = f"expected exactly one SpdxDocument, found {kinds.count('SpdxDocument')}"
        report.add("document-count", (ROOT, "@graph"), message)
    for place, element in elements:
        if text(element.get("type")) in {"SpdxDocument", "software_Sbom"} and not element.get("rootElement"):
            report.add("root-missing", (place, "rootElement"), "expected what it is about, found none")

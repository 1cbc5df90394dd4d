"""Semantic checks of SPDX 2.2 and 2.3 JSON: what its schema accepts and the specification does not.

Source: https://spdx.github.io/spdx-spec/v2.3/, clauses 6 (document), 7 (package), 10 (other licensing information)
and 11 (relationships).
"""

from __future__ import annotations

import re
from typing import Any

from ops.supply_chain.formats.licence_expressions import licence_fault
from ops.supply_chain.formats.shape import ROOT, Place, json_path
from ops.supply_chain.formats.spdx2 import DOCUMENT_ID, UNSAID, VERSIONS
from ops.supply_chain.inventory.checks.values import (
    Report,
    SbomProblem,
    digest_fault,
    purl_fault,
    table,
    tables,
    text,
    texts,
)

_ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
_CREATED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_CREATOR = re.compile(r"(?:Tool|Person|Organization): ?\S.*", re.DOTALL)
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
_EXTERNAL = re.compile(r"(?P<document>DocumentRef-[A-Za-z0-9.-]+):SPDXRef-[A-Za-z0-9.-]+")
_LICENCE_REF = re.compile(r"(?<![:A-Za-z0-9.-])LicenseRef-[A-Za-z0-9.-]+")
_LICENCE_FIELDS = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles", "licenseInfoInFiles")
_IMPLICIT_LISTS = ("packages", "files", "snippets")


def check_spdx2(document: dict[str, Any]) -> tuple[SbomProblem, ...]:
    """Check an SPDX 2.2 or 2.3 document beyond its schema.

    Args:
        document: The parsed JSON object; anything may be in it.
    Returns:
        The problems, in the order of the checks, then of the document; empty where there is none.
    """
    report = Report()
    _check_head(document, report)
    ids = _define(document, report)
    _check_packages(document, report)
    _check_files(document, report)
    _check_licences(document, report)
    _check_relationships(document, ids, report)
    _check_described(document, ids, report)
    return report.problems()


def _check_head(document: dict[str, Any], report: Report) -> None:
    version = document.get("spdxVersion")
    if version not in VERSIONS:
        report.add("spec-version", (ROOT, "spdxVersion"), f"expected one of {', '.join(VERSIONS)}; found {version!r}")
    if document.get("SPDXID") != DOCUMENT_ID:
        report.add("ref-form", (ROOT, "SPDXID"), f"expected {DOCUMENT_ID!r}, found {document.get('SPDXID')!r}")
    if document.get("dataLicense") != "CC0-1.0":
        report.add("licence", (ROOT, "dataLicense"), f"expected 'CC0-1.0', found {document.get('dataLicense')!r}")
    namespace = document.get("documentNamespace")
    if not (isinstance(namespace, str) and _NAMESPACE.fullmatch(namespace)):
        message = f"expected a unique absolute URI without '#', found {namespace!r}"
        report.add("namespace", (ROOT, "documentNamespace"), message)
    if not text(document.get("name")).strip():
        report.add("name-missing", (ROOT, "name"), "expected a document name, found none")
    _check_creation(table(document.get("creationInfo")), (ROOT, "creationInfo"), report)


def _check_creation(creation: dict[str, Any], place: Place, report: Report) -> None:
    created = creation.get("created")
    if not (isinstance(created, str) and _CREATED.fullmatch(created)):
        report.add("timestamp", (place, "created"), f"expected YYYY-MM-DDThh:mm:ssZ, found {created!r}")
    creators = list(texts(creation.get("creators"), (place, "creators")))
    if not creators:
        report.add("creator", (place, "creators"), "expected at least one creator, found none")
    for where, creator in creators:
        if not _CREATOR.fullmatch(creator):
            message = f"expected 'Tool: ', 'Person: ' or 'Organization: ' and a name, found {creator!r}"
            report.add("creator", where, message)


def _define(document: dict[str, Any], report: Report) -> dict[str, Place]:
    ids: dict[str, Place] = {DOCUMENT_ID: (ROOT, "SPDXID")}
    for kind in _IMPLICIT_LISTS:
        for place, element in tables(document.get(kind), (ROOT, kind)):
            name = element.get("SPDXID")
            where = (place, "SPDXID")
            if not (isinstance(name, str) and _ID.fullmatch(name)):
                report.add("ref-form", where, f"expected SPDXRef- and letters, digits, '.' or '-'; found {name!r}")
            if not isinstance(name, str):
                continue
            first = ids.setdefault(name, where)
            if first is not where:
                report.add(
                    "ref-duplicate", where, f"expected an id of its own, found {name!r} as at {json_path(first)}"
                )
    return ids


def _check_packages(document: dict[str, Any], report: Report) -> None:
    for place, package in tables(document.get("packages"), (ROOT, "packages")):
        name, version = text(package.get("name")), text(package.get("versionInfo"))
        if not name.strip():
            report.add("name-missing", (place, "name"), "expected a package name, found none")
        if not text(package.get("downloadLocation")):
            message = "expected an address, NOASSERTION or NONE; found nothing"
            report.add("download-location-missing", (place, "downloadLocation"), message)
        if package.get("filesAnalyzed") is False and package.get("packageVerificationCode"):
            message = "expected no code where filesAnalyzed is false, found one"
            report.add("verification-code", (place, "packageVerificationCode"), message)
        _check_hashes(package, place, report)
        for where, reference in tables(package.get("externalRefs"), (place, "externalRefs")):
            locator = reference.get("referenceLocator")
            if reference.get("referenceType") == "purl" and isinstance(locator, str) and name:
                known = "" if version in UNSAID else version
                report.add_if(purl_fault(locator, name, known), "purl", (where, "referenceLocator"))


def _check_files(document: dict[str, Any], report: Report) -> None:
    for place, file in tables(document.get("files"), (ROOT, "files")):
        if not text(file.get("fileName")):
            report.add("name-missing", (place, "fileName"), "expected a file name, found none")
        _check_hashes(file, place, report)


def _check_hashes(element: dict[str, Any], place: Place, report: Report) -> None:
    for where, digest in tables(element.get("checksums"), (place, "checksums")):
        fault = digest_fault(text(digest.get("algorithm")), text(digest.get("checksumValue")))
        report.add_if(fault, "hash", (where, "checksumValue"))


def _check_licences(document: dict[str, Any], report: Report) -> None:
    declared: dict[str, Place] = {}
    place: Place = (ROOT, "hasExtractedLicensingInfos")
    for where, extracted in tables(document.get("hasExtractedLicensingInfos"), place):
        name = text(extracted.get("licenseId"))
        if not _LICENCE_REF.fullmatch(name):
            report.add("licence", (where, "licenseId"), f"expected LicenseRef- and a name, found {name!r}")
        if declared.setdefault(name, where) is not where:
            report.add("ref-duplicate", (where, "licenseId"), f"expected an id of its own, found {name!r} again")
        if not text(extracted.get("extractedText")):
            report.add("licence", (where, "extractedText"), f"expected the text of {name!r}, found none")
    for kind in _IMPLICIT_LISTS:
        for where, element in tables(document.get(kind), (ROOT, kind)):
            for field in _LICENCE_FIELDS:
                for position, expression in texts(element.get(field), (where, field)):
                    _check_expression(expression, position, declared, report)


def _check_expression(expression: str, place: Place, declared: dict[str, Place], report: Report) -> None:
    if expression in UNSAID:
        return
    report.add_if(licence_fault(expression), "licence", place)
    for name in _LICENCE_REF.findall(expression):
        if name not in declared:
            report.add("licence", place, f"expected {name!r} in hasExtractedLicensingInfos, found none")


def _check_relationships(document: dict[str, Any], ids: dict[str, Place], report: Report) -> None:
    known = set(ids)
    documents = {
        text(reference.get("externalDocumentId")) for _, reference in tables(document.get("externalDocumentRefs"), ROOT)
    }
    for place, relation in tables(document.get("relationships"), (ROOT, "relationships")):
        source, target = relation.get("spdxElementId"), relation.get("relatedSpdxElement")
        _check_ref(source, (place, "spdxElementId"), known, documents, report)
        if not (isinstance(target, str) and target in UNSAID):
            _check_ref(target, (place, "relatedSpdxElement"), known, documents, report)
        if source == target and "DEPEND" in text(relation.get("relationshipType")):
            report.add("dependency-self", place, f"expected another element, found {source!r} itself")
    for place, package in tables(document.get("packages"), (ROOT, "packages")):
        for where, ref in texts(package.get("hasFiles"), (place, "hasFiles")):
            _check_ref(ref, where, known, documents, report)
    for place, snippet in tables(document.get("snippets"), (ROOT, "snippets")):
        if "snippetFromFile" in snippet:
            _check_ref(snippet["snippetFromFile"], (place, "snippetFromFile"), known, documents, report)


def _check_ref(ref: object, place: Place, known: set[str], documents: set[str], report: Report) -> None:
    if not isinstance(ref, str):
        report.add("ref-dangling", place, f"expected an SPDXID, found {ref!r}")
        return
    external = _EXTERNAL.fullmatch(ref)
    if ref not in known and not (external and external["document"] in documents):
        report.add("ref-dangling", place, f"expected an SPDXID of this document, found {ref!r}")


def _check_described(document: dict[str, Any], ids: dict[str, Place], report: Report) -> None:
    described = False
    for where, ref in texts(document.get("documentDescribes"), (ROOT, "documentDescribes")):
        described = True
        if ref not in ids:
            report.add("ref-dangling", where, f"expected an SPDXID of this document, found {ref!r}")
    for _, relation in tables(document.get("relationships"), ROOT):
        ends = (relation.get("spdxElementId"), relation.get("relatedSpdxElement"))
        kind = relation.get("relationshipType")
        described |= kind == "DESCRIBES" and ends[0] == DOCUMENT_ID
        described |= kind == "DESCRIBED_BY" and ends[1] == DOCUMENT_ID
    if not described:
        report.add("root-missing", ROOT, "expected what the document DESCRIBES, found no such relationship")

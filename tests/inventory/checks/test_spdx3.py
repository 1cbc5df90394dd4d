"""Each defect that the SPDX 3.0.1 schema lets pass is found, and only it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.inventory.checks.spdx3 import check_spdx3
from tests.inventory.good import spdx3_document

Json = dict[str, Any]


def on(kind: str, change: Callable[[Json], None], position: int = 0) -> Callable[[Json], None]:
    """Return a change of one element of a type."""

    def apply(document: Json) -> None:
        change([entry for entry in document["@graph"] if entry["type"] == kind][position])

    return apply


def fields(**values: object) -> Callable[[Json], None]:
    """Return a change that sets fields of an element; None takes one away."""

    def apply(element: Json) -> None:
        for key, value in values.items():
            if value is None:
                element.pop(key)
            else:
                element[key] = value

    return apply


PACKAGE, EDGE = "software_Package", "LifecycleScopedRelationship"
DANGLING = "expected an element of this document or an import, found 'urn:nowhere'"
DEFECTS: dict[str, tuple[Callable[[Json], None], str, str]] = {
    "a context of another version": (
        fields(**{"@context": "https://spdx.org/rdf/3.9.9/spdx-context.jsonld"}),
        "sbom.spec-version",
        "expected the context of SPDX 3.0.1, found 'https://spdx.org/rdf/3.9.9/spdx-context.jsonld'",
    ),
    "another spec version": (
        on("CreationInfo", fields(specVersion="3.9.9")),
        "sbom.spec-version",
        "expected 3.0.0 or 3.0.1, found '3.9.9'",
    ),
    "a moment with an offset": (
        on("CreationInfo", fields(created="2026-11-20T00:00:00+00:00")),
        "sbom.timestamp",
        "expected YYYY-MM-DDThh:mm:ssZ, found '2026-11-20T00:00:00+00:00'",
    ),
    "no creator": (
        on("CreationInfo", fields(createdBy=[])),
        "sbom.creator",
        "expected at least one creator, found none",
    ),
    "a dangling creator": (on("CreationInfo", fields(createdBy=["urn:nowhere"])), "sbom.ref-dangling", DANGLING),
    "a dangling tool": (on("CreationInfo", fields(createdUsing=["urn:nowhere"])), "sbom.ref-dangling", DANGLING),
    "a dangling creation": (
        on(PACKAGE, fields(creationInfo="_:nowhere")),
        "sbom.ref-dangling",
        "expected a CreationInfo, found '_:nowhere'",
    ),
    "no creation": (
        on(PACKAGE, fields(creationInfo=None)),
        "sbom.creation-missing",
        "expected a CreationInfo, found none",
    ),
    "a dangling root": (on("software_Sbom", fields(rootElement=["urn:nowhere"])), "sbom.ref-dangling", DANGLING),
    "no root": (
        on("software_Sbom", fields(rootElement=None)),
        "sbom.root-missing",
        "expected what it is about, found none",
    ),
    "a document without root": (
        on("SpdxDocument", fields(rootElement=[])),
        "sbom.root-missing",
        "expected what it is about, found none",
    ),
    "a dangling target": (on(EDGE, fields(to=["urn:nowhere"])), "sbom.ref-dangling", DANGLING),
    "a dangling source": (on(EDGE, fields(**{"from": "urn:nowhere"})), "sbom.ref-dangling", DANGLING),
    "a dangling producer": (on(PACKAGE, fields(originatedBy=["urn:nowhere"])), "sbom.ref-dangling", DANGLING),
    "a dangling data licence": (on("SpdxDocument", fields(dataLicense="urn:nowhere")), "sbom.ref-dangling", DANGLING),
    "a package without name": (on(PACKAGE, fields(name=None), 1), "sbom.name-missing", "expected a name, found none"),
    "a hash of another algorithm": (
        on(PACKAGE, fields(verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": "00"}])),
        "sbom.hash",
        "expected 64 hexadecimal digits for sha256, found 2",
    ),
    "another package's purl": (
        on(PACKAGE, fields(software_packageUrl="pkg:pypi/idna2@3.20"), 2),
        "sbom.purl",
        "expected the purl of 'idna', found 'pkg:pypi/idna2@3.20'",
    ),
    "another identifier's purl": (
        on(
            PACKAGE,
            fields(
                externalIdentifier=[
                    {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "x"}
                ]
            ),
            2,
        ),
        "sbom.purl",
        "expected a package URL, found 'x': purl is missing the required \"pkg\" scheme component: 'x'.",
    ),
    "a nonsense expression": (
        on("simplelicensing_LicenseExpression", fields(simplelicensing_licenseExpression="MIT OR")),
        "sbom.licence",
        "expected an SPDX licence expression, found 'MIT OR': Invalid license expression: 'MIT OR'",
    ),
}


def test_the_good_document_is_good() -> None:
    assert check_spdx3(spdx3_document()) == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_one_problem(name: str) -> None:
    change, code, message = DEFECTS[name]
    document = spdx3_document()
    change(document)
    assert [(problem.code, problem.message) for problem in check_spdx3(document)] == [(code, message)]


def test_what_is_imported_is_not_dangling() -> None:
    document = spdx3_document()
    on(EDGE, fields(to=["urn:elsewhere"]))(document)
    assert check_spdx3(document) == ()


def test_two_elements_of_one_id_are_found() -> None:
    document = spdx3_document()
    document["@graph"].append(dict(document["@graph"][3]))
    [found] = check_spdx3(document)
    assert (found.code, found.path) == ("sbom.ref-duplicate", f"$['@graph'][{len(document['@graph']) - 1}]")


def test_an_element_that_needs_itself_is_found() -> None:
    document = spdx3_document()
    edge = next(entry for entry in document["@graph"] if entry["type"] == EDGE)
    edge["to"] = [edge["from"]]
    assert [problem.code for problem in check_spdx3(document)] == ["sbom.dependency-self"]


def test_two_documents_in_one_graph_are_found() -> None:
    document = spdx3_document()
    one = next(entry for entry in document["@graph"] if entry["type"] == "SpdxDocument")
    document["@graph"].append({**one, "spdxId": "urn:second"})
    assert [problem.code for problem in check_spdx3(document)] == ["sbom.document-count"]


def test_elements_inside_others_are_elements_too() -> None:
    document = spdx3_document()
    package = next(entry for entry in document["@graph"] if entry["type"] == PACKAGE)
    package["originatedBy"] = [{"type": "Agent", "spdxId": "urn:inside", "creationInfo": "_:nowhere"}]
    [found] = check_spdx3(document)
    assert found.path.endswith(".originatedBy[0].creationInfo")


def test_a_document_of_one_element_is_read() -> None:
    document = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "type": PACKAGE, "spdxId": "urn:x"}
    assert [problem.code for problem in check_spdx3(document)] == [
        "sbom.creation-missing",
        "sbom.name-missing",
        "sbom.document-count",
    ]

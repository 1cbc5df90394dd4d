"""Each defect that the CycloneDX schema lets pass is found, and only it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from tests.inventory.good import cyclonedx_document, our_cyclonedx

Json = dict[str, Any]


def put(value: object, *place: str | int) -> Callable[[Json], None]:
    """Return a change that sets one place of a document."""

    def change(document: Json) -> None:
        node: Any = document
        for step in place[:-1]:
            node = node[step]
        node[place[-1]] = value

    return change


def drop(*place: str | int) -> Callable[[Json], None]:
    """Return a change that removes one place of a document."""

    def change(document: Json) -> None:
        node: Any = document
        for step in place[:-1]:
            node = node[step]
        del node[place[-1]]

    return change


def add(value: object, *place: str | int) -> Callable[[Json], None]:
    """Return a change that appends to a list of a document."""

    def change(document: Json) -> None:
        node: Any = document
        for step in place:
            node = node[step]
        node.append(value)

    return change


def drop_root(document: Json) -> None:
    """Take the root away, and what names it."""
    del document["metadata"]["component"]
    document["dependencies"][0]["ref"] = "local"
    document["dependencies"][0]["dependsOn"] = []
    document["compositions"][0]["assemblies"] = []
    document["components"][0]["evidence"]["identity"][0]["tools"] = []


IDNA = ("components", 0)
DEFECTS: dict[str, tuple[Callable[[Json], None], str, str, str]] = {
    "unknown spec version": (
        put("9.9", "specVersion"),
        "$.specVersion",
        "sbom.spec-version",
        "expected one of 1.2, 1.3, 1.4, 1.5, 1.6, 1.7; found '9.9'",
    ),
    "schema of another version": (
        put("http://cyclonedx.org/schema/bom-1.5.schema.json", "$schema"),
        "$['$schema']",
        "sbom.spec-version",
        "expected the schema of version '1.6', found 'http://cyclonedx.org/schema/bom-1.5.schema.json'",
    ),
    "upper-case serial": (
        put("urn:uuid:3E671687-395B-41F5-A30F-A58921A69B79", "serialNumber"),
        "$.serialNumber",
        "sbom.serial-number",
        "expected urn:uuid: and a lower-case UUID, found 'urn:uuid:3E671687-395B-41F5-A30F-A58921A69B79'",
    ),
    "moment without zone": (
        put("2026-11-20T00:00:00", "metadata", "timestamp"),
        "$.metadata.timestamp",
        "sbom.timestamp",
        "expected an RFC 3339 timestamp with a time zone, found '2026-11-20T00:00:00'",
    ),
    "annotation without zone": (
        put("2026-11-20", "annotations", 0, "timestamp"),
        "$.annotations[0].timestamp",
        "sbom.timestamp",
        "expected an RFC 3339 timestamp with a time zone, found '2026-11-20'",
    ),
    "vulnerability without zone": (
        put("2026", "vulnerabilities", 0, "published"),
        "$.vulnerabilities[0].published",
        "sbom.timestamp",
        "expected an RFC 3339 timestamp with a time zone, found '2026'",
    ),
    "no root": (
        drop_root,
        "$.metadata",
        "sbom.root-missing",
        "expected metadata.component, the software described; found none",
    ),
    "dangling ref": (
        put("nowhere", "dependencies", 1, "ref"),
        "$.dependencies[1].ref",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling dependsOn": (
        add("nowhere", "dependencies", 0, "dependsOn"),
        "$.dependencies[0].dependsOn[2]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "BOM-Link in dependsOn": (
        add("urn:cdx:ffffffff-395b-41f5-a30f-a58921a69b79/1#x", "dependencies", 0, "dependsOn"),
        "$.dependencies[0].dependsOn[2]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'urn:cdx:ffffffff-395b-41f5-a30f-a58921a69b79/1#x'",
    ),
    "dangling provides": (
        put(["nowhere"], "dependencies", 1, "provides"),
        "$.dependencies[1].provides[0]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling assembly": (
        put(["nowhere"], "compositions", 0, "assemblies"),
        "$.compositions[0].assemblies[0]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling composition dependency": (
        put(["nowhere"], "compositions", 0, "dependencies"),
        "$.compositions[0].dependencies[0]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling affects": (
        put("nowhere", "vulnerabilities", 0, "affects", 0, "ref"),
        "$.vulnerabilities[0].affects[0].ref",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "link to nothing in this document": (
        put("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#no", "vulnerabilities", 0, "affects", 1, "ref"),
        "$.vulnerabilities[0].affects[1].ref",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#no'",
    ),
    "malformed link": (
        put("urn:cdx:no/1#x", "vulnerabilities", 0, "affects", 2, "ref"),
        "$.vulnerabilities[0].affects[2].ref",
        "sbom.bom-link",
        "expected urn:cdx:<uuid>/<version>#<bom-ref>, found 'urn:cdx:no/1#x'",
    ),
    "dangling annotation subject": (
        put(["nowhere"], "annotations", 0, "subjects"),
        "$.annotations[0].subjects[0]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling evidence tool": (
        put(["nowhere"], *IDNA, "evidence", "identity", 0, "tools"),
        "$.components[0].evidence.identity[0].tools[0]",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling workflow resource": (
        put([{"bom-ref": "f", "workflows": [{"resourceReferences": [{"ref": "nowhere"}]}]}], "formulation"),
        "$.formulation[0].workflows[0].resourceReferences[0].ref",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "dangling claim target": (
        put({"claims": [{"bom-ref": "c", "target": "nowhere"}]}, "declarations"),
        "$.declarations.claims[0].target",
        "sbom.ref-dangling",
        "expected a bom-ref of this document, found 'nowhere'",
    ),
    "duplicate ref": (
        put("idna", "vulnerabilities", 0, "bom-ref"),
        "$.vulnerabilities[0]['bom-ref']",
        "sbom.ref-duplicate",
        "expected a bom-ref of its own, found 'idna' as at $.components[0]['bom-ref']",
    ),
    "duplicate ref in a nested component": (
        add({"type": "file", "name": "x", "bom-ref": "root"}, *IDNA, "components"),
        "$.components[0].components[1]['bom-ref']",
        "sbom.ref-duplicate",
        "expected a bom-ref of its own, found 'root' as at $.metadata.component['bom-ref']",
    ),
    "duplicate ref of an occurrence": (
        put({"occurrences": [{"location": "a"}, {"location": "b", "bom-ref": "root"}]}, *IDNA, "evidence"),
        "$.components[0].evidence.occurrences[1]['bom-ref']",
        "sbom.ref-duplicate",
        "expected a bom-ref of its own, found 'root' as at $.metadata.component['bom-ref']",
    ),
    "duplicate ref deep in an occurrence": (
        put({"occurrences": [{"location": "a", "x": [{"y": {"bom-ref": "root"}}]}]}, *IDNA, "evidence"),
        "$.components[0].evidence.occurrences[0].x[0].y['bom-ref']",
        "sbom.ref-duplicate",
        "expected a bom-ref of its own, found 'root' as at $.metadata.component['bom-ref']",
    ),
    "empty ref": (
        put("", "vulnerabilities", 0, "bom-ref"),
        "$.vulnerabilities[0]['bom-ref']",
        "sbom.ref-empty",
        "expected a bom-ref, found an empty text",
    ),
    "name of spaces": (
        put(" ", "components", 1, "name"),
        "$.components[1].name",
        "sbom.name-missing",
        "expected a component name, found an empty text",
    ),
    "purl of another version": (
        put("pkg:pypi/idna@3.21", *IDNA, "purl"),
        "$.components[0].purl",
        "sbom.purl",
        "expected the purl of version '3.20', found 'pkg:pypi/idna@3.21'",
    ),
    "hash of another algorithm": (
        put("SHA-512", *IDNA, "hashes", 0, "alg"),
        "$.components[0].hashes[0].content",
        "sbom.hash",
        "expected 128 hexadecimal digits for SHA-512, found 64",
    ),
    "hash of a link": (
        put("xyz", *IDNA, "externalReferences", 0, "hashes", 0, "content"),
        "$.components[0].externalReferences[0].hashes[0].content",
        "sbom.hash",
        "expected hexadecimal digits, found 'xyz'",
    ),
    "hash of the root": (
        put([{"alg": "MD5", "content": "0"}], "metadata", "component", "hashes"),
        "$.metadata.component.hashes[0].content",
        "sbom.hash",
        "expected 32 hexadecimal digits for MD5, found 1",
    ),
    "nonsense expression": (
        put("MIT OR", "components", 1, "licenses", 0, "expression"),
        "$.components[1].licenses[0].expression",
        "sbom.licence",
        "expected an SPDX licence expression, found 'MIT OR': Invalid license expression: 'MIT OR'",
    ),
    "licence that is on no list": (
        put("BSD-9", *IDNA, "licenses", 0, "license", "id"),
        "$.components[0].licenses[0].license.id",
        "sbom.licence",
        "expected an identifier of the SPDX licence list, found 'BSD-9'",
    ),
    "an expression beside another licence": (
        add({"license": {"name": "x"}}, "components", 1, "licenses"),
        "$.components[1].licenses",
        "sbom.licence",
        "expected one expression and nothing else, found 2 entries",
    ),
    "library without version": (
        drop("components", 1, "properties"),
        "$.components[1].version",
        "sbom.version-missing",
        "expected a version, or the property sealwright:unknown with 'Component Version'; found neither",
    ),
    "two entries for one component": (
        add({"ref": "root"}, "dependencies"),
        "$.dependencies[2]",
        "sbom.dependency-duplicate",
        "expected one entry a component, found 'root' as at $.dependencies[0]",
    ),
    "a component that needs itself": (
        add("root", "dependencies", 0, "dependsOn"),
        "$.dependencies[0].dependsOn[2]",
        "sbom.dependency-self",
        "expected another component, found 'root' itself",
    ),
    "the same component twice": (
        add(
            {"type": "library", "name": "idna", "version": "3.20", "purl": "pkg:pypi/idna@3.20", "bom-ref": "i2"},
            "components",
        ),
        "$.components[2]",
        "sbom.identity-duplicate",
        "expected each component once, found 'idna 3.20' as at $.components[0]",
    ),
    "a composition of nothing": (
        add({"aggregate": "complete", "assemblies": []}, "compositions"),
        "$.compositions[1]",
        "sbom.composition-empty",
        "expected what is 'complete': assemblies, dependencies or vulnerabilities; found none",
    ),
    "a vulnerability without id": (
        drop("vulnerabilities", 0, "id"),
        "$.vulnerabilities[0]",
        "sbom.vulnerability-unnamed",
        "expected an id, found none",
    ),
}


def test_the_good_documents_are_good() -> None:
    assert check_cyclonedx(cyclonedx_document()) == ()
    assert check_cyclonedx(our_cyclonedx()) == ()


def test_the_defects_pass_the_schema_or_are_caught_twice() -> None:
    """What the schema accepts is why these checks exist: most of the defects are such."""
    from ops.supply_chain.adapters.tools.schemas import schema_problems

    accepted = 0
    for change, *_ in DEFECTS.values():
        document = cyclonedx_document()
        change(document)
        accepted += not schema_problems(document, "1.6")
    assert accepted >= len(DEFECTS) - 16


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_one_problem(name: str) -> None:
    change, path, code, message = DEFECTS[name]
    document = cyclonedx_document()
    change(document)
    assert [(problem.path, problem.code, problem.message) for problem in check_cyclonedx(document)] == [
        (path, code, message)
    ]


def test_a_document_of_vulnerabilities_alone_needs_no_root() -> None:
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "vulnerabilities": [{"id": "CVE-1", "affects": [{"ref": "urn:cdx:ffffffff-395b-41f5-a30f-a58921a69b79/1#x"}]}],
    }
    assert check_cyclonedx(document) == ()


def test_1_7_allows_expressions_beside_licences() -> None:
    document = cyclonedx_document()
    document |= {"specVersion": "1.7", "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json"}
    document["components"][1]["licenses"].append({"license": {"name": "x"}})
    assert check_cyclonedx(document) == ()


def test_an_external_component_may_have_a_range_for_a_version() -> None:
    document = cyclonedx_document()
    document["components"].append({"type": "library", "name": "x", "isExternal": True, "versionRange": "vers:pypi/>=1"})
    assert check_cyclonedx(document) == ()


def test_gaps_are_told_from_contradictions() -> None:
    document = cyclonedx_document()
    del document["metadata"]["component"]
    gaps = {problem.code: problem.is_gap for problem in check_cyclonedx(document)}
    assert gaps == {"sbom.root-missing": True, "sbom.ref-dangling": False}

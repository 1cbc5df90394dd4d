"""The parsed views of SBOM formats: what is kept, and every fault with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.cyclonedx import read_cyclonedx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.sbom import SbomFamily, family_of, read_sbom, require_sbom
from ops.supply_chain.formats.shape import ROOT, ShapeReader, json_path
from ops.supply_chain.formats.spdx2 import read_spdx2
from ops.supply_chain.formats.spdx3 import read_spdx3
from tests.inventory.good import cyclonedx_document, spdx2_document, spdx3_document

SHA256 = "a" * 64


def cyclonedx(**fields: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", **fields}


def test_what_is_kept_of_cyclonedx() -> None:
    component = {
        "type": "library",
        "bom-ref": "a",
        "group": "org",
        "name": "lib",
        "version": "1",
        "purl": "pkg:pypi/lib@1",
        "cpe": "cpe:2.3:a",
        "swhid": ["swh:1"],
        "hashes": [{"alg": "SHA-256", "content": SHA256}],
        "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Ours"}}, {"expression": "MIT OR ISC"}],
        "externalReferences": [{"type": "distribution", "url": "https://h.example/x", "hashes": [{"alg": "MD5"}]}],
        "manufacturer": {"name": "maker"},
        "supplier": {"name": "seller"},
        "publisher": "publisher",
        "author": "author",
        "authors": [{"name": "one"}, {"name": "two"}],
        "properties": [{"name": "p", "value": "1"}, {"name": "p", "value": "2"}],
        "components": [{"bom-ref": "inner", "name": "inner"}],
    }
    found = read_cyclonedx(
        cyclonedx(
            serialNumber="urn:uuid:3E671687-395B-41F5-A30F-A58921A69B79",
            version=2,
            metadata={
                "timestamp": "2026-01-01T00:00:00Z",
                "tools": {"components": [{"name": "t", "version": "1"}], "services": [{"name": "s"}]},
                "lifecycles": [{"phase": "build"}, {"name": "own"}],
                "component": {"bom-ref": "root", "name": "app", "components": [{"name": "part"}]},
            },
            components=[component, {"name": "last"}],
            services=[{"bom-ref": "service"}, {}],
            dependencies=[{"ref": "a", "dependsOn": ["inner"]}, {"ref": "a", "dependsOn": ["x"]}, {"ref": "inner"}],
            compositions=[
                {"aggregate": "complete", "assemblies": ["root"], "dependencies": ["a"]},
                {"aggregate": "incomplete", "dependencies": ["inner"]},
            ],
        )
    )
    assert found.faults == ()
    assert found.uuid == "3e671687-395b-41f5-a30f-a58921a69b79"
    assert (found.version, found.timestamp, found.phases) == (2, "2026-01-01T00:00:00Z", ("build", "own"))
    assert [tuple(tool) for tool in found.tools] == [("t", "1"), ("s", "")]
    assert found.root is not None
    assert found.root.name == "app"
    assert [entry.name for entry in found.components] == ["part", "lib", "inner", "last"]
    lib = found.components[1]
    assert lib.hashes == (("SHA-256", SHA256),)
    assert [tuple(choice) for choice in lib.licences] == [("MIT", "", ""), ("", "Ours", ""), ("", "", "MIT OR ISC")]
    assert lib.references == (("distribution", "https://h.example/x", (("MD5", ""),)),)
    assert (lib.manufacturer, lib.supplier, lib.publisher, lib.author) == ("maker", "seller", "publisher", "author")
    assert (lib.authors, lib.other_identifiers, lib.cpe, lib.group) == (("one", "two"), ("swh:1",), "cpe:2.3:a", "org")
    assert lib.property_values("p") == ["1", "2"]
    assert found.dependencies == {"a": ("inner", "x"), "inner": ()}
    assert (found.repeated_refs, found.services) == (("a",), ("service",))
    assert found.incomplete_refs() == {"inner"}


def test_tools_in_the_old_form() -> None:
    found = read_cyclonedx(cyclonedx(metadata={"tools": [{"vendor": "v", "name": "t", "version": "1"}]}))
    assert [tuple(tool) for tool in found.tools] == [("t", "1")]


CYCLONEDX_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no version": ({"specVersion": None}, "$.specVersion: is missing"),
    "another major version": ({"specVersion": "2.0"}, "$.specVersion: expected CycloneDX 1.x, found '2.0'"),
    "a version that is a number": ({"specVersion": 1.6}, "$.specVersion: expected a text, found a number"),
    "no list": ({"components": {}}, "$.components: expected an array, found an object"),
    "no object": ({"components": [{"name": "a"}, None]}, "$.components[1]: expected an object, found null"),
    "no name": ({"components": [{"version": "1"}]}, "$.components[0].name: is missing"),
    "a blank name": ({"components": [{"name": " "}]}, "$.components[0].name: expected a text, found an empty one"),
    "inside another": (
        {"components": [{"name": "a", "components": [{"name": "b", "version": 1}]}]},
        "$.components[0].components[0].version: expected a text, found a number",
    ),
    "in the root": (
        {"metadata": {"component": {"name": "a", "components": [7]}}},
        "$.metadata.component.components[0]: expected an object, found a number",
    ),
    "a hash": (
        {"components": [{"name": "a", "hashes": [{"alg": "MD5", "content": "x"}, {"alg": 5}]}]},
        "$.components[0].hashes[1].alg: expected a text, found a number",
    ),
    "hashes": (
        {"components": [{"name": "a", "hashes": "x"}]},
        "$.components[0].hashes: expected an array, found a text",
    ),
    "a licence": (
        {"components": [{"name": "a", "licenses": [{"license": "MIT"}]}]},
        "$.components[0].licenses[0].license: expected an object, found a text",
    ),
    "a property": (
        {"components": [{"name": "a", "properties": [{"name": "x", "value": True}]}]},
        "$.components[0].properties[0].value: expected a text, found a boolean",
    ),
    "a link": (
        {"components": [{"name": "a", "externalReferences": [{"type": 1}]}]},
        "$.components[0].externalReferences[0].type: expected a text, found a number",
    ),
    "an edge from nowhere": ({"dependencies": [{"dependsOn": []}]}, "$.dependencies[0].ref: is missing"),
    "an edge": (
        {"dependencies": [{"ref": "a", "dependsOn": ["b", 1]}]},
        "$.dependencies[0].dependsOn[1]: expected a text, found a number",
    ),
    "a document version": ({"version": 0}, "$.version: expected a number from 1, found 0"),
    "a true document version": ({"version": True}, "$.version: expected a number from 1, found True"),
}


@pytest.mark.parametrize(("fields", "message"), CYCLONEDX_FAULTS.values(), ids=CYCLONEDX_FAULTS)
def test_a_fault_of_cyclonedx_has_its_place(fields: dict[str, Any], message: str) -> None:
    document = {key: value for key, value in cyclonedx(**fields).items() if value is not None}
    [fault] = read_cyclonedx(document).faults
    assert f"{fault.path}: {fault.message}" == message
    with pytest.raises(InputError) as caught:
        require_sbom(document, where="x.json")
    assert caught.value.message == f"x.json: {message}"


def test_several_faults_are_counted() -> None:
    with pytest.raises(InputError, match=r"^x: \$\.components\[0\]\.name: is missing \(and 2 more\)$"):
        require_sbom(cyclonedx(components=[{}, {}, {}]), where="x")


def spdx2(**fields: Any) -> dict[str, Any]:
    return {"spdxVersion": "SPDX-2.3", **fields}


def test_what_is_kept_of_spdx_2() -> None:
    found = read_spdx2(
        spdx2(
            name="doc",
            documentNamespace="https://h.example/ns",
            creationInfo={"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1"], "comment": "c"},
            packages=[
                {
                    "SPDXID": "SPDXRef-a",
                    "name": "a",
                    "versionInfo": "1",
                    "downloadLocation": "NONE",
                    "licenseDeclared": "MIT",
                    "licenseConcluded": "NOASSERTION",
                    "originator": "Person: x",
                    "supplier": "NOASSERTION",
                    "comment": "why",
                    "checksums": [{"algorithm": "SHA256", "checksumValue": SHA256}],
                    "externalRefs": [
                        {"referenceType": "cpe23Type", "referenceLocator": "cpe"},
                        {"referenceType": "purl", "referenceLocator": "pkg:pypi/a@1"},
                    ],
                },
                {"SPDXID": "SPDXRef-b", "name": "b"},
            ],
            files=[{"SPDXID": "SPDXRef-f"}],
            hasExtractedLicensingInfos=[{"licenseId": "LicenseRef-x", "name": "Ours"}],
            documentDescribes=["SPDXRef-a"],
            relationships=[
                {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NOASSERTION"},
                {"spdxElementId": "SPDXRef-b", "relationshipType": "dependency_of", "relatedSpdxElement": "SPDXRef-a"},
                {
                    "spdxElementId": "SPDXRef-b",
                    "relationshipType": "DESCRIBED_BY",
                    "relatedSpdxElement": "SPDXRef-DOCUMENT",
                },
                {"spdxElementId": "SPDXRef-a", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-f"},
            ],
        )
    )
    assert found.faults == ()
    assert (found.version, found.name, found.namespace) == ("2.3", "doc", "https://h.example/ns")
    assert (found.created, found.creators, found.comment) == ("2026-01-01T00:00:00Z", ("Tool: t-1",), "c")
    package = found.packages[0]
    assert (package.purl, package.declared, package.concluded) == ("pkg:pypi/a@1", "MIT", "NOASSERTION")
    assert (package.originator, package.supplier, package.comment) == ("Person: x", "NOASSERTION", "why")
    assert package.checksums == (("SHA256", SHA256),)
    assert found.packages[1].purl == ""
    assert found.described == {"SPDXRef-a", "SPDXRef-b"}
    assert found.dependencies == {"SPDXRef-a": ("NOASSERTION", "SPDXRef-b")}
    assert (found.other_ids, found.licence_names) == (frozenset({"SPDXRef-f"}), {"LicenseRef-x": "Ours"})


SPDX2_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no identifier": ({"packages": [{"name": "a"}]}, "$.packages[0].SPDXID: is missing"),
    "no name": ({"packages": [{"SPDXID": "SPDXRef-a"}]}, "$.packages[0].name: is missing"),
    "a comment": (
        {"packages": [{"SPDXID": "SPDXRef-a", "name": "a", "comment": []}]},
        "$.packages[0].comment: expected a text, found an array",
    ),
    "a checksum": (
        {"packages": [{"SPDXID": "SPDXRef-a", "name": "a", "checksums": [1]}]},
        "$.packages[0].checksums[0]: expected an object, found a number",
    ),
    "half a relationship": (
        {"relationships": [{"spdxElementId": "SPDXRef-a"}]},
        "$.relationships[0].relatedSpdxElement: is missing",
    ),
    "creators": ({"creationInfo": {"creators": "x"}}, "$.creationInfo.creators: expected an array, found a text"),
}


@pytest.mark.parametrize(("fields", "message"), SPDX2_FAULTS.values(), ids=SPDX2_FAULTS)
def test_a_fault_of_spdx_2_has_its_place(fields: dict[str, Any], message: str) -> None:
    [fault] = read_spdx2(spdx2(**fields)).faults
    assert f"{fault.path}: {fault.message}" == message


def test_dependencies_for_one_purpose_come_last_and_do_not_stand_for_the_others() -> None:
    found = read_spdx2(
        spdx2(
            relationships=[
                {"spdxElementId": f"SPDXRef-{one}", "relationshipType": kind, "relatedSpdxElement": f"SPDXRef-{other}"}
                for one, kind, other in (
                    ("dev", "DEV_DEPENDENCY_OF", "a"),
                    ("may", "OPTIONAL_DEPENDENCY_OF", "a"),
                    ("a", "DEPENDS_ON", "b"),
                    ("test", "TEST_DEPENDENCY_OF", "b"),
                )
            ]
        )
    )
    assert found.dependencies == {"SPDXRef-a": ("SPDXRef-b", "SPDXRef-dev", "SPDXRef-may")}


def spdx3(*elements: Any) -> dict[str, Any]:
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": list(elements)}


def relationship(kind: str, source: str, *targets: str, **fields: Any) -> dict[str, Any]:
    return {"type": "Relationship", "relationshipType": kind, "from": source, "to": list(targets), **fields}


def test_what_is_kept_of_spdx_3() -> None:
    found = read_spdx3(
        spdx3(
            {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z"},
            {"type": "SpdxDocument", "spdxId": "doc", "rootElement": ["sbom"]},
            {"type": "software_Sbom", "spdxId": "sbom", "rootElement": ["a"]},
            {"type": "Organization", "spdxId": "maker", "name": "Maker"},
            {
                "type": "software_Package",
                "spdxId": "a",
                "name": "a",
                "software_packageVersion": "1",
                "software_packageUrl": "pkg:pypi/a@1",
                "originatedBy": ["maker", "gone"],
                "suppliedBy": {"type": "Person", "spdxId": "p", "name": "Seller"},
                "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": SHA256}],
            },
            {"type": "software_Package", "spdxId": "b", "name": "b"},
            {"type": "software_Package", "spdxId": "c", "name": "c"},
            relationship("dependsOn", "a", "b", "NoneElement"),
            relationship("dependsOn", "b", "c", completeness="noAssertion"),
            relationship("hasOptionalDependency", "a", "c"),
            relationship("hasOptionalDependency", "c", "a"),
            relationship("hasDeclaredLicense", "a", "licence"),
            {
                "type": "simplelicensing_LicenseExpression",
                "spdxId": "licence",
                "simplelicensing_licenseExpression": "LicenseRef-x",
                "simplelicensing_customIdToUri": [{"key": "LicenseRef-x", "value": "text"}],
            },
            {"type": "simplelicensing_SimpleLicensingText", "spdxId": "text", "name": "Ours"},
        )
    )
    assert found.faults == ()
    package = found.packages[0]
    assert (package.id, package.version, package.purl) == ("a", "1", "pkg:pypi/a@1")
    assert package.producers == ("Maker", "Seller")
    assert package.hashes == (("sha256", SHA256),)
    assert package.licences == (("LicenseRef-x", {"LicenseRef-x": "Ours"}),)
    assert found.dependencies == {"a": frozenset({"b", "c"}), "b": None}
    assert (found.roots, found.described) == (frozenset({"sbom", "a"}), ("a",))
    assert found.creations == (("3.0.1", "2026-01-01T00:00:00Z"),)


SPDX3_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no graph": ({**spdx3(), "@graph": 1}, "$['@graph']: expected an array, found a number"),
    "no name": (spdx3({"type": "software_Package", "spdxId": "a"}), "$['@graph'][0].name: is missing"),
    "a type": (spdx3({"type": 1}), "$['@graph'][0].type: expected a text, found a number"),
    "an end": (
        spdx3({"type": "Relationship", "relationshipType": "dependsOn", "from": "a", "to": [1]}),
        "$['@graph'][0].to[0]: expected a text or an object, found a number",
    ),
}


@pytest.mark.parametrize(("document", "message"), SPDX3_FAULTS.values(), ids=SPDX3_FAULTS)
def test_a_fault_of_spdx_3_has_its_place(document: dict[str, Any], message: str) -> None:
    [fault] = read_spdx3(document).faults
    assert f"{fault.path}: {fault.message}" == message


def test_a_circle_of_roots_ends() -> None:
    circle = [
        {"type": "SpdxDocument", "spdxId": "d", "rootElement": ["s"]},
        {"type": "software_Sbom", "spdxId": "s", "rootElement": ["d", "s"]},
    ]
    assert read_spdx3(spdx3(*circle)).described == ()


REFUSED: dict[str, tuple[object, str]] = {
    "no SBOM": ({}, "$: expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none"),
    "no object": ([], "$: expected bomFormat CycloneDX, an spdxVersion, or the context of SPDX 3; found none"),
    "SPDX 1": ({"spdxVersion": "SPDX-1.2"}, "$.spdxVersion: expected SPDX 2.x, found 'SPDX-1.2'"),
    "SPDX 2 as a number": ({"spdxVersion": 2.3}, "$.spdxVersion: expected SPDX 2.x, found 2.3"),
    "SPDX 3.1": (
        {"@context": ["https://spdx.org/rdf/3.1/spdx-context.jsonld"]},
        "$['@context']: expected the context of SPDX 3.0, found https://spdx.org/rdf/3.1/spdx-context.jsonld",
    ),
}


@pytest.mark.parametrize(("document", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(document: object, message: str) -> None:
    with pytest.raises(UnexpectedShapeError) as caught:
        read_sbom(document)
    assert str(caught.value) == message


@pytest.mark.parametrize("read", [read_cyclonedx, read_spdx2, read_spdx3])
def test_a_reader_refuses_the_other_formats(read: Callable[[object], Any]) -> None:
    for make in (cyclonedx_document, spdx2_document, spdx3_document):
        document = make()
        found = family_of(document)
        assert found is not None
        if found.value.replace(" ", "").lower() not in read.__name__:
            with pytest.raises(UnexpectedShapeError):
                read(document)


def test_places_are_written_as_json_paths() -> None:
    assert json_path(ROOT) == "$"
    assert json_path((((((), "a"), 3), "b-c"), "d")) == "$.a[3]['b-c'].d"


def test_a_null_is_an_absent_field() -> None:
    shape = ShapeReader()
    node = {"a": None}
    assert shape.text(node, "a", ROOT) == ""
    assert (shape.table(node, "a", ROOT), shape.tables(node, "a", ROOT), shape.texts(node, "a", ROOT)) == ({}, [], ())
    assert shape.faults() == ()


INVALID = {
    "cyclonedx-spec/1.5/invalid-dependency-1.5.json",
    "cyclonedx-spec/1.5/invalid-empty-component-1.5.json",
    "cyclonedx-spec/1.6/invalid-dependency-1.6.json",
    "cyclonedx-spec/1.6/invalid-empty-component-1.6.json",
    "supplier-quality/bsi/cdx/missingComponentName.cdx16.json",
}
"""What is not valid by its own schema in a way that a reader meets."""


def test_of_all_recorded_documents_only_invalid_ones_have_faults(shared_data: Path) -> None:
    seen, faulty = 0, set()
    for path in sorted((shared_data / "sbom").rglob("*.json")):
        try:
            document = json.loads(path.read_text("utf-8-sig"))
        except ValueError:
            continue
        if family_of(document) is None:
            continue
        seen += 1
        if read_sbom(document).faults:
            faulty.add(path.relative_to(shared_data / "sbom").as_posix())
    assert seen > 250
    assert faulty == INVALID


def test_every_format_is_in_the_table() -> None:
    made = {family_of(make()) for make in (cyclonedx_document, spdx2_document, spdx3_document)}
    assert made == set(SbomFamily)

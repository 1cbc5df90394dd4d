"""SPDX 3.0.1: what is written, by the JSON schema, by the SHACL model, and by our own checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core import canonical
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.model.document import Document, TimestampSource
from ops.supply_chain.inventory.writers import spdx3
from tests.inventory.documents import DOCUMENT, IDNA, LOCAL, ROOT, ZOPE, changed, scoped, with_package

VARIANTS = {
    "everything": DOCUMENT,
    "one lock": changed(DOCUMENT, subject="a/requirements.txt", lifecycle="build"),
    "nothing known": changed(DOCUMENT, author="", timestamp_source=TimestampSource.NONE, locks=(), complete=False),
    "scopes": scoped(idna=InstallScope.OPTIONAL, local=InstallScope.EXCLUDED),
}


def plain(document: Document = DOCUMENT) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(spdx3.render(document))
    return made


def elements(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in document["@graph"] if entry["type"] == kind]


def package(document: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [element for element in elements(document, "software_Package") if element["name"] == name]
    return found


def short(iri: str) -> str:
    return iri.rpartition("#")[2]


@pytest.mark.parametrize("name", VARIANTS)
def test_output_is_canonical_and_passes_our_checks(name: str) -> None:
    data = spdx3.render(VARIANTS[name])
    assert canonical.encode(json.loads(data)) == data
    assert check_document(json.loads(data)) == ()


@pytest.mark.parametrize("name", VARIANTS)
def test_output_passes_the_schema(name: str, shared_data: Path) -> None:
    from jsonschema_rs import Draft202012Validator

    schema = json.loads((shared_data / "schemas" / "spdx-3.0.1.schema.json").read_text())
    Draft202012Validator(schema).validate(plain(VARIANTS[name]))


def conforms(document: dict[str, Any], folder: Path) -> bool:
    """Validate a document against the SHACL model, with the context embedded so that nothing is fetched."""
    import pyshacl
    import rdflib

    context = json.loads((folder / "spdx-3.0.1.context.jsonld").read_text())["@context"]
    data = rdflib.Graph().parse(data=json.dumps({**document, "@context": context}), format="json-ld")
    model = rdflib.Graph().parse(folder / "spdx-3.0.1.model.ttl")
    return bool(pyshacl.validate(data, shacl_graph=model, ont_graph=model)[0])


def test_output_conforms_to_the_model(shared_data: Path) -> None:
    assert conforms(plain(VARIANTS["scopes"]), shared_data / "schemas")


def test_the_model_does_refuse_what_is_wrong(shared_data: Path) -> None:
    document = plain()
    elements(document, "software_Package")[0]["creationInfo"] = "_:nowhere"
    assert not conforms(document, shared_data / "schemas")


def test_every_hash_is_written_with_the_file_it_is_of() -> None:
    found = [
        (entry["algorithm"], entry["hashValue"][0], entry.get("comment"))
        for entry in package(plain(), "idna")["verifiedUsing"]
    ]
    assert found == [("sha256", "a", "idna-3.20.tar.gz"), ("sha256", "b", None), ("sha512", "c", None)]


def test_a_hash_that_the_format_has_no_word_for_is_not_lost() -> None:
    [found] = package(plain(), "Zope.Interface")["verifiedUsing"]
    assert found == {"type": "Hash", "algorithm": "other", "hashValue": "00", "comment": "shake_128"}


def test_edges_tell_none_and_unknown_apart() -> None:
    found = {
        short(element["from"]).split("-")[0]: (
            element["completeness"],
            [short(to).split("-")[0] for to in element["to"]],
            element.get("scope"),
        )
        for element in elements(plain(), "LifecycleScopedRelationship")
    }
    assert found == {
        "generic": ("complete", ["path", "idna"], None),
        "path": ("noAssertion", ["NoAssertionElement"], "runtime"),
        "idna": ("complete", ["NoneElement"], "runtime"),
        "zope.interface": ("noAssertion", ["idna"], "runtime"),
    }


def test_what_is_not_installed_with_the_product_has_its_own_relationship_with_the_root() -> None:
    document = plain(VARIANTS["scopes"])
    found = [
        (element["relationshipType"], element.get("scope"), [short(to).split("-")[0] for to in element["to"]])
        for element in elements(document, "LifecycleScopedRelationship")
        if short(element["from"]).startswith("generic")
    ]
    assert found == [
        ("dependsOn", None, ["NoneElement"]),
        ("hasOptionalDependency", None, ["idna"]),
        ("dependsOn", "development", ["path"]),
    ]
    assert "Scope: optional." in package(document, "idna")["comment"]
    assert "Scope: excluded." in package(document, "local")["comment"]
    assert "Scope: required." in package(document, "Zope.Interface")["comment"]


def test_licences_are_declared_by_relationship_and_unknown_is_said() -> None:
    document = plain()
    expressions = {
        element["spdxId"]: element["simplelicensing_licenseExpression"]
        for element in elements(document, "simplelicensing_LicenseExpression")
    }
    found = {
        short(element["from"]).split("-")[0]: (
            expressions.get(element["to"][0], element["to"][0]),
            element["completeness"],
        )
        for element in elements(document, "Relationship")
    }
    assert found == {
        "generic": ("Apache-2.0", "complete"),
        "path": ("expandedlicensing_NoAssertionLicense", "noAssertion"),
        "idna": ("BSD-3-Clause AND MIT AND LicenseRef-BSD-License-170c0f4c", "complete"),
        "zope.interface": ("LicenseRef-Proprietary OR MIT", "complete"),
    }
    texts = {
        element["simplelicensing_licenseText"] for element in elements(document, "simplelicensing_SimpleLicensingText")
    }
    assert texts == {"BSD License", "LicenseRef-Proprietary"}


def test_the_author_is_an_organisation_or_said_to_be_unknown() -> None:
    [creation] = elements(plain(), "CreationInfo")
    [author] = elements(plain(), "Organization")
    assert (creation["createdBy"], author["name"]) == ([author["spdxId"]], "Acme AB")
    unknown = plain(changed(DOCUMENT, author=""))
    [creation] = elements(unknown, "CreationInfo")
    [author] = [element for element in elements(unknown, "Agent") if element["spdxId"] == creation["createdBy"][0]]
    assert (author["name"], author["comment"]) == ("NOASSERTION", "The SBOM author is unknown.")
    assert creation["comment"].endswith("Unknown: SBOM Author.")


@pytest.mark.parametrize(
    ("phase", "kind"), [("pre-build", "source"), ("build", "build"), ("operations", "deployed"), ("design", "design")]
)
def test_the_generation_context_is_the_sbom_type(phase: str, kind: str) -> None:
    document = plain(changed(DOCUMENT, lifecycle=phase))
    assert [element["software_sbomType"] for element in elements(document, "software_Sbom")] == [[kind]]


def test_the_sbom_holds_every_element_and_its_root() -> None:
    document = plain()
    [sbom] = elements(document, "software_Sbom")
    assert [short(entry) for entry in sbom["rootElement"]] == [short(package(document, "acme")["spdxId"])]
    frame = {"CreationInfo", "SpdxDocument", "software_Sbom", "Tool", "Organization"}
    ids = {entry["spdxId"] for entry in document["@graph"] if entry["type"] not in frame}
    assert set(sbom["element"]) == {identifier for identifier in ids if not identifier.endswith("#data-license")}


def test_identity_is_the_content() -> None:
    assert spdx3.render(DOCUMENT) == spdx3.render(DOCUMENT)
    one, other = plain(), plain(changed(DOCUMENT, timestamp="2026-11-20T00:00:01Z"))
    assert package(one, "idna")["spdxId"] != package(other, "idna")["spdxId"]


def test_a_renderer_writes_what_a_fresh_one_writes() -> None:
    renderer = spdx3.Spdx3Writer()
    others = [
        changed(DOCUMENT, components=DOCUMENT.components[1:]),
        with_package(DOCUMENT, IDNA.ref, summary="another package of the same ref"),
        DOCUMENT,
    ]
    assert [renderer.render(other) for other in others] == [spdx3.render(other) for other in others]


def test_the_packages_are_those_of_the_document() -> None:
    names = [element["name"] for element in elements(plain(), "software_Package")]
    assert names == [ROOT.name, LOCAL.name, IDNA.name, ZOPE.name]

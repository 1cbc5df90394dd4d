"""From a complete document one element is taken away: exactly that element is missing, in every format and serialisation."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import NamedTuple

import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.profiles.score import score
from tests.suppliers.profiles.complete import Change, Json, cyclonedx, spdx2, spdx3
from tests.suppliers.profiles.serialised import as_json, as_rdf, as_tags, as_xml, as_yaml


class Format(NamedTuple):
    """A standard in a serialisation, the removals that it has, and what a complete document has no field for."""

    make: Callable[[], Json]
    write: Callable[[Json], bytes]
    removals: dict[str, tuple[Change, set[str]]]
    without: frozenset[str] = frozenset()


def _left(document: Json) -> Json:
    found: Json = document["components"][0]
    return found


def _without(key: str, *path: str | int) -> Change:
    def change(document: Json) -> None:
        node = document
        for step in path:
            node = node[step]  # type: ignore[index]
        del node[key]

    return change


def _no_primary(document: Json) -> None:
    del document["metadata"]["component"]
    document["dependencies"] = [{"ref": "left"}]
    document["compositions"] = [{"aggregate": "complete", "dependencies": ["left"]}]


def _reference(at: int, **fields: object) -> Change:
    return lambda document: _left(document)["externalReferences"][at].update(fields)


def _no_hashes(document: Json) -> None:
    del _left(document)["hashes"]
    for reference in _left(document)["externalReferences"]:
        reference.pop("hashes", None)


def _weak_hashes(document: Json) -> None:
    for node in (_left(document), *_left(document)["externalReferences"][:2]):
        node["hashes"] = [{"alg": "MD5", "content": "3" * 32}]


def _licences(*kept: str) -> Change:
    def change(document: Json) -> None:
        _left(document)["licenses"] = [
            row for row in _left(document)["licenses"] if row["license"]["acknowledgement"] in kept
        ]

    return change


def _property(name: str) -> Change:
    def change(document: Json) -> None:
        _left(document)["properties"] = [
            row for row in _left(document)["properties"] if row["name"] != f"bsi:component:{name}"
        ]

    return change


ALL_HASHES = {"hash_value", "component_hash", "deployable_hash", "source_hash"}
CYCLONEDX: dict[str, tuple[Change, set[str]]] = {
    "author": (_without("manufacturer", "metadata"), {"sbom_author", "sbom_creator"}),
    "author's address": (_without("url", "metadata", "manufacturer"), {"sbom_creator"}),
    "timestamp": (_without("timestamp", "metadata"), {"timestamp"}),
    "phase": (_without("lifecycles", "metadata"), {"generation_context", "lifecycle_phase"}),
    "tool": (_without("tools", "metadata"), {"tool_name"}),
    "version of the tool": (_without("version", "metadata", "tools", "components", 0), {"tool_version"}),
    "serial number": (_without("serialNumber"), {"sbom_version", "sbom_uri"}),
    "version of the document": (_without("version"), {"sbom_version"}),
    "product": (_no_primary, {"primary_component"}),
    "manufacturer": (_without("manufacturer", "components", 0), {"supplier_name", "component_producer", "component_creator"}),
    "manufacturer's address": (_without("url", "components", 0, "manufacturer"), {"component_creator"}),
    "name": (_without("name", "components", 0), {"component_name"}),
    "version": (_without("version", "components", 0), {"component_version"}),
    "identifier": (_without("purl", "components", 0), {"unique_identifiers", "component_identifiers"}),
    "hashes": (_no_hashes, ALL_HASHES),
    "secure hashes": (_weak_hashes, {"hash_algorithm", "deployable_hash", "source_hash"}),
    "licences": (_licences(), {"component_licence", "licence", "distribution_licences", "original_licences"}),
    "concluded licence": (_licences("declared"), {"distribution_licences"}),
    "declared licence": (_licences("concluded"), {"original_licences"}),
    "dependencies": (lambda document: document.update(dependencies=[]), {"dependency_relationship", "dependencies"}),
    "completeness": (_without("compositions"), {"coverage", "completeness"}),
    "file name": (_property("filename"), {"file_name"}),
    "executable property": (_property("executable"), {"executable_property"}),
    "archive property": (_property("archive"), {"archive_property"}),
    "structured property": (_property("structured"), {"structured_property"}),
    "effective licence": (_property("effectiveLicense"), {"effective_licence"}),
    "hash of the deployable": (_reference(0, hashes=[]), {"deployable_hash"}),
    "address of the deployable": (_reference(0, url="x"), {"deployable_uri"}),
    "hash of the source": (_reference(1, hashes=[]), {"source_hash"}),
    "address of the source": (_reference(1, url="x"), {"source_uri"}),
    "address of security.txt": (_reference(2, url="x"), {"security_txt"}),
    "vulnerabilities elsewhere": (
        lambda document: document.update(vulnerabilities=[{"bom-ref": "v", "id": "CVE-2026-1", "affects": [{"ref": "left"}]}]),
        {"no_vulnerabilities"},
    ),
}  # fmt: skip
SIGNED = {"signature": (_without("signature"), {"sbom_author_signature"})}


def _package(key: str) -> Change:
    return _without(key, "packages", 1)


def _edges(document: Json) -> None:
    document["relationships"] = document["relationships"][:1]


def _no_describes(document: Json) -> None:
    document["relationships"] = document["relationships"][1:]


def _no_tool(document: Json) -> None:
    document["creationInfo"]["creators"] = document["creationInfo"]["creators"][1:]


def _no_author(document: Json) -> None:
    document["creationInfo"]["creators"] = document["creationInfo"]["creators"][:1]


def _replace_creator(at: int, text: str) -> Change:
    return lambda document: document["creationInfo"]["creators"].__setitem__(at, text)


def _weak_checksums(document: Json) -> None:
    document["packages"][1]["checksums"] = [{"algorithm": "MD5", "checksumValue": "3" * 32}]


SPDX2: dict[str, tuple[Change, set[str]]] = {
    "author": (_no_author, {"sbom_author", "sbom_creator"}),
    "author's address": (_replace_creator(1, "Organization: Acme"), {"sbom_creator"}),
    "timestamp": (_without("created", "creationInfo"), {"timestamp"}),
    "phase": (_without("comment", "creationInfo"), {"generation_context", "lifecycle_phase"}),
    "tool": (_no_tool, {"tool_name"}),
    "version of the tool": (_replace_creator(0, "Tool: gen"), {"tool_version"}),
    "namespace": (_without("documentNamespace"), {"sbom_version", "sbom_uri"}),
    "product": (_no_describes, {"primary_component"}),
    "supplier": (_package("supplier"), {"supplier_name"}),
    "originator": (_package("originator"), {"component_producer"}),
    "version": (_package("versionInfo"), {"component_version"}),
    "identifier": (_package("externalRefs"), {"unique_identifiers", "component_identifiers"}),
    "hashes": (_package("checksums"), {"hash_value", "component_hash", "deployable_hash"}),
    "secure hashes": (_weak_checksums, {"hash_algorithm", "deployable_hash"}),
    "concluded licence": (_package("licenseConcluded"), {"distribution_licences"}),
    "declared licence": (_package("licenseDeclared"), {"original_licences"}),
    "dependencies": (_edges, {"dependency_relationship", "dependencies"}),
    "file name": (_package("packageFileName"), {"file_name"}),
    "address of the deployable": (
        lambda document: document["packages"][1].update(downloadLocation="NOASSERTION"), {"deployable_uri"},
    ),
}  # fmt: skip
NAMED = {"name": (_package("name"), {"component_name"})}
WITHOUT_NAMESPACE = {key: value for key, value in SPDX2.items() if key != "namespace"}


def _by_id(document: Json, ref: str) -> Json:
    found: Json = next(row for row in document["@graph"] if row.get("spdxId", row.get("@id")) == ref)
    return found


def _drop(ref: str, key: str) -> Change:
    def change(document: Json) -> None:
        del _by_id(document, ref)[key]

    return change


def _put(ref: str, **fields: object) -> Change:
    return lambda document: _by_id(document, ref).update(fields)


def _unlink(*refs: str) -> Change:
    def change(document: Json) -> None:
        document["@graph"] = [row for row in document["@graph"] if row.get("spdxId") not in refs]

    return change


def _no_completeness(document: Json) -> None:
    for row in document["@graph"]:
        row.pop("completeness", None)


def _no_hash_anywhere(document: Json) -> None:
    for row in document["@graph"]:
        row.pop("verifiedUsing", None)


FLAGS = {"executable_property", "archive_property", "structured_property"}
SPDX3: dict[str, tuple[Change, set[str]]] = {
    "author": (_put("_:creation", createdBy=[]), {"sbom_author", "sbom_creator"}),
    "timestamp": (_drop("_:creation", "created"), {"timestamp"}),
    "phase": (_drop("urn:x:sbom", "software_sbomType"), {"generation_context", "lifecycle_phase"}),
    "tool": (_put("_:creation", createdUsing=[]), {"tool_name"}),
    "version of the tool": (_put("urn:x:tool", name="gen"), {"tool_version"}),
    "product": (_put("urn:x:sbom", rootElement=[]), {"primary_component"}),
    "supplier": (_drop("urn:x:left", "suppliedBy"), {"supplier_name"}),
    "originator": (_drop("urn:x:left", "originatedBy"), {"component_producer"}),
    "creator": (
        lambda document: [_by_id(document, "urn:x:left").pop(key) for key in ("originatedBy", "suppliedBy")],
        {"component_producer", "supplier_name", "component_creator"},
    ),
    "name": (_drop("urn:x:left", "name"), {"component_name"}),
    "version": (_drop("urn:x:left", "software_packageVersion"), {"component_version"}),
    "identifier": (_drop("urn:x:left", "software_packageUrl"), {"unique_identifiers", "component_identifiers"}),
    "hashes": (_no_hash_anywhere, ALL_HASHES),
    "concluded licence": (_unlink("urn:x:concluded-left"), {"distribution_licences"}),
    "declared licence": (_unlink("urn:x:declared-left"), {"original_licences"}),
    "effective licence": (_unlink("urn:x:effective-left"), {"effective_licence"}),
    "dependencies": (_unlink("urn:x:needs-product", "urn:x:needs-left"), {"dependency_relationship", "dependencies"}),
    "completeness": (_no_completeness, {"coverage", "completeness"}),
    "properties of the file": (
        lambda document: [_by_id(document, "urn:x:file").pop(key) for key in ("comment", "software_additionalPurpose")], FLAGS,
    ),
    "structured property": (_put("urn:x:file", software_additionalPurpose=["archive"]), {"structured_property"}),
    "hash of the deployable": (_drop("urn:x:file", "verifiedUsing"), {"deployable_hash", "component_hash", "hash_value"}),
    "address of the deployable": (_drop("urn:x:file", "externalRef"), {"deployable_uri"}),
    "address of the source": (_drop("urn:x:source", "externalRef"), {"source_uri"}),
    "address of security.txt": (_drop("urn:x:left", "externalRef"), {"security_txt"}),
}  # fmt: skip

NO_SIGNATURE = frozenset({"sbom_author_signature"})
NO_FIELD = frozenset({"format", "source_uri", "source_hash", "effective_licence", "security_txt"}) | NO_SIGNATURE
FORMATS = {
    "CycloneDX 1.6 (JSON)": Format(cyclonedx, as_json, CYCLONEDX | SIGNED),
    "CycloneDX 1.7 (JSON)": Format(lambda: cyclonedx("1.7"), as_json, CYCLONEDX | SIGNED),
    "CycloneDX 1.6 (XML)": Format(cyclonedx, as_xml, CYCLONEDX, NO_SIGNATURE),
    "SPDX 2.3 (JSON)": Format(spdx2, as_json, SPDX2 | NAMED, NO_FIELD),
    "SPDX 2.3 (tag-value)": Format(spdx2, as_tags, SPDX2, NO_FIELD),
    "SPDX 2.3 (YAML)": Format(spdx2, as_yaml, SPDX2 | NAMED, NO_FIELD),
    "SPDX 2.3 (RDF/XML)": Format(spdx2, as_rdf, WITHOUT_NAMESPACE | NAMED, NO_FIELD),
    "SPDX 3.0.1 (JSON-LD)": Format(spdx3, as_json, SPDX3, NO_SIGNATURE),
}


def missing(data: bytes, profile: QualityProfile) -> set[str]:
    return {found.element.key for found in score(read_received(data), profile).elements if found.tally.gap_count}


@pytest.mark.parametrize("name", FORMATS)
def test_a_complete_document_has_every_element_and_is_valid(name: str) -> None:
    used = FORMATS[name]
    read = read_received(used.write(used.make()), schema_defects)
    assert (read.label, read.defects) == (name, ())
    for profile in QualityProfile:
        found = score(read, profile)
        assert {entry.element.key for entry in found.elements if entry.tally.gap_count} <= used.without
        assert {entry.element.key for entry in found.failing} <= {"format"}


@pytest.mark.parametrize("name", FORMATS)
def test_without_one_element_exactly_that_one_is_missing(name: str) -> None:
    used = FORMATS[name]
    seen: set[str] = set()
    for removal, (change, expected) in used.removals.items():
        document = copy.deepcopy(used.make())
        change(document)
        data = used.write(document)
        for profile in QualityProfile:
            before = missing(used.write(used.make()), profile)
            keys = {entry.element.key for entry in score(read_received(data), profile).elements}
            assert missing(data, profile) - before == expected & keys, (removal, profile.value)
        seen |= expected
    assert len(seen) > 15


INDEPENDENT = (
    "author's address", "timestamp", "phase", "version of the tool", "version of the document", "manufacturer's address", "name",
    "version", "identifier", "concluded licence", "completeness", "file name", "executable property", "archive property",
    "structured property", "effective licence", "hash of the deployable", "address of the deployable", "hash of the source",
    "address of the source", "address of security.txt", "vulnerabilities elsewhere",
)  # fmt: skip
"""Removals that leave what the others change where it is."""


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["CycloneDX 1.6 (JSON)", "CycloneDX 1.6 (XML)"])
def test_without_several_elements_exactly_those_are_missing(name: str, seed: int) -> None:
    used, choice = FORMATS[name], random.Random(seed)  # noqa: S311 - seeded, for a repeatable test
    removed = choice.sample(INDEPENDENT, choice.randint(2, 9))
    document = used.make()
    expected = set(used.without)
    for removal in removed:
        change, keys = used.removals[removal]
        change(document)
        expected |= keys
    data = used.write(document)
    for profile in QualityProfile:
        keys = {entry.element.key for entry in score(read_received(data), profile).elements}
        assert missing(data, profile) == expected & keys, (removed, profile.value)

"""A part of a document that no reader took makes it one that was not read as a whole, in every format."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.values.received_sbom import MOST_DEFECTS, ReceivedSbom
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from tests.formats.received.documents import ALL, RDF, SPDX3, TAGS, XML, cyclonedx, encoded, spdx2

HIDDEN = {"spdxId": "https://acme.example/hidden", "name": "hidden", "software_packageUrl": "pkg:pypi/hidden@1"}


def _graph(**more: Any) -> bytes:
    document = copy.deepcopy(SPDX3)
    document["@graph"].append({**HIDDEN, **more})
    return encoded(document)


LOST: dict[str, bytes] = {
    "packages under another name": encoded(spdx2(Packages=[])),
    "a version of SPDX 2 that does not exist": encoded(spdx2(spdxVersion="SPDX-2.9")),
    "a version of CycloneDX that does not exist": encoded(cyclonedx(specVersion="1.9")),
    "a version of CycloneDX that has no JSON": encoded(cyclonedx(specVersion="1.1")),
    "a version of CycloneDX in XML that does not exist": XML.replace("bom/1.6", "bom/1.9").encode(),
    "a misspelt tag": f"{TAGS}packageName: hidden\n".encode(),
    "a type of another vocabulary": RDF.replace("rdf/terms#Package", "rdf/words#Package").encode(),
    "two versions of one package in RDF": RDF.replace(
        "<s:versionInfo>2.0<", "<s:versionInfo>9.0</s:versionInfo><s:versionInfo>2.0<"
    ).encode(),
    "a misspelt type": _graph(type="software_package"),
    "no type": _graph(),
    "something beside the graph": encoded({**SPDX3, "element": [{"type": "software_Package", **HIDDEN}]}),
    "a second context": encoded({**SPDX3, "@context": [SPDX3["@context"], {"Parcel": "software_Package"}]}),
}


@pytest.mark.parametrize("document", LOST.values(), ids=LOST)
def test_a_part_that_no_reader_takes_is_unread(document: bytes) -> None:
    assert not read_received(document).is_whole


@pytest.mark.parametrize("name", ALL)
def test_a_document_without_such_a_part_is_whole(name: str) -> None:
    assert read_received(ALL[name]).is_whole


@pytest.mark.parametrize(
    "kind", [["software_Package"], "https://spdx.org/rdf/3.0.1/terms/Software/Package", ["Element", "software_Package"]]
)
def test_a_type_may_be_a_list_or_an_address(kind: object) -> None:
    assert "hidden" in [component.name for component in read_received(_graph(type=kind)).components]


def test_an_unread_part_is_listed_after_any_number_of_other_defects() -> None:
    document = spdx2()
    package = {**document["packages"][1], "checksums": [{"algorithm": "SHA256", "checksumValue": "0"}]}
    document["packages"] = [{**package, "SPDXID": f"SPDXRef-{at}"} for at in range(MOST_DEFECTS + 5)]
    document["packages"].append(7)
    found = read_received(encoded(document))
    assert not found.is_whole
    assert len(found.defects) == MOST_DEFECTS < found.defect_count


@pytest.mark.parametrize(
    "own",
    [{"bomFormat": "CycloneDX"}, {"spdxVersion": "SPDX-2.3"}, {"@context": "https://spdx.org/rdf/3.0.1/x"}],
    ids=["CycloneDX", "SPDX 2", "SPDX 3"],
)
@pytest.mark.parametrize(
    "envelope",
    [
        lambda inner: {"payload": base64.b64encode(encoded(inner)).decode(), "payloadType": "application/json"},
        lambda inner: {"predicateType": "https://cyclonedx.org/bom", "predicate": inner},
        lambda inner: {"dsseEnvelope": {"payload": base64.b64encode(encoded(inner)).decode(), "payloadType": "x"}},
    ],
    ids=["DSSE", "in-toto", "bundle"],
)
def test_an_envelope_that_is_an_sbom_itself_is_refused(
    own: dict[str, str], envelope: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    assert read_received(encoded(envelope(cyclonedx()))).components
    with pytest.raises(UnexpectedShapeError, match="readers differ"):
        read_received(encoded({**envelope(cyclonedx()), **own}))


def _with_relation(kind: str) -> ReceivedSbom:
    document = spdx2()
    document["relationships"][1] = {
        "spdxElementId": "SPDXRef-product",
        "relationshipType": kind,
        "relatedSpdxElement": "DocumentRef-other:SPDXRef-hidden",
    }
    return read_received(encoded(document))


def test_what_another_document_lists_is_not_listed_here() -> None:
    for kind in ("DEPENDS_ON", "CONTAINS", "DEPENDENCY_OF"):
        assert [statement.aggregate for statement in _with_relation(kind).completeness] == ["incomplete"]
    assert _with_relation("AMENDS").completeness == ()


def test_spdx_3_states_completeness_in_its_relationships() -> None:
    document = copy.deepcopy(SPDX3)
    relation = next(node for node in document["@graph"] if node.get("relationshipType") == "dependsOn")
    assert read_received(encoded(document)).completeness == ()
    relation["completeness"] = "incomplete"
    [found] = read_received(encoded(document)).completeness
    assert (found.aggregate, len(found.dependencies)) == ("incomplete", 1)


def test_each_package_url_of_a_component_is_kept() -> None:
    second = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/b@1"}
    spdx_2 = spdx2()
    spdx_2["packages"][1]["externalRefs"].append(second)
    spdx_3 = copy.deepcopy(SPDX3)
    spdx_3["@graph"][0]["software_packageUrl"] = "pkg:pypi/b@1"
    for document in (spdx_2, spdx_3):
        [left] = [part for part in read_received(encoded(document)).components if part.name == "left"]
        others = {value for kind, value in left.identifiers if kind == "purl"}
        assert {left.purl, *others} == {"pkg:pypi/b@1", "pkg:pypi/Left@2.0"}

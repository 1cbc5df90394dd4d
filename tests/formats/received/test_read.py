"""Every format gives the same value for the same product; defects are named; what is no SBOM is refused with what it is."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    DefectKind,
    EdgeKind,
    PackageIdentity,
    ReceivedSbom,
    SbomDigest,
    SbomLicence,
)
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_identities, read_received
from tests.formats.received.documents import ALL, DIGEST, RDF, TAGS, XML, cyclonedx, encoded, spdx2


def _graph(found: ReceivedSbom) -> set[tuple[str, str, EdgeKind]]:
    names = [component.name for component in found.components]
    return {(names[source], names[target], kind) for source, target, kind in found.edges}


@pytest.mark.parametrize("name", ALL)
def test_every_format_gives_the_same_product(name: str) -> None:
    found = read_received(ALL[name])
    assert found.defects == ()
    assert [found.components[root].name for root in found.roots] == ["product"]
    [left] = [component for component in found.components if component.name == "left"]
    assert (left.version, left.purl) == ("2.0", "pkg:pypi/Left@2.0")
    assert left.package == PackageIdentity("pypi", "", "left", "2.0")
    assert left.digests == (SbomDigest("sha-256", DIGEST),)
    assert SbomLicence("MIT") in [licence._replace(basis="") for licence in left.licences]
    assert left.supplier is not None
    assert (left.supplier.name, left.supplier.email) == ("Acme", "a@acme.example")
    assert _graph(found) == {("product", "left", EdgeKind.DEPENDS_ON)}
    assert found.timestamp == "2026-11-20T00:00:00Z"
    assert [party.name for party in found.authors] == ["Acme"]
    assert [tool.name for tool in found.tools] == ["gen"]
    assert name.endswith(found.syntax.value)
    assert name.startswith(found.standard.value)


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda text: codecs.BOM_UTF8 + text.encode(), id="mark of UTF-8"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param(lambda text: gzip.compress(text.encode()), id="gzip"),
        pytest.param(lambda text: b"\n \n" + text.encode(), id="white space before it"),
    ],
)
@pytest.mark.parametrize("name", [name for name in ALL if "XML" not in name])
def test_the_content_decides_in_any_encoding(name: str, encode: Callable[[str], bytes]) -> None:
    found = read_received(encode(ALL[name].decode()))
    assert len(found.components) == 2
    assert found.defects == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("text", [XML, RDF], ids=["CycloneDX", "RDF"])
def test_xml_in_its_encodings(text: str, encoding: str) -> None:
    body = text.partition("?>")[2]
    found = read_received(f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding))
    assert len(found.components) == 2


def _statement(document: bytes) -> dict[str, Any]:
    return {"_type": "https://in-toto.io/Statement/v1", "predicateType": "x", "predicate": json.loads(document)}


def _dsse(document: bytes) -> dict[str, Any]:
    return {"payloadType": "x", "payload": base64.b64encode(document).decode(), "signatures": []}


def test_envelopes_are_opened_and_named() -> None:
    statement = encoded(_statement(ALL["CycloneDX JSON"]))
    bundle = encoded({"mediaType": "x", "dsseEnvelope": _dsse(statement)})
    found = read_received(gzip.compress(bundle))
    assert found.carriers == ("gzip", "Sigstore bundle", "DSSE", "in-toto")
    assert len(found.components) == 2


def _nested(levels: int) -> bytes:
    data = ALL["CycloneDX JSON"]
    for _ in range(levels):
        data = encoded(_dsse(data))
    return data


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "white space": (b" \n", "is empty"),
    "text": (b"hello", "neither JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "UTF-8"),
    "JSON cut off": (ALL["CycloneDX JSON"][:-9], "not valid JSON"),
    "a key twice": (b'{"bomFormat": "CycloneDX", "bomFormat": "CycloneDX"}', "duplicate key"),
    "a list": (b"[]", "array"),
    "another object": (b"{}", "no bomFormat"),
    "OpenVEX": (b'{"@context": "https://openvex.dev/ns/v0.2.0"}', "OpenVEX"),
    "CSAF": (b'{"document": {"csaf_version": "2.0"}}', "CSAF"),
    "CycloneDX 2": (b'{"specFormat": "CycloneDX", "specVersion": "2.0"}', "CycloneDX 2"),
    "another major version": (encoded(cyclonedx(specVersion="2.0")), "version '2.0'"),
    "no version": (encoded({"bomFormat": "CycloneDX"}), "version ''"),
    "a NUL": (encoded(cyclonedx(components=[{"type": "library", "name": "a\0b"}])), "NUL"),
    "half a pair": (encoded(cyclonedx(components=[{"type": "library", "name": "\ud800"}])), "surrogate"),
    "not a number": (b'{"bomFormat": "CycloneDX", "version": NaN}', "not JSON"),
    "a huge number": (b'{"bomFormat": "CycloneDX", "version": 1e999}', "too large"),
    "many digits": (
        b'{"bomFormat": "CycloneDX", "version": ' + b"1" * 5000 + b"}",
        "a number has more than 4,300 digits",
    ),
    "depth": (b'{"bomFormat": "CycloneDX", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON"),
    "gzip cut off": (gzip.compress(ALL["CycloneDX JSON"])[:-9], "too early"),
    "gzip with more": (gzip.compress(ALL["CycloneDX JSON"]) + b"x", "behind its end"),
    "envelopes": (_nested(7), "envelopes"),
    "an envelope of nothing": (encoded({"payloadType": "x", "payload": "%"}), "base64"),
    "XML of something else": (b"<html/>", "no SBOM"),
    "plain XML of SPDX": (b"<Document/>", "plain XML"),
    "a bom without namespace": (b"<bom/>", "namespace"),
    "RDF of something else": (b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "SpdxDocument"),
    "YAML of CycloneDX": (b"bomFormat: CycloneDX\n", "YAML"),
    "text without its end": (TAGS.replace("</text>", "").encode(), "</text>"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_sbom_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnexpectedShapeError) as refused:
        read_received(data)
    assert why in str(refused.value)


DEFECTS: dict[str, tuple[dict[str, Any], DefectKind, str, str]] = {
    "timestamp": (cyclonedx(metadata={"timestamp": "now"}), DefectKind.VALUE, "/metadata/timestamp", "'now'"),
    "serial": (cyclonedx(serialNumber="x"), DefectKind.VALUE, "/serialNumber", "UUID"),
    "no name": (
        cyclonedx(components=[{"type": "library"}], dependencies=[]),
        DefectKind.MISSING,
        "/components/0",
        "name",
    ),
    "no object": (cyclonedx(components=["x"], dependencies=[]), DefectKind.UNREAD, "/components/0", "a text"),
    "no list": (cyclonedx(components={}, dependencies=[]), DefectKind.UNREAD, "/components", "an array"),
    "purl": (
        cyclonedx(components=[{"name": "a", "purl": "left@2"}], dependencies=[]),
        DefectKind.VALUE,
        "/components/0",
        "package URL",
    ),
    "digest": (
        cyclonedx(components=[{"name": "a", "hashes": [{"alg": "SHA-256", "content": "00"}]}], dependencies=[]),
        DefectKind.VALUE,
        "/components/0/hashes/0",
        "SHA-256",
    ),
    "dangling": (
        cyclonedx(dependencies=[{"ref": "left", "dependsOn": ["x"]}]),
        DefectKind.REFERENCE,
        "/dependencies/0",
        "'x'",
    ),
    "two of one reference": (
        cyclonedx(components=[{"bom-ref": "left", "name": "a"}, {"bom-ref": "left", "name": "b"}]),
        DefectKind.REPEATED,
        "/components/1",
        "'left'",
    ),
    "a state that is none": (
        cyclonedx(vulnerabilities=[{"id": "CVE-1", "analysis": {"state": "fine"}}]),
        DefectKind.VALUE,
        "/vulnerabilities/0/analysis",
        "'fine'",
    ),
    "SPDX with fractions of seconds": (
        spdx2(creationInfo={"created": "2026-11-20T00:00:00.5Z", "creators": []}),
        DefectKind.VALUE,
        "/creationInfo/created",
        "00.5Z",
    ),
    "SPDX that describes nothing": (spdx2(relationships=[]), DefectKind.MISSING, "", "describes"),
    "SPDX with an unknown creator": (
        spdx2(creationInfo={"created": "2026-11-20T00:00:00Z", "creators": ["Acme"]}),
        DefectKind.VALUE,
        "/creationInfo/creators",
        "'Acme'",
    ),
    "SPDX without a namespace": (spdx2(documentNamespace=""), DefectKind.MISSING, "", "documentNamespace"),
}


@pytest.mark.parametrize(("document", "kind", "location", "why"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_named_with_its_place(document: dict[str, Any], kind: DefectKind, location: str, why: str) -> None:
    found = read_received(encoded(document))
    assert [defect for defect in found.defects if defect.kind is kind and why in defect.message], found.defects
    assert location in {defect.location for defect in found.defects}
    assert found.defect_count == len(found.defects)


def test_a_wrong_line_of_tag_value_costs_that_line() -> None:
    found = read_received(
        TAGS.replace("PackageChecksum: SHA256:", "PackageChecksum: SHA256").encode() + b"what is this\n"
    )
    assert len(found.components) == 2
    assert [(defect.kind, defect.location) for defect in found.defects] == [
        (DefectKind.UNREAD, "line 22"),
        (DefectKind.UNREAD, "line 28"),
    ]


def test_nested_components_cycles_and_statements() -> None:
    inner: dict[str, Any] = {"bom-ref": "e", "name": "e"}
    for name in "dcba":
        inner = {"bom-ref": name, "name": name, "components": [inner]}
    found = read_received(
        encoded(
            cyclonedx(
                components=[inner],
                services=[{"bom-ref": "s", "name": "s"}],
                dependencies=[{"ref": "a", "dependsOn": ["e", "s"]}, {"ref": "e", "dependsOn": ["a"]}],
                compositions=[{"aggregate": "complete", "assemblies": ["a"], "dependencies": ["product"]}],
                vulnerabilities=[
                    {
                        "id": "CVE-2026-1",
                        "source": {"name": "NVD"},
                        "references": [{"id": "GHSA-x", "source": {"name": "GitHub"}}],
                        "analysis": {"state": "not_affected", "justification": "code_not_present"},
                        "affects": [{"ref": "e", "versions": [{"version": "1"}]}, {"ref": "urn:cdx:x/1#y"}],
                    }
                ],
            )
        )
    )
    assert found.defects == ()
    assert _graph(found) >= {
        ("a", "e", EdgeKind.DEPENDS_ON),
        ("e", "a", EdgeKind.DEPENDS_ON),
        ("d", "e", EdgeKind.CONTAINS),
    }
    by_name = {component.name: component for component in found.components}
    assert (
        dict(zip(by_name, found.locations, strict=True))["e"]
        == "/components/0/components/0/components/0/components/0/components/0"
    )
    assert found.components[by_name["b"].parent].name == "a"
    assert found.completeness[0].aggregate == "complete"
    [statement] = found.statements
    assert (statement.id, statement.aliases, statement.state) == ("CVE-2026-1", ("GHSA-x",), "not_affected")
    assert [affected.component == NO_COMPONENT for affected in statement.affects] == [False, True]


def test_what_is_stated_to_be_unknown_is_kept() -> None:
    [_, left] = read_received(ALL["SPDX 2 JSON"]).components
    assert left.unknown == ("licenseConcluded",)


def test_dependencies_of_one_component_are_stated_and_of_the_other_not() -> None:
    found = read_received(encoded(cyclonedx(dependencies=[{"ref": "left"}])))
    assert [found.components[at].name for at, stated in enumerate(found.edges.stated) if stated] == ["left"]


def test_serialisations_of_the_same_example_agree(shared_data: Path) -> None:
    folder = shared_data / "sbom" / "spdx-tools-data"
    found = [read_received(path.read_bytes()) for path in sorted(folder.glob("SPDX*Example-v2.3*"))]
    assert len(found) == 3
    for other in found:
        assert other.defects == ()
        assert _graph(other) == _graph(found[0])
        assert sorted((part.name, part.version, part.digests) for part in other.components) == sorted(
            (part.name, part.version, part.digests) for part in found[0].components
        )


def test_every_document_of_the_folder_is_read_or_refused(shared_data: Path) -> None:
    read, refused = 0, {}
    for path in sorted([*(shared_data / "sbom").rglob("*"), *(shared_data / "vex").rglob("*")]):
        if path.is_file():
            try:
                found = read_received(path.read_bytes())
            except UnexpectedShapeError as error:
                refused[path] = str(error)
            else:
                read += 1
                assert len(found.edges.stated) == len(found.components)
    assert read > 300
    assert len(refused) > 20
    assert all(refused.values())
    assert [
        path for path in refused if not ("vex" in path.parts or "bomformat" in path.name or "scanoss" in path.name)
    ] == []


_IDENTITY = (
    "ref",
    "name",
    "version",
    "type",
    "group",
    "purl",
    "package",
    "cpes",
    "identifiers",
    "parent",
    "properties",
)


@pytest.mark.parametrize("name", ALL)
def test_what_components_are_is_the_same_without_what_else_is_known_of_them(name: str) -> None:
    whole, short = read_received(ALL[name]), read_identities(ALL[name])
    for key in _IDENTITY:
        assert [getattr(part, key) for part in short.components] == [getattr(part, key) for part in whole.components]
    assert (short.roots, short.locations) == (whole.roots, whole.locations)
    assert (short.label, short.defects) == (whole.label, whole.defects)


@pytest.mark.parametrize(
    "change",
    [{"name": []}, {"purl": []}, {"version": {}}, {"properties": 1}, {"components": 1}, {"swid": 1}],
)
def test_what_is_wrong_with_the_identity_of_a_component_is_always_noticed(change: dict[str, Any]) -> None:
    part = {"type": "library", "name": "x", "purl": "pkg:npm/x@1", "hashes": [], "components": [], **change}
    data = encoded(cyclonedx(components=[part], dependencies=[], compositions=[]))
    whole, short = read_received(data), read_identities(data)
    assert short.defects == whole.defects
    assert not short.is_whole

"""Rules see the same product in every format; what is stated to be unknown is unknown, what is left out is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.assurance.policy.sbom import received_input, sbom_input
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.formats.spdx3 import read_spdx3
from tests.formats.received.documents import ALL, SPDX3, cyclonedx, encoded, spdx2


def _input(data: bytes) -> dict[str, Any]:
    return received_input(read_received(data), path="dist:x", sha256="a" * 64)


@pytest.mark.parametrize("name", ALL)
def test_every_format_is_shown_alike(name: str) -> None:
    found = _input(ALL[name])
    assert found["problems"] == found["dangling"] == found["duplicates"] == []
    assert found["root"]["name"] == "product"
    [left] = found["components"]
    assert (left["name"], left["version"], left["licence"], left["algorithms"]) == ("left", "2.0", "MIT", ["sha-256"])
    assert found["edges"] == 1
    assert [entry["text"] for entry in found["licences"]] == ["MIT"]
    assert found["elements"]["component_identifiers"]["present"] == 1
    assert found["document"]["sbom_author"] == found["document"]["timestamp"] == "present"


def test_a_licence_is_unknown_or_missing_or_concluded() -> None:
    packages = spdx2()["packages"]
    del packages[0]["versionInfo"]
    packages[1]["licenseDeclared"] = "NOASSERTION"
    found = _input(encoded(spdx2(packages=packages)))
    assert found["components"][0]["unknown"] == ["Component License"]
    assert found["unlicensed"] == ["SPDXRef-left"]
    assert found["elements"]["component_version"]["missing"] == ["SPDXRef-product"]
    packages[1] |= {"licenseDeclared": "GPL-3.0-only", "licenseConcluded": "MIT"}
    found = _input(encoded(spdx2(packages=packages)))
    assert [entry["text"] for entry in found["licences"]] == ["MIT"]


@pytest.mark.parametrize(
    ("declared", "concluded", "text"),
    [
        ("NONE", "NOASSERTION", "NONE"),
        ("NONE", None, "NONE"),
        ("NOASSERTION", "NONE", "NONE"),
        ("MIT", "NONE", "NONE"),  # what a review concluded counts
        ("NONE", "MIT", "MIT"),
        ("NOASSERTION", "NOASSERTION", None),
        (None, None, None),
    ],
)
def test_no_licence_in_spdx_2_is_a_statement_and_no_assertion_is_none(
    declared: str | None, concluded: str | None, text: str | None
) -> None:
    packages = spdx2()["packages"]
    packages[1].pop("licenseDeclared", None)
    packages[1] |= {
        key: value for key, value in (("licenseDeclared", declared), ("licenseConcluded", concluded)) if value
    }
    document = spdx2(packages=packages)
    own = sbom_input(document, path="dist:x", sha256="a" * 64, problems=())
    for found in (_input(encoded(document)), own):
        assert [entry["text"] for entry in found["licences"]] == ([text] if text else [])
        assert found["unlicensed"] == ([] if text else ["SPDXRef-left"])
        assert found["elements"]["component_licence"]["missing"].count("SPDXRef-left") == (not (text or declared))


LEFT_3 = next(row["spdxId"] for row in SPDX3["@graph"] if row.get("name") == "left")
NOTHING_3 = (
    "NoneElement", "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement", "expandedlicensing_NoneLicense",
    "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoneLicense", "https://spdx.org/licenses/NONE", "NONE",
)  # fmt: skip


@pytest.mark.parametrize("target", NOTHING_3)
@pytest.mark.parametrize("word", ["hasDeclaredLicense", "hasConcludedLicense"])
def test_no_licence_in_spdx_3_is_a_statement(target: str, word: str) -> None:
    document: dict[str, Any] = {**SPDX3}
    edge = {
        "type": "Relationship", "spdxId": "none", "creationInfo": "_:c", "relationshipType": word, "from": LEFT_3, "to": [target],
    }  # fmt: skip
    document["@graph"] = [
        row
        for row in document["@graph"]
        if row.get("relationshipType") not in ("hasDeclaredLicense", "hasConcludedLicense")
    ] + [edge]
    found = _input(encoded(document))
    [left] = [entry for entry in found["licences"] if LEFT_3 in entry["subjects"]]
    assert left["text"] == "NONE"
    [own] = [package for package in read_spdx3(document).packages if package.id == LEFT_3]
    assert own.licences == ((("NONE", {}),) if word == "hasDeclaredLicense" else ())


@pytest.mark.parametrize("choice", [{"expression": "NONE"}, {"license": {"id": "NONE"}}, {"license": {"name": "NONE"}}])
def test_no_licence_in_cyclonedx_has_no_field_and_is_judged_by_its_word(choice: dict[str, Any]) -> None:
    part = {"type": "library", "bom-ref": "a", "name": "a", "version": "1", "licenses": [choice]}
    found = _input(encoded(cyclonedx(components=[part])))
    assert [entry["text"] for entry in found["licences"]] == ["NONE"]


def test_defects_and_repeated_references_are_problems() -> None:
    parts = [{"type": "library", "bom-ref": "a", "name": name} for name in "xy"]
    found = _input(encoded(cyclonedx(components=parts, dependencies=[{"ref": "a", "dependsOn": ["gone"]}])))
    assert found["duplicates"] == ["a"]
    assert {problem["path"] for problem in found["problems"]} == {"/components/1", "/dependencies/0"}


def test_completeness_and_emptiness_are_stated() -> None:
    whole = [{"aggregate": "complete", "assemblies": ["product"]}]
    found = _input(encoded(cyclonedx(components=[], dependencies=[], compositions=whole)))
    assert found["explicitly_empty"] is True
    assert found["document"]["coverage"] == "present"
    assert _input(encoded(cyclonedx()))["document"]["coverage"] == "missing"

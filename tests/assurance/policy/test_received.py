"""Rules see the same product in every format; what is stated to be unknown is unknown, what is left out is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.assurance.policy.sbom import received_input
from ops.supply_chain.formats.received.read import read_received
from tests.formats.received.documents import ALL, cyclonedx, encoded, spdx2


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

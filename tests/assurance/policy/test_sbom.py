"""Both formats come out in one shape; what has a wrong type is told and taken for absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.assurance.policy.parts import COMPONENT_ELEMENTS
from ops.supply_chain.assurance.policy.sbom import is_readable, sbom_input
from ops.supply_chain.formats.shape import MOST_FAULTS, ROOT, Fault, ShapeReader
from tests.policy.support import CYCLONEDX, CYCLONEDX_EMPTY, SPDX, SPDX_EMPTY, sbom

DOCUMENT_ELEMENTS = (
    "sbom_author",
    "data_format",
    "generation_context",
    "timestamp",
    "tool",
    "sbom_version",
    "coverage",
)


def project(document: dict[str, Any]) -> dict[str, Any]:
    return sbom_input(document, path="dist:x", sha256="a" * 64, problems=())


def test_both_formats_say_the_same() -> None:
    ours, theirs = project(json.loads(CYCLONEDX)), project(json.loads(SPDX))
    assert (ours["format"], theirs["format"]) == ("CycloneDX", "SPDX")
    for key in ("problems", "dangling", "duplicates", "explicitly_empty", "edges", "document"):
        assert ours[key] == theirs[key], key
    assert ours["elements"].keys() == COMPONENT_ELEMENTS.keys()
    assert tuple(ours["document"]) == DOCUMENT_ELEMENTS
    for element, tally in ours["elements"].items():
        assert theirs["elements"][element] == tally, element
    alike = ("name", "version", "purl", "origin", "algorithms", "licence", "unknown")
    pairs = [[{key: one[key] for key in alike} for one in side["components"]] for side in (ours, theirs)]
    assert sorted(pairs[0], key=str) == sorted(pairs[1], key=str)


def test_components_say_where_they_come_from() -> None:
    found = {one["name"]: (one["origin"], one["algorithms"], one["unknown"]) for one in project(sbom())["components"]}
    assert found == {
        "click": ("files", ["sha-512"], []),
        "idna": ("files", ["sha-256"], []),
        "ours": ("local", [], ["Component Hash Value", "Component Identifiers", "Component Version"]),
        "tool": ("commit", [], ["Component Hash Value"]),
    }


@pytest.mark.parametrize("data", [CYCLONEDX_EMPTY, SPDX_EMPTY])
def test_nothing_is_only_nothing_where_it_is_said(data: bytes) -> None:
    document = json.loads(data)
    assert project(document)["explicitly_empty"] is True
    for key in ("compositions", "relationships"):
        document.pop(key, None)
    assert project(document)["explicitly_empty"] is False


def test_components_inside_components_count() -> None:
    document = sbom()
    document["components"][0]["components"] = [{"bom-ref": "inner", "name": "inner"}]
    document["metadata"]["component"]["components"] = [{"bom-ref": "part", "name": "part"}]
    assert {"inner", "part"} <= {one["name"] for one in project(document)["components"]}


def test_an_edge_is_resolved_where_it_is_cheap() -> None:
    document = sbom()
    document["dependencies"][0]["dependsOn"] = ["nowhere"]
    first = document["dependencies"][0]["ref"]
    assert project(document)["dangling"] == [{"from": first, "to": "nowhere"}]


def test_a_licence_stands_once_with_all_that_have_it() -> None:
    document = sbom()
    for one in document["components"]:
        one["licenses"] = [{"license": {"id": "MIT"}}]
    del document["components"][0]["licenses"]
    found = project(document)
    refs = [one["bom-ref"] for one in document["components"]]
    assert found["licences"] == [
        {"text": "MIT", "alternatives": [[{"id": "MIT", "text": "MIT", "known": True}]], "subjects": refs[1:]}
    ]
    assert found["unlicensed"] == refs[:1]


def test_licences_are_those_of_the_product() -> None:
    document = sbom()
    ref = document["components"][1]["bom-ref"]
    document["components"][1]["scope"] = "excluded"
    document["components"][2]["scope"] = "optional"
    document["components"][3]["scope"] = "Excluded"
    found = project(document)
    assert found["excluded"] == [ref]
    judged = [subject for licence in found["licences"] for subject in licence["subjects"]] + found["unlicensed"]
    assert sorted(judged) == sorted(one["bom-ref"] for one in document["components"] if one["bom-ref"] != ref)
    assert len(found["components"]) == 4


def test_spdx_states_the_scope_in_the_comment() -> None:
    document = json.loads(SPDX)
    packages = document["packages"]
    for position, comment in enumerate(
        ("Scope: excluded.", "Required. Scope: excluded. More.", "Scope: excluded by x")
    ):
        packages[position + 1]["comment"] = f"{comment} {packages[position + 1].get('comment', '')}"
    root = document["relationships"][0]["relatedSpdxElement"]
    assert packages[0]["SPDXID"] == root
    assert project(document)["excluded"] == [packages[1]["SPDXID"], packages[2]["SPDXID"]]


def test_what_has_a_wrong_type_is_told_with_its_place() -> None:
    document = sbom()
    document["components"][1]["name"] = 7
    document["components"].append("x")
    document["metadata"]["lifecycles"] = {"phase": "build"}
    assert {(one["path"], one["message"]) for one in project(document)["problems"]} == {
        ("$.components[1].name", "expected a text, found a number"),
        ("$.components[4]", "expected an object, found a text"),
        ("$.metadata.lifecycles", "expected an array, found an object"),
    }


def test_problems_of_the_checks_come_along_each_once() -> None:
    fault = Fault(path="$", message="m")
    found = sbom_input(sbom(), path="dist:x", sha256="a" * 64, problems=(fault, fault))
    assert found["problems"] == [{"path": "$", "message": "m"}]


def test_faults_are_bounded() -> None:
    shape = ShapeReader()
    shape.texts({"x": [1] * (MOST_FAULTS + 5)}, "x", ROOT)
    assert len(shape.faults()) == MOST_FAULTS


@pytest.mark.parametrize(
    ("document", "readable"),
    [
        ({"bomFormat": "CycloneDX"}, True),
        ({"spdxVersion": "SPDX-2.3"}, True),
        ({"spdxVersion": "SPDX-3.0"}, False),
        ({"spdxVersion": 2}, False),
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_what_can_be_shown_to_rules(document: object, readable: bool) -> None:
    assert is_readable(document) is readable


def test_another_major_version_is_a_problem() -> None:
    assert project({**sbom(), "specVersion": "2.0"})["problems"] == [
        {"path": "$.specVersion", "message": "expected CycloneDX 1.x, found '2.0'"}
    ]


def test_a_name_that_is_missing_is_a_problem_with_its_place() -> None:
    document = sbom()
    del document["components"][1]["name"]
    assert project(document)["problems"] == [{"path": "$.components[1].name", "message": "is missing"}]

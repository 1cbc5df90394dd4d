"""Components that a schema has accepted: a document comes out as if it were validated as a whole, in whatever order documents come."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ops.supply_chain.adapters.tools import known_components
from ops.supply_chain.adapters.tools.known_components import KnownComponents
from ops.supply_chain.adapters.tools.received_schemas import JSON_VERSIONS
from ops.supply_chain.adapters.tools.schemas import components_are_apart, schema_problems
from ops.supply_chain.formats.received.content import Content, recognise
from tests.benchmarks import supplier_sboms

SCHEMAS = [f"{version}-strict" if version in {"1.2", "1.3"} else version for version in JSON_VERSIONS]
PARTS = 40
"""Components of a document: fewer are not taken apart."""


def chances(seed: int = 20261129) -> random.Random:
    return random.Random(seed)  # noqa: S311 - made-up data, the same each time


def document(parts: list[Any], version: str = "1.6") -> Content:
    data = {"bomFormat": "CycloneDX", "specVersion": version, "version": 1, "components": parts}
    return recognise(json.dumps(data).encode())


def components(chance: random.Random, count: int = PARTS) -> list[Any]:
    drawn = chance.sample(supplier_sboms.pool(60), count)
    found: list[Any] = json.loads(supplier_sboms.sbom(0, drawn))["components"]
    return found


def with_score(part: dict[str, Any], score: str) -> dict[str, Any]:
    evidence = {"identity": {"field": "purl", "confidence": json.loads(score)}}
    return {**part, "evidence": evidence}


def spoilt(chance: random.Random, parts: list[Any]) -> list[Any]:
    part = parts[0]
    others: list[Any] = [
        part,
        dict(reversed(part.items())),
        {**part, "type": "unknown-type"},
        {**part, "surplus": 1},
        {key: part[key] for key in part if key != "name"},
        {**part, "description": "x" * 2000},
        with_score(part, "1"),
        with_score(part, "1.0"),
        with_score(part, "0.5"),
        with_score(part, "2"),
        {**part, "components": [part, part]},
        {**part, "name": 1},
        "text",
        None,
    ]
    found = [*parts, *chance.choices(others, k=chance.randint(0, 2))]
    chance.shuffle(found)
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_schemas_demand_nothing_else_of_the_list(schema: str) -> None:
    assert components_are_apart(schema)


def test_what_is_proved_valid_is_valid_as_a_whole() -> None:
    chance, known, proved, valid = chances(), KnownComponents("1.6"), 0, 0
    for _ in range(150):
        found = document(spoilt(chance, components(chance)))
        assert found.pieces
        is_valid = not schema_problems(found.tree, "1.6")
        is_proved = known.prove(found)
        assert is_valid or not is_proved
        proved, valid = proved + is_proved, valid + is_valid
    assert 20 < proved == valid < 130


def test_the_same_component_in_another_order_of_its_keys_is_no_other_one() -> None:
    known, parts = KnownComponents("1.6"), components(chances(1))
    turned = [dict(reversed(part.items())) for part in parts]
    assert known.prove(document(parts))
    assert known.prove(document(turned))
    for at in range(3):
        found = document([*parts, turned[at]])
        assert schema_problems(found.tree, "1.6")
        assert not known.prove(found)


def test_a_component_is_remembered_for_the_schema_that_accepted_it() -> None:
    parts = [{**part, "manufacturer": {"name": "x"}} for part in components(chances(2))]  # since 1.6
    assert KnownComponents("1.6").prove(document(parts))
    assert not KnownComponents("1.5").prove(document(parts, "1.5"))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_components, "MOST_PIECES", 10)
    known, chance = KnownComponents("1.6"), chances(3)
    assert all(known.prove(document(components(chance))) for _ in range(5))


def test_a_document_that_was_not_taken_apart_is_not_proved() -> None:
    assert not KnownComponents("1.6").prove(document(components(chances(4), 2)))

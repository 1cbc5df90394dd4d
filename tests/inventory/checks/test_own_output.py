"""The checks of our own output find what is wrong, wherever it was written first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.inventory.checks.own_output import (
    aggregate_problems,
    distinct_pins,
    lock_problems,
    represented,
    whole_problems,
)
from ops.supply_chain.inventory.model.document import Component, Document
from ops.supply_chain.inventory.writers.cyclonedx import CycloneDxWriter, Rendered
from tests.inventory.made_locks import LOCKS, documents, entry, lock, made_project, pin


def schema(plain: Any) -> tuple[str, ...]:
    return schema_problems(plain, "1.6")


def test_good_documents_have_no_problems() -> None:
    found, aggregate = documents(made_project())
    writer = CycloneDxWriter()
    assert [lock_problems(writer.render(document), document, schema) for document in found] == [[]] * 4
    rendered = CycloneDxWriter().render(aggregate)
    assert aggregate_problems(rendered, schema) == []
    assert whole_problems(b"".join(rendered.chunks)) == []


def damaged(rendered: Rendered, change: Callable[[dict[str, Any]], None]) -> Rendered:
    sections = json.loads(b"".join(rendered.sections))
    sections["components"] = [json.loads(data) for data in rendered.fresh]
    change(sections)
    fresh = [json.dumps(entry).encode() for entry in sections.pop("components")]
    return rendered._replace(sections=[json.dumps(sections).encode()], fresh=fresh)


def _alpha(document: dict[str, Any]) -> dict[str, Any]:
    [found] = [component for component in document["components"] if component["name"] == "Alpha.Tools"]
    damaged_one: dict[str, Any] = found
    return damaged_one


def _dangling(document: dict[str, Any]) -> None:
    document["dependencies"][0]["dependsOn"] = ["nowhere"]


def _composition(document: dict[str, Any]) -> None:
    document["compositions"][0]["dependencies"].append("nowhere")


def _twice(document: dict[str, Any]) -> None:
    document["dependencies"].append(document["dependencies"][0])


def _schema(document: dict[str, Any]) -> None:
    _alpha(document)["type"] = "nonsense"


def _head(document: dict[str, Any]) -> None:
    document["metadata"]["timestamp"] = "yesterday"


def _hash(document: dict[str, Any]) -> None:
    _alpha(document)["hashes"][0]["content"] = "0" * 40


def _purl(document: dict[str, Any]) -> None:
    _alpha(document)["purl"] = "pkg:pypi/other@1"


def _licence(document: dict[str, Any]) -> None:
    _alpha(document)["licenses"] = [{"expression": "nonsense"}]


def _occurrence(document: dict[str, Any]) -> None:
    _alpha(document)["evidence"]["occurrences"][0]["line"] = "3"


DAMAGE = {
    entry.__name__: entry
    for entry in (_dangling, _composition, _twice, _schema, _head, _hash, _purl, _licence, _occurrence)
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_in_a_lock_and_in_the_aggregate(damage: Callable[[dict[str, Any]], None]) -> None:
    found, aggregate = documents(made_project())
    assert lock_problems(damaged(CycloneDxWriter().render(found[1]), damage), found[1], schema)
    assert aggregate_problems(damaged(CycloneDxWriter().render(aggregate), damage), schema)


def test_two_components_of_one_reference_are_found() -> None:
    found, _ = documents(made_project())
    doubled = msgspec.structs.replace(found[1], components=(found[1].components[0], *found[1].components))
    assert "two components have one bom-ref" in lock_problems(CycloneDxWriter().render(doubled), doubled, schema)


def test_a_component_that_was_written_before_must_still_be_there() -> None:
    found, _ = documents(made_project())
    writer = CycloneDxWriter()
    writer.render(found[1])
    without = msgspec.structs.replace(found[1], components=found[1].components[1:])
    problems = lock_problems(writer.render(without), without, schema)
    assert problems == ["'pkg:pypi/alpha.tools@1%212.0%2Blocal' is no bom-ref of the document"]


def test_equal_pins_are_one_pin() -> None:
    assert distinct_pins([lock("a.txt", entry(pin("x"))), lock("b.txt", entry(pin("x")), entry(pin("y")))]) == (
        pin("x"),
        pin("y"),
    )


def _without_hashes(component: Component) -> Component:
    return msgspec.structs.replace(component, package=msgspec.structs.replace(component.package, hashes=()))


CHANGES: dict[str, Callable[[Document], tuple[Component, ...]]] = {
    "a component gone": lambda document: document.components[1:],
    "hashes gone": lambda document: tuple(map(_without_hashes, document.components)),
}


def test_every_pin_is_represented() -> None:
    inventory = made_project()
    pins = [pin for pin in distinct_pins(LOCKS) if not inventory.is_root(pin)]
    assert represented(pins, documents(inventory)[1]) == len(pins) == 6


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_lost_is_noticed(change: Callable[[Document], tuple[Component, ...]]) -> None:
    inventory = made_project()
    pins = [pin for pin in distinct_pins(LOCKS) if not inventory.is_root(pin)]
    aggregate = documents(inventory)[1]
    assert represented(pins, msgspec.structs.replace(aggregate, components=change(aggregate))) < len(pins)

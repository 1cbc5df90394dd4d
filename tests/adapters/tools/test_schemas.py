"""Our schema validation agrees with the library's own, over the specification's examples."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ops.supply_chain.adapters.tools import schemas
from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.core.errors import UnavailableError


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("version", ["1.5", "1.6"])
def test_the_specifications_examples(shared_data: Path, version: str) -> None:
    found = sorted((shared_data / "sbom" / "cyclonedx-spec" / version).glob("*.json"))
    assert len(found) > 50
    wrong = [
        path.name
        for path in found
        if (schema_problems(json.loads(path.read_text()), version) == ()) != path.name.startswith("valid")
    ]
    assert wrong == []


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_the_least_document_is_valid(version: str) -> None:
    assert schema_problems({"bomFormat": "CycloneDX", "specVersion": version}, version) == ()


PROBLEMS = {
    "unknown field": ({"x": 1}, "$: Additional properties are not allowed ('x' was unexpected)"),
    "moment": ({"metadata": {"timestamp": "now"}}, '$.metadata.timestamp: "now" is not a "date-time"'),
    "in a list": (
        {"components": [{"type": "library", "name": "x"}, {"type": "x\u202e", "name": "y"}]},
        '$.components[1].type: "x?" is not one of',
    ),
}


@pytest.mark.parametrize(("more", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_problem_names_its_place(more: dict[str, Any], expected: str) -> None:
    [found] = schema_problems({"bomFormat": "CycloneDX", "specVersion": "1.6", **more}, "1.6")
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"components": ' + "[" * 900 + "]" * 900 + "}", "Recursion limit reached"),
        ('{"serialNumber": "\\ud800"}', "'utf-8' codec can't encode character"),
    ],
)
def test_what_the_validator_cannot_take_in_is_not_valid(text: str, why: str) -> None:
    [found] = schema_problems(json.loads(text), "1.6")
    assert found.startswith(f"$: cannot be validated with the schema: {why}")


def test_no_more_problems_are_told_than_help() -> None:
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}] * 50}
    assert len(schema_problems(document, "1.6")) == schemas.MOST_ERRORS


def test_a_version_that_the_library_does_not_have() -> None:
    with pytest.raises(UnavailableError) as caught:
        schema_problems({}, "9.9")
    assert caught.value.message == "cyclonedx-python-lib has no usable schema 'bom-9.9'"
    assert caught.value.hint == "Install sealwright again; in a checkout, remove .nox/pipeline first."


def test_without_the_library_nothing_is_called_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    schemas._validator.cache_clear()
    with pytest.raises(UnavailableError, match="cyclonedx-python-lib is not installed"):
        schema_problems({}, "1.6")

"""The SBOM of what is installed: another tool's list under our root."""

from __future__ import annotations

import copy
import json
from typing import Any

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.core import canonical
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.writers.installed import installed_document
from tests.inventory.documents import DOCUMENT, ROOT, changed

FOUND: dict[str, Any] = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [
        {
            "bom-ref": "b==2",
            "type": "library",
            "name": "b",
            "version": "2",
            "purl": "pkg:pypi/b@2",
            "licenses": [{"license": {"id": "MIT", "acknowledgement": "declared"}}],
            "properties": [{"name": "cdx:python:package:required-extra", "value": "x"}],
        },
        {"bom-ref": "a==1", "type": "library", "name": "a", "version": "1"},
    ],
    "dependencies": [{"ref": "b==2", "dependsOn": ["a==1"]}, {"ref": "a==1"}],
    "metadata": {
        "timestamp": "1970-01-01T00:00:00+00:00",
        "tools": {"components": [{"type": "application", "name": "cyclonedx-py", "version": "7.5.0"}]},
    },
}
OURS = changed(DOCUMENT, components=(), locks=())


def made() -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(installed_document(FOUND, OURS))
    return plain


def unknown(component: dict[str, Any]) -> list[str]:
    return [property_["value"] for property_ in component["properties"] if property_["name"] == "sealwright:unknown"]


def test_it_is_valid_canonical_and_the_same_again() -> None:
    before = copy.deepcopy(FOUND)
    data = installed_document(FOUND, OURS)
    assert canonical.encode(json.loads(data)) == data == installed_document(FOUND, OURS)
    assert schema_problems(json.loads(data), "1.6") == ()
    assert check_document(json.loads(data)) == ()
    assert before == FOUND


def test_the_root_the_moment_and_the_phase_are_ours() -> None:
    metadata = made()["metadata"]
    assert metadata["component"]["bom-ref"] == ROOT.ref
    assert metadata["timestamp"] == OURS.timestamp
    assert metadata["lifecycles"] == [{"phase": "operations"}]
    assert [component["name"] for component in metadata["tools"]["components"]] == ["sealwright", "cyclonedx-py"]


def test_what_an_installed_package_cannot_tell_is_said() -> None:
    a, b = made()["components"]
    assert unknown(a) == [
        "Component Hash Value",
        "Component Identifiers",
        "Component License",
        "Component Producer",
        "Dependency Relationship",
    ]
    assert unknown(b) == ["Component Hash Value", "Component Producer", "Dependency Relationship"]
    assert {"name": "cdx:python:package:required-extra", "value": "x"} in b["properties"]


def test_nothing_is_called_complete() -> None:
    assert made()["compositions"] == [
        {"aggregate": "unknown", "assemblies": [ROOT.ref], "dependencies": ["a==1", "b==2", ROOT.ref]}
    ]


def test_the_serial_number_is_the_content() -> None:
    other = json.loads(installed_document({**FOUND, "components": FOUND["components"][:1], "dependencies": []}, OURS))
    assert other["serialNumber"] != made()["serialNumber"]

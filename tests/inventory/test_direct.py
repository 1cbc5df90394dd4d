"""Direct dependencies, as our own SBOMs state them; other SBOMs state none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.inventory.direct import direct_packages
from ops.supply_chain.inventory.writers import cyclonedx
from tests.inventory.documents import DOCUMENT


def component(name: Any, *answers: Any) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "properties": [{"name": "sealwright:direct", "value": answer} for answer in answers],
    }


def sbom(components: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}


@pytest.mark.parametrize(
    ("components", "names", "complete"),
    [
        ([], [], True),
        ([component("Zope.Interface", "true"), component("b", "false")], ["zope-interface"], True),
        ([component("a", "true"), component("b", "unknown")], ["a"], False),
        ([component("a", "true"), component("b")], ["a"], False),
        ([component("a", "true", "false")], [], False),
    ],
)
def test_direct_packages(components: list[dict[str, Any]], names: list[str], complete: bool) -> None:
    found = direct_packages(sbom(components), where="x")
    assert (list(found.versions), found.complete) == (names, complete)


@pytest.mark.parametrize(
    "document", [None, [], sbom("x"), sbom([1]), sbom([component(7, "true")]), sbom([component("b", 1)]), "x"]
)
def test_what_is_not_an_sbom_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match=r"^x: \$"):
        direct_packages(document, where="x")


def test_another_format_states_none() -> None:
    found = direct_packages({"spdxVersion": "SPDX-2.3"}, where="x")
    assert (found.versions, found.complete) == ({}, False)


def test_what_we_write_is_read_back() -> None:
    found = direct_packages(json.loads(cyclonedx.render(DOCUMENT)), where="x")
    expected = {component.package.key for component in DOCUMENT.components if component.direct}
    assert set(found.versions) == expected
    assert found.complete == all(component.direct is not None for component in DOCUMENT.components)

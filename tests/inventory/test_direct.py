"""What an SBOM of ours says of direct dependencies; anything else says nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.inventory.direct import direct_packages
from ops.supply_chain.inventory.writers import cyclonedx
from tests.inventory.documents import DOCUMENT


def component(name: Any, *answers: Any) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "properties": [{"name": "sealwright:direct", "value": answer} for answer in answers],
    }


@pytest.mark.parametrize(
    ("components", "names", "told"),
    [
        ([], [], True),
        ([component("Zope.Interface", "true"), component("b", "false")], ["zope-interface"], True),
        ([component("a", "true"), component("b", "unknown")], ["a"], False),
        ([component("a", "true"), component("b")], ["a"], False),
        ([component("a", "true", "false")], [], False),
        ([component(7, "true"), component("b", 1)], [], False),
    ],
)
def test_direct_packages(components: list[dict[str, Any]], names: list[str], told: bool) -> None:
    found = direct_packages({"components": components})
    assert (list(found.versions), found.told) == (names, told)


@pytest.mark.parametrize("document", [None, [], {"components": "x"}, {"components": [1]}, "x"])
def test_what_is_no_sbom_tells_of_none(document: Any) -> None:
    assert direct_packages(document).versions == {}


def test_what_we_write_is_read_back() -> None:
    found = direct_packages(json.loads(cyclonedx.render(DOCUMENT)))
    expected = {one.package.key for one in DOCUMENT.components if one.direct}
    assert set(found.versions) == expected
    assert found.told == all(one.direct is not None for one in DOCUMENT.components)

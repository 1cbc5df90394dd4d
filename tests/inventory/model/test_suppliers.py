"""Who supplies a package: the producer, else the host that distributes it, else the project."""

from __future__ import annotations

import json

import msgspec
import pytest

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.inventory.model.document import Package
from ops.supply_chain.inventory.model.suppliers import supplier_of
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from tests.inventory.documents import DOCUMENT, IDNA, LOCAL, ZOPE, with_package

PAGE = "https://pypi.org/simple/idna/"
OWN = "Acme"
CASES = {
    "who publishes it": (msgspec.structs.replace(IDNA, page=PAGE), "Kim Davies"),
    "the index": (msgspec.structs.replace(IDNA, producer="", page=PAGE), "pypi.org"),
    "an index of one's own": (msgspec.structs.replace(IDNA, producer="", page="https://i.acme.example:8443/x/"), "i.acme.example"),
    "the repository": (ZOPE, "example.org"),
    "a file's host": (
        msgspec.structs.replace(ZOPE, source=PinSource(kind=PinSourceKind.URL, url="https://f.example/z.whl")), "f.example",
    ),
    "an address that is not public": (
        msgspec.structs.replace(ZOPE, source=PinSource(kind=PinSourceKind.URL, url="file:///z.whl")), OWN,
    ),
    "the project": (LOCAL, OWN),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_supplies_a_package(name: str) -> None:
    package, expected = CASES[name]
    assert supplier_of(package, OWN) == expected
    assert supplier_of(package, "") == ("" if expected == OWN else expected)


def supplied(package: Package) -> list[str]:
    """Return the supplier of a package by each writer; CycloneDX names it where there is no manufacturer."""
    document = with_package(DOCUMENT, package.ref, producer=package.producer, page=package.page)
    rows = json.loads(cyclonedx.render(document))["components"]
    [component] = [row for row in rows if row["name"] == package.name]
    [row] = [row for row in json.loads(spdx2.render(document))["packages"] if row["name"] == package.name]
    graph = json.loads(spdx3.render(document))["@graph"]
    names = {element.get("spdxId"): element.get("name", "") for element in graph}
    [element] = [element for element in graph if element.get("name") == package.name]
    found = component.get("supplier") or component.get("manufacturer") or {"name": ""}
    return [found["name"], row["supplier"].removeprefix("Organization: "), names[element["suppliedBy"]]]


def test_every_writer_names_the_same_supplier() -> None:
    assert supplied(IDNA) == ["Kim Davies"] * 3
    assert supplied(msgspec.structs.replace(IDNA, producer="", page=PAGE)) == ["pypi.org"] * 3
    assert supplied(LOCAL) == ["Acme (Sweden) AB", "Acme [Sweden] AB", "Acme (Sweden) AB"]

"""Received CycloneDX is valid or not as the specification's examples are named; XML is validated like JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.values.received_sbom import DefectKind
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from tests.formats.received.documents import ALL, XML, cyclonedx, encoded


def _is_valid(data: bytes) -> bool:
    try:
        return read_received(data, schema_defects).is_whole
    except UnexpectedShapeError:
        return False


@pytest.mark.parametrize("version", ["1.5", "1.6"])
def test_the_specifications_examples_come_out_as_named(shared_data: Path, version: str) -> None:
    found = sorted((shared_data / "sbom" / "cyclonedx-spec" / version).glob("*.json"))
    assert len(found) > 50
    assert [path.name for path in found if _is_valid(path.read_bytes()) != path.name.startswith("valid")] == []


@pytest.mark.parametrize("name", ALL)
def test_the_same_product_is_valid_in_every_format(name: str) -> None:
    assert _is_valid(ALL[name])


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_the_least_document_of_each_version(version: str) -> None:
    least = {"bomFormat": "CycloneDX", "specVersion": version, "version": 1}
    assert _is_valid(encoded(least))
    assert not _is_valid(encoded({**least, "x": 1}))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_the_least_document_of_each_version_in_xml(version: str) -> None:
    least = f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}" version="1"><components/></bom>'
    assert _is_valid(least.encode())
    assert not _is_valid(least.replace("<components/>", "<components/><x/>").encode())


def test_a_defect_of_the_schema_has_its_place() -> None:
    found = read_received(encoded(cyclonedx(components=[{"type": "x", "name": "a"}], dependencies=[])), schema_defects)
    [defect] = [defect for defect in found.defects if defect.kind is DefectKind.SCHEMA]
    assert defect.location == "/components/0/type"
    assert found.defect_count == len(found.defects)
    found = read_received(XML.replace('type="library"', 'type="x"').encode(), schema_defects)
    assert {defect.location for defect in found.defects} == {"line 11"}


def test_an_entity_is_no_crash_of_the_validator() -> None:
    with pytest.raises(UnexpectedShapeError):
        read_received(XML.replace("<name>left", "<name>&left;").encode(), schema_defects)

"""The generated SBOMs of the benchmarks are documents that the intake accepts as they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.gather.suppliers.read import read_document
from tests.benchmarks import supplier_sboms


@pytest.mark.parametrize("digests", [False, True])
def test_a_generated_sbom_is_valid_and_has_the_components_that_were_drawn(digests: bool) -> None:
    [parts] = supplier_sboms.drawn(1, components=30, distinct=100)
    read = read_document(supplier_sboms.sbom(7, parts, digests=digests), "x")
    assert (read.problem, read.defects, read.product) == ("", (), "pkg:generic/product-7")
    assert [(package, version) for ((package, version, *_), _), _ in read.listed[1:]] == parts
    assert len(read.digests) == (30 if digests else 0)


def test_a_generated_registry_has_what_the_documents_list(tmp_path: Path) -> None:
    address = supplier_sboms.fill_registry(tmp_path, 60, components=10, distinct=100)
    with RegistryReader(address) as reader:
        counts = reader.counts()
        part = supplier_sboms.pool(100)[5]
        hits = reader.find(part.package)
    assert (counts.documents, counts.components) == (60, 600)
    assert part.version in {hit.component.version for hit in hits}

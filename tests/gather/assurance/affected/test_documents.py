"""The places of components in documents: what was not opened decides nothing."""

from __future__ import annotations

from pathlib import Path

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent, RegistryHit
from ops.supply_chain.gather.assurance.affected.documents import DocumentOpener, document_places
from ops.supply_chain.suppliers.affected.model import PlaceStatus, WantedPackage
from ops.supply_chain.suppliers.affected.question import read_question
from ops.supply_chain.suppliers.affected.search import Search, by_versions
from tests.adapters.registry.entries import entry


def test_a_source_package_whose_version_is_in_a_document_that_is_elsewhere_is_undecided(tmp_path: Path) -> None:
    asked = read_question("Debian:12:util-linux<2.38.1-6")
    assert asked.package is not None
    search = Search(
        [WantedPackage(asked.package, by_versions(asked.package, asked.versions, asked.release), "util-linux")]
    )
    binary = RegisteredComponent(0, PackageName("deb", "debian", "mount"), "1:2.38.1-5", "debian-12", "util-linux")
    hits = [RegistryHit(entry("a").document, binary, ordered=True)]
    opener = DocumentOpener(SupplierStore(tmp_path), ())
    [place] = document_places(hits, search, opener=opener, newer={}, held={})
    assert place.status is PlaceStatus.UNDECIDED
    assert "was not opened" in place.reason

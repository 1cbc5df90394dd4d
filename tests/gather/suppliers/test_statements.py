"""Statements out of the registry: only of accepted documents that are current, by suppliers that are configured."""

from __future__ import annotations

from msgspec.structs import replace

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import IntakeDecision
from ops.supply_chain.gather.suppliers.statements import statements_about
from tests.adapters.registry.entries import entry

ACME = SupplierEntry(name="Acme", products=("pkg:generic/thing",))


def test_only_what_is_accepted_and_current_by_a_known_supplier_may_count(address: RegistryAddress) -> None:
    entries = [
        entry("old", stated="2026-01-01T00:00:00Z"),
        entry("new", stated="2026-02-01T00:00:00Z"),
        entry("quarantined", stated="2026-03-01T00:00:00Z", decision=IntakeDecision.QUARANTINED),
        entry("refused", stated="2026-04-01T00:00:00Z", decision=IntakeDecision.REFUSED),
        entry("by another", supplier="Former"),
        entry("own", supplier="", own=True),
    ]
    with RegistryWriter(address) as writer:
        writer.ingest(entries)
    with RegistryReader(address) as reader:
        found = statements_about(reader, ["GHSA-AAAA-BBBB-CCCC"], [ACME])
        assert {item.document.name for item in found} == {"new.json", "own.json"}
        assert {item.document.supplier: item.speaks_for for item in found} == {"Acme": ACME.products, "": ()}
        assert statements_about(reader, ["CVE-2026-99"], [ACME]) == ()
        assert [item.document.name for item in statements_about(reader, ["CVE-2026-1"], [])] == ["own.json"]
    with RegistryWriter(address) as writer:  # what is withdrawn gives way to what was before
        writer.decide([replace(entries[1].document, decision=IntakeDecision.QUARANTINED)])
    with RegistryReader(address) as reader:
        found = statements_about(reader, ["CVE-2026-1"], [ACME])
        assert {item.document.name for item in found} == {"old.json", "own.json"}

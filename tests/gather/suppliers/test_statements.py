"""Statements out of the registry: only of accepted documents that are current, by suppliers that are configured.

What counts does not depend on the order in which documents came, on repetitions, or on the database.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import IntakeDecision, PackageName, RegistryEntry, RegistryHit
from ops.supply_chain.gather.suppliers.statements import NO_BOM, statements_about
from ops.supply_chain.suppliers.statements import Effective, effective
from tests.adapters.registry.entries import entry
from tests.gather.suppliers.documents import PART, SERIAL, THING, linked, openvex, registered, sbom, stated

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


SUPPLIERS = [
    SupplierEntry(name="Acme", products=("pkg:generic/thing", "pkg:generic/tool")),
    SupplierEntry(name="Left", products=("pkg:npm/left-pad",)),
    SupplierEntry(name="Auditor"),
]
LINK = f"urn:cdx:{SERIAL}/1"
LEFT_PAD = PackageName("npm", "", "left-pad")
PARTS = (PART, "pkg:npm/right-pad@1.0.0")


class World:
    """A registry and the original bytes of what is in it."""

    def __init__(self, address: RegistryAddress, artifacts: Path) -> None:
        self.address, self.store = address, SupplierStore(artifacts)

    def take(self, *documents: tuple[bytes, str]) -> None:
        for data, _ in documents:
            self.store.add(data, name="document.json", ingested="2026-11-29T00:00:00Z")
        with RegistryWriter(self.address) as writer:
            writer.ingest([registered(data, supplier) for data, supplier in documents])

    def counts(self, package: PackageName = LEFT_PAD, product: str = "pkg:generic/thing") -> Effective:
        with RegistryReader(self.address) as reader:
            found = statements_about(reader, ["CVE-2026-1"], SUPPLIERS, self.store)
            (hit,) = [hit for hit in reader.find(package) if hit.document.product == product]
            return effective(hit, ["CVE-2026-1"], found)


@pytest.fixture
def world(file_address: RegistryAddress, tmp_path: Path) -> World:
    return World(file_address, tmp_path / "artifacts")


OTHER = "99999999-9999-4999-8999-999999999999"
BOM, TOOL = (sbom(THING, *PARTS), "Acme"), (sbom("pkg:generic/tool@2.0", serial=OTHER), "Acme")


@pytest.mark.parametrize("first", ["bom", "vex"])
def test_a_link_leads_into_the_bom_whichever_came_first(world: World, first: str) -> None:
    vex = (linked(f"{LINK}#part-0"), "Acme")
    for item in [BOM, TOOL, vex] if first == "bom" else [vex, TOOL, BOM]:
        world.take(item)
    assert world.counts().status == "not_affected"
    assert world.counts(PackageName("npm", "", "right-pad")).status == ""
    assert world.counts(product="pkg:generic/tool").status == ""


LINKS = {
    LINK: "not_affected",
    f"{LINK}#root": "not_affected",
    f"urn:cdx:{SERIAL.upper()}/1#part-0": "not_affected",
    f"{LINK}#part%2D0": "not_affected",
    f"{LINK}#part-1": "",
    f"{LINK}#absent": "",
    f"urn:cdx:{SERIAL}/2#part-0": "",
    f"urn:cdx:{OTHER}/1#part-0": "",
}


@pytest.mark.parametrize("link", LINKS)
def test_where_a_link_leads(world: World, link: str) -> None:
    world.take(BOM, (linked(link), "Acme"))
    assert world.counts().status == LINKS[link]


def test_a_link_to_a_bom_that_was_not_accepted_has_its_reason(world: World) -> None:
    world.take((linked(f"{LINK}#part-0"), "Acme"))
    with RegistryWriter(world.address) as writer:
        writer.ingest([registered(BOM[0], decision=IntakeDecision.QUARANTINED)])
    with RegistryReader(world.address) as reader:
        (found,) = statements_about(reader, ["CVE-2026-1"], SUPPLIERS, world.store)
        assert found.product_at.problem == f"{NO_BOM}: {LINK}"
        (without,) = statements_about(reader, ["CVE-2026-1"], SUPPLIERS)
        assert without.product_at.problem


def test_a_bom_of_another_supplier_with_the_same_serial_number_does_not_count(world: World) -> None:
    world.take(BOM, (linked(f"{LINK}#part-0"), "Acme"), (sbom("pkg:generic/tool@9", *reversed(PARTS)), "Auditor"))
    assert world.counts().status == "not_affected"
    assert world.counts(product="pkg:generic/tool").status == ""


def test_a_supplier_links_to_its_own_bom_before_one_of_another_with_that_serial_number(world: World) -> None:
    world.take(BOM, (sbom("pkg:generic/other@1.0", *PARTS), "Auditor"), (linked(f"{LINK}#part-0"), "Auditor"))
    assert world.counts().status == ""
    assert world.counts(product="pkg:generic/other").status == "not_affected"


def test_a_newer_bom_of_the_same_version_keeps_what_was_stated_of_the_older_one(world: World) -> None:
    world.take((linked(f"{LINK}#part-0"), "Acme"), BOM)
    newer = sbom(THING, *PARTS, revision=2)
    world.take((newer, "Acme"))
    with RegistryReader(world.address) as reader:
        found = statements_about(reader, ["CVE-2026-1"], SUPPLIERS, world.store)
        assert {effective(hit, ["CVE-2026-1"], found).status for hit in reader.find(LEFT_PAD)} == {"not_affected"}


def test_versions_besides_a_link_are_those_of_the_component(world: World) -> None:
    unaffected = [{"version": "1.3.0", "status": "unaffected"}]
    world.take(BOM, (linked(f"{LINK}#part-0", "exploitable", versions=unaffected), "Acme"))
    assert world.counts().status == "not_affected"
    world.take((linked(f"{LINK}#part-0", "exploitable", versions=[{"version": "1.4.0", "status": "affected"}]), "Acme"))
    assert world.counts().status == "not_affected"


def test_a_digest_leads_to_the_component_that_has_it(world: World) -> None:
    digest = "ab" * 32
    world.take(
        (sbom(THING, PART, hashes=[{"alg": "SHA-256", "content": digest}]), "Acme"),
        (openvex(stated("fixed", {"@id": "https://x.example/file", "hashes": {"sha-256": digest}})), "Auditor"),
    )
    assert world.counts().status == "fixed"


def _drawn(chance: random.Random) -> list[RegistryEntry]:
    """Return documents about few products and components by a few suppliers: of several times, editions and decisions."""
    subjects = [THING, PART, "pkg:npm/left-pad", {"@id": THING, "subcomponents": [{"@id": PART}]}, "pkg:npm/left-pad@9"]
    statuses = ["affected", "fixed", "not_affected", "under_investigation"]
    found = [registered(sbom(THING, *PARTS)), registered(TOOL[0])]
    for place in range(chance.randint(1, 6)):
        data = openvex(
            *(stated(chance.choice(statuses), chance.choice(subjects)) for _ in range(chance.randint(1, 3))),
            name=f"https://acme.example/vex/{chance.randint(1, 4)}",
            timestamp=f"2026-11-0{chance.randint(1, 3)}T00:00:00Z",
            version=chance.randint(1, 2),
            tooling=f"tool {place}",
        )
        decision = chance.choice([IntakeDecision.ACCEPTED] * 4 + [IntakeDecision.QUARANTINED])
        came = f"2026-11-2{chance.randint(0, 9)}T00:00:00Z"
        found.append(registered(data, chance.choice(["Acme", "Left", "Auditor"]), decision=decision, ingested=came))
    if chance.random() < 0.5:
        found.append(registered(linked(f"{LINK}#part-0", chance.choice(["exploitable", "not_affected"]))))
    return found


def _answers(address: RegistryAddress, store: SupplierStore) -> list[Effective]:
    with RegistryReader(address) as reader:
        found = statements_about(reader, ["cve-2026-1"], SUPPLIERS, store)
        hits: list[RegistryHit] = [
            hit for name in ("left-pad", "right-pad") for hit in reader.find(PackageName("npm", "", name))
        ]
        return [_without_arrival(effective(hit, ["CVE-2026-1"], found)) for hit in hits]


def _without_arrival(found: Effective) -> Effective:
    """Return an answer without when its documents came: that is what differs between the orders."""
    document = replace(found.document, ingested="") if found.document else None
    overridden, conflicts, possible = (
        tuple(item._replace(document=replace(item.document, ingested="")) for item in items)
        for items in (found.overridden, found.conflicts, found.possible)
    )
    return found._replace(document=document, overridden=overridden, conflicts=conflicts, possible=possible)


def test_any_order_any_repetition_and_both_databases_give_the_same_answers(
    file_address: RegistryAddress, server_address: RegistryAddress, tmp_path: Path
) -> None:
    chance = random.Random(20261129)  # noqa: S311 - which documents and orders are drawn
    store = SupplierStore(tmp_path / "artifacts")
    for data in (BOM[0], TOOL[0]):
        store.add(data, name="sbom.json", ingested="2026-11-29T00:00:00Z")
    with RegistryWriter(file_address) as on_file, RegistryWriter(server_address) as on_server:
        seen = set()
        for _ in range(4):
            entries = _drawn(chance)
            answers = []
            for writer, address in ((on_file, file_address), (on_server, server_address), (on_file, file_address)):
                writer.clear()
                order = [*entries, *chance.choices(entries, k=3)]
                chance.shuffle(order)
                arrivals = [item.document.ingested for item in entries]
                chance.shuffle(arrivals)
                came = dict(zip((item.document.digest for item in entries), arrivals, strict=True))
                moved = [
                    replace(item, document=replace(item.document, ingested=came[item.document.digest]))
                    for item in order
                ]
                for start in range(0, len(moved), 3):
                    writer.ingest(moved[start : start + 3])
                answers.append(_answers(address, store))
            assert answers[0] == answers[1] == answers[2]
            seen |= {found.status for found in answers[0]}
        assert len(seen) > 2

"""The same question has the same answer on both databases, and the one of a search through every component."""

from __future__ import annotations

import random
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.registry.address import RegistryAddress, registry_address
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegistryEntry,
)
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.formats.version_orders.purl_types import ecosystem_of
from ops.supply_chain.gather.assurance.affected.answer import answer
from ops.supply_chain.gather.assurance.affected.sources import Sources
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.progress import Progress
from ops.supply_chain.suppliers.affected.document import document
from ops.supply_chain.suppliers.affected.model import PlaceStatus
from ops.supply_chain.suppliers.affected.question import read_question
from tests.fakes import postgres

PACKAGES = {
    PackageName("pypi", "", "foo"): ["1.0", "1.0.0", "1.2rc1", "1!0.5", "2.0+cu1", "", "?"],
    PackageName("npm", "@scope", "left"): ["1.0.0", "v1.2.0", "1.3.0-beta", "2.0.0", "x"],
    PackageName("maven", "org.example", "thing"): ["1.0", "1.0.Final", "1.0-rc1", "2"],
    PackageName("deb", "debian", "openssl"): ["3.0.9-1", "3.0.11-1~deb12u2", "1:1.0"],
    PackageName("generic", "", "foo"): ["1.0"],
    PackageName(":name", "Vendor", "foo"): ["1.0", ""],
}
QUESTIONS = [
    *(f"pypi:foo{operator}{version}" for operator in ("<", ">=", "==") for version in ("1.0", "1.2", "1!0", "2.0")),
    *(f"npm:@scope/left{operator}{version}" for operator in ("<", "=") for version in ("1.2.0", "1.3.0")),
    *(f"maven:org.example:thing{operator}1.0" for operator in ("<=", ">", "=")),
    "debian:openssl<3.0.11-1~deb12u2",
    "pkg:npm/%40scope/left@1.2.0",
    "foo",
]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


def drawn(chance: random.Random, number: int) -> RegistryEntry:
    components = []
    for place in range(chance.randint(0, 6)):
        package = chance.choice(list(PACKAGES))
        components.append(RegisteredComponent(place, package, chance.choice(PACKAGES[package])))
    return RegistryEntry(
        document=RegisteredDocument(
            digest=sha256_bytes(str(number).encode()),
            kind=DocumentKind.SBOM,
            format="CycloneDX 1.6",
            supplier=chance.choice(["Acme", "Zeta"]),
            product=f"pkg:generic/{chance.choice('abc')}",
            product_version=chance.choice(["1", "2"]),
            ingested="2026-11-29T00:00:00Z",
            stated=f"2026-11-{chance.randint(10, 28)}T00:00:00Z",
            decision=chance.choice([IntakeDecision.ACCEPTED, IntakeDecision.ACCEPTED, IntakeDecision.QUARANTINED]),
            name=f"{number}.json",
            size=1,
        ),
        components=tuple(components),
    )


def asked(address: RegistryAddress, artifacts: Path) -> list[dict[str, Any]]:
    """Return the answers to all questions."""
    root = artifacts.parent / "project"
    root.mkdir(exist_ok=True)
    run = StageRun(
        stage="find_affected",
        args=Namespace(question=[], advisories=[], fleet=None, scheduler="", version="", artifacts=artifacts),
        root=root,
        dist=root / "dist",
        artifacts=artifacts,
        cache=artifacts,
        config=Config(),
        now=datetime(2026, 11, 29, tzinfo=UTC),
        offline=True,
        invocation="urn:uuid:0",
        progress=Progress(enabled=False),
    )
    with ExitStack() as stack:
        sources = Sources(run, address, stack)
        return [document(answer(run, read_question(question), sources)) for question in QUESTIONS]


def test_both_databases_and_a_search_through_everything_agree(tmp_path: Path, server_url: str) -> None:
    chance = random.Random(20261129)  # noqa: S311 - drawn data, the same each time
    entries = [drawn(chance, number) for number in range(24)]
    addresses = [registry_address(tmp_path / "artifacts"), registry_address(tmp_path, url=server_url)]
    for address in addresses:
        with RegistryWriter(address) as writer:
            writer.ingest(entries)
    on_file, on_server = (asked(address, tmp_path / "artifacts") for address in addresses)
    assert on_file == on_server
    for question, found in zip(QUESTIONS, on_file, strict=True):
        places = {(place["document"], place["version"]) for place in found["places"] if _is_open(place)}
        assert places == set(_by_hand(question, entries)), question


def _is_open(place: dict[str, str]) -> bool:
    return place["status"] in (PlaceStatus.AFFECTED, PlaceStatus.UNDECIDED, PlaceStatus.POSSIBLE)


def _by_hand(question: str, entries: list[RegistryEntry]) -> Iterator[tuple[str, str]]:
    """Yield the components of current documents that are not known to be of another version."""
    asked = read_question(question)
    names = {"foo"} if asked.package is None else {asked.package.name}
    for entry in entries:
        if entry.document.decision is not IntakeDecision.ACCEPTED or not _is_current(entry, entries):
            continue
        for component in entry.components:
            package = component.package
            if package.weak or package.type == "generic":
                if package.name in names:
                    yield entry.document.digest, component.version
            elif (asked.package in (None, package)) and package.name in names:
                ecosystem = ecosystem_of(package)
                orders = [
                    (
                        item.operator,
                        compare(ecosystem, _public(component.version), item.version) if component.version else None,
                    )
                    for item in asked.versions.comparators
                ]
                if all(order is None or _holds(operator, order) for operator, order in orders):
                    yield entry.document.digest, component.version


def _public(version: str) -> str:
    return version.removeprefix("v").partition("+")[0]


def _holds(operator: str, order: int) -> bool:
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}.get(operator, order == 0)


def _is_current(entry: RegistryEntry, entries: list[RegistryEntry]) -> bool:
    """Return whether no newer accepted document has the same product: by its own time, then by its digest."""
    own = entry.document
    same = [
        other.document
        for other in entries
        if (other.document.supplier, other.document.product, other.document.product_version)
        == (own.supplier, own.product, own.product_version)
        and other.document.decision is IntakeDecision.ACCEPTED
    ]
    return max(same, key=lambda item: (item.stated, item.ingested, item.digest)).digest == own.digest

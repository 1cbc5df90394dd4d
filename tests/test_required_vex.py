"""A supplier that must send VEX: its SBOM waits until one about its product is accepted, in whatever order they come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.contracts.values.registry import IntakeDecision
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner import stage as stage_runner
from tests.fakes.compiled_rules import compiled_once
from tests.test_ingest_supplier import CONFIG, NOW, World, bundle, sbom

SBOM = sbom()


@pytest.fixture
def world(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(stage_runner, "read_clock", lambda: NOW)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_URL", raising=False)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_TENANT", raising=False)
    found = World(tmp_path, capfd)
    config = CONFIG.replace("max_age_days = 30", "max_age_days = 30\nvex_required = true")
    (found.project / ".security-config.toml").write_text(config)
    with compiled_once():
        yield found


def vex(product: str = "pkg:generic/thing@1.0", name: str = "CVE-2026-1") -> bytes:
    statement = {
        "vulnerability": {"name": name},
        "products": [{"@id": product, "subcomponents": [{"@id": "pkg:npm/a@1"}]}],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    head = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://x.example/{name}",
        "author": "Acme",
        "version": 1,
    }
    return json.dumps({**head, "timestamp": "2026-11-28T00:00:00Z", "statements": [statement]}).encode()


def listed(name: str = "CVE-2026-1", **more: Any) -> bytes:
    return sbom(vulnerabilities=[{"bom-ref": "v", "id": name, "affects": [{"ref": "a"}], **more}])


def send(world: World, **files: bytes) -> int:
    paths = [world.sent(f"{name}.json", data, bundle(data)) for name, data in files.items()]
    return world.run(*paths)[0]


def decision(world: World, name: str = "sbom") -> IntakeDecision:
    return world.documents()[f"{name}.json"].decision


def test_without_a_vex_it_waits_and_the_request_asks_for_one(world: World) -> None:
    assert send(world, sbom=SBOM) == ExitCode.DENIED
    assert world.codes("sbom.json") == {"vex"}
    _, text = world.run("--request", "Acme")
    assert "no VEX of its supplier about this version of the product was accepted, and it has none itself" in text
    assert "Send a VEX document about this version of the product" in text


def test_a_vex_that_comes_later_releases_it(world: World) -> None:
    send(world, sbom=SBOM)
    path = world.sent("vex.json", vex(), bundle(vex()))
    code, text = world.run("--format", "json", path)
    assert code == ExitCode.PASS
    found = {document["place"]: document["decision"] for document in json.loads(text)["result"]["documents"]}
    assert found == {"vex.json": "accepted", "sbom.json": "accepted"}
    assert decision(world) is IntakeDecision.ACCEPTED
    assert world.run("--rebuild")[0] == ExitCode.PASS
    assert decision(world) is IntakeDecision.ACCEPTED


@pytest.mark.parametrize("order", [("sbom", "vex"), ("vex", "sbom")])
def test_they_may_come_together_in_any_order(world: World, order: tuple[str, str]) -> None:
    documents = {"sbom": SBOM, "vex": vex()}
    assert send(world, **{name: documents[name] for name in order}) == ExitCode.PASS
    assert decision(world) is IntakeDecision.ACCEPTED


def test_a_vex_that_came_before_counts(world: World) -> None:
    send(world, vex=vex())
    assert send(world, sbom=SBOM) == ExitCode.PASS


@pytest.mark.parametrize("product", ["pkg:generic/thing@2.0", "pkg:npm/other@1.0"])
def test_a_vex_about_something_else_does_not_count(world: World, product: str) -> None:
    assert send(world, sbom=SBOM, vex=vex(product)) == ExitCode.DENIED
    assert decision(world) is IntakeDecision.QUARANTINED


def test_a_vex_that_is_not_accepted_does_not_count(world: World) -> None:
    path = world.sent("vex.json", vex())
    send(world, sbom=SBOM)
    assert world.run(path)[0] == ExitCode.DENIED
    assert decision(world) is IntakeDecision.QUARANTINED


INSIDE: dict[str, tuple[bytes, set[str]]] = {
    "an analysis": (listed(analysis={"state": "not_affected", "justification": "code_not_present"}), set()),
    "an empty list": (sbom(vulnerabilities=[]), set()),
    "a vulnerability without an analysis": (listed(), {"vex"}),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_statement_in_the_sbom_itself_counts(world: World, name: str) -> None:
    data, codes = INSIDE[name]
    send(world, sbom=data)
    assert world.codes("sbom.json") == codes


def test_each_vulnerability_that_it_lists_needs_a_statement(world: World) -> None:
    send(world, sbom=listed("CVE-2026-2"), vex=vex())
    messages = [reason.message for reason in world.documents()["sbom.json"].reasons]
    assert messages == ["it lists vulnerabilities without a statement about them: CVE-2026-2"]
    assert send(world, more=vex(name="CVE-2026-2")) == ExitCode.PASS
    assert decision(world) is IntakeDecision.ACCEPTED


def test_a_bom_link_to_the_waiting_sbom_counts(world: World) -> None:
    data = sbom(serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79")
    link = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a"
    head = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": "2026-11-28T00:00:00Z"},
    }
    statement = {
        "id": "CVE-2026-1",
        "analysis": {"state": "not_affected", "justification": "code_not_present"},
        "affects": [{"ref": link}],
    }
    answer = json.dumps({**head, "vulnerabilities": [statement]}).encode()
    send(world, sbom=data, vex=answer)
    assert decision(world, "vex") is IntakeDecision.ACCEPTED
    assert decision(world) is IntakeDecision.ACCEPTED


def test_other_suppliers_need_none(world: World) -> None:
    data = sbom(purl="pkg:pypi/x")
    world.run(world.sent("x.json", data))
    assert "vex" not in world.codes("x.json")

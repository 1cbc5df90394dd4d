"""VEX of suppliers through the whole stage: who may state what, when it counts, and what a withdrawal leaves behind."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import IntakeDecision, PackageName
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.suppliers.statements import statements_about
from ops.supply_chain.suppliers.statements import effective
from tests.gather.suppliers.documents import PART, SERIAL, THING, attested, linked, openvex, sbom, stated
from tests.release.signing_world import files_of, put_files
from tests.test_ingest_supplier import SIGNER, STRANGER, World, bundle, world

__all__ = ["world"]

CONFIG = """component_name = "N"
[[suppliers]]
name = "Acme"
keys = ["acme.pem"]
products = ["pkg:generic/thing", "pkg:npm/%40acme/*", "T-*"]
"""
ACME = SupplierEntry(name="Acme", products=("pkg:generic/thing", "pkg:npm/%40acme/*", "T-*"))
RECEIVED: dict[str, bytes] = {}
INSIDE = {"@id": THING, "subcomponents": [{"@id": PART}]}


@pytest.fixture
def acme(world: World) -> World:
    (world.project / ".security-config.toml").write_text(CONFIG)
    (world.project / "acme.pem").write_bytes(SIGNER.pem)
    world.sent("thing.cdx.json", sbom(), bundle(sbom()))
    if not RECEIVED:  # the first test of this process receives it, the others begin with what that stored
        assert world.run(world.inbox)[0] == ExitCode.PASS
        RECEIVED.update(files_of(world.artifacts))
    put_files(world.artifacts, RECEIVED)
    return world


def take(world: World, name: str, data: bytes) -> set[str]:
    """Send a signed document; return the rules that do not accept it."""
    world.run(world.sent(name, data, bundle(data)))
    return world.codes(name)


def status(world: World) -> str:
    with RegistryReader(registry_address(world.artifacts)) as reader:
        found = statements_about(reader, ["CVE-2026-1"], [ACME], SupplierStore(world.artifacts))
        (hit,) = reader.find(PackageName("npm", "", "left-pad"))
        return effective(hit, ["CVE-2026-1"], found).status


DENIED: dict[str, tuple[bytes, set[str]]] = {
    "about every version of a package of another": (openvex(stated("fixed", "pkg:npm/left-pad")), {"exact", "product"}),
    "about every version of an own package": (openvex(stated("fixed", "pkg:generic/thing")), set()),
    "about a product of another": (openvex(stated("fixed", "pkg:npm/left-pad@1.3.0")), {"product"}),
    "about an own product": (openvex(stated("fixed", INSIDE)), set()),
    "about an own package with a scope": (openvex(stated("fixed", "pkg:npm/%40acme/a@1")), set()),
    "a statement of the future": (
        openvex(stated("fixed", INSIDE), stated("affected", THING, timestamp="2099-01-01T00:00:00Z")), {"current"},
    ),
    "an update of the future": (openvex(stated("affected", INSIDE, last_updated="2099-01-01T00:00:00Z")), {"current"}),
    "a BOM-Link to whatever BOM": (linked("urn:cdx:11111111-1111-4111-8111-111111111111/1"), set()),
    "no statement": (openvex(), {"contents"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DENIED)
def test_what_a_supplier_may_state(acme: World, name: str) -> None:
    data, expected = DENIED[name]
    assert take(acme, "vex.json", data) == expected
    if "current" in expected:
        assert status(acme) == ""


def test_only_a_signed_document_of_a_known_supplier_counts(acme: World) -> None:
    data = openvex(stated("not_affected", INSIDE))
    unsigned, stranger, changed = (data + b"\n" * count for count in (1, 2, 3))
    for name, document, signature, decision in (
        ("unsigned.json", unsigned, None, IntakeDecision.QUARANTINED),
        ("stranger.json", stranger, bundle(stranger, STRANGER), IntakeDecision.REFUSED),
        ("changed.json", changed, bundle(data), IntakeDecision.REFUSED),
    ):
        acme.run(acme.sent(name, document, signature))
        assert acme.documents()[name].decision is decision
        assert status(acme) == ""
    take(acme, "signed.json", data)
    assert status(acme) == "not_affected"


def test_an_attestation_that_the_supplier_signed_is_about_its_subject(acme: World) -> None:
    subject = {"name": THING, "digest": {"sha256": "ab" * 32}}
    payload = json.loads(attested(openvex(stated("fixed")), subject))
    envelope = json.dumps(SIGNER.statement(base64.b64decode(payload["payload"]))).encode()
    acme.run(acme.sent("attested.json", envelope))
    assert acme.documents()["attested.json"].decision is IntakeDecision.ACCEPTED
    assert status(acme) == "fixed"


def csaf(category: str = "csaf_vex", *, version: str = "1", date: str = "2026-11-05", draft: bool = False) -> bytes:
    product = {"name": "thing", "product_id": "P", "product_identification_helper": {"purl": THING}}
    tracking = {
        "id": "T-1", "status": "draft" if draft else "final", "version": version, "current_release_date": f"{date}T00:00:00Z",
    }  # fmt: skip
    document: dict[str, Any] = {"document": {"category": category, "csaf_version": "2.1", "tracking": tracking}}
    if category == "csaf_vex":
        document["product_tree"] = {"full_product_names": [product]}
        flag = {"label": "component_not_present", "product_ids": ["P"]}
        document["vulnerabilities"] = [
            {"cve": "CVE-2026-1", "product_status": {"known_not_affected": ["P"]}, "flags": [flag]}
        ]
    return json.dumps(document).encode()


@pytest.mark.parametrize("category", ["csaf_withdrawn", "csaf_superseded"])
def test_a_withdrawal_restores_what_was_before(acme: World, category: str) -> None:
    assert take(acme, "affected.json", openvex(stated("affected", INSIDE))) == set()
    assert status(acme) == "affected"
    assert take(acme, "csaf-1.json", csaf()) == set()
    assert status(acme) == "not_affected"
    assert take(acme, "draft.json", csaf(version="2", date="2026-11-06", draft=True)) == {"final"}
    assert status(acme) == "not_affected"
    assert take(acme, "withdrawn.json", csaf(category, version="3", date="2026-11-07")) == set()
    assert status(acme) == "affected"


def test_a_change_of_the_configuration_takes_statements_back_and_a_rebuild_gives_the_same(acme: World) -> None:
    take(acme, "vex.json", openvex(stated("fixed", INSIDE)))
    take(acme, "link.json", linked(f"urn:cdx:{SERIAL}/1#part-0", "exploitable"))
    assert status(acme) == "affected"  # both are of the same time
    acme.run("--rebuild")
    assert status(acme) == "affected"
    (acme.project / ".security-config.toml").write_text(CONFIG.replace('"pkg:generic/thing", ', ""))
    acme.run("--rebuild")
    assert "product" in acme.codes("vex.json")
    assert status(acme) == ""


def test_status_shows_what_matches_nothing_and_what_contradicts(acme: World) -> None:
    assert "statements:" not in acme.run("--status")[1]
    take(acme, "affected.json", openvex(stated("affected", INSIDE)))
    take(acme, "fixed.json", openvex(stated("fixed", INSIDE), name="https://acme.example/vex/2"))
    take(acme, "other.json", openvex(stated("fixed", "pkg:generic/thing@9"), name="https://acme.example/vex/3"))
    take(acme, "link.json", linked("urn:cdx:11111111-1111-4111-8111-111111111111/1#x"))
    take(acme, "draft.json", csaf(draft=True))
    named = {"product": {"name": "pkg:generic/thing", "version": "1.0"}}
    take(acme, "named.json", cyclonedx_by_name(**named["product"]))
    code, text = acme.run("--status")
    assert code == ExitCode.PASS
    assert "\n    draft.json: it is a draft, which decides nothing yet\n" in text
    [first] = [line for line in text.splitlines() if line.startswith("  statements")]
    lines = text[text.index(first) :].splitlines()
    assert lines[0] == (
        "  statements: 2 about registered components, 1 possible, 2 about nothing registered, 1 conflict, "
        "1 of documents that do not count"
    )
    shown = "\n".join(lines)
    assert "it refers to a BOM that was not accepted: urn:cdx:11111111-1111-4111-8111-111111111111/1" in shown
    assert "about nothing: CVE-2026-1 fixed pkg:generic/thing@9 (Acme, other.json): no accepted document lists" in shown
    assert "possible: CVE-2026-1 not_affected" in shown
    assert (
        f"conflict: CVE-2026-1 affected {THING} (Acme, affected.json) counts, CVE-2026-1 fixed {THING} (Acme, fixed.json) "
        "does not, for 1 component" in shown
    )
    document = status_document(acme)
    assert document["counts"] == {"matched": 2, "possible": 1, "unmatched": 2, "conflicts": 1, "not_counting": 1}
    (conflict,) = document["conflicts"]
    assert (conflict["counts"]["status"], conflict["loses"]["status"]) == ("affected", "fixed")
    assert conflict["first"] == {
        "product": "pkg:generic/thing", "product_version": "1.0", "component": "pkg:npm/left-pad", "version": "1.3.0",
    }  # fmt: skip
    (acme.project / ".security-config.toml").write_text('component_name = "N"')
    document = status_document(acme)
    assert {row["reason"] for row in document["unmatched"]} == {"its supplier is not in [[suppliers]] any more"}


def cyclonedx_by_name(name: str, version: str) -> bytes:
    root = {"type": "application", "bom-ref": "r", "name": name, "version": version}
    analysis = {"state": "not_affected", "justification": "code_not_present"}
    vulnerability = {"id": "CVE-2026-1", "analysis": analysis, "affects": [{"ref": "r"}]}
    metadata = {"timestamp": "2026-11-02T00:00:00Z", "component": root}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": metadata}
    return json.dumps({**head, "vulnerabilities": [vulnerability]}).encode()


def status_document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.run("--status", "--format", "json")[1])["result"]["statements"]
    return found


def test_documents_of_an_earlier_version_are_named_with_the_command_that_registers_them_again(acme: World) -> None:
    take(acme, "link.json", linked(f"urn:cdx:{SERIAL}/1#part-0"))
    assert status(acme) == "not_affected"
    with closing(sqlite3.connect(acme.artifacts / "registry.sqlite")) as connection, connection:
        for table, column in (("documents", "revision"), ("documents", "identifiers"), ("components", "qualifiers")):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("ALTER TABLE statements DROP COLUMN binding")
        for table in ("ledger_lines", "fleet_projects", "fleet_results", "fleet_runs"):  # of a later version
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    text = acme.run("--status")[1]
    assert (
        f"--project {acme.project} --artifacts {acme.artifacts} --rebuild  # 2 documents registered by an earlier version"
        in text
    )
    assert status(acme) == ""
    assert acme.run("--rebuild")[0] == ExitCode.PASS
    assert "--rebuild" not in acme.run("--status")[1]
    assert status(acme) == "not_affected"


def test_a_link_into_bytes_that_were_changed_has_its_reason(acme: World) -> None:
    take(acme, "link.json", linked(f"urn:cdx:{SERIAL}/1#part-0"))
    digest = acme.documents()["thing.cdx.json"].digest
    (acme.artifacts / "suppliers/sha256" / digest[:2] / digest / "document").write_bytes(sbom(THING, "pkg:npm/other@1"))
    assert status(acme) == ""
    assert "a BOM whose bytes are missing, or were changed" in acme.run("--status")[1]

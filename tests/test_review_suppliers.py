"""review_suppliers, run as its users run it: what suppliers send becomes a backlog, and what people decide stays."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import ingest_supplier, review_suppliers
from ops.supply_chain.adapters.files.supplier_store import SupplierStore, outputs
from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.runner import stage as stage_runner
from tests.conftest import REPOSITORY
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.compiled_rules import compiled_once
from tests.fakes.exploitation import kev, kev_entry
from tests.fakes.gate_project import accept_small_feeds
from tests.test_ingest_supplier import SIGNER, bundle

SHARED = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
CONFIG = """component_name = "N"
[[suppliers]]
name = "Acme"
keys = ["acme.pem"]
criticality = 5
"""
MALICIOUS = record("MAL-1", affected("elsewhere", "introduced 0"))
FOO = record(
    "CVE-2026-1",
    affected("foo", "introduced 0, fixed 1.2"),
    aliases=["GHSA-aaaa-bbbb-cccc"],
    published="2026-11-10T00:00:00Z",
)
VIEWS = (
    "backlog.csv", "backlog.json", "backlog.md", "risk-register.csv", "risk-register.json", "risk-register.md",
    "suppliers.vdr.cdx.json",
)  # fmt: skip


def sbom(version: str, *purls: str, made: str = "2026-11-15", more: tuple[dict[str, Any], ...] = ()) -> bytes:
    root = {
        "type": "application",
        "bom-ref": "r",
        "name": "thing",
        "version": version,
        "purl": f"pkg:generic/thing@{version}",
    }
    parts = [
        {
            "type": "library",
            "bom-ref": purl,
            "name": purl.rpartition("/")[2].partition("@")[0],
            "purl": purl,
            "version": purl.rpartition("@")[2],
        }
        for purl in purls
    ]
    metadata = {"timestamp": f"{made}T00:00:00Z", "component": root}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps({**head, "metadata": metadata, "components": [*parts, *more]}).encode()


def vex(status: str, made: str, purl: str = "pkg:pypi/foo@1.1") -> bytes:
    statement = {
        "vulnerability": {"name": "CVE-2026-1"}, "status": status,
        "products": [{"@id": "pkg:generic/thing@2.0", "subcomponents": [{"@id": purl}]}],
        **({"justification": "vulnerable_code_not_in_execute_path"} if status == "not_affected" else {"action_statement": "update"}),
    }  # fmt: skip
    head = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://acme.example/{made}",
        "author": "Acme",
        "version": 1,
    }
    return json.dumps({**head, "timestamp": f"{made}T00:00:00Z", "statements": [statement]}).encode()


class World:
    """A project that receives documents of a supplier, and the advisories of a day."""

    def __init__(self, base: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.base, self.capfd, self._monkeypatch = base, capfd, monkeypatch
        self.project, self.artifacts, self.dist = base / "project", base / "artifacts", base / "dist"
        self.project.mkdir()
        (self.project / "pyproject.toml").write_text('[project]\nname = "n"\nversion = "1.0"\n')
        (self.project / ".security-config.toml").write_text(CONFIG)
        (self.project / "acme.pem").write_bytes(SIGNER.pem)
        self.feed(FOO)
        self.at(20)

    def at(self, day: int) -> None:
        now = datetime(2026, 11, day, 12, tzinfo=UTC)
        self._monkeypatch.setattr(stage_runner, "read_clock", lambda: now)

    def feed(self, *records: dict[str, Any]) -> None:
        (self.base / "osv.zip").write_bytes(snapshot(MALICIOUS, *records))

    def receive(self, name: str, data: bytes, *, signed: bool = True) -> int:
        inbox = self.base / "inbox"
        inbox.mkdir(exist_ok=True)
        (inbox / name).write_bytes(data)
        if signed:
            (inbox / f"{name}.sigstore.json").write_bytes(bundle(data))
        return ingest_supplier.main([*self._folders(), "--supplier", "Acme", str(inbox / name)])

    def rebuild(self) -> int:
        return ingest_supplier.main([*self._folders(), "--rebuild"])

    def run(self, *words: str | Path, given: bool = True) -> tuple[int, str]:
        self.capfd.readouterr()
        edits = any(str(word) in ("--set", "--import", "--show") for word in words)
        feeds = ["--advisories", str(self.base / "osv.zip")] if given and not edits else []
        folders = [*self._folders(), "--dist", str(self.dist), "--cache", str(self.base / "cache")]
        code = review_suppliers.main([*folders, *feeds, *map(str, words)])
        shown = self.capfd.readouterr()
        return code, shown.out + shown.err

    def view(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.dist / "suppliers/backlog.json").read_bytes())
        return found

    def item(self) -> dict[str, Any]:
        [found] = self.view()["items"]
        return dict(found)

    def findings(self) -> list[dict[str, Any]]:
        return list(json.loads((self.dist / "records/review_suppliers.json").read_bytes())["findings"])

    def _folders(self) -> list[str]:
        return ["--project", str(self.project), "--artifacts", str(self.artifacts)]


@pytest.fixture
def world(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_URL", raising=False)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_TENANT", raising=False)
    accept_small_feeds(monkeypatch)
    with compiled_once():
        yield World(tmp_path, capfd, monkeypatch)


def test_a_project_without_suppliers_passes_and_nothing_is_written(world: World) -> None:
    code, text = world.run(given=False)
    assert code == ExitCode.PASS
    first = f"nox -s supplier -- --project {world.project} --artifacts {world.artifacts} PATH"
    assert text == f"no document of a supplier that can be reviewed was received yet: {first}\n"
    assert not (world.dist / "suppliers").exists()
    assert not world.artifacts.exists()


def test_a_vulnerable_component_is_an_item_with_all_views(world: World) -> None:
    assert world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1", "pkg:pypi/bar@1")) == ExitCode.PASS
    code, text = world.run()
    item = world.item()
    assert code == ExitCode.DENIED
    assert text.splitlines()[0] == "1 open item in 1 product of 1 supplier (1 new)"
    assert (
        f"next: nox -s backlog -- --project {world.project} --artifacts {world.artifacts} --set {item['id']} state=triaged owner=NAME"
        in text
    )
    assert (item["supplier"], item["product"], item["component"], item["names"]) == (
        "Acme", "pkg:generic/thing", "pkg:pypi/foo", ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
    )  # fmt: skip
    assert (item["fixed_version"], item["state"], item["received"], item["published"]) == (
        "1.2",
        "new",
        "2026-11-20",
        "2026-11-10",
    )
    assert item["due"] >= "2026-11-20"
    assert {path.name for path in (world.dist / "suppliers").iterdir()} == set(VIEWS)
    assert schema_problems(json.loads((world.dist / "suppliers/suppliers.vdr.cdx.json").read_bytes()), "1.6") == ()
    [found] = world.findings()
    assert (found["code"], found["package"], found["version"]) == ("vulnerability.supplied", "pkg:pypi/foo", "1.1")


def test_an_item_lives_from_new_to_fixed_and_back(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.0"))
    world.run()
    first = world.item()
    assert world.run("--set", first["id"], "state=waiting-for-supplier", "owner=Ann")[0] == ExitCode.PASS
    world.at(21)
    world.receive("b.json", sbom("2.1", "pkg:pypi/foo@1.1", made="2026-11-20"))
    assert world.run()[0] == ExitCode.DENIED
    item = world.item()
    assert (item["id"], item["state"], item["first_seen"], item["decision"]["owner"]) == (
        first["id"],
        "waiting-for-supplier",
        "2026-11-20",
        "Ann",
    )
    assert [version["product_version"] for version in item["versions"]] == ["2.1"]
    assert [version["product_version"] for version in item["older"]] == ["2.0"]
    world.at(22)
    world.receive("c.json", sbom("2.2", "pkg:pypi/foo@1.2", made="2026-11-21"))
    code, text = world.run()
    assert (code, text.splitlines()[0]) == (ExitCode.PASS, "0 open items; 1 fixed")
    assert (world.item()["state"], world.item()["fixed_on"]) == ("fixed", "2026-11-22")
    assert world.view()["measures"]["median_days_advisory_to_fix"] == 12.0
    assert world.rebuild() == ExitCode.PASS
    assert world.run()[0] == ExitCode.PASS
    assert world.item()["fixed_on"] == "2026-11-22"
    world.at(23)
    world.receive("d.json", sbom("2.3", "pkg:pypi/foo@1.1", made="2026-11-22"))
    assert world.run()[0] == ExitCode.DENIED
    back = world.item()
    assert (back["id"], back["state"], back["first_seen"], back["reopened"]) == (
        first["id"],
        "new",
        "2026-11-20",
        "2026-11-23",
    )


def test_the_later_statement_of_the_supplier_counts(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    assert world.receive("v.json", vex("not_affected", "2026-11-18")) == ExitCode.PASS
    assert world.run()[0] == ExitCode.PASS
    item = world.item()
    assert item["state"] == "not-affected"
    assert "statement of Acme" in item["basis"]
    assert world.findings()[0]["waived_by"].startswith("statement of Acme")
    world.receive("w.json", vex("affected", "2026-11-19"))
    assert world.run()[0] == ExitCode.DENIED
    assert world.item()["state"] == "new"


def test_a_statement_about_another_version_closes_nothing(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.receive("v.json", vex("not_affected", "2026-11-18", "pkg:pypi/foo@1.0"))
    assert world.run()[0] == ExitCode.DENIED


def test_what_could_not_be_checked_is_named_and_never_clean(world: World) -> None:
    weak = {
        "type": "library",
        "bom-ref": "w",
        "name": "zlib",
        "version": "1",
        "cpe": "cpe:2.3:a:zlib:zlib:1:*:*:*:*:*:*:*",
    }
    world.receive("a.json", sbom("2.0", "pkg:npm/left-pad@1", "pkg:pypi/bar@1", more=(weak,)))
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert (
        "not checked: 1 component of pkg:npm in Acme pkg:generic/thing (left-pad 1): no feed of its advisories was given"
        in text
    )
    assert (
        "not checked: 1 component in Acme pkg:generic/thing (zlib/zlib 1): nothing identifies it: it has no package URL"
        in text
    )
    assert {finding["code"] for finding in world.findings()} == {"supplier.not-examined"}
    assert "npm=https://" in text
    assert "not checked: 1 component of pkg:npm" in world.run("--show")[1]


def test_other_ecosystems_are_matched_by_their_own_order(world: World) -> None:
    world.feed(FOO, record("GHSA-x", affected("left-pad", "introduced 0, fixed 1.10.0", ecosystem="npm")))
    world.receive("a.json", sbom("2.0", "pkg:npm/left-pad@1.9.0", "pkg:npm/right-pad@1.0.0"))
    assert world.run("--advisories", f"npm={world.base / 'osv.zip'}")[0] == ExitCode.DENIED
    assert world.item()["component"] == "pkg:npm/left-pad"


def test_a_package_of_a_distribution_is_matched_by_the_version_of_its_source_package(world: World) -> None:
    world.feed(FOO, record("DSA-1", affected("src", "introduced 0, fixed 2.0-1", ecosystem="Debian:12")))
    binary = {
        "type": "library",
        "bom-ref": "d",
        "name": "libsrc1",
        "version": "9.9-1",
        "purl": "pkg:deb/debian/libsrc1@9.9-1?arch=amd64&distro=debian-12&upstream=src%401.0-1",
    }
    world.receive("a.json", sbom("2.0", more=(binary,)))
    feed = ("--advisories", f"Debian={world.base / 'osv.zip'}")
    code, text = world.run(*feed)
    assert code == ExitCode.DENIED, text
    assert (world.item()["component"], world.item()["fixed_version"]) == ("pkg:deb/debian/libsrc1", "2.0-1")
    for path in (world.artifacts / "suppliers/sha256").glob("*/*/document"):
        path.unlink()
    code, text = world.run(*feed)
    assert code == ExitCode.DENIED
    assert "its document is not stored on this machine" in text
    assert world.item()["presence"] == "unchecked"


def test_a_document_in_quarantine_is_named_and_not_matched(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/bar@1"))
    assert world.receive("q.json", sbom("2.1", "pkg:pypi/foo@1.1", made="2026-11-19"), signed=False) == ExitCode.DENIED
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert "not checked: Acme pkg:generic/thing 2.1: q.json (" in text
    assert f"nox -s supplier -- --project {world.project} --artifacts {world.artifacts} --request Acme" in text
    assert world.view()["items"] == []


def test_what_has_no_feed_is_named_before_many_documents_in_quarantine(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:npm/bar@1"))
    for number in range(1, 5):
        world.receive(f"q{number}.json", sbom(f"2.{number}", "pkg:pypi/foo@1.1", made="2026-11-19"), signed=False)
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    first, second = [line for line in text.splitlines() if line.startswith("  not checked: ")]
    assert first.startswith("  not checked: 1 component of pkg:npm in Acme pkg:generic/thing (bar 1): ")
    assert second.startswith("  not checked: Acme: 4 documents are not accepted: q4.json (")
    assert second.endswith("), ...")
    page = (world.dist / "suppliers/backlog.md").read_text()
    assert "See what to correct: `nox -s supplier -- --request Acme`" in page
    assert page.index("pkg&#58;npm") < page.index("4 documents are not accepted")


def test_without_a_feed_nothing_is_closed(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    world.receive("b.json", sbom("2.1", "pkg:pypi/foo@1.3", made="2026-11-19"))
    code, text = world.run("--offline", given=False)
    assert code == ExitCode.DENIED
    assert "not checked: 1 component of pkg:pypi" in text
    assert world.item()["presence"] == "unchecked"
    assert world.item()["state"] == "new"
    assert world.run()[0] == ExitCode.PASS
    assert world.item()["state"] == "fixed"


def test_a_feed_that_is_too_old_closes_nothing(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/bar@1"))
    world.feed({**FOO, "modified": "2026-01-01T00:00:00Z"})
    (world.base / "osv.zip").write_bytes(snapshot({**MALICIOUS, "modified": "2026-01-01T00:00:00Z"}))
    assert world.run()[0] == ExitCode.NOT_EXAMINED


def test_a_component_whose_package_url_disappears_is_not_fixed(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    weak = {
        "type": "library",
        "bom-ref": "w",
        "name": "foo",
        "version": "1.1",
        "cpe": "cpe:2.3:a:foo:foo:1.1:*:*:*:*:*:*:*",
    }
    world.receive("b.json", sbom("2.1", "pkg:pypi/bar@1", made="2026-11-19", more=(weak,)))
    assert world.run()[0] == ExitCode.DENIED
    assert world.item()["unchecked"] == "its newest document lists foo without a package URL that identifies it"


@pytest.mark.parametrize("purl", ["pkg:maven/core@1.0", "pkg:github/x/core@1.0", ""])
def test_a_component_that_may_be_the_same_is_not_fixed(world: World, purl: str) -> None:
    world.feed(FOO, record("CVE-2026-7", affected("org.x:core", "introduced 0, fixed 2.0", ecosystem="Maven")))
    maven = {"bom-ref": "w", "type": "library", "name": "core", "version": "1.0"}
    world.receive("a.json", sbom("2.0", more=({**maven, "purl": "pkg:maven/org.x/core@1.0"},)))
    assert world.run("--advisories", f"Maven={world.base / 'osv.zip'}")[0] == ExitCode.DENIED
    digest = {"alg": "SHA-256", "content": "ab" * 32}
    weak = {**maven, "purl": purl} if purl else {**maven, "name": "org.x:core", "hashes": [digest]}
    world.receive("b.json", sbom("2.1", made="2026-11-19", more=(weak,)))
    assert world.run("--advisories", f"Maven={world.base / 'osv.zip'}")[0] == ExitCode.DENIED
    assert world.item()["unchecked"] == "its newest document lists core without a package URL that identifies it"


def test_an_edited_table_is_taken_over_and_an_old_one_is_refused(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1", "pkg:npm/x@1"))
    world.run()
    table = world.dist / "suppliers/backlog.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_bytes().decode(), newline="")))
    rows[0] |= {"state": "in-progress", "owner": "Ann", "planned": "2026-12-01"}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    edited = world.base / "edited.csv"
    edited.write_text(out.getvalue(), newline="")
    wrong = world.base / "wrong.csv"
    wrong.write_text(out.getvalue().replace("2026-12-01", "01.12.2026"), newline="")
    code, text = world.run("--import", wrong)
    assert code == ExitCode.INPUT
    day = "planned: expected a date as 2026-01-31, found '01.12.2026'"
    assert f"  line 2: {world.item()['id']}: {day}" in text.splitlines()
    code, text = world.run("--import", edited)
    assert (code, text.splitlines()[0]) == (ExitCode.PASS, "1 entry changed")
    assert world.view()["not_checked"] == [
        "1 component of pkg:npm in Acme pkg:generic/thing (x 1): no feed of its advisories was given"
    ]
    assert (world.item()["state"], world.item()["decision"]["planned"]) == ("in-progress", "2026-12-01")
    assert world.run("--set", world.item()["id"], "owner=Bo")[0] == ExitCode.PASS
    code, text = world.run("--import", edited)
    assert code == ExitCode.INPUT
    assert "was changed after this table was written" in text
    assert world.item()["decision"]["owner"] == "Bo"


def test_the_score_is_one_of_the_severity_next_to_it(world: World) -> None:
    low = "CVSS:3.1/AV:N/AC:H/PR:H/UI:N/S:U/C:L/I:L/A:N"  # as GitHub rates it
    high = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    github = record("GHSA-aaaa-bbbb-cccc", affected("foo", "introduced 0, fixed 1.2"), aliases=["CVE-2026-1"])
    github |= {"severity": [{"type": "CVSS_V3", "score": low}], "database_specific": {"severity": "LOW"}}
    world.feed({**FOO, "severity": [{"type": "CVSS_V3", "score": high}]}, github)
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    assert (world.item()["severity"], world.item()["score"]) == ("low", "3.3")


def test_words_that_are_no_change_are_refused(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    key = world.item()["id"]
    for words in (
        ["nonsense"],
        [key],
        [key, "state"],
        [key, "owner=a", "owner=b"],
        [key, "B-0000000000", "owner=a"],
        ["owner=a"],
        [key, "state=fixed"],
        ["B-0", "owner=a"],
    ):
        code, text = world.run("--set", *words)
        assert code == ExitCode.USAGE, text
        assert "error: " in text
    assert "decision" not in world.item()


def test_the_stored_backlog_is_shown_without_a_comparison(world: World) -> None:
    assert world.run("--show")[0] == ExitCode.USAGE
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    key = world.item()["id"]
    (world.base / "osv.zip").unlink()
    code, text = world.run("--show")
    assert (code, text.splitlines()[0]) == (ExitCode.PASS, "1 open item in 1 product of 1 supplier (1 new)")
    code, text = world.run("--show", key)
    assert code == ExitCode.PASS
    assert "  due: " in text
    assert "review: first seen" in text
    [risk] = json.loads((world.dist / "suppliers/risk-register.json").read_bytes())["risks"]
    code, text = world.run("--show", risk["id"])
    assert "  proposed: likelihood 3, impact 5" in text.replace("impact 5:", "impact 5")
    assert world.run("--show", "B-0000000000")[0] == ExitCode.USAGE
    for about in ("FOO", "ghsa-aaaa", "acme", "generic/thing"):
        code, text = world.run("--show", about)
        assert (code, text.splitlines()[0]) == (ExitCode.PASS, "1 item")
        assert key in text


def test_a_lost_registry_is_not_a_clean_one(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    for path in world.artifacts.glob("registry.sqlite*"):
        path.unlink()
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert "--rebuild" in text
    assert world.rebuild() == ExitCode.PASS
    assert world.run()[0] == ExitCode.DENIED


def test_a_public_log_has_counts_alone(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    _, text = world.run("--public-log")
    for word in ("Acme", "foo", "CVE-2026-1", "thing", str(world.base)):
        assert word not in text


def test_what_is_exploited_comes_first_and_is_due_by_its_own_clock(world: World) -> None:
    bar = record("CVE-2026-2", affected("bar", "introduced 0"), database_specific={"severity": "CRITICAL"})
    world.feed({**FOO, "id": "CVE-2026-10001"}, bar)
    (world.project / "kev.json").write_bytes(
        kev(
            kev_entry("CVE-2026-10001", "2026-11-18", knownRansomwareCampaignUse="Known"),
            dateReleased="2026-11-19T00:00:00Z",
        )
    )
    feeds = '[feeds]\nkev = "kev.json"\n[response]\nexploited_days = 2\n'
    (world.project / ".security-config.toml").write_text(feeds + CONFIG.replace('component_name = "N"\n', ""))
    world.receive("a.json", sbom("2.0", "pkg:pypi/bar@1", "pkg:pypi/foo@1.1"))
    code, text = world.run()
    first, second = world.view()["items"]
    assert (code, first["names"][0], second["names"][0]) == (ExitCode.DENIED, "CVE-2026-10001", "CVE-2026-2")
    assert "(1 exploited, 2 new)" in text.splitlines()[0]
    assert "EXPLOITED since 2026-11-18 (KEV), used in ransomware campaigns" in text.splitlines()[1]
    assert first["due_basis"] == "exploitation known on 2026-11-20"
    [risk] = json.loads((world.dist / "suppliers/risk-register.json").read_bytes())["risks"]
    assert (risk["likelihood"], risk["score"]) == (5, 25)


def test_a_catalog_that_cannot_be_read_is_named(world: World) -> None:
    (world.project / ".security-config.toml").write_text(
        '[feeds]\nkev = "missing.json"\n' + CONFIG.replace('component_name = "N"\n', "")
    )
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    _, text = world.run()
    assert "not checked: exploitation was not checked" in text


def test_tenants_have_a_backlog_each(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    monkeypatch.setenv("SEALWRIGHT_REGISTRY_TENANT", "other")
    assert world.run()[0] == ExitCode.PASS
    world.receive("a.json", sbom("2.0", "pkg:pypi/bar@1"))
    assert world.run()[0] == ExitCode.PASS
    assert world.view()["items"] == []
    assert (world.artifacts / "suppliers-other/backlog.json").exists()


@pytest.mark.parametrize("seed", range(2))
def test_over_any_sequence_of_documents_rebuilds_and_edits_a_decision_stays(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded, for a repeatable test
    decided: dict[str, tuple[str, str]] = {}
    world.receive("0.json", sbom("1.0", "pkg:pypi/foo@1.0", made="2026-11-01"))
    world.run()
    first = world.item()
    for number in range(1, 6):
        act = chance.choice(["document", "again", "rebuild", "alias", "edit"])
        if act == "document":
            version = chance.choice(["1.0", "1.1", "1.3"])
            world.receive(
                f"{number}.json", sbom(f"1.{number}", f"pkg:pypi/foo@{version}", made=f"2026-11-{number + 1:02d}")
            )
        elif act == "again":
            world.receive("0.json", sbom("1.0", "pkg:pypi/foo@1.0", made="2026-11-01"))
        elif act == "rebuild":
            world.rebuild()
        elif act == "alias":
            world.feed({**FOO, "aliases": chance.choice([["GHSA-aaaa-bbbb-cccc"], ["GHSA-dddd-eeee-ffff"], []])})
        else:
            decided[first["id"]] = (chance.choice(["triaged", "in-progress"]), f"owner {number}")
            state, owner = decided[first["id"]]
            world.run("--set", first["id"], f"state={state}", f"owner={owner}")
        world.run()
        item = world.item()
        assert (item["id"], item["first_seen"]) == (first["id"], first["first_seen"])
        if first["id"] in decided:
            assert (item["decision"]["state"], item["decision"]["owner"]) == decided[first["id"]]


def test_the_owner_of_a_supplier_owns_its_items(world: World) -> None:
    (world.project / ".security-config.toml").write_text(CONFIG + 'owner = "Dee"\n')
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    _, text = world.run()
    assert "[new, owner Dee]" in text
    assert text.splitlines()[-2].endswith("state=triaged")


def test_the_screen_of_a_scan_has_one_cause_for_each_product(world: World) -> None:
    world.feed(FOO, record("CVE-2026-2", affected("bar", "introduced 0")))
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1", "pkg:pypi/bar@1"))
    world.run()
    found = msgspec.convert(json.loads((world.dist / "records/review_suppliers.json").read_bytes()), Record)
    [cause] = root_causes([found], ())
    assert cause.title == "Acme pkg:generic/thing 2.0  supplied  CVE-2026-2, CVE-2026-1"
    assert len(cause.findings) == 2


def test_real_documents_with_real_advisories(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    document, feed = SHARED / "sbom/real/sbom4python", SHARED / "advisories/osv-pypi.zip"
    if not document.exists() or not feed.exists():
        pytest.skip("the shared documents and advisories are not here")
    monkeypatch.setattr(stage_runner, "read_clock", lambda: datetime(2026, 7, 24, 12, tzinfo=UTC))
    with zipfile.ZipFile(feed) as archive:  # those about pip: indexing all of them takes seconds
        records = [data for name in archive.namelist() if b'"pip"' in (data := archive.read(name))]
    assert len(records) > 5
    world.feed(*map(json.loads, records))
    for path in sorted(document.iterdir()):
        world.receive(path.name, path.read_bytes())
    code, text = world.run()
    assert code == ExitCode.DENIED
    names = {name for item in world.view()["items"] for name in item["names"]}
    assert "CVE-2023-5752" in names
    assert schema_problems(json.loads((world.dist / "suppliers/suppliers.vdr.cdx.json").read_bytes()), "1.6") == ()
    assert len(text.splitlines()) <= 30


def test_what_is_written_among_the_artifacts_is_no_source_of_a_release(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.1"))
    world.run()
    (world.artifacts / "own").mkdir()
    assert {path.name for path in world.artifacts.iterdir()} - {path.name for path in outputs(world.artifacts)} == {
        "own"
    }
    assert outputs(world.base / "missing") == ()


@pytest.mark.parametrize("analysis", [{}, {"detail": " "}])
def test_a_statement_without_a_reason_closes_nothing(world: World, analysis: dict[str, str]) -> None:
    document = json.loads(sbom("2.0", "pkg:pypi/foo@1.1"))
    said: dict[str, Any] = {"id": "CVE-2026-1", "affects": [{"ref": "pkg:pypi/foo@1.1"}]}
    document["vulnerabilities"] = [{**said, "analysis": {"state": "not_affected", **analysis}}]
    assert world.receive("a.json", json.dumps(document).encode()) == ExitCode.PASS
    code, _ = world.run()
    assert (code, world.item()["state"]) == (ExitCode.DENIED, "new")
    document["vulnerabilities"][0]["analysis"]["justification"] = "code_not_reachable"
    assert world.receive("b.json", json.dumps(document).encode()) == ExitCode.PASS
    assert (world.run()[0], world.item()["state"]) == (ExitCode.PASS, "not-affected")


def test_documents_that_the_registry_does_not_have_are_never_clear(world: World) -> None:
    world.receive("a.json", sbom("2.0", "pkg:pypi/foo@1.2"))
    assert world.run()[0] == ExitCode.PASS
    SupplierStore(world.artifacts).add(sbom("2.1", "pkg:pypi/foo@1.1"), name="b.json", ingested="2026-11-20T00:00:00Z")
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert "1 stored document is not in the registry" in text
    assert [found["next_step"] for found in world.findings()] == ["Fill it again: nox -s supplier -- --rebuild"]
    for path in (world.artifacts / "registry.sqlite", world.artifacts / "suppliers" / "backlog.json"):
        path.unlink()
    assert world.run()[0] == ExitCode.NOT_EXAMINED


def test_a_document_that_could_not_be_read_is_named_until_a_later_one_is_accepted(world: World) -> None:
    half = world.base / "half.json"
    half.write_bytes(sbom("2.0", "pkg:pypi/foo@1.1")[:200])
    options = ["--project", str(world.project), "--artifacts", str(world.artifacts), "--dist", str(world.dist)]
    assert ingest_supplier.main([str(half), "--supplier", "Acme", *options]) == ExitCode.DENIED
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert "was refused, and nothing of this supplier was accepted since" in text
    world.at(21)
    world.receive("b.json", sbom("2.0", "pkg:pypi/foo@1.2", made="2026-11-16"))
    assert world.run()[0] == ExitCode.PASS


def test_a_product_whose_only_document_was_refused_is_named(world: World) -> None:
    inbox = world.base / "refused"
    inbox.mkdir()
    (inbox / "a.json").write_bytes(sbom("2.0", "pkg:pypi/foo@1.1"))
    (inbox / "a.json.sigstore.json").write_bytes(bundle(sbom("2.0")))
    options = ["--project", str(world.project), "--artifacts", str(world.artifacts), "--dist", str(world.dist)]
    assert ingest_supplier.main([str(inbox), "--supplier", "Acme", *options]) == ExitCode.DENIED
    code, text = world.run()
    assert code == ExitCode.NOT_EXAMINED
    assert "was refused, and no other one of this product was accepted" in text
    world.receive("b.json", sbom("2.0", "pkg:pypi/foo@1.2", made="2026-11-16"))
    assert world.run()[0] == ExitCode.PASS

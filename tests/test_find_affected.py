"""find_affected, asked as in an incident: the verdict is first, and what cannot be decided is never "not affected"."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_releases, find_affected, ingest_supplier
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.search import RegistrySearch
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode, UnavailableError
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.gather.assurance.affected import locks
from ops.supply_chain.risk.advisories import coverage
from ops.supply_chain.suppliers.affected.screen import MOST_LINES
from tests.conftest import REPOSITORY
from tests.fakes.advisories import affected, record
from tests.fakes.exploitation import kev, kev_entry
from tests.fakes.gate_project import HASH, NOW, GateProject, accept_small_feeds, at
from tests.fakes.retained_releases import RetainedReleases

SHARED = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
FOO = record(
    "GHSA-aaaa-bbbb-cccc",
    affected("foo", "introduced 0, fixed 1.2"),
    aliases=["CVE-2026-12345"],
    summary="foo reads too much",
)
PYSEC = record("PYSEC-2026-7", affected("foo-core", "introduced 0, fixed 3.0"), aliases=["GHSA-aaaa-bbbb-cccc"])
PAD = record("CVE-2026-777", affected("left-pad", "introduced 0, fixed 1.3.0", ecosystem="npm"))
GONE = record("CVE-2026-999", affected("foo", "introduced 0"), withdrawn="2026-03-01T00:00:00Z")
CONFIG = """component_name = "thing"
[[suppliers]]
name = "Acme"
products = ["pkg:generic/*"]
[[suppliers]]
name = "Other Customer Ltd"
products = ["pkg:generic/nothing"]
"""


def sbom(
    *purls: str, product: str = "widget", version: str = "1.0", made: str = "2026-11-19T00:00:00Z", **more: Any
) -> bytes:
    """Return a supplier's document; a component is a package URL, or the name of one without."""
    root = {
        "type": "application",
        "bom-ref": "r",
        "name": product,
        "version": version,
        "purl": f"pkg:generic/{product}@{version}",
    }
    parts = [{"type": "library", "bom-ref": f"c{place}", **_component(purl)} for place, purl in enumerate(purls)]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": made, "component": root},
        "components": parts,
        "dependencies": [
            {"ref": "r", "dependsOn": ["c0"]},
            *({"ref": f"c{place}", "dependsOn": [f"c{place + 1}"]} for place in range(len(parts) - 1)),
        ],
    }
    return json.dumps({**document, **more}).encode()


def _component(text: str) -> dict[str, Any]:
    if not text.startswith("pkg:"):
        name, _, version = text.partition(" ")
        return {"name": name, "version": version}
    path, at_, version = text.partition("?")[0].rpartition("@")
    if not at_:
        path, version = version, ""
    return {"name": path.rpartition("/")[2], "version": version, "purl": text}


class Incident(GateProject):
    """A project with locks, retained releases and suppliers' documents."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, find_affected.main)
        self.releases = RetainedReleases(self.artifacts)
        self._capfd, self._monkeypatch = capfd, monkeypatch
        self.write(".security-config.toml", CONFIG)
        self.lock("foo==1.1", "bar==2.0")
        self.feed(FOO, PYSEC, GONE)

    def supplied(self, name: str, data: bytes, supplier: str = "Acme") -> str:
        """Ingest a document as if its signature were Acme's; return its digest."""
        path = self.folder / name
        path.write_bytes(data)
        self._call(ingest_supplier.main, str(path), "--supplier", supplier)
        return sha256_bytes(data)

    def accepted(self, name: str, data: bytes) -> str:
        """Ingest a document that no rule quarantines."""
        from ops.supply_chain.contracts.values.registry import IntakeDecision
        from ops.supply_chain.gather.suppliers import intake
        from ops.supply_chain.suppliers.decision import DocumentDecision

        with self._monkeypatch.context() as patch:
            patch.setattr(
                intake,
                "_decided",
                lambda questions, _policy: {
                    str(item["digest"]): DocumentDecision(IntakeDecision.ACCEPTED, ()) for item in questions
                },
            )
            return self.supplied(name, data)

    def _call(self, main: Callable[[list[str]], int], *words: str) -> tuple[int, str]:
        self._capfd.readouterr()
        code = main(["--project", str(self.root), "--artifacts", str(self.artifacts), "--dist", str(self.dist), *words])
        shown = self._capfd.readouterr()
        return code, shown.out + shown.err

    def ask(self, *words: str, given: bool = True) -> tuple[int, list[str]]:
        """Ask; return the exit code and the lines."""
        self._capfd.readouterr()
        code = self.run(*words, given=given)
        shown = self._capfd.readouterr()
        text = (shown.out + shown.err).replace(f"--project {self.root} ", "")
        lines = text.replace(f" --artifacts {self.artifacts}", "").splitlines()
        assert len(lines) <= MOST_LINES
        return code, lines

    def whole(self, *words: str, given: bool = True) -> dict[str, Any]:
        """Return the answer for programs."""
        target = self.folder / "answer.json"
        self.ask(*words, "--json", str(target), given=given)
        found: dict[str, Any] = json.loads(target.read_bytes())
        return found


@pytest.fixture
def incident(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Incident:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_URL", raising=False)
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_TENANT", raising=False)
    return Incident(tmp_path, capfd, monkeypatch)


@pytest.mark.parametrize("name", ["CVE-2026-12345", "cve-2026-12345", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-7"])
def test_an_advisory_is_found_by_each_of_its_names_in_all_places(incident: Incident, name: str) -> None:
    incident.releases.add("1.0", {"foo": "1.0"})
    incident.releases.add("1.1", {"foo": "1.2"}, day=date(2026, 10, 2))
    incident.accepted("acme.json", sbom("pkg:pypi/web@5.0", "pkg:pypi/Foo@1.1.post1"))
    code, lines = incident.ask(name)
    assert code == ExitCode.DENIED
    assert lines[0] == (
        "AFFECTED: CVE-2026-12345 = GHSA-aaaa-bbbb-cccc = PYSEC-2026-7: 1 lock, 1 release, 1 supplier product"
    )
    assert lines[1] == "  unknown severity: foo reads too much"
    assert "  lock requirements.txt:1: foo 1.1, fixed in 1.2" in lines
    assert (
        "  release thing 1.0 (since 2026-10-01): foo 1.0 at thing/1.0/thing-1.0-sbom.cdx.json#/components/0, fixed in 1.2"
        in lines
    )
    supplier = next(line for line in lines if line.startswith("  supplier product"))
    assert supplier == (
        "  supplier product Acme: pkg:generic/widget 1.0: foo 1.1.post1 at acme.json#/components/1, by web > Foo, fixed in 1.2"
    )
    assert "next: nox -s lock" in "\n".join(lines)
    assert any(line.startswith("next: inform the users of thing 1.0: nox -s affected -- ") for line in lines)


QUESTIONS = {
    "foo<1.2": ExitCode.DENIED,
    "foo < 1.1": ExitCode.PASS,
    "Foo==1.1.0": ExitCode.DENIED,
    "pkg:pypi/foo": ExitCode.DENIED,
    "pkg:pypi/foo@1.1": ExitCode.DENIED,
    "pkg:pypi/foo@1.0": ExitCode.PASS,
    "foo": ExitCode.DENIED,
    "npm:foo": ExitCode.PASS,
    "pypi:foo>=1.1,<1.2": ExitCode.DENIED,
    "absent-entirely<2": ExitCode.PASS,
    "foo<=1.1rc1": ExitCode.PASS,
    "foo>1!0": ExitCode.PASS,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_requirement_or_a_package_is_searched_without_any_feed(incident: Incident, question: str) -> None:
    code, lines = incident.ask(question, given=False)
    assert code == QUESTIONS[question], lines
    assert lines[0].startswith(("AFFECTED: ", "FOUND: ") if code else "not affected: ")


def test_what_no_feed_knows_is_never_not_affected(incident: Incident) -> None:
    code, lines = incident.ask("CVE-2026-55555")
    assert code == ExitCode.NOT_EXAMINED
    assert lines[0] == "NOT KNOWN: CVE-2026-55555 is not known in these feeds: osv.zip (3 records, newest 36 hours old)"


def test_without_a_feed_nothing_is_decided(incident: Incident) -> None:
    code, lines = incident.ask("CVE-2026-12345", "--offline", given=False)
    assert code == ExitCode.NOT_EXAMINED
    assert lines[0] == "NOT KNOWN: CVE-2026-12345 is not known in these feeds: none could be read"
    assert any(line.startswith("  not searched: advisories of PyPI were not searched: ") for line in lines)


def test_a_feed_that_is_too_old_shows_what_it_knows_and_nothing_more(incident: Incident) -> None:
    incident.feed(record("CVE-2026-1", affected("foo", "introduced 0, fixed 1.2"), modified="2026-01-01T00:00:00Z"))
    assert incident.ask("CVE-2026-1")[0] == ExitCode.DENIED
    incident.lock("foo==1.2")
    code, lines = incident.ask("CVE-2026-1")
    assert code == ExitCode.NOT_EXAMINED
    assert lines[0].startswith("NOT DECIDABLE: ")
    assert "is 323 days old" in lines[0]
    incident.releases.add("1.0", {"foo": "1.2"})
    shown = "\n".join(incident.ask("CVE-2026-1", "--reply")[1])
    assert "**We cannot answer yet** for every release of thing" in shown
    assert "not affected" not in shown


def test_a_withdrawn_advisory_affects_nothing(incident: Incident) -> None:
    code, lines = incident.ask("CVE-2026-999")
    assert (code, lines[0]) == (ExitCode.PASS, "not affected: CVE-2026-999: every record of it was withdrawn")


def test_packages_of_an_ecosystem_without_a_feed_leave_it_undecided(incident: Incident) -> None:
    incident.lock("foo==1.2")
    incident.accepted("acme.json", sbom("pkg:npm/left-pad@1.2.0"))
    code, lines = incident.ask("CVE-2026-12345")
    assert code == ExitCode.NOT_EXAMINED
    assert "npm (1)" in lines[0]
    step = next(line for line in lines if line.startswith("next: "))
    assert "--advisories npm=https://" in step
    incident.feed(FOO, PYSEC, PAD)
    assert incident.ask("CVE-2026-12345")[0] == ExitCode.PASS
    code, lines = incident.ask("CVE-2026-777")
    assert code == ExitCode.DENIED
    assert (
        "  supplier product Acme: pkg:generic/widget 1.0: pkg:npm/left-pad 1.2.0 at acme.json#/components/0, fixed in 1.3.0"
        in lines
    )


def test_quarantined_superseded_and_weak_are_called_so(incident: Incident) -> None:
    incident.lock("bar==2.0")
    incident.supplied("unsigned.json", sbom("pkg:pypi/foo@1.0"))
    code, lines = incident.ask("foo<1.2")
    assert (code, lines[0]) == (
        ExitCode.NOT_EXAMINED,
        "NOT DECIDABLE: foo <1.2: 1 supplier product (1 not trusted)",
    )
    assert any(
        "  not trusted: Acme: pkg:generic/widget 1.0: foo 1.0" in line and "quarantined: " in line for line in lines
    )
    assert "next: nox -s supplier -- --request Acme" in lines
    incident.accepted("signed.json", sbom("pkg:pypi/foo@1.2", made="2026-11-20T00:00:00Z"))
    code, lines = incident.ask("foo<1.2")
    assert (code, lines[0]) == (
        ExitCode.PASS,
        "not affected: foo <1.2: only in other versions (1.2), 1 superseded document did",
    )
    incident.accepted("weak.json", sbom("Foo 1.9", product="box"))
    code, lines = incident.ask("foo<1.2")
    assert (code, lines[0]) == (ExitCode.NOT_EXAMINED, "NOT DECIDABLE: foo <1.2: 1 supplier product (1 possible)")


@pytest.mark.parametrize("version", ["", "not-a-version", "1.0-custom"])
def test_a_version_that_cannot_be_decided_is_its_own_answer(incident: Incident, version: str) -> None:
    incident.lock("bar==2.0")
    purl = f"pkg:pypi/foo@{version}" if version else "pkg:pypi/foo"
    incident.accepted("acme.json", sbom(purl))
    for question in ("foo<1.2", "CVE-2026-12345"):
        code, lines = incident.ask(question)
        assert code == ExitCode.NOT_EXAMINED, lines
        assert lines[0].startswith("NOT DECIDABLE: ")


def test_a_misspelt_name_is_named_with_its_neighbours(incident: Incident) -> None:
    incident.lock("requests==2.0", "bar==2.0")
    code, lines = incident.ask("reqeusts<3")
    assert (code, lines[0]) == (
        ExitCode.NOT_EXAMINED,
        "NOT LISTED: no lock, release or supplier lists reqeusts <3: is it requests?",
    )
    assert "next: nox -s affected -- 'requests<3'" in lines
    assert incident.whole("reqeusts<3")["next"] == ["nox -s affected -- 'requests<3'"]


def test_the_same_name_in_another_ecosystem_is_named(incident: Incident) -> None:
    incident.accepted("acme.json", sbom("pkg:npm/left-pad@1.2.0"))
    code, lines = incident.ask("left-pad<2")
    assert code == ExitCode.PASS
    assert "  the same name in another ecosystem: pkg:npm/left-pad" in lines
    assert incident.ask("left-pad")[0] == ExitCode.DENIED


def test_a_digest_is_found_in_locks_documents_and_retained_files(incident: Incident) -> None:
    incident.write("requirements.txt", f"foo==1.1 \\\n    {HASH}\n")
    code, lines = incident.ask(f"sha256:{'0' * 64}")
    assert (code, lines[0]) == (ExitCode.DENIED, f"FOUND: sha-256:{'0' * 64}: 1 lock")
    incident.releases.add("1.0", {"foo": "1.0"})
    code, lines = incident.ask(sha256_bytes(incident.releases.sbom_path("1.0").read_bytes()).upper())
    assert code == ExitCode.DENIED
    assert any("release thing 1.0 (since 2026-10-01): thing-1.0-sbom.cdx.json" in line for line in lines)
    data = sbom("pkg:pypi/foo@1.0")
    document = json.loads(data)
    document["components"][0]["hashes"] = [{"alg": "SHA-512", "content": "ab" * 64}]
    digest = incident.accepted("acme.json", json.dumps(document).encode())
    assert incident.ask(f"sha512:{'ab' * 64}")[1][0].endswith(": 1 supplier product")
    assert incident.ask(f"sha256:{digest}")[0] == ExitCode.DENIED
    assert incident.ask(str(incident.folder / "acme.json"))[0] == ExitCode.DENIED
    code, lines = incident.ask(f"sha256:{'1' * 64}")
    assert code == ExitCode.NOT_EXAMINED
    assert lines[0].startswith("NOT KNOWN: ")


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_a_release_that_cannot_be_read_is_never_clear(incident: Incident, damage: str) -> None:
    incident.releases.add("1.0", {"foo": "1.2"})
    path = incident.releases.sbom_path("1.0")
    if damage == "changed":
        path.write_bytes(path.read_bytes().replace(b"1.2", b"1.3"))
    elif damage == "missing":
        path.unlink()
    else:
        incident.releases.path("1.0", "manifest.json").write_text("{")
    incident.lock("foo==1.2")
    code, lines = incident.ask("foo<1.2")
    assert code == ExitCode.NOT_EXAMINED
    assert "release thing 1.0 was not searched" in lines[0]


def test_a_registry_that_cannot_be_read_is_never_clear(incident: Incident) -> None:
    incident.lock("foo==1.2")
    incident.accepted("acme.json", sbom("pkg:pypi/foo@1.0"))
    path = incident.artifacts / "registry.sqlite"
    path.write_bytes(b"nothing of a database" * 100)
    code, lines = incident.ask("foo<1.2")
    assert code == ExitCode.NOT_EXAMINED
    assert "suppliers' documents were not searched" in lines[0]
    for file in incident.artifacts.glob("registry*"):
        file.unlink()
    code, lines = incident.ask("foo<1.2")
    assert code == ExitCode.NOT_EXAMINED
    assert "next: Fill it again: nox -s supplier -- --rebuild" in "\n".join(lines)
    incident._call(ingest_supplier.main, "--rebuild")
    assert incident.ask("foo<1.2")[1][0].startswith("NOT DECIDABLE: foo <1.2: 1 supplier product")


def test_broken_locks_and_unread_files_are_never_clear(incident: Incident) -> None:
    incident.lock("foo==1.2")
    incident.write("uv.lock", "version = [")
    code, lines = incident.ask("foo<1.2")
    assert (code, "uv.lock" in lines[0]) == (ExitCode.NOT_EXAMINED, True)
    (incident.root / "uv.lock").unlink()
    incident.write("environment.yml", "dependencies:\n  - foo=1.0\n")
    code, lines = incident.ask("foo<1.2")
    assert (code, "environment.yml" in lines[0]) == (ExitCode.NOT_EXAMINED, True)


def test_releases_are_registered_and_give_the_same_answer(incident: Incident) -> None:
    incident.releases.add("1.0", {"foo": "1.1"})
    before = incident.whole("CVE-2026-12345")
    incident.accepted("acme.json", sbom("pkg:pypi/other@1.0"))
    code, _ = incident._call(
        check_releases.main, "--advisories", str(incident.zip), "--cache", str(incident.folder / "cache")
    )
    assert code == ExitCode.DENIED
    with RegistrySearch(registry_address(incident.artifacts)) as reader:
        [document] = [item for item in reader.documents() if item.own]
    assert (document.product, document.product_version, document.name) == (
        "thing",
        "1.0",
        "thing/1.0/thing-1.0-sbom.cdx.json",
    )
    after = incident.whole("CVE-2026-12345")
    assert after["places"] == before["places"]
    incident._call(ingest_supplier.main, "--rebuild")
    assert incident.whole("CVE-2026-12345")["places"] == before["places"]
    incident.releases.add("2.0", {"foo": "1.1"})
    assert len(incident.whole("CVE-2026-12345")["places"]) == len(before["places"]) + 1


def test_a_waiver_with_a_justification_is_the_projects_statement(incident: Incident) -> None:
    waiver = '[[waivers]]\nid = "CVE-2026-12345"\npackage = "foo"\nreason = "x"\nowner = "me"\ndate = "2026-11-01"\nexpires = "2026-12-01"\n'
    incident.write(".security-config.toml", f"{CONFIG}{waiver}")
    code, lines = incident.ask("CVE-2026-12345")
    assert code == ExitCode.DENIED
    assert any("accepted, not fixed: waiver CVE-2026-12345, me, until 2026-12-01" in line for line in lines)
    incident.write(".security-config.toml", f'{CONFIG}{waiver}justification = "vulnerable_code_not_present"\n')
    code, lines = incident.ask("CVE-2026-12345")
    assert (code, lines[0]) == (
        ExitCode.PASS,
        "not affected: CVE-2026-12345 = GHSA-aaaa-bbbb-cccc = PYSEC-2026-7: 1 lock by statement, no other place contains it",
    )


def test_a_newer_document_in_quarantine_is_not_replaced_by_an_older_one(incident: Incident) -> None:
    incident.lock("bar==2.0")
    incident.accepted("old.json", sbom("pkg:pypi/foo@1.2", made="2026-11-10T00:00:00Z"))
    incident.supplied("new.json", sbom("pkg:pypi/foo@1.0", made="2026-11-20T00:00:00Z"))
    code, lines = incident.ask("foo<1.2")
    assert (code, lines[0]) == (
        ExitCode.NOT_EXAMINED,
        "NOT DECIDABLE: foo <1.2: 1 supplier product (1 not trusted)",
    )


def test_a_statement_does_not_make_a_document_trusted(incident: Incident) -> None:
    incident.lock("bar==2.0")
    incident.supplied("unsigned.json", sbom("pkg:pypi/foo@1.0"))
    analysis = {"state": "not_affected", "justification": "code_not_reachable"}
    statement = {"id": "CVE-2026-12345", "analysis": analysis, "affects": [{"ref": "c0"}]}
    incident.accepted("other.json", sbom("pkg:pypi/foo@1.0", product="box", vulnerabilities=[statement]))
    wide = {
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/1", "author": "Acme", "version": 1,
        "timestamp": "2026-11-20T00:00:00Z",
        "statements": [{
            "vulnerability": {"name": "CVE-2026-12345"}, "status": "not_affected",
            "justification": "component_not_present", "products": [{"@id": "pkg:generic/widget@1.0"}],
        }],
    }  # fmt: skip
    incident.accepted("vex.json", json.dumps(wide).encode())
    code, lines = incident.ask("CVE-2026-12345")
    assert code == ExitCode.NOT_EXAMINED, lines
    assert any(line.startswith("  not trusted: Acme: pkg:generic/widget 1.0") for line in lines)


def test_a_feed_with_too_few_records_shows_what_it_knows_and_nothing_more(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident.lock("foo==1.2")
    assert incident.ask("CVE-2026-12345")[0] == ExitCode.PASS
    monkeypatch.setattr(coverage, "FEWEST_RECORDS", 1000)
    assert incident.ask("CVE-2026-12345")[0] == ExitCode.PASS  # given on the command line: whoever gives it knows it
    incident.write(".security-config.toml", f'{CONFIG}\n[feeds]\nosv_snapshot = "{incident.zip}"\n')
    code, lines = incident.ask("CVE-2026-12345", given=False)
    assert code == ExitCode.NOT_EXAMINED, lines


def test_a_suppliers_statement_counts_and_is_named(incident: Incident) -> None:
    incident.lock("bar==2.0")
    analysis = {"state": "not_affected", "justification": "code_not_reachable"}
    statement = {"id": "CVE-2026-12345", "analysis": analysis, "affects": [{"ref": "c0"}]}
    incident.accepted("acme.json", sbom("pkg:pypi/foo@1.0", vulnerabilities=[statement]))
    code, lines = incident.ask("CVE-2026-12345")
    assert code == ExitCode.PASS, lines
    assert any(
        line.startswith("  not affected: Acme: pkg:generic/widget 1.0: foo 1.0") and "Acme states not_affected" in line
        for line in lines
    )
    incident.accepted("other.json", sbom("pkg:pypi/foo@1.0", product="box"))
    assert incident.ask("CVE-2026-12345")[0] == ExitCode.DENIED


def test_a_reply_names_nothing_internal(incident: Incident) -> None:
    incident.releases.add("1.0", {"foo": "1.0"})
    incident.releases.add("1.1", {"foo": "1.2"}, day=date(2026, 10, 2))
    incident.accepted("acme-internal.json", sbom("pkg:pypi/foo@1.0"))
    code, lines = incident.ask("CVE-2026-12345", "--reply")
    text = "\n".join(lines)
    assert code == ExitCode.DENIED
    assert lines[0] == "# thing: CVE-2026-12345"
    assert "**thing is affected** in 1.0." in text
    assert "| 1.0 | 2026-10-01 | affected | foo 1.0 | update to 1.1 |" in text
    assert "| 1.1 | 2026-10-02 | not affected | foo 1.2 |" in text
    for word in (
        "Acme",
        "widget",
        "requirements",
        str(incident.folder),
        "Other Customer",
        "sbom",
        "osv.zip",
        "internal",
    ):
        assert word not in text
    assert "We cannot answer yet" in "\n".join(incident.ask("CVE-2026-55555", "--reply")[1])


def test_a_deployed_folder_shows_what_is_vulnerable_and_where_it_comes_from(incident: Incident) -> None:
    site = incident.folder / "srv" / "lib" / "site-packages"
    for name, version in (("foo", "1.0"), ("bar", "2.0")):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    incident.releases.add("1.0", {"foo": "1.0", "bar": "2.0"})
    folder = str(incident.folder / "srv")
    code, lines = incident.ask(folder)
    assert code == ExitCode.DENIED
    assert lines[0].endswith("1 release, 1 deployed folder")
    assert any(
        "foo 1.0 has CVE-2026-12345 and 1 more name at lib/site-packages/foo-1.0.dist-info/METADATA, fixed in 1.2"
        in line
        for line in lines
    )
    assert "  note: of 2 installed distributions thing 1.0 lists 2" in lines
    assert incident.ask("CVE-2026-12345", folder)[0] == ExitCode.DENIED
    assert incident.ask("bar==2.0", folder)[1][0].startswith(
        "AFFECTED: bar ==2.0: 1 lock, 1 release, 1 deployed folder"
    )
    (site / "foo-1.0.dist-info" / "METADATA").unlink()
    incident.lock("bar==2.0")
    code, lines = incident.ask(folder)
    assert code == ExitCode.NOT_EXAMINED
    empty = incident.folder / "empty"
    empty.mkdir()
    assert incident.ask(str(empty))[0] == ExitCode.NOT_EXAMINED


WRONG = [
    ("",),
    ("CVE 2026",),
    ("foo<abc",),
    ("./absent",),
    ("foo<1", "absent-folder"),
    ("foo; python_version < '3'",),
    ("sha256:12",),
    ("nonsense:foo<1",),
    ("a\x1b[31m",),
]


@pytest.mark.parametrize("words", WRONG)
def test_what_is_no_question_is_a_usage_error(incident: Incident, words: tuple[str, ...]) -> None:
    code, lines = incident.ask(*words)
    assert code == ExitCode.USAGE
    assert lines[0].startswith("error: ")
    assert "\x1b" not in "".join(lines)


def test_a_public_log_shows_counts_alone(incident: Incident) -> None:
    code, lines = incident.ask("CVE-2026-12345", "--public-log")
    assert code == ExitCode.DENIED
    assert len(lines) == 1
    assert "foo" not in lines[0]
    assert "CVE" not in lines[0]


def test_the_answer_for_programs_has_everything(incident: Incident) -> None:
    incident.releases.add("1.0", {"foo": "1.0"})
    found = incident.whole("CVE-2026-12345")
    assert (found["schema"], found["outcome"]) == ("affected/1", "fail")
    assert found["ids"] == ["CVE-2026-12345", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-7"]
    assert {place["kind"] for place in found["places"]} == {"lock", "release"}
    assert found["searched"] == {"locks": 1, "releases": 1, "documents": 0, "deployed": 0, "files": 0}
    assert found["feeds"] == [{"name": "osv.zip", "records": 3, "age_seconds": 129600}]


OPENSSL = record(
    "DEBIAN-CVE-2026-5",
    affected("openssl", "introduced 0, fixed 3.0.11-1~deb12u2", ecosystem="Debian:12"),
    upstream=["CVE-2026-5000"],
)
DISTRIBUTION = {
    "pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=openssl": "affected",
    "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12&upstream=openssl": "other-version",
    "pkg:deb/debian/provider@9.0?distro=debian-12&upstream=openssl%403.0.9-1": "affected",
    "pkg:deb/debian/provider@1.0?distro=debian-12&upstream=openssl%403.0.12-1": "other-version",
    "pkg:deb/debian/openssl@3.0.9-1?distro=debian-11&upstream=openssl": "other-version",
    "pkg:deb/debian/openssl@3.0.9-1?upstream=openssl": "undecided",
}


@pytest.mark.parametrize("purl", DISTRIBUTION)
def test_a_package_of_a_distribution_counts_by_its_source_and_its_release(incident: Incident, purl: str) -> None:
    incident.feed(FOO, OPENSSL)
    incident.accepted("acme.json", sbom(purl))
    found = incident.whole("CVE-2026-5000")
    statuses = [place["status"] for place in found["places"]] or ["other-version" for _ in found["others"]]
    assert statuses == [DISTRIBUTION[purl]]
    assert found["outcome"] == {"affected": "fail", "undecided": "not-examined"}.get(DISTRIBUTION[purl], "pass")


@pytest.mark.parametrize("version", ["4.17.4", "4.17.5"])
def test_a_name_that_differs_by_case_alone_is_never_clear(incident: Incident, version: str) -> None:
    incident.lock("bar==2.0")
    incident.feed(FOO, record("CVE-2026-7", affected("lodash", "introduced 0, fixed 4.17.5", ecosystem="npm")))
    incident.accepted("a.json", sbom(f"pkg:npm/Lodash@{version}"))
    fixed = version == "4.17.5"
    for question in ("CVE-2026-7", "npm:lodash<4.17.5"):
        code, lines = incident.ask(question)
        assert code == (ExitCode.PASS if fixed else ExitCode.NOT_EXAMINED), lines
        assert fixed or any("spelt in another way" in line for line in lines), lines


def test_a_namespace_that_differs_by_case_alone_is_never_clear(incident: Incident) -> None:
    incident.accepted("b.json", sbom("pkg:golang/github.com/Sirupsen/logrus@v1.0.0"))
    assert incident.ask("pkg:golang/github.com/sirupsen/logrus")[0] == ExitCode.NOT_EXAMINED


def test_a_name_alone_is_that_of_a_source_package_too(incident: Incident) -> None:
    incident.lock("bar==2.0")
    incident.accepted("a.json", sbom("pkg:deb/debian/libssl3@3.0.9-1?distro=bookworm&upstream=openssl%403.0.9-1"))
    code, lines = incident.ask("openssl")
    assert (code, lines[0]) == (ExitCode.DENIED, "FOUND: openssl: 1 supplier product")
    assert incident.ask("opensl")[0] != ExitCode.DENIED


def test_packages_of_a_distribution_without_a_source_leave_it_undecided(incident: Incident) -> None:
    incident.feed(FOO, OPENSSL)
    incident.accepted("acme.json", sbom("pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12"))
    code, lines = incident.ask("CVE-2026-5000")
    assert code == ExitCode.NOT_EXAMINED
    assert "1 packages of Debian do not name their source package" in lines[0]


def test_a_record_of_several_vulnerabilities_is_about_the_asked_one_only(incident: Incident) -> None:
    umbrella = record(
        "GHSA-uuuu-mmmm-bbbb", affected("foo", "introduced 0, fixed 1.0"), aliases=["CVE-2026-1111", "CVE-2026-2222"]
    )
    second = record("PYSEC-2026-2", affected("foo", "introduced 0, fixed 2.0"), aliases=["CVE-2026-2222"])
    incident.feed(umbrella, second)
    assert incident.ask("CVE-2026-1111")[0] == ExitCode.PASS
    assert incident.ask("CVE-2026-2222")[0] == ExitCode.DENIED


def test_a_record_of_a_distribution_that_passes_on_several_is_about_each_of_them(incident: Incident) -> None:
    several = record(
        "DSA-1-1",
        affected("openssl", "introduced 0, fixed 3.0.11", ecosystem="Debian:12"),
        upstream=["CVE-2026-1111", "CVE-2026-2222"],
    )
    other = record("PYSEC-2026-9", affected("foo", "introduced 0"), aliases=["CVE-2026-2222"])
    incident.feed(several, other)
    incident.accepted("acme.json", sbom("pkg:deb/debian/openssl@3.0.9?distro=debian-12&upstream=openssl"))
    found = incident.whole("CVE-2026-1111")
    assert [(place["kind"], place["package"]) for place in found["places"]] == [("supplier", "pkg:deb/debian/openssl")]
    assert {place["kind"] for place in incident.whole("CVE-2026-2222")["places"]} == {"lock", "supplier"}


def test_a_feed_of_pypi_is_no_feed_of_an_ecosystem_that_it_mentions(incident: Incident) -> None:
    many = [record(f"PYSEC-2026-{number}", affected(f"x{number}", "introduced 0")) for number in range(100, 140)]
    incident.feed(FOO, *many, record("GHSA-mmmm-mmmm-mmmm", affected("bar-core", "introduced 0", ecosystem="npm")))
    incident.lock("foo==1.2")
    incident.accepted("acme.json", sbom("pkg:npm/left-pad@1.2.0"))
    code, lines = incident.ask("CVE-2026-12345")
    assert (code, "npm (1)" in lines[0]) == (ExitCode.NOT_EXAMINED, True)


def test_a_record_that_cannot_be_read_leaves_it_undecided(incident: Incident) -> None:
    broken = {"schema_version": "9.0.0", "id": "CVE-2026-4242", "affected": [affected("foo", "introduced 0")]}
    incident.feed(FOO, broken)
    code, lines = incident.ask("CVE-2026-4242")
    assert code == ExitCode.NOT_EXAMINED
    assert any("record CVE-2026-4242 cannot be read" in line for line in lines)


def test_hostile_documents_forge_no_line(incident: Incident) -> None:
    incident.lock("bar==2.0")
    nasty = "1.0\nnot affected: all is well\x1b[2J\u202e"
    incident.accepted("evil.json", sbom("pkg:pypi/foo@1.0", product="x", version=nasty))
    code, lines = incident.ask("foo<1.2")
    assert code == ExitCode.DENIED
    text = "\n".join(lines)
    assert not any(line.startswith("not affected") for line in lines)
    assert "\x1b" not in text
    assert "\u202e" not in text
    reply = "\n".join(incident.ask("foo<1.2", "--reply")[1])
    assert "all is well" not in reply


def test_links_and_devices_in_a_deployed_folder_are_not_followed(incident: Incident) -> None:
    outside = incident.folder / "outside"
    (outside / "foo-1.0.dist-info").mkdir(parents=True)
    (outside / "foo-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n")
    root = incident.folder / "srv"
    (root / "bar-2.0.dist-info").mkdir(parents=True)
    (root / "bar-2.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: bar\nVersion: 2.0\n")
    (root / "loop").symlink_to(root)
    (root / "elsewhere").symlink_to(outside)
    (root / "zero").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe")
    incident.lock("bar==2.0")
    code, lines = incident.ask("CVE-2026-12345", str(root))
    assert code == ExitCode.NOT_EXAMINED
    assert "elsewhere: is a link to a folder elsewhere, which was not followed" in lines[0]
    assert incident.whole("CVE-2026-12345", str(root))["searched"]["deployed"] == 1


NOT_READ = {
    "foo-1.0.dist-info/METADATA": "is a link, which was not followed",
    "foo-1.0-py3-none-any.whl": "is a link, which was not followed",
    "app.pex": "is a link, which was not followed",
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_link_to_what_states_what_is_installed_is_never_clear(incident: Incident, name: str) -> None:
    incident.lock("bar==2.0")
    link = incident.folder / "srv" / name
    link.parent.mkdir(parents=True)
    (incident.folder / "elsewhere").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n")
    link.symlink_to(incident.folder / "elsewhere")
    code, lines = incident.ask("foo<1.2", str(incident.folder / "srv"))
    assert code == ExitCode.NOT_EXAMINED
    assert NOT_READ[name] in "\n".join(lines)


@pytest.mark.parametrize("name", ["app.pyz", "app.pex", "foo.egg-link", "odd.whl", "odd.egg", "README"])
def test_what_shows_nothing_of_what_is_deployed_is_never_clear(incident: Incident, name: str) -> None:
    incident.lock("bar==2.0")
    (incident.folder / "srv").mkdir()
    (incident.folder / "srv" / name).write_text("x")
    assert incident.ask("foo<1.2", str(incident.folder / "srv"))[0] == ExitCode.NOT_EXAMINED


def test_an_egg_in_one_file_counts_by_its_name(incident: Incident) -> None:
    incident.lock("bar==2.0")
    (incident.folder / "srv").mkdir()
    (incident.folder / "srv" / "foo-1.0-py3.11.egg").write_text("x")
    assert incident.ask("foo<1.2", str(incident.folder / "srv"))[0] == ExitCode.DENIED


def test_a_fleet_is_searched_in_one_run(incident: Incident) -> None:
    other = incident.folder / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "other"\nversion = "1"\n')
    (other / "requirements.txt").write_text(f"foo==1.0 {HASH}\n")
    fleet = incident.folder / "fleet.txt"
    fleet.write_text("project\nother\n")
    code, lines = incident.ask("foo<1.2", "--fleet", str(fleet))
    assert (code, lines[0]) == (ExitCode.DENIED, "AFFECTED: foo <1.2: 2 locks")


def test_what_is_exploited_is_said_first(incident: Incident) -> None:
    incident.write("kev.json", "")
    (incident.root / "kev.json").write_bytes(kev(kev_entry("CVE-2026-12345", "2026-11-01")))
    incident.write(".security-config.toml", CONFIG.replace("[[", '[feeds]\nkev = "kev.json"\n[[', 1))
    code, lines = incident.ask("GHSA-aaaa-bbbb-cccc")
    assert code == ExitCode.DENIED
    assert lines[1].startswith("  exploited since 2026-11-01 (KEV), ")


def test_statements_that_lose_are_shown(incident: Incident) -> None:
    incident.lock("bar==2.0")
    stated = {"id": "CVE-2026-12345", "affects": [{"ref": "c0"}]}
    good = {**stated, "analysis": {"state": "not_affected", "justification": "code_not_reachable"}}
    bad = {**stated, "analysis": {"state": "exploitable"}}
    incident.accepted("acme.json", sbom("pkg:pypi/foo@1.0", vulnerabilities=[good, bad]))
    code, lines = incident.ask("CVE-2026-12345")
    assert code == ExitCode.DENIED
    assert any(line.startswith("  statement: Acme states not_affected") and "does not count" in line for line in lines)


def test_todays_locks_of_a_real_project_are_searched_as_grep_does(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    soar = SHARED / "projects" / "soar"
    if not soar.is_dir():
        pytest.skip("needs the shared data")
    monkeypatch.setattr(incident, "root", soar)
    whole = incident.whole("urllib3", given=False)
    places = {place["where"] for place in whole["places"]}
    expected = {
        f"{path.relative_to(soar).as_posix()}:{number}"
        for path in soar.rglob("requirements.txt")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.lower().startswith("urllib3==")
    }
    assert places == expected
    assert len(expected) > 10
    assert all(len(place["path"]) >= 1 for place in whole["places"])


def test_real_documents_are_searched_as_by_reading_each(incident: Incident) -> None:
    real = SHARED / "sbom" / "real"
    if not real.is_dir():
        pytest.skip("needs the shared data")
    incident._call(ingest_supplier.main, str(real))
    expected: dict[str, set[tuple[str, str]]] = {}
    for path in real.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            with suppress(UnexpectedShapeError):
                for component in read_received(data).components:
                    package = component.package
                    if package is not None:
                        key = "/".join(filter(None, (f"pkg:{package.type}", package.namespace, package.name)))
                        version = package.version or component.version
                        expected.setdefault(key, set()).add((sha256_bytes(data), version))
    chosen = sorted(expected, key=lambda key: (-len(expected[key]), key))[:6]
    for key in chosen:
        found = {(place["document"], place["version"]) for place in incident.whole(key)["places"] if place["document"]}
        assert expected[key] <= found, key
        assert {document for document, _ in found} == {document for document, _ in expected[key]}


def test_a_product_whose_documents_were_all_quarantined_is_not_clear(incident: Incident) -> None:
    incident.lock("bar==2.0")
    incident.supplied("unsigned.json", sbom("pkg:pypi/other@1.0"))
    code, lines = incident.ask("foo<1.2")
    assert code == ExitCode.NOT_EXAMINED
    assert "1 product of Acme has no accepted document" in lines[0]
    assert "next: nox -s supplier -- --request Acme" in lines
    incident.accepted("signed.json", sbom("pkg:pypi/other@1.0", made="2026-11-20T00:00:00Z"))
    assert incident.ask("foo<1.2")[0] == ExitCode.PASS


def test_a_reply_about_a_folder_does_not_name_it(incident: Incident) -> None:
    folder = incident.folder / "secret-customer"
    folder.mkdir()
    lines = incident.ask(str(folder), "--reply")[1]
    assert "secret-customer" not in "\n".join(lines)
    assert lines[0] == "# thing: the folder that was checked"
    incident.releases.add("1.0", {"foo": "1.0"})
    lines = incident.ask(str(folder), "--reply")[1]
    assert "**We cannot answer yet**: a folder was checked, and not the releases of thing." in lines
    assert "not affected" not in "\n".join(lines)


@pytest.mark.parametrize("question", ["fop<1.2", f"sha256:{'ab' * 32}"])
def test_a_reply_never_calls_clear_what_the_answer_does_not(incident: Incident, question: str) -> None:
    incident.releases.add("1.0", {"foo": "1.0"})
    code, lines = incident.ask(question, "--reply")
    text = "\n".join(lines)
    assert code == ExitCode.NOT_EXAMINED
    assert "**We cannot answer yet** for every release of thing: the check is not complete." in text
    assert "| 1.0 | 2026-10-01 | being checked | nothing of it |" in text
    assert "not affected" not in text


def test_an_answer_that_cannot_be_written_is_an_error(incident: Incident) -> None:
    (incident.folder / "file").write_text("")
    code, lines = incident.ask("foo<1.2", "--json", str(incident.folder / "file" / "answer.json"))
    assert code == ExitCode.OUTPUT
    assert lines[0].startswith("error: ")


def test_what_is_found_elsewhere_counts_although_locks_cannot_be_read(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_run: object) -> None:
        raise UnavailableError("git does not answer", hint="Install git.")

    monkeypatch.setattr(locks, "read_gate_input", unavailable)
    incident.releases.add("1.0", {"foo": "1.0"})
    code, lines = incident.ask("foo<1.2")
    assert (code, lines[0]) == (ExitCode.DENIED, "AFFECTED: foo <1.2: 1 release, and more may be")
    assert "  not searched: locks were not searched: git does not answer" in lines
    assert incident.ask("bar<1.2")[0] == ExitCode.NOT_EXAMINED

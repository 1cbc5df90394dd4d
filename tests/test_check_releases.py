"""The gate over what was shipped: an advisory names the releases that contain the package, and nothing unread is clear."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from ops.supply_chain import check_releases, check_vulnerabilities
from ops.supply_chain.adapters.files.git_commits import never_tagged
from ops.supply_chain.contracts.files.ledger import read_ledger
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.findings.causes import root_causes
from tests.fakes.advisories import affected, record
from tests.fakes.gate_project import NOW, GateProject, accept_small_feeds, at
from tests.fakes.github import Ask, FakeGithub, Mood
from tests.fakes.retained_releases import RetainedReleases

MALICIOUS = record("MAL-1", affected("elsewhere", "introduced 0"))
FOO = record("CVE-2026-1", affected("foo", "introduced 0, fixed 1.2"), published="2026-11-19T00:00:00Z")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


class Shipped(GateProject):
    """A project with retained releases."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, check_releases.main)
        self.releases = RetainedReleases(self.artifacts)

    def configure(self, text: str) -> None:
        self.write(".security-config.toml", text)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shipped:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    project = Shipped(tmp_path)
    project.lock("foo==1.2", "bar==2.0")
    project.feed(MALICIOUS, FOO)
    return project


def test_a_release_with_a_vulnerable_pin_is_found_although_todays_lock_is_clean(gate: Shipped) -> None:
    gate.releases.add("1.0", {"foo": "1.1", "bar": "2.0"})
    assert gate.run() == ExitCode.DENIED
    [found] = gate.record().findings
    assert (found.code, found.package, found.version, found.aliases) == (
        "vulnerability.shipped",
        "foo",
        "1.1",
        ("CVE-2026-1",),
    )
    assert found.message.startswith("thing 1.0 shipped it, since 2026-10-01: foo 1.1 has CVE-2026-1")
    assert "today's locks do not contain it, make a release (nox -s release)" in found.next_step
    assert found.path == "supply-chain/thing/1.0/thing-1.0-sbom.cdx.json"
    assert found.due
    assert found.first_seen == "2026-11-19"
    counts = gate.record().counts
    assert (counts["releases"], counts["examined"], counts["affected"]) == (1, 1, 1)
    lock_gate = GateProject.run
    gate._main = check_vulnerabilities.main
    (gate.dist / "records/check_releases.json").unlink()
    assert lock_gate(gate) == ExitCode.PASS


def test_the_newer_release_is_the_remedy_of_customers(gate: Shipped) -> None:
    gate.configure('[releases]\nsupported = "2 years"\n')
    for version, pin in (("1.0", "1.0"), ("1.1", "1.1"), ("1.2", "1.2")):
        gate.releases.add(version, {"foo": pin})
    assert gate.run() == ExitCode.DENIED
    first, second = gate.record().findings
    assert first.next_step == "Inform the users of thing 1.0: 1.2 does not contain it"
    assert second.next_step == "Inform the users of thing 1.1: 1.2 does not contain it"
    [cause] = root_causes([gate.record()], ())
    assert cause.title == "foo 1.0, 1.1  shipped  CVE-2026-1"


def test_one_finding_names_all_releases_with_the_same_pin(gate: Shipped) -> None:
    gate.configure('[releases]\nsupported = ["1.x"]\n')
    for number in range(3):
        gate.releases.add(f"1.{number}", {"foo": "1.1"}, day=date(2026, 1, 1 + number))
    gate.releases.add("2.0", {"foo": "1.1"})
    gate.lock("foo==1.1")
    assert gate.run() == ExitCode.DENIED
    [found] = gate.record().findings
    assert found.message.startswith("thing 1.0, 1.1, 1.2 and 2.0 shipped it, since 2026-01-01:")
    assert found.places == 4
    assert "Move foo to 1.2" in found.next_step.replace("move foo", "Move foo")
    assert found.next_step.endswith("then make a release (nox -s release)")


def test_a_lower_version_is_no_remedy(gate: Shipped) -> None:
    gate.configure('[releases]\nsupported = "2 years"\n')
    gate.releases.add("2.0", {"foo": "1.1"})
    gate.releases.add("1.5", {"foo": "1.2"})
    assert gate.run() == ExitCode.DENIED
    [found] = gate.record().findings
    assert found.next_step.startswith("There is no release without it yet for users of 2.0")


def test_malware_is_found(gate: Shipped) -> None:
    gate.releases.add("1.0", {"evil": "1.0"})
    gate.feed(MALICIOUS, record("MAL-2", affected("evil", "introduced 0")))
    assert gate.run() == ExitCode.DENIED
    [found] = gate.record().findings
    assert (found.code, found.severity) == ("malware.shipped", "critical")


def test_nothing_retained_is_not_examined(gate: Shipped) -> None:
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert found.code == "shipped.nothing-retained"
    assert found.next_step.startswith("Restore them from GitHub: nox -s check_releases -- --restore")
    gate.configure('[releases]\nsupported = ["1.0"]\n')
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.codes() == [("shipped.not-examined", "", "")]


def test_before_the_first_release_a_waiver_accepts_that_nothing_is_retained(gate: Shipped) -> None:
    gate.configure(
        '[[waivers]]\nid = "shipped.nothing-retained"\npath = ".security-config.toml"\nreason = "nothing was released yet"\nowner = "ann"\n'
        "date = 2026-11-19\nexpires = 2026-12-19\n"
    )
    assert gate.run("--restore") == ExitCode.PASS
    [found] = gate.record().findings
    assert found.waived_by
    assert "no repository is configured" in found.message


def test_a_repository_without_a_release_has_shipped_nothing(gate: Shipped, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.configure('[reporting]\ngithub = "acme/widget"\n')
    with FakeGithub() as service:
        monkeypatch.setenv("GITHUB_API_URL", service.api)
        assert gate.run("--restore") == ExitCode.PASS
        assert gate.record().notes == ("no release is retained here, and GitHub acme/widget has none",)
        service.misbehave(Ask.LIST, Mood.FORBIDDEN)
        assert gate.run("--restore") == ExitCode.NOT_EXAMINED


def test_a_repository_without_a_tag_has_shipped_nothing(gate: Shipped, tmp_path: Path) -> None:
    folder = gate.folder
    git(folder, "init", "-q")
    assert gate.run() == ExitCode.NOT_EXAMINED  # there is no commit yet
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "first")
    assert gate.run("--restore") == ExitCode.PASS
    assert gate.record().notes == (
        "no release is retained here, and the repository has no tag: nothing was released yet",
    )
    assert never_tagged(folder)
    shallow = tmp_path / "shallow"
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth=1", folder.as_uri(), str(shallow))
    assert not never_tagged(shallow)
    git(folder, "tag", "v1.0")
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert not never_tagged(tmp_path.parent)


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_a_release_that_is_not_intact_is_never_clear(gate: Shipped, damage: str) -> None:
    gate.releases.add("1.0", {"bar": "2.0"})
    path = gate.releases.sbom_path("1.0")
    if damage == "changed":
        path.write_bytes(path.read_bytes().replace(b"bar", b"baz"))
    elif damage == "missing":
        path.unlink()
    else:
        gate.releases.path("1.0", "manifest.json").write_text("{")
    assert gate.run() == ExitCode.DENIED
    assert {finding.code for finding in gate.record().findings} == {"shipped.changed", "shipped.not-examined"}
    assert gate.record().counts["examined"] == 0


def test_an_sbom_that_cannot_be_read_is_not_examined(gate: Shipped) -> None:
    gate.releases.add("1.0", {"foo": "1.2"})
    gate.configure('[releases]\nsupported = "2 years"\n')
    gate.releases.add("1.1", {})
    assert gate.run() == ExitCode.PASS
    gate.feed()
    assert gate.run() == ExitCode.NOT_EXAMINED


def test_a_waiver_covers_its_version_and_is_not_reported_twice(gate: Shipped) -> None:
    gate.releases.add("1.0", {"foo": "1.1"})
    gate.configure(
        '[[waivers]]\nid = "CVE-2026-1"\npackage = "foo"\nversions = "==1.1"\nreason = "not reachable"\nowner = "ann"\n'
        "date = 2026-11-19\nexpires = 2026-12-19\n"
        '[[waivers]]\nid = "CVE-2026-9"\npackage = "bar"\nreason = "no"\nowner = "ann"\n'
        "date = 2026-11-19\nexpires = 2026-12-19\n"
    )
    assert gate.run() == ExitCode.PASS
    [found] = gate.record().findings
    assert found.waived_by


def test_vex_counts_for_the_release_that_it_names(gate: Shipped) -> None:
    gate.configure(
        '[releases]\nsupported = "2 years"\n[[vex_authors]]\nname = "us"\nsha256 = "{}"\n'.replace("{}", _vex(gate))
    )
    gate.releases.add("1.0", {"foo": "1.1"})
    gate.releases.add("1.1", {"foo": "1.1"})
    assert gate.run("--vex", str(gate.folder / "vex.json")) == ExitCode.DENIED
    covered = {finding.path.split("/")[2]: bool(finding.waived_by) for finding in gate.record().findings}
    assert covered == {"1.0": True, "1.1": False}


def _vex(gate: Shipped) -> str:
    from ops.supply_chain.core.digests import sha256_bytes

    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://us.example/vex/1",
        "author": "us",
        "timestamp": "2026-11-19T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-1"},
                "products": [{"@id": "pkg:generic/thing@1.0", "subcomponents": [{"@id": "pkg:pypi/foo@1.1"}]}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }
    data = json.dumps(document).encode()
    (gate.folder / "vex.json").write_bytes(data)
    return sha256_bytes(data)


def test_the_ledger_remembers_the_publication(gate: Shipped) -> None:
    gate.releases.add("1.0", {"foo": "1.1"})
    assert gate.run("--ledger") == ExitCode.DENIED
    ledger = read_ledger((gate.artifacts / "ledger/thing.jsonl").read_bytes(), where="ledger")
    assert [(line.package, line.first_seen) for line in ledger.lines] == [("foo", "2026-11-19")]


def test_releases_that_are_due_are_verified_again(gate: Shipped) -> None:
    """Neither has a signature; which one is due depends on the day alone."""
    gate.releases.add("1.0", {"foo": "1.2"})
    gate.releases.add("1.1", {"foo": "1.2"})
    assert gate.run() == ExitCode.PASS
    assert gate.run("--verify", "all") == ExitCode.DENIED
    assert {finding.version for finding in gate.record().findings} == {"1.0", "1.1"}
    assert {finding.code for finding in gate.record().findings} == {"shipped.unverified"}
    assert gate.record().counts["verified_again"] == 2
    gate.run("--verify", "due")
    assert gate.record().counts["verified_again"] <= 1


SUPPORT = '[[support.versions]]\nversions = "1.x"\nfrom = 2026-01-01\nuntil = {}\n'


@pytest.mark.parametrize(
    ("config", "supported"),
    [
        pytest.param("", {"2.0"}, id="the newest by default"),
        pytest.param('[releases]\nsupported = "newest"\n' + SUPPORT.format("2027-01-01"), {"2.0"}, id="newest"),
        pytest.param(SUPPORT.format("2027-01-01"), {"1.0", "1.1", "2.0"}, id="a support period that runs"),
        pytest.param(SUPPORT.format("2026-11-19"), {"2.0"}, id="a support period that is over"),
        pytest.param('[[support.versions]]\nversions = "the old ones"\n', {"1.0", "1.1", "2.0"}, id="an unclear line"),
        pytest.param('[[support.versions]]\nversions = "1.x"\nsupported = false\n', {"2.0"}, id="not supported"),
        pytest.param('[releases]\nsupported = ["1.1"]\n', {"1.1", "2.0"}, id="a list"),
        pytest.param('[releases]\nsupported = "30 days"\n', {"1.1", "2.0"}, id="an age"),
    ],
)
def test_which_releases_are_supported(gate: Shipped, config: str, supported: set[str]) -> None:
    gate.configure(config)
    gate.releases.add("1.0", {"foo": "0.1"}, day=date(2026, 3, 1))
    gate.releases.add("1.1", {"foo": "0.2"}, day=date(2026, 11, 1))
    gate.releases.add("2.0", {"foo": "0.3"}, day=date(2026, 9, 1))
    assert gate.run() == ExitCode.DENIED
    assert {finding.path.split("/")[2] for finding in gate.record().findings} == supported


@pytest.mark.parametrize("value", ['"2 fortnights"', '"0 days"', '"latest"', '[""]', "7"])
def test_a_value_that_is_none_is_refused(gate: Shipped, value: str) -> None:
    gate.configure(f"[releases]\nsupported = {value}\n")
    assert gate.run() == ExitCode.USAGE


def test_each_release_is_found_exactly_if_it_contains_an_affected_version(gate: Shipped) -> None:
    chance = random.Random(12)  # noqa: S311 - a seed, for the same cases every time
    gate.configure('[releases]\nsupported = "90 years"\n')
    wanted = set()
    for number in range(20):
        pin = chance.choice(["1.0", "1.1", "1.2", "1.3", "1.2.post1", "1.2rc1"])
        gate.releases.add(f"1.{number}", {"foo": pin, "bar": "2.0"}, day=date(2020, 1, 1) + timedelta(days=number))
        if pin in ("1.0", "1.1", "1.2rc1"):
            wanted.add(f"1.{number}")
    assert gate.run() == ExitCode.DENIED
    places = {
        place
        for finding in gate.record().findings
        for place in (finding.path, *(other.rpartition(":")[0] for other in finding.also_at))
    }
    assert {place.split("/")[2] for place in places} == wanted


WAIVER = (
    '[[waivers]]\nid = "{}"\npackage = "foo"\nversions = "{}"\nreason = "not reachable"\nowner = "ann"\n'
    "date = 2026-11-19\nexpires = 2026-12-19\n"
)


def _waivers(gate: Shipped) -> dict[str, list[str]]:
    """Return the codes of findings about waivers that each of the two gates reports."""
    found = {}
    for name, main in (("locks", check_vulnerabilities.main), ("releases", check_releases.main)):
        gate._main = main
        for old in (gate.dist / "records").glob("*.json"):
            old.unlink()
        gate.run()
        found[name] = [finding.code for finding in gate.record().findings if finding.code.startswith("waiver.")]
    return found


@pytest.mark.parametrize(
    ("waived", "versions", "unused"),
    [
        pytest.param("CVE-2026-1", "==1.1", "", id="covers what only a release has"),
        pytest.param("vulnerability.shipped", "==1.1", "", id="by the code of the finding"),
        pytest.param("CVE-2026-7", "==1.1", "releases", id="is about a release, and covers nothing"),
        pytest.param("CVE-2026-1", "==0.9", "locks", id="is about a version that nothing has"),
        pytest.param("CVE-2026-1", "==1.2", "locks", id="is about today's version, and covers nothing"),
        pytest.param("vulnerability.known", "==1.1", "locks", id="is by a code that only locks have"),
        pytest.param("MAL-7", "==1.1", "releases", id="is about malware, and covers nothing"),
    ],
)
def test_a_waiver_is_unused_if_it_covers_neither_locks_nor_releases(
    gate: Shipped, waived: str, versions: str, unused: str
) -> None:
    gate.releases.add("1.0", {"foo": "1.1"})
    gate.configure(WAIVER.format(waived, versions))
    reported = _waivers(gate)
    assert reported == {name: ["waiver.unused"] * (name == unused) for name in reported}


def test_a_waiver_that_covers_todays_lock_is_used(gate: Shipped) -> None:
    gate.lock("foo==1.1")
    gate.feed(MALICIOUS, FOO, record("CVE-2026-2", affected("foo", versions=("1.1",))))
    gate.releases.add("1.0", {"foo": "1.0"})
    gate.configure(WAIVER.format("CVE-2026-1", "<2") + WAIVER.format("CVE-2026-2", "<2"))
    assert _waivers(gate) == {"locks": [], "releases": []}


class Fleet:
    """Two projects, each with its own releases; the first run's folder has those of one of them."""

    def __init__(self, gate: Shipped) -> None:
        self.gate = gate
        other = gate.folder / "other"
        other.mkdir()
        (other / "pyproject.toml").write_text('[project]\nname = "second"\nversion = "1.0"\n')
        (other / "requirements.txt").write_text("")
        self.own = RetainedReleases(other / "data/artifacts", "second")
        self.file = gate.folder / "fleet.txt"
        self.file.write_text("project\nother\n")

    def run(self, *words: str) -> int:
        return self.gate.run("--fleet", str(self.file), *words)


def test_the_releases_of_every_project_of_a_fleet_are_examined(gate: Shipped, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(gate)
    monkeypatch.chdir(gate.folder)
    gate.configure('component_name = "thing"\n')
    gate.releases.add("1.0", {"foo": "1.2"})
    fleet.own.add("3.0", {"foo": "1.1"})
    (gate.folder / "other/.security-config.toml").write_text(WAIVER.format("CVE-2026-9", "==1.1"))
    assert fleet.run("--ledger") == ExitCode.DENIED
    found, unused = sorted(gate.record().findings, key=lambda finding: finding.code)
    assert found.message.startswith("second 3.0 shipped it")
    assert found.path == "second/data/artifacts/supply-chain/second/3.0/second-3.0-sbom.cdx.json"
    assert found.next_step.endswith("make a release (nox -s release -- --project other)")
    assert (unused.code, unused.path) == ("waiver.unused", "second/.security-config.toml")
    counts = gate.record().counts
    assert (counts["projects"], counts["releases"], counts["examined"], counts["affected"]) == (2, 2, 2, 1)
    assert (gate.artifacts / "ledger/second.jsonl").is_file()


def test_a_project_of_a_fleet_without_a_release_that_can_be_read_is_not_examined(gate: Shipped) -> None:
    fleet = Fleet(gate)
    gate.releases.add("1.0", {"foo": "1.2"})
    assert fleet.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert (found.code, "no release of second is retained" in found.message) == ("shipped.nothing-retained", True)
    (gate.folder / "other/.security-config.toml").write_text("[")
    assert fleet.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert (found.code, "the releases of other were not examined" in found.message) == ("shipped.not-examined", True)


def test_each_release_of_a_fleet_is_verified_again(gate: Shipped) -> None:
    fleet = Fleet(gate)
    gate.releases.add("1.0", {"foo": "1.2"})
    fleet.own.add("3.0", {"foo": "1.2"})
    assert fleet.run("--verify", "all") == ExitCode.DENIED
    assert gate.record().counts["verified_again"] == 2
    assert sorted(finding.version for finding in gate.record().findings) == ["1.0", "3.0"]

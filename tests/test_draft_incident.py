"""draft_incident, run as its users run it: what is known is drafted, what is unknown is written as unknown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from ops.supply_chain import draft_incident, retain_artifacts
from ops.supply_chain.contracts.files.incident import Incident
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.runner import stage as stage_runner
from tests.release.handmade import Handmade

CVE, GHSA = "CVE-2026-1234", "GHSA-aaaa-bbbb-cccc"
AWARE = "2026-11-28T10:00Z"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CONFIG = """component_name = "N"
[sbom]
producer = "The N developers"
[reporting]
github = "acme/n"
[compliance]
cra_role = "manufacturer"
"""
DRAFTS = {"early-warning.md", "final-report.md", "notification.md", "github-advisory.md", "advisory.osv.json"}


def finding(version: str = "3.6", **more: Any) -> Finding:
    facts = {
        "code": "vulnerability.known",
        "severity": Severity.HIGH,
        "message": f"idna {version} has {CVE} ({GHSA}): Quadratic time; severity high (GitHub's label); due 2026-12-11",
        "next_step": "Move idna to 3.7 or later: nox -s lock -- --upgrade-package idna",
        "package": "idna",
        "version": version,
        "path": "requirements.txt",
        "line": 1,
        "aliases": (CVE, GHSA),
        **more,
    }
    return Finding(**facts)


def sbom(*packages: tuple[str, str], purl: str = "pkg:pypi/n@V", scope: str = "required") -> str:
    rows = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}", "scope": scope}
        for name, version in packages
    ]
    root = {"type": "application", "name": "N", "version": "V", "purl": purl, "bom-ref": "root"}
    plain = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": root}}
    return json.dumps({**plain, "components": rows})


class World:
    """A project with retained releases, and the clock."""

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base, self.monkeypatch = base, monkeypatch
        self.at(NOW)
        self.last = Handmade(base)
        self.last.write("project/.security-config.toml", CONFIG)

    def at(self, moment: datetime) -> None:
        self.monkeypatch.setattr(stage_runner, "read_clock", lambda: moment)

    def release(self, version: str, text: str) -> None:
        """Retain a release with an SBOM."""
        made = Handmade(self.base, version=version)
        # Each release is made from nothing, in the same folders, as in reality.
        for path in sorted(made.dist.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        made.project(locks=())
        made.sboms(locks=())
        made.write("dist/sbom/N-sbom.json", text)
        names = ["sbom/N-sbom.json", "sbom/N-sbom.spdx.json"]
        made.record(
            "generate_sbom",
            writes=tuple(made.ref("dist", name) for name in names),
            counts={"components": 0, "locked": 0, "examined": 0},
        )
        self.finish(made)
        self.last = made
        made.write("project/.security-config.toml", CONFIG)

    def finish(self, made: Handmade) -> None:
        from ops.supply_chain import assemble_release, bundle_evidence, generate_provenance

        made.must(bundle_evidence.main)
        made.judge()
        made.must(generate_provenance.main)
        made.judge_provenance()
        made.must(assemble_release.main)
        made.must(retain_artifacts.main)

    def found(self, *findings: Finding, stage: str = "check_vulnerabilities") -> None:
        """Do what daily_scan does."""
        scan = Handmade(self.base, version="scan")
        scan.dist = scan.dist / "scan"
        scan.record(stage, findings=findings)

    def run(self, *more: str, name: str = CVE) -> int:
        return self.last.run(draft_incident.main, "--id", name, *more)

    def folder(self, revision: int = 1, name: str = CVE) -> Path:
        return self.base / "artifacts/incidents/N" / name / f"{revision:04d}"

    def incident(self, revision: int = 1, name: str = CVE) -> Incident:
        return canonical.read(self.folder(revision, name) / "incident.json", Incident)

    def text(self, file: str, revision: int = 1, name: str = CVE) -> str:
        return (self.folder(revision, name) / file).read_text()

    def json(self, file: str, revision: int = 1, name: str = CVE) -> Any:
        return json.loads(self.text(file, revision, name))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def statuses(incident: Incident) -> dict[str, str]:
    return {release.version: release.status.value for release in incident.releases}


@pytest.fixture
def validate(shared_data: Path) -> Callable[[Any, str], None]:
    """Return a check of a document by a schema of the shared data folder."""

    def check(document: Any, schema: str) -> None:
        plain = json.loads((shared_data / schema).read_text())
        # The schemas of CVSS are elsewhere, and no draft has a vector.
        rows = plain["properties"].get("vulnerabilities")
        if rows:
            del rows["items"]["properties"]["scores"]
        kind = jsonschema.Draft202012Validator
        kind(plain, format_checker=kind.FORMAT_CHECKER).validate(document)

    return check


def test_each_release_has_its_status_and_every_draft_is_there(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.release("2", sbom(("IDNA", "3.7")))
    world.release("3", sbom(("flask", "3.0")))
    world.found(finding())
    assert world.run("--aware", AWARE, "--credit", "Ada") == ExitCode.PASS
    incident = world.incident()
    assert statuses(incident) == {"1": "affected", "2": "unknown", "3": "not-affected"}
    assert (incident.id, incident.aliases, incident.packages) == (CVE, (GHSA,), ("idna",))
    assert {path.name for path in world.folder().iterdir()} == {*DRAFTS, "advisory.csaf.json", "incident.json"}
    assert [row.due for row in incident.deadlines] == ["2026-11-29T10:00:00Z", "2026-12-01T10:00:00Z", None]
    assert "whether it is actively exploited" in incident.unknown
    assert incident.reporting == "unknown"


def test_the_advisories_state_what_is_known(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.release("2", sbom(("flask", "3.0")))
    world.found(finding())
    world.run("--aware", AWARE, "--credit", "Ada", "--fixed", "3")
    osv, csaf = world.json("advisory.osv.json"), world.json("advisory.csaf.json")
    assert (osv["upstream"], osv["credits"]) == ([CVE, GHSA], [{"name": "Ada", "type": "REPORTER"}])
    assert osv["affected"] == [{"package": {"ecosystem": "PyPI", "name": "n", "purl": "pkg:pypi/n"}, "versions": ["1"]}]
    assert "severity" not in osv, "a severity of OSV is a vector, and none is known"
    assert "due 2026-12-11" not in osv["details"], "the project's own response time is no part of an advisory"
    found = csaf["vulnerabilities"][0]
    assert found["product_status"] == {"known_affected": ["1"], "known_not_affected": ["2"], "fixed": ["3"]}
    assert found["remediations"][0]["details"] == "Upgrade to 3."
    assert csaf["document"]["tracking"]["version"] == "0.1.0"
    assert csaf["document"]["publisher"]["namespace"] == "https://github.com/acme/n"
    assert "Ada (reporter)" in world.text("github-advisory.md")


def test_what_is_unknown_is_written_as_unknown_and_nothing_is_made_of_it(world: World) -> None:
    world.last.write("project/.security-config.toml", 'component_name = "N"\n')
    world.found(finding())
    assert world.run("--aware", AWARE) == ExitCode.PASS
    incident = world.incident()
    assert (incident.releases, incident.reporting) == ((), "unknown")
    assert [draft.name for draft in incident.omitted] == ["advisory.csaf.json"]
    assert "affected" not in world.json("advisory.osv.json")
    assert "| Affected versions | unknown |" in world.text("github-advisory.md")
    assert "| Credits | unknown |" in world.text("github-advisory.md")
    assert "| Actively exploited | unknown |" in world.text("early-warning.md")
    assert "| Due | unknown" in world.text("final-report.md")


def test_the_advisories_meet_their_schemas(world: World, validate: Callable[[Any, str], None]) -> None:
    world.found(finding(aliases=(CVE, GHSA, "PYSEC-2026-1")))
    world.run("--aware", AWARE)
    world.release("1", sbom(("idna", "3.6")))
    world.release("2", sbom(("flask", "3.0"), purl="pkg:github/acme/n@2"))
    world.found(finding(aliases=(CVE, GHSA, "PYSEC-2026-1")))
    world.run("--aware", AWARE, "--credit", "Ada", "--fixed", "3")
    world.run("--kind", "incident", "--aware", AWARE, "--affected", "1", name="INC-2026-1")
    for name, revision in ((CVE, 1), (CVE, 2), ("INC-2026-1", 1)):
        validate(world.json("advisory.osv.json", revision, name), "advisories/osv-schema.json")
    for name, revision in ((CVE, 2), ("INC-2026-1", 1)):
        validate(world.json("advisory.csaf.json", revision, name), "schemas/csaf-2.0.schema.json")


def test_a_later_run_adds_a_revision_and_leaves_the_earlier_as_it_is(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.found(finding())
    world.run("--aware", AWARE, "--exploited", "yes", "--credit", "Ada")
    before = {path.name: path.read_bytes() for path in world.folder().iterdir()}
    world.at(datetime(2026, 11, 28, 13, tzinfo=UTC))
    assert world.run() == ExitCode.PASS
    assert not world.folder(2).exists(), "nothing is new"
    more = ("--fix-available", "2026-11-28T12:30+01:00", "--fixed", "2", "--credit", "Bob")
    assert world.run(*more, "--submitted", "early-warning=2026-11-28T11:00Z", name=GHSA.lower()) == ExitCode.PASS
    assert {path.name: path.read_bytes() for path in world.folder().iterdir()} == before
    second = world.incident(2)
    assert second.facts.credits == ("Ada", "Bob")
    assert (second.facts.exploited, second.reporting) == ("yes", "yes")
    assert second.deadlines[2].due == "2026-12-12T11:30:00Z"
    assert second.deadlines[0].submitted == "2026-11-28T11:00:00Z"
    assert statuses(second) == {"1": "affected", "2": "fixed"}
    history = world.json("advisory.csaf.json", 2)["document"]["tracking"]["revision_history"]
    assert [(row["number"], row["date"]) for row in history] == [
        ("0.1.0", "2026-11-28T12:00:00Z"),
        ("0.2.0", "2026-11-28T13:00:00Z"),
    ]


def test_a_severe_incident_needs_no_finding(world: World) -> None:
    words = ("--kind", "incident", "--aware", AWARE, "--submitted", "notification=2026-11-28T11:00Z")
    assert world.run(*words, "--summary", "A token was stolen", name="INC-2026-1") == ExitCode.PASS
    incident = world.incident(name="INC-2026-1")
    assert incident.deadlines[2].due == "2026-12-28T11:00:00Z"
    assert (incident.reporting, "A token was stolen." in world.text("notification.md", name="INC-2026-1")) == (
        "yes",
        True,
    )
    assert "http" not in world.text("github-advisory.md", name="INC-2026-1"), "no page describes it"
    assert world.json("advisory.osv.json", name="INC-2026-1")["aliases"] == ["INC-2026-1"]


@pytest.mark.parametrize(
    "words",
    [
        ("--aware", AWARE),
        ("--affected", "1"),
        ("--affected", "1", "--aware", "2026-11-28T10:00"),
        ("--affected", "1", "--aware", "yesterday"),
        ("--affected", "1", "--aware", "2026-11-28T12:00:01Z"),
        ("--affected", "1", "--aware", AWARE, "--submitted", "notification=2026-11-28T09:00Z"),
        ("--affected", "1", "--aware", AWARE, "--submitted", "warning=2026-11-28T11:00Z"),
        ("--affected", "1", "--fixed", "1", "--aware", AWARE),
    ],
    ids=["no finding", "not aware", "no zone", "no time", "future", "before aware", "no report", "both"],
)
def test_what_is_wrong_drafts_nothing(world: World, words: tuple[str, ...]) -> None:
    assert world.run(*words) == ExitCode.USAGE
    assert not world.folder().exists()


@pytest.mark.parametrize("name", ["../x", "CVE", "CVE-2026-1/2", "a b-1", "", "-", ".-x"])
def test_an_identifier_is_a_name_that_a_folder_can_have(world: World, name: str) -> None:
    assert world.run("--aware", AWARE, "--affected", "1", name=name) == ExitCode.USAGE
    assert not (world.base / "artifacts/incidents/N" / name / "0001").exists()


def test_the_clock_can_only_begin_earlier(world: World) -> None:
    world.run("--aware", AWARE, "--affected", "1")
    assert world.run("--aware", "2026-11-28T11:00Z") == ExitCode.USAGE
    assert world.run("--aware", "2026-11-28T09:00Z") == ExitCode.PASS
    assert world.incident(2).deadlines[0].due == "2026-11-29T09:00:00Z"


def _edit_draft(folder: Path) -> None:
    (folder / "notification.md").write_text("other\n")


def _remove_draft(folder: Path) -> None:
    (folder / "notification.md").unlink()


def _add_file(folder: Path) -> None:
    (folder / "more.md").write_text("more\n")


def _edit_record(folder: Path) -> None:
    path = folder / "incident.json"
    path.write_text(path.read_text().replace("2026-11-28T10", "2026-11-28T11"))


def _remove_revision(folder: Path) -> None:
    folder.rename(folder.with_name("0003"))


@pytest.mark.parametrize("damage", [_edit_draft, _remove_draft, _add_file, _edit_record, _remove_revision])
def test_a_changed_revision_is_noticed(world: World, damage: Any) -> None:
    world.run("--aware", AWARE, "--affected", "1")
    world.run("--affected", "2")
    damage(world.folder(1))
    assert world.run("--affected", "3") == ExitCode.INPUT
    assert not world.folder(3).is_file()


def test_a_release_that_cannot_be_read_is_unknown_never_unaffected(world: World) -> None:
    world.release("1", json.dumps({"of": "nothing"}))
    world.release("2", sbom(("idna", "3.6"), scope="excluded"))
    world.release("3", sbom(("flask", "3.0")))
    (world.base / "artifacts/supply-chain/N/3/N-3-sbom.cdx.json").write_text("{}")
    world.found(finding())
    world.run("--aware", AWARE)
    assert statuses(world.incident()) == {"1": "unknown", "2": "unknown", "3": "unknown"}


@pytest.mark.parametrize(
    "found",
    [finding(waived_by="W"), finding(code="vulnerability.undecided"), finding(code="vulnerability.settled")],
    ids=["waived", "undecided", "settled"],
)
def test_a_finding_that_does_not_decide_leaves_the_release_unknown(world: World, found: Finding) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.found(found)
    world.run("--aware", AWARE)
    assert statuses(world.incident()) == {"1": "unknown"}


def test_only_the_named_package_counts(world: World) -> None:
    world.release("1", sbom(("idna", "3.6"), ("other", "1")))
    world.found(finding(), finding("1", package="other"))
    world.run("--aware", AWARE, "--package", "Other")
    assert world.incident().packages == ("other",)
    world.run("--exploited", "no")
    assert (world.incident(2).packages, world.incident(2).reporting) == (("other",), "no")


def test_a_public_log_shows_counts_only(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.found(finding())
    capfd.readouterr()
    assert world.run("--aware", AWARE, "--public-log") == ExitCode.PASS
    said = capfd.readouterr()
    assert said.out == (
        "draft_incident: pass (drafts 6, findings 1, releases_affected 1, releases_fixed 0, releases_not_affected 0, "
        "releases_unknown 0, unknown 5)\n"
    )
    assert world.run("--public-log", name="CVE-2026-9999") == ExitCode.USAGE
    assert "CVE" not in "".join(capfd.readouterr())


def test_the_terminal_shows_the_time_that_is_left(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.at(datetime(2026, 11, 29, 12, tzinfo=UTC))
    world.run("--aware", AWARE, "--affected", "1")
    said = capfd.readouterr().out
    assert "Early warning: due 2026-11-29T10:00:00Z (UTC): 24 hours after becoming aware; OVERDUE by 2 h 0 min" in said
    assert "Notification: due 2026-12-01T10:00:00Z (UTC): 72 hours after becoming aware; 46 h 0 min left" in said
    assert "Nothing was sent." in said


def test_foreign_text_stays_text(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.found(finding(message="idna <script> | [x](https://evil.example) \u202e has it"))
    world.run("--aware", AWARE, "--credit", "A | B](https://evil.example)")
    for name in ("notification.md", "github-advisory.md"):
        text = world.text(name)
        assert "<script>" not in text
        assert "](https://evil.example)" not in text
        assert "\u202e" not in text


def shipped(*versions: str, code: str = "vulnerability.shipped", **more: Any) -> Finding:
    paths = [f"supply-chain/N/{version}/N-{version}-sbom.cdx.json" for version in versions]
    facts = {
        "message": f"N {' and '.join(versions)} shipped it, since 2026-10-01: {finding().message}",
        "path": paths[0],
        "also_at": tuple(f"{path}:1" for path in paths[1:]),
        "places": len(paths),
        **more,
    }
    return finding(code=code, **facts)


def test_releases_that_contain_it_are_affected_although_todays_locks_are_clean(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.release("2", sbom(("idna", "3.7")))
    world.release("3", sbom(("flask", "3.0")))
    known = Exploitation(listing=Listing.LISTED, exploited="2026-11-20", cve=CVE)
    world.found(shipped("1", exploitation=known), stage="check_releases")
    assert world.run("--aware", AWARE) == ExitCode.PASS
    incident = world.incident()
    assert statuses(incident) == {"1": "affected", "2": "unknown", "3": "not-affected"}
    assert incident.releases[0].reason == "check_releases found it in this release"
    assert "| Actively exploited | unknown; exploited since 2026-11-20" in world.text("early-warning.md")
    assert "shipped it" not in world.text("notification.md")


def test_a_package_for_development_only_makes_no_release_affected(world: World) -> None:
    world.release("1", sbom(("idna", "3.6"), scope="excluded"))
    world.found(shipped("1"), stage="check_releases")
    assert world.run("--aware", AWARE) == ExitCode.PASS
    [release] = world.incident().releases
    assert (release.status, release.reason) == ("unknown", "its SBOM has the package for development only")


def test_a_package_of_another_ecosystem_is_found_by_its_name_in_findings(world: World) -> None:
    plain = json.loads(sbom(("flask", "3.0")))
    npm = {"type": "library", "name": "Left", "version": "1.0.0", "purl": "pkg:npm/%40x/Left@1.0.0"}
    world.release("1", json.dumps({**plain, "components": [npm]}))
    world.release("2", json.dumps({**plain, "components": [{**npm, "version": "2.0.0"}]}))
    world.release("3", sbom(("flask", "3.0")))
    world.found(shipped("1", package="pkg:npm/%40x/Left", version="1.0.0"), stage="check_releases")
    assert world.run("--aware", AWARE, "--package", "pkg:npm/%40x/Left") == ExitCode.PASS
    incident = world.incident()
    assert statuses(incident) == {"1": "affected", "2": "unknown", "3": "not-affected"}
    assert incident.packages == ("pkg:npm/%40x/Left",)


@pytest.mark.parametrize(
    ("code", "status"),
    [("shipped.served", "affected"), ("shipped.unverified", "unknown"), ("shipped.changed", "unknown")],
)
def test_a_release_that_is_not_as_it_was_made_is_part_of_a_severe_incident(
    world: World, code: str, status: str
) -> None:
    world.release("1", sbom(("idna", "3.6")))
    world.release("2", sbom(("idna", "3.7")))
    about = {"path": "", "line": 0, "also_at": (), "package": "", "aliases": (), "severity": Severity.CRITICAL}
    found = shipped("1", code=code, version="1", message="release 1 is served with changes: x: other bytes", **about)
    world.found(found, stage="check_releases")
    words = ("--kind", "incident", "--aware", AWARE)
    assert world.run(*words, name="INC-2026-1") == ExitCode.PASS
    incident = world.incident(name="INC-2026-1")
    assert statuses(incident) == {"1": status, "2": "unknown"}
    assert "release 1 is served with changes" in world.text("notification.md", name="INC-2026-1")
    assert "| Severity | critical |" in world.text("final-report.md", name="INC-2026-1")
    assert world.run(*words, "--affected", "2", name="INC-2026-2") == ExitCode.PASS
    assert world.incident(name="INC-2026-2").findings == ()
    assert world.run("--aware", AWARE) == ExitCode.USAGE, "no vulnerability has these findings"


def test_text_of_others_is_shown_literally_in_the_field_of_osv_that_is_markdown(world: World) -> None:
    world.release("1", sbom(("idna", "3.6")))
    hostile = "idna 3.6 has https&#58;//evil.example [x](https://evil.example) <!-- y --> a\u202eb"
    world.found(finding(message=hostile))
    world.run("--aware", AWARE)
    details = world.json("advisory.osv.json")["details"]
    assert not re.search(r"https?:|&#58;//|[<>\[\]\u202e]", details)
    assert "https&#58;//evil.example [x](https://evil.example) <!-- y --> a?b" in html.unescape(details)

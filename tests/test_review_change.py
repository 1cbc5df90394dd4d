"""review_change end to end, on real repositories: only what a change brings denies, and what was not seen is no pass."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.adapters.index import publishers as publisher_sources
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.dependencies.locks import project as locks_of_project
from ops.supply_chain.dependencies.locks.read import read_lock
from tests import test_check_publishers as published
from tests.adapters.files.test_git import commit, git
from tests.fakes.advisories import affected, record
from tests.fakes.change_project import PYPROJECT, ChangeProject
from tests.fakes.exploitation import kev, kev_entry
from tests.fakes.gate_project import NOW, accept_small_feeds, at
from tests.fakes.index import FakeIndex
from tests.fakes.integrity import FakeIntegrity, provenance

CVE_FOO = record("PYSEC-1", affected("foo", "introduced 0"), aliases=["CVE-2026-0001"])
CVE_BAR = record("PYSEC-2", affected("bar", "introduced 2.0, fixed 3.0"), aliases=["CVE-2026-0002"])
OTHER_HASH = "--hash=sha256:" + "1" * 64


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChangeProject:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return ChangeProject(tmp_path, "foo==1.0", "bar==1.0")


def test_a_change_that_brings_nothing_new_passes_and_lists_what_is_there(
    change: ChangeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    change.feed(CVE_FOO)
    change.lock("foo==1.0", "bar==1.1", "baz==1.0")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    review = change.review()
    assert (review.new, [finding.aliases[0] for finding in review.existing]) == ((), ["CVE-2026-0001"])
    assert [(item.kind, item.name) for item in review.packages] == [("added", "baz"), ("upgraded", "bar")]
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "Change: pass: no new finding; 1 already there, 0 fixed"
    assert "  upgraded: bar 1.0 -> 1.1" in lines
    assert len(lines) < 24


def test_new_findings_alone_deny_and_an_upgrade_that_stays_vulnerable_is_not_new(change: ChangeProject) -> None:
    change.feed(CVE_FOO, CVE_BAR, record("MAL-1", affected("evil")))
    change.lock("foo==1.1", "bar==2.0", "evil==1.0")
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    assert change.new() == [("malware.known", "evil"), ("vulnerability.known", "bar")]
    assert [(finding.package, finding.version) for finding in change.review().existing] == [("foo", "1.1")]


def test_a_finding_that_the_change_ends_is_fixed(change: ChangeProject) -> None:
    change.feed(CVE_FOO)
    change.lock("bar==1.0")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    assert [finding.package for finding in change.review().fixed] == ["foo"]


def test_a_further_lock_with_a_vulnerable_package_is_a_new_finding_and_a_renamed_one_is_not(
    change: ChangeProject,
) -> None:
    change.feed(CVE_FOO)
    git(change.root, "mv", "requirements.txt", "locked-requirements.txt")
    change.commit("renamed")
    assert change.run() == ExitCode.PASS
    assert "requirements.txt is now locked-requirements.txt" in change.review().notes
    change.lock("foo==1.0", path="deploy/requirements.txt")
    change.commit("more")
    assert change.run() == ExitCode.DENIED
    assert change.new() == [("vulnerability.known", "foo")]


def test_a_removed_lock_is_named_and_a_declaration_without_a_lock_is_not_examined(change: ChangeProject) -> None:
    change.feed(CVE_FOO)
    (change.root / "requirements.txt").unlink()
    change.commit("without")
    assert change.run() == ExitCode.PASS
    assert change.new() == [("change.lock-removed", "")]
    change.write("pyproject.toml", '[project]\nname = "thing"\nversion = "1.0"\ndependencies = ["foo"]\n')
    change.commit()
    assert change.run() == ExitCode.NOT_EXAMINED
    assert ("change.not-examined", "") in change.new()


def test_the_first_lock_of_a_project(tmp_path: Path, change: ChangeProject) -> None:
    bare = ChangeProject(_folder(tmp_path / "bare"))
    bare.feed(CVE_FOO)
    bare.lock("foo==1.0")
    bare.commit("change")
    assert bare.run() == ExitCode.DENIED
    assert bare.new() == [("vulnerability.known", "foo")]
    assert bare.review().counts["locks_before"] == 0


@pytest.mark.parametrize(
    ("broken_before", "broken_after", "code"),
    [
        (False, True, ExitCode.NOT_EXAMINED),
        (True, False, ExitCode.PASS),
        (True, True, ExitCode.NOT_EXAMINED),
    ],
)
def test_a_broken_lock_is_examined_on_neither_side(
    change: ChangeProject, broken_before: bool, broken_after: bool, code: ExitCode
) -> None:
    change.write("uv.lock", "version = [\n" if broken_before else 'version = 1\nrequires-python = ">=3.11"\n')
    change.commit()
    change.write("uv.lock", "version = [[\n" if broken_after else 'version = 1\nrequires-python = ">=3.12"\n')
    change.commit("change")
    assert change.run() == code
    assert [code for code, _ in change.new()] == ["lock.broken"] * broken_after


def test_a_broken_lock_that_the_change_does_not_touch_is_already_there(change: ChangeProject) -> None:
    change.write("uv.lock", "version = [\n")
    change.commit()
    change.lock("foo==1.0", "bar==1.1")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    assert [finding.code for finding in change.review().existing] == ["lock.broken"]
    change.feed(CVE_BAR)


def test_a_file_that_no_stage_reads_is_not_examined_once_the_change_touches_it(change: ChangeProject) -> None:
    change.write("environment.yml", "dependencies:\n  - python\n  - pip:\n    - foo==1.0\n")
    change.commit()
    change.lock("foo==1.1", "bar==1.0")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    change.write("environment.yml", "dependencies:\n  - python\n  - pip:\n    - evil==1.0\n")
    change.commit()
    assert change.run() == ExitCode.NOT_EXAMINED


def test_a_hostile_change_can_neither_weaken_nor_waive_for_itself(change: ChangeProject) -> None:
    change.write(".security-config.toml", '[gate]\nfail_on = "low"\n')
    change.lock("bar==1.0", "requests==1.0")
    change.commit()
    change.feed(CVE_BAR)
    change.write(
        ".security-config.toml",
        '[gate]\nfail_on = "critical"\n[locks]\nexclude = [{path = "**", reason = "x"}]\n'
        '[[waivers]]\nid = "CVE-2026-0002"\nreason = "x"\nowner = "x"\ndate = 2026-11-01\nexpires = 2026-12-01\n',
    )
    change.lock("bar==2.0", "requests==1.0", "reqeusts==1.0", head="--index-url https://evil.example/simple")
    change.write(".gitattributes", "requirements.txt filter=hide export-ignore eol=crlf\n")
    git(change.root, "config", "filter.hide.clean", "cat")
    git(change.root, "config", "filter.hide.smudge", f"touch {change.folder}/ran; true")
    (change.root / "constraints.txt").symlink_to("/etc/passwd")
    change.write(".github/workflows/pull-request.yml", "on: push\n")
    change.commit("change")
    git(change.root, "checkout", "-q", "main")
    (change.folder / "ran").unlink(missing_ok=True)
    before = git(change.root, "status", "--porcelain")
    assert change.run("--commit", "change") == ExitCode.DENIED
    assert {
        ("change.policy", ""),
        ("change.look-alike", "reqeusts"),
        ("change.new-source", "reqeusts"),
        ("change.source-moved", "bar"),
        ("change.source-moved", "requests"),
        ("change.workflow", ""),
        ("vulnerability.known", "bar"),
    } <= set(change.new())
    [policy] = [finding for finding in change.review().new if finding.code == "change.policy"]
    assert policy.severity == "high"
    assert policy.message.startswith("the gate becomes weaker by gate.fail_on, locks.exclude: ")
    assert "waivers from 0 entries to 1 entry" in policy.message
    assert not (change.folder / "ran").exists()
    assert git(change.root, "status", "--porcelain") == before
    assert change.copies() == []


def test_the_command_that_shows_a_changed_configuration_works(change: ChangeProject) -> None:
    change.write(".security-config.toml", 'component_name = "other"\n')
    change.commit("change")
    assert change.run() == ExitCode.PASS
    [finding] = change.review().new
    assert (finding.code, finding.severity) == ("change.policy", "info")
    command = finding.next_step.partition(": ")[2]
    done = subprocess.run(shlex.split(command), cwd=change.root, capture_output=True, text=True, check=True)
    assert '+component_name = "other"' in done.stdout


def test_an_unreadable_configuration_of_the_change_does_not_hide_the_rest(change: ChangeProject) -> None:
    change.feed(CVE_BAR)
    change.write(".security-config.toml", "fail_on =\n")
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    git(change.root, "checkout", "-q", "main")
    assert change.run("--commit", "change") == ExitCode.DENIED
    assert change.new() == [("change.policy", ""), ("vulnerability.known", "bar")]


def test_an_unreadable_configuration_of_the_base_waives_nothing_and_is_not_examined(change: ChangeProject) -> None:
    change.write(".security-config.toml", "fail_on =\n")
    change.commit()
    (change.root / ".security-config.toml").unlink()
    change.lock("foo==1.0", "bar==1.1")
    change.commit("change")
    assert change.run() == ExitCode.NOT_EXAMINED
    assert [code for code, _ in change.new()] == ["change.not-examined", "change.policy"]


def test_broken_metadata_is_named_on_the_base_and_tolerated_in_the_change(
    change: ChangeProject, capfd: pytest.CaptureFixture[str]
) -> None:
    change.feed(CVE_BAR)
    change.write("pyproject.toml", "[project\n")
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    git(change.root, "checkout", "-q", "main")
    assert change.run("--commit", "change") == ExitCode.DENIED
    assert ("vulnerability.known", "bar") in change.new()
    change.write("pyproject.toml", "[project\n")
    change.commit()
    change.write("pyproject.toml", PYPROJECT)
    change.commit("repaired")
    assert change.run() == ExitCode.INPUT
    assert capfd.readouterr().err.startswith("error: the base branch: pyproject.toml: cannot be read")


def test_what_a_change_brings_and_is_exploited_is_stated_by_the_catalog_of_the_base(change: ChangeProject) -> None:
    change.feed(CVE_FOO, CVE_BAR)
    change.write(".security-config.toml", '[feeds]\nkev = "kev.json"\n')
    change.write("kev.json", kev(kev_entry("CVE-2026-0002")).decode())
    change.commit()
    change.lock("foo==1.0", "bar==2.0")
    change.write("kev.json", kev().decode())
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    [touched] = [finding for finding in change.review().new if not finding.package]
    assert "the change touches 1 file of feeds.kev" in touched.message
    [new] = [finding for finding in change.review().new if finding.package == "bar"]
    [known] = change.review().existing
    assert (new.is_exploited, known.is_exploited) == (True, False)
    assert new.message.startswith("bar 2.0 has CVE-2026-0002 (PYSEC-2), exploited since 2026-05-01 (KEV)")


def test_a_catalog_that_cannot_be_read_is_no_pass_of_a_change(change: ChangeProject) -> None:
    change.feed(CVE_BAR)
    change.write(".security-config.toml", '[feeds]\nkev = "kev.json"\n[gate]\nfail_on = "critical"\n')
    change.commit()
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    assert change.run() == ExitCode.NOT_EXAMINED
    assert ("vulnerability.not-examined", "") in change.new()


def test_the_waivers_of_the_base_apply(change: ChangeProject) -> None:
    change.feed(CVE_BAR)
    change.write(
        ".security-config.toml",
        '[[waivers]]\nid = "CVE-2026-0002"\nreason = "x"\nowner = "x"\ndate = 2026-11-01\nexpires = 2026-12-31\n',
    )
    change.commit()
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    assert [bool(finding.waived_by) for finding in change.review().new] == [True]


def test_the_configuration_is_that_of_the_newest_commit_of_the_base_branch(change: ChangeProject) -> None:
    change.write(".security-config.toml", '[gate]\nfail_on = "critical"\n')
    change.commit()
    git(change.root, "branch", "change")
    (change.root / ".security-config.toml").unlink()
    change.commit()
    change.feed(CVE_BAR)
    git(change.root, "checkout", "-q", "change")
    change.lock("foo==1.0", "bar==2.0")
    change.commit()
    assert change.run() == ExitCode.DENIED
    assert change.new() == [("vulnerability.known", "bar")]


def test_other_bytes_of_a_version_an_unhashed_and_an_unpinned_package_are_new(change: ChangeProject) -> None:
    change.lock(f"foo==1.0 {OTHER_HASH}", "bar==1.0", "baz>=1 # x", "quux==1.0 # x")
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    found = change.new()
    assert ("change.hash-changed", "foo") in found
    assert {package for code, package in found if code.startswith("lock.")} == {"baz", "quux"}


def test_a_recorded_publisher_that_the_change_replaces_is_a_finding(change: ChangeProject) -> None:
    def baseline(author: str) -> None:
        publisher = dict.fromkeys(("author_email", "home_page", "maintainer", "maintainer_email"), "")
        entry = {**publisher, "author": author, "project_urls": {}}
        change.write("requirements.provenance.json", json.dumps({"direct_deps": {"foo": entry}}))

    baseline("Alice")
    change.commit()
    baseline("Mallory")
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    [finding] = change.review().new
    assert (finding.code, finding.package) == ("change.publisher", "foo")
    assert "'Alice' by 'Mallory'" in finding.message
    (change.root / "requirements.provenance.json").unlink()
    change.commit()
    assert change.run() == ExitCode.DENIED
    change.write("requirements.provenance.json", "{")
    change.commit()
    assert change.run() == ExitCode.DENIED
    assert ("change.not-examined", "") in change.new()


def test_licences_and_producers_come_from_the_index(change: ChangeProject) -> None:
    with FakeIndex() as index:
        without = "[publishers]\nattestations = false\n"
        change.write(".security-config.toml", f"{_index(index)}{without}")
        foo = _offered(index, "foo", "1.0", "MIT", "Alice")
        change.lock(foo, _offered(index, "bar", "1.0", "MIT", "Bob"))
        change.commit()
        change.lock(foo, _offered(index, "bar", "1.1", "SSPL-1.0", "Mallory"))
        change.commit("change")
        assert change.run(enrich=True) == ExitCode.DENIED
    review = change.review()
    assert change.new() == [("change.publisher", "bar"), ("policy.licences.permitted", "bar")]
    assert {item.kind for item in review.packages} >= {"relicensed", "producer-changed", "upgraded"}


@pytest.mark.parametrize("edits_the_record", [False, True])
def test_another_publisher_on_the_index_is_found_whatever_the_change_records(
    change: ChangeProject, shared_data: Path, monkeypatch: pytest.MonkeyPatch, edits_the_record: bool
) -> None:
    attestation = json.loads((shared_data / "pep740" / f"{published.NAME}.attestation").read_bytes())
    monkeypatch.setattr(publisher_sources, "TIMEOUTS", published.CALM)
    stranger = {"kind": "GitHub", "identity": {"repository": "someone/else"}}
    recorded = {**published.ATTESTED, "publishers": [stranger], "versions": ["0.0.3"]}
    before = {"direct_deps": {}, "attested": {published.PACKAGE: recorded}}
    with FakeIndex() as index, FakeIntegrity() as service:
        change.write(".security-config.toml", f'{_index(index)}[feeds]\nintegrity_api = "{service.url}"\n')
        change.lock(f"{published.PACKAGE}==0.0.3")
        change.write("requirements.provenance.json", json.dumps(before))
        change.commit()
        index.add(published.PACKAGE, published.RealFile(published.NAME, b"", b"", None, digest=published.DIGEST))
        index.infos[published.PACKAGE] = published.INFO
        service.add(published.PACKAGE, "0.0.4a2", published.NAME, provenance([attestation], published.CLAIM))
        change.lock(f"{published.PACKAGE}==0.0.4a2 --hash=sha256:{published.DIGEST}")
        if edits_the_record:
            change.write("requirements.provenance.json", json.dumps(published.baseline()))
        change.commit("change")
        assert change.run(enrich=True) == ExitCode.DENIED
    found = {code for code, _ in change.new()}
    assert "publisher.changed" in found
    assert ("change.publisher" in found) is edits_the_record


def test_without_network_nothing_unexamined_passes(change: ChangeProject) -> None:
    change.lock("foo==1.0", "bar==1.1")
    change.commit("change")
    assert change.run("--offline", enrich=True) == ExitCode.NOT_EXAMINED
    assert set(change.new()) == {("change.not-examined", ""), ("publisher.not-examined", "")}
    [gap] = [finding for finding in change.review().new if finding.code == "change.not-examined"]
    assert gap.message.startswith("licences and publishers were not examined: ")
    change.zip.unlink()
    assert change.run("--offline") == ExitCode.NOT_EXAMINED
    assert [code for code, _ in change.new()] == ["malware.not-examined", "vulnerability.not-examined"]


def test_a_shallow_clone_names_the_command_that_fetches_the_base(
    change: ChangeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    change.lock("foo==1.0", "bar==1.1")
    change.commit("change")
    clone = _folder(tmp_path / "runner") / "thing"
    words = ("--depth", "1", "--branch", "change", "--single-branch")
    git(tmp_path, "clone", "-q", *words, f"file://{change.root}", str(clone))
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert change.run(root=clone) == ExitCode.NOT_EXAMINED
    command = capfd.readouterr().err.strip().splitlines()[-1].removeprefix("  next: ")
    assert command == "git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main"
    subprocess.run(shlex.split(command), cwd=clone, check=True, capture_output=True)
    assert change.run(root=clone) == ExitCode.PASS
    assert change.review().commits.branch == "origin/main"


def test_an_unrelated_history_is_compared_with_the_branch_itself(change: ChangeProject) -> None:
    change.feed(CVE_FOO)
    git(change.root, "checkout", "-q", "--orphan", "other")
    change.lock("foo==1.0")
    commit(change.root)
    assert change.run("--base", "main") == ExitCode.PASS
    assert any("no common ancestor" in note for note in change.review().notes)


def test_a_commit_of_the_default_branch_is_compared_with_its_parent(change: ChangeProject) -> None:
    change.feed(CVE_BAR)
    change.lock("foo==1.0", "bar==2.0")
    change.commit()
    assert change.run() == ExitCode.DENIED
    assert change.new() == [("vulnerability.known", "bar")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--base", "main", "--commit", "main"), ExitCode.USAGE, "contains the commit"),
        (
            ("--base", "nowhere"),
            ExitCode.NOT_EXAMINED,
            "git fetch origin +refs/heads/nowhere:refs/remotes/origin/nowhere",
        ),
        (("--base=--output=x",), ExitCode.NOT_EXAMINED, "is not in this clone"),
        (("--commit", "nowhere"), ExitCode.USAGE, "is not a commit"),
        (("--base", "0" * 40), ExitCode.NOT_EXAMINED, f"git fetch origin {'0' * 40}"),
        ((), ExitCode.NOT_EXAMINED, "first of its branch"),
    ],
)
def test_a_base_that_cannot_be_used(
    change: ChangeProject, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    assert change.run(*words) == code
    assert said in capfd.readouterr().err
    assert not (change.dist / "change").exists()


def test_outside_git_there_is_nothing_to_compare(change: ChangeProject, tmp_path: Path) -> None:
    assert change.run(root=_folder(tmp_path / "plain")) == ExitCode.NOT_EXAMINED


def test_a_project_in_a_folder_of_its_repository_is_reviewed_alone(change: ChangeProject) -> None:
    change.feed(CVE_BAR, CVE_FOO)
    change.write("part/pyproject.toml", '[project]\nname = "part"\nversion = "1"\n')
    change.lock("foo==1.0", path="part/requirements.txt")
    change.commit()
    change.lock("foo==1.0", "bar==2.0")  # of the project around it
    change.commit("change")
    assert change.run(root=change.root / "part") == ExitCode.PASS
    assert change.review().component == "part"
    assert change.review().packages == ()


def test_a_bumped_submodule_is_not_examined(change: ChangeProject, tmp_path: Path) -> None:
    inner = _folder(tmp_path / "inner")
    git(inner, "init", "-q", "-b", "main")
    (inner / "a").write_text("1")
    commit(inner)
    git(change.root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "inner")
    change.commit()
    change.lock("foo==1.0", "bar==1.1")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    git(change.root / "inner", "commit", "-q", "--allow-empty", "-m", "more")
    change.commit()
    assert change.run() == ExitCode.NOT_EXAMINED


def test_the_summary_the_sarif_and_the_sbom_show_the_change(
    change: ChangeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    change.feed(CVE_FOO, CVE_BAR)
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    assert summary.read_text().startswith("## Change: denied: 1 new finding ")
    sarif = json.loads((change.dist / "change/thing.sarif").read_bytes())
    states = {result["properties"]["subject"]: result["baselineState"] for result in sarif["runs"][0]["results"]}
    assert states == {"bar 2.0": "new", "foo 1.0": "unchanged"}
    sbom = json.loads((change.dist / "change/thing-sbom.cdx.json").read_bytes())
    assert {component["name"] for component in sbom["components"]} == {"foo", "bar"}
    assert "### Already there" in (change.dist / "change/thing.md").read_text()


def test_a_public_log_has_counts_only(
    change: ChangeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    change.feed(CVE_BAR)
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    assert change.run("--public-log") == ExitCode.DENIED
    shown = capfd.readouterr()
    assert not any(word in summary.read_text() + shown.out + shown.err for word in ("CVE", "bar", "requirements"))
    assert not (change.dist / "change").exists()


def _commands(capfd: pytest.CaptureFixture[str]) -> list[str]:
    captured = capfd.readouterr()
    assert not [line for line in captured.out.splitlines() if line.lstrip().startswith("::")]
    return [line for line in captured.err.splitlines() if line.startswith("::")]


def test_on_github_what_the_change_brings_is_annotated_at_its_line(
    change: ChangeProject, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    change.feed(CVE_FOO, CVE_BAR)
    change.lock("foo==1.0", "bar==2.0")
    change.commit("change")
    assert change.run() == ExitCode.DENIED
    assert _commands(capfd) == []
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(change.folder))
    assert change.run() == ExitCode.DENIED
    [only] = _commands(capfd)
    assert only.startswith("::error file=thing/requirements.txt,line=2,")
    assert "CVE-2026-0002" in only
    assert "CVE-2026-0001" not in only, "it was there before the change"
    for words in (["--public-log"], ["--format", "json"]):
        assert change.run(*words) == ExitCode.DENIED
        assert _commands(capfd) == []


def test_what_could_not_be_examined_is_annotated_as_a_warning(
    change: ChangeProject, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    change.write("conda-lock.yml", "version: 1\npackage: []\n")
    change.commit("change")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert change.run() == ExitCode.NOT_EXAMINED
    assert [line.split(" ")[0] for line in _commands(capfd)] == ["::warning"]


def test_what_others_wrote_is_no_markup_and_no_workflow_command(
    change: ChangeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    change.lock("a==1.0", path="::set-output name=x::y | @team <img src=x>/requirements.txt")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    assert "<img" not in summary.read_text()
    assert "@team" not in summary.read_text()
    assert not any(line.lstrip().startswith("::") for line in capfd.readouterr().out.splitlines())


def test_a_lock_that_the_change_does_not_touch_is_read_once(
    change: ChangeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("a", "b"):
        change.lock("foo==1.0", path=f"{part}/requirements.txt")
    change.commit()
    change.lock("foo==1.1", path="b/requirements.txt")
    change.commit("change")
    read: list[str] = []

    def reading(path: str, data: bytes, other: Callable[[str], bytes | None]) -> Lock:
        read.append(path)
        return read_lock(path, data, other)

    monkeypatch.setattr(locks_of_project, "read_lock", reading)
    assert change.run() == ExitCode.PASS
    assert sorted(read) == ["a/requirements.txt", "b/requirements.txt", "b/requirements.txt", "requirements.txt"]
    assert change.review().counts["locks_unchanged"] == 2


def test_the_outcome_of_the_review_is_in_its_file(change: ChangeProject) -> None:
    change.write("README", "x")
    change.commit("change")
    assert change.run() == ExitCode.PASS
    assert change.review().outcome is Outcome.PASS
    assert change.review().packages == ()


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _index(index: FakeIndex) -> str:
    return f'[index]\nurl = "{index.url}"\njson_url = "{index.json_url}"\n'


def _offered(index: FakeIndex, name: str, version: str, licence: str, author: str) -> str:
    """Offer a wheel, and return the line that locks it."""
    lines = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", f"Author: {author}")
    metadata = "\n".join((*lines, f"License-Expression: {licence}", "")).encode()
    file = index.add_wheel(name, version, metadata=metadata)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.data).hexdigest()}"


@pytest.fixture(autouse=True)
def _no_global_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

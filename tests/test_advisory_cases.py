"""Advisories that once passed something wrong, with their right values, and random ones of each kind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain import check_malware, check_vulnerabilities
from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.adapters.osv.feed_index import Index, build
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.advisories import coverage
from tests.cases import case
from tests.fakes.advisories import affected, record
from tests.fakes.gate_project import GateProject, at

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANY_AGE = "[feeds]\nmax_file_age_hours = 87600\n"

Main = Callable[[list[str]], int]


def gate_on(project: Path, folder: Path, main: Main = check_vulnerabilities.main) -> GateProject:
    """Return a gate on a copy of a project, with its own folders below a folder."""
    folder.mkdir(exist_ok=True)
    gate = GateProject(folder, lambda words: main([*words, "--version", "1.0"]))
    shutil.rmtree(gate.root)
    shutil.copytree(project, gate.root)
    return gate


def add_config(gate: GateProject, text: str) -> None:
    path = gate.root / ".security-config.toml"
    path.write_text((path.read_text() if path.is_file() else "") + text)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOW)


# Feeds.

ODD_FEEDS = {
    "old.zip": ("is 2888 days old by its records, the limit is 7 days", "2019-01-01T00:00:00Z"),
    "nomodified.zip": ("has no record with a usable date, the limit is 7 days", "unknown"),
}


@pytest.mark.parametrize("name", ODD_FEEDS)
def test_a_stale_feed_is_not_examined(tmp_path: Path, name: str) -> None:
    feeds = case("advisory-feeds", tmp_path)
    gate = gate_on(feeds / "project", tmp_path / "gate")
    assert gate.run("--advisories", str(feeds / name), given=False) == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    why, version = ODD_FEEDS[name]
    assert found.message == f"nothing counts as examined: the snapshot {why}"
    assert "max_snapshot_age_days" in found.next_step
    assert (gate.record().feeds[0].version, gate.record().counts["examined"]) == (version, 0)


@pytest.mark.parametrize("name", ["empty.zip", "html.zip", "npm.zip", "onebroken.zip"])
def test_what_is_no_feed_of_pypi_is_not_examined(tmp_path: Path, name: str) -> None:
    feeds = case("advisory-feeds", tmp_path)
    gate = gate_on(feeds / "project", tmp_path / "gate")
    assert gate.run("--advisories", str(feeds / name), given=False) == ExitCode.NOT_EXAMINED


@pytest.mark.parametrize("main", [check_vulnerabilities.main, check_malware.main])
def test_a_project_cannot_replace_its_advisories_in_silence(
    tmp_path: Path, main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_on(case("project-own-feed", tmp_path), tmp_path / "gate", main)
    monkeypatch.chdir(tmp_path)
    assert gate.run("--source", "snapshot", given=False) == ExitCode.NOT_EXAMINED
    left = gate.record()
    [feed] = left.feeds
    assert (feed.origin, feed.address, feed.records, len(feed.sha256 or "")) == ("configured", "feed.zip", 1, 64)
    assert left.options["advisories"] == "configured"
    assert "the project's configuration chose this source of advisories: osv at feed.zip" in left.notes
    assert left.findings[0].message == (
        "nothing counts as examined: the configured snapshot has 1 record of PyPI, far fewer than OSV's feed "
        "(at least 5000 are expected)"
    )


@pytest.mark.parametrize(("malware", "code"), [(0, 5), (1, 5), (3, 0)])
def test_a_configured_feed_without_enough_malware_is_not_examined(
    tmp_path: Path, malware: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "FEWEST_RECORDS", 5)
    monkeypatch.setattr(coverage, "FEWEST_MALWARE", 3)
    gate = GateProject(tmp_path, check_malware.main)
    gate.lock("foo==1.0")
    gate.feed(
        *(record(f"PYSEC-{place}", affected(f"a{place}", "introduced 0"), modified="2026-11-27T00:00:00Z") for place in range(5)),
        *(record(f"MAL-{place}", affected(f"b{place}", "introduced 0")) for place in range(malware)),
    )  # fmt: skip
    gate.zip.rename(gate.root / "feed.zip")
    gate.addresses(osv_snapshot="feed.zip")
    assert gate.run("--source", "snapshot", given=False) == code


def test_records_of_other_ecosystems_and_copies_do_not_make_a_feed_whole(tmp_path: Path) -> None:
    records = [record(f"N-{place}", affected("x", "introduced 0", ecosystem="npm")) for place in range(20)]
    records += [record("PYSEC-1", affected("foo", "introduced 0"))] * 20
    members = [ArchiveMember(f"{place}.json", json.dumps(item).encode()) for place, item in enumerate(records)]
    path = tmp_path / "index.sqlite"
    build(path, members, sha256="a" * 64, where="x")
    with Index(path, name="osv", sha256="a" * 64) as index:
        facts = index.facts(int(NOW.timestamp()))
    assert (facts.records, facts.named, facts.repeated) == (40, 1, 19)
    assert coverage.shortfall(facts, configured=True)
    assert not coverage.shortfall(facts, configured=False)


def test_a_snapshot_without_malware_cannot_show_that_there_is_none(tmp_path: Path) -> None:
    gate = GateProject(tmp_path, check_malware.main)
    gate.lock("foo==1.0")
    gate.feed(record("PYSEC-1", affected("bar", "introduced 0"), modified="2026-11-27T00:00:00Z"))
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert gate.record().findings[0].message.endswith("the snapshot has no record of a malicious package (MAL-)")


# Records.


def test_every_spelling_of_a_name_and_of_the_ecosystem_is_found_or_named(tmp_path: Path) -> None:
    names = case("advisory-names", tmp_path)
    gate = gate_on(names / "project", tmp_path / "gate")
    add_config(gate, ANY_AGE)
    assert gate.run("--advisories", str(names / "records"), given=False) == ExitCode.DENIED
    left = gate.record()
    assert {(found.package, found.code) for found in left.findings} == {
        ("flask-corsx", "vulnerability.known"),
        ("lowereco", "vulnerability.known"),
        ("ruamel-yamlx", "vulnerability.known"),
        ("suffixeco", "vulnerability.undecided"),
        ("up", "vulnerability.known"),
        ("up", "vulnerability.undecided"),
        ("zope-intfx", "vulnerability.known"),
    }
    assert "osv: record GHSA-name-0001-0005 writes the ecosystem 'pypi'; it was read as PyPI" in left.notes


@pytest.mark.parametrize(
    ("copies", "code"),
    [
        (("old",), ExitCode.DENIED),
        (("old", "new"), ExitCode.PASS),
        (("old", "wd"), ExitCode.PASS),
        (("new", "old", "wd"), ExitCode.PASS),
    ],
)
def test_of_copies_of_a_record_the_newest_counts(tmp_path: Path, copies: tuple[str, ...], code: ExitCode) -> None:
    source = case("advisory-duplicate-id", tmp_path)
    for left_out in {"old", "new", "wd"} - set(copies):
        shutil.rmtree(source / "records" / left_out)
    gate = gate_on(source / "project", tmp_path / "gate")
    add_config(gate, ANY_AGE)
    assert gate.run("--advisories", str(source / "records"), given=False) == code

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
from tests.fakes.osv import OsvService, serve
from tests.fakes.wheels import serving

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


KNOWN = {
    "1q847": record("MAL-2026-443", affected("1q847", versions=("0.0.1",))),
    "jinja2": record("PYSEC-2", affected("jinja2", "introduced 0, fixed 3")),
    "other": record("PYSEC-1", affected("other", "introduced 0")),
}


@pytest.mark.parametrize(
    ("known", "code"),
    [(("other",), 5), (("jinja2",), 5), (("1q847",), 5), (("jinja2", "1q847"), 0), (("jinja2", "1q847", "other"), 0)],
)
@pytest.mark.parametrize("main", [check_vulnerabilities.main, check_malware.main])
def test_a_configured_service_that_knows_nothing_is_not_examined(
    tmp_path: Path, main: Main, known: tuple[str, ...], code: int
) -> None:
    gate = GateProject(tmp_path, main)
    gate.lock("foo==1.0")
    gate.feed(*(KNOWN[name] for name in known))
    with serve(OsvService(gate.zip.read_bytes())) as service:
        gate.addresses(osv_api=service.url)
        assert gate.run("--source", "api", given=False) == code
    [feed] = gate.record().feeds
    assert (feed.origin, feed.address, gate.record().options["advisories"]) == ("configured", service.url, "configured")
    assert gate.record().counts["examined"] == (code == 0)


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


# Waivers.

CVE = "CVE-2024-9000"


def _umbrella_waivers(*names: str) -> str:
    return "".join(
        f'[[waivers]]\nid = "{name}"\npackage = "umb"\nreason = "r"\nowner = "o"\ndate = "2026-11-01"\n'
        'expires = "2026-12-31"\n'
        for name in names
    )


@pytest.mark.parametrize(
    ("names", "still_open"),
    [
        ((f"{CVE}1",), True),
        (("PYSEC-2024-9001",), True),
        (("GHSA-umba-0001-0001", "GHSA-umba-0001-0002"), True),
        ((f"{CVE}1", f"{CVE}2"), False),
    ],
)
def test_a_waiver_covers_an_umbrella_record_only_if_it_names_every_cve(
    tmp_path: Path, names: tuple[str, ...], still_open: bool
) -> None:
    source = case("advisory-umbrella-alias", tmp_path)
    gate = gate_on(source / "project", tmp_path / "gate")
    gate.write(".security-config.toml", ANY_AGE + _umbrella_waivers(*names))
    assert gate.run("--advisories", str(source / "records"), given=False) == ExitCode.DENIED
    [found] = [one for one in gate.record().findings if f"{CVE}2" in one.aliases and one.code == "vulnerability.known"]
    assert (not found.waived_by) == still_open
    [other] = [one for one in gate.record().findings if one.aliases == ("GHSA-umba-0001-0003",)]
    assert other.waived_by == ""


def test_an_expired_waiver_is_new_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = case("advisory-waivers", tmp_path) / "e-yesterday"
    gate = gate_on(source / "project", tmp_path / "gate")
    add_config(gate, ANY_AGE)
    seen = []
    for day in (27, 28, 29, 30):
        at(monkeypatch, NOW.replace(day=day))
        gate.run("--ledger", "--advisories", str(source / "records"), given=False)
        days = [found.first_seen for found in gate.record().findings if found.code == "waiver.expired"]
        seen.append((gate.record().counts["new"], days))
    assert seen == [(2, []), (1, [""]), (0, ["2026-11-28"]), (0, ["2026-11-28"])]


# The maintainers' own severities.

UNRATED = record("PYSEC-1", affected("foo", "introduced 0"), aliases=["CVE-2026-1"], modified="2026-11-27T00:00:00Z")
RATED = {**UNRATED, "id": "GHSA-a", "database_specific": {"severity": "HIGH"}}
UMBRELLA = {**UNRATED, "aliases": ["CVE-2026-1", "CVE-2026-2"]}
DISPUTED = {
    **UNRATED,
    "severity": [
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"},
    ],
}
"""Critical by one vector, high by the other."""


def classified(tmp_path: Path, item: dict[str, object], *entries: str) -> GateProject:
    gate = GateProject(tmp_path, check_vulnerabilities.main)
    gate.lock("foo==1.0")
    gate.feed(item)
    tables = (f'[[severity]]\nid = "{entry.split()[0]}"\nseverity = "{entry.split()[1]}"\n' for entry in entries)
    gate.write(
        ".security-config.toml",
        '[gate]\nfail_on = "medium"\n'
        + "".join(f'{table}reason = "not reachable"\ndate = 2026-11-20\n' for table in tables),
    )
    return gate


@pytest.mark.parametrize(
    ("item", "entries", "severity", "codes"),
    [
        (UNRATED, (), "high", []),
        (UNRATED, ("CVE-2026-1 low",), "low", []),
        (UNRATED, ("pysec-1 critical",), "critical", []),
        (UNRATED, ("CVE-2026-9 low",), "high", ["severity.unused"]),
        (UNRATED, ("CVE-2026-1 harmless",), "high", ["severity.malformed"]),
        (RATED, ("CVE-2026-1 low",), "high", ["severity.unused"]),
        (RATED, ("CVE-2026-1 critical",), "critical", []),
        (UMBRELLA, ("CVE-2026-1 low",), "high", ["severity.unused"]),
        (UMBRELLA, ("CVE-2026-1 low", "CVE-2026-2 medium"), "medium", []),
        (DISPUTED, ("CVE-2026-1 low",), "critical", ["severity.unused"]),
        (DISPUTED, ("CVE-2026-1 high",), "high", []),
    ],
)
def test_maintainers_classify_what_no_record_rates_and_never_lower_a_rating(
    tmp_path: Path, item: dict[str, object], entries: tuple[str, ...], severity: str, codes: list[str]
) -> None:
    gate = classified(tmp_path, item, *entries)
    code = gate.run()
    found = {one.code: one for one in gate.record().findings}
    known = found.pop("vulnerability.known")
    assert (known.severity, list(found)) == (severity, codes)
    assert code == (ExitCode.PASS if severity == "low" else ExitCode.DENIED)
    assert ("classified by the maintainers on 2026-11-20: not reachable" in known.message) == (
        bool(entries) and not codes
    )


@pytest.mark.parametrize("text", ['date = "2026-11-29"', 'date = "soon"', ""])
def test_a_severity_without_a_past_date_classifies_nothing(tmp_path: Path, text: str) -> None:
    gate = classified(tmp_path, UNRATED)
    gate.write(".security-config.toml", f'[[severity]]\nid = "CVE-2026-1"\nseverity = "low"\nreason = "r"\n{text}\n')
    assert gate.run() == ExitCode.DENIED
    assert {one.code: one.severity for one in gate.record().findings} == {
        "vulnerability.known": "high",
        "severity.malformed": "high",
    }


# Advice where a record names the last affected version only.


def last_affected(tmp_path: Path, *records: dict[str, object]) -> GateProject:
    gate = GateProject(tmp_path, check_vulnerabilities.main)
    gate.lock("foo==1.0")
    gate.feed(*records)
    return gate


ENDS = record("P-1", affected("foo", "introduced 0, last_affected 1.5"), modified="2026-11-27T00:00:00Z")
AGAIN = record("P-2", affected("foo", "introduced 2.5, fixed 2.8"))
DOUBT = record("P-3", affected("foo", "introduced 3, last_affected 2024-09-19"))


@pytest.mark.parametrize(
    ("records", "versions", "step"),
    [
        ((ENDS,), (), "Move foo to a version after 1.5: "),
        ((ENDS,), ("1.0", "1.5"), "Move foo to a version after 1.5: "),
        ((ENDS,), ("1.5", "2.0", "2.6", "3.0a1"), "Move foo to 2.6, the newest version that no advisory affects: "),
        ((ENDS, AGAIN), ("2.0", "2.6"), "Move foo to 2.0, the newest version that no advisory affects: "),
        ((ENDS, DOUBT), ("2.0", "3.1"), "Move foo to 2.0, the newest version that no advisory affects: "),
        ((ENDS, AGAIN), ("2.6",), "Move foo to a version after 1.5: "),
    ],
)
def test_advice_names_a_version_that_exists_and_that_nothing_affects(
    tmp_path: Path, records: tuple[dict[str, object], ...], versions: tuple[str, ...], step: str
) -> None:
    with serving() as index:
        for version in versions:
            index.add("foo", version, "2026-01-01T00:00:00Z")
        gate = last_affected(tmp_path, *records)
        gate.write(".security-config.toml", f'[index]\nurl = "{index.simple}/"\n')
        assert gate.run() == ExitCode.DENIED
        asked = list(index.asked)
        [found] = [one for one in gate.record().findings if "P-1" in one.aliases]
        assert found.next_step.startswith(step)
        gate.run("--offline")
        assert (asked, index.asked) == (["/simple/foo/"], asked)
    [found] = [one for one in gate.record().findings if "P-1" in one.aliases]
    assert found.next_step.startswith("Move foo to a version after 1.5: nox -s lock")


@pytest.mark.parametrize("bound", ["2.6.0-cu124", "2.6.0-NA", "1.0rc1", "1!2.0", "1.0.post1"])
def test_every_form_of_a_last_affected_version_is_named(tmp_path: Path, bound: str) -> None:
    gate = last_affected(
        tmp_path,
        record("P-1", affected("foo", f"introduced 0, last_affected {bound}"), modified="2026-11-27T00:00:00Z"),
    )
    gate.lock("foo==0.9")
    assert gate.run("--offline") == ExitCode.DENIED
    assert gate.record().findings[0].next_step.startswith(f"Move foo to a version after {bound}: ")


def test_no_advice_where_another_record_affects_the_versions_after_it(tmp_path: Path) -> None:
    forever = record("P-4", affected("foo", "introduced 0"), aliases=["P-1"])
    gate = last_affected(tmp_path, ENDS, forever)
    assert gate.run("--offline") == ExitCode.DENIED
    assert gate.record().findings[0].next_step.startswith("No fixed version is known: remove foo")


@pytest.mark.online
def test_advice_for_real_packages_names_a_version_of_the_index(
    tmp_path: Path, shared_data: Path, feed_cache: Path
) -> None:
    gate = gate_on(case("advisory-last-affected-advice", tmp_path) / "project", tmp_path / "gate")
    add_config(gate, ANY_AGE)
    gate.run("--advisories", str(shared_data / "advisories" / "osv-pypi.zip"), "--cache", str(feed_cache), given=False)
    steps = [found.next_step for found in gate.record().findings]
    assert any("the newest version that no advisory affects" in step for step in steps)
    assert sum("No fixed version is known" in step for step in steps) <= len(steps) // 10

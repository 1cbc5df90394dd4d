"""The vulnerability gate end to end: what it finds, what it could not look at, and that neither passes."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.supply_chain import check_vulnerabilities
from ops.supply_chain.adapters.http import client as http
from ops.supply_chain.adapters.osv import index_later
from ops.supply_chain.adapters.tools import pip_audit
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.core.errors import ExitCode, UnavailableError
from tests.fakes.advisories import affected, record
from tests.fakes.bad_sockets import dripping, never_connecting, refusing
from tests.fakes.gate_project import NOW, REAL_FEED_DAY, GateProject, accept_small_feeds, at
from tests.fakes.matrix import diagonals
from tests.fakes.osv import OsvService, serve
from tests.fakes.warm_pip_audit import use_warm_pip_audit

QUICK = http.Timeouts(connect_seconds=0.4, read_seconds=0.4, total_seconds=1.5, attempts=1, backoff_seconds=0)
LABEL = {"database_specific": {"severity": "MODERATE"}}
FOO = record("PYSEC-1", affected("Foo", "introduced 0, fixed 2"), aliases=["CVE-1"], summary="Breaks")
FOO_GITHUB = record("GHSA-a", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"], **LABEL)
BAR = record("PYSEC-2", affected("bar", "introduced 3"))
UNRELATED = record("PYSEC-9", affected("elsewhere", "introduced 0"))


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GateProject:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    use_warm_pip_audit(monkeypatch)
    monkeypatch.setattr(http, "Timeouts", lambda: QUICK)
    project = GateProject(tmp_path, check_vulnerabilities.main)
    project.lock("foo==1.0", "bar==2.0")
    project.feed(FOO, FOO_GITHUB, UNRELATED)
    return project


def counts(gate: GateProject, *keys: str) -> list[int]:
    return [gate.record().counts[key] for key in keys]


# What it finds.


def test_a_known_vulnerability_fails_and_says_what_to_do(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    assert gate.run() == ExitCode.DENIED
    [found] = gate.record().findings
    assert (found.code, found.severity, found.package, found.version) == ("vulnerability.known", "medium", "foo", "1.0")
    assert (found.path, found.line, found.aliases) == ("requirements.txt", 1, ("CVE-1", "GHSA-a", "PYSEC-1"))
    assert capfd.readouterr().out == (
        "check_vulnerabilities: fail\n"
        "1 lock, 2 locked, 2 examined; osv, 36 hours old; projects 1, new 1, vulnerable 1, known 1; 1 open, 0 waived\n"
        f"source: osv snapshot osv.zip (given), {(gate.record().feeds[0].sha256 or '')[:12]}, 3 records, "
        "newest record 2026-11-19 (36 hours ago)\n"
        'exploitation was not checked: [feeds].kev = "default" uses CISA\'s catalog\n'
        "\nMEDIUM\n"
        "  foo 1.0  CVE-1, GHSA-a, PYSEC-1, vulnerability.known\n"
        "    what: foo 1.0 has CVE-1 (GHSA-a, PYSEC-1): Breaks; severity medium (GitHub's label)\n"
        "    where: requirements.txt:1\n"
        f"    next: Move foo to 2 or later: nox -s lock -- --project {gate.root} --upgrade-package foo\n"
    )


def test_the_record_says_what_was_counted_and_with_what(gate: GateProject) -> None:
    gate.run()
    record_ = gate.record()
    assert record_.counts == {
        "disagreements": 0, "examined": 2, "explained_differences": 0, "feed_age_hours": 36, "findings": 1, "known": 1, "locked": 2,
        "locks": 1, "new": 1, "out_of_scope": 0, "overdue": 0, "projects": 1, "settled": 0, "undecided": 0,
        "unexamined_accepted": 0, "vulnerable": 1, "waived": 0,
    }  # fmt: skip
    [feed] = record_.feeds
    assert (feed.name, feed.version, feed.age_seconds) == ("osv", "2026-11-19T00:00:00Z", 36 * 3600)
    assert [ref.path for ref in record_.reads] == ["project:requirements.txt"]
    assert record_.options == {
        "advisories": "given", "fleet": "no", "ledger": "no", "second_opinion": "no", "source": "all",
        "vex": "0",
    }  # fmt: skip
    assert str(gate.folder) not in json.dumps([record_.notes, record_.options])


def test_nothing_known_passes_and_is_never_called_clean(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(UNRELATED)
    assert gate.run() == ExitCode.PASS
    assert "clean" not in capfd.readouterr().out


def test_one_finding_stands_at_all_its_places(gate: GateProject) -> None:
    for folder in ("a", "b", "c"):
        gate.lock("zzz==1", "foo==1.0", path=f"{folder}/requirements.txt")
    gate.run()
    [found] = gate.record().findings
    assert (found.path, found.line, found.places) == ("a/requirements.txt", 4, 4)
    assert found.also_at == ("b/requirements.txt:4", "c/requirements.txt:4", "requirements.txt:1")


def test_what_cannot_be_decided_fails_too(gate: GateProject) -> None:
    gate.feed(record("PYSEC-3", affected("foo")))
    assert gate.run() == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.undecided", "foo", "1.0")]


def test_what_another_record_settles_is_shown_and_passes(gate: GateProject) -> None:
    gate.feed(
        record("PYSEC-3", affected("foo"), aliases=["CVE-3"]),
        record("GHSA-b", affected("foo", "introduced 5"), aliases=["CVE-3"]),
    )
    assert gate.run() == ExitCode.PASS
    assert gate.codes() == [("vulnerability.settled", "foo", "1.0")]


def test_a_severity_below_the_threshold_stays_visible_and_passes(gate: GateProject) -> None:
    gate.write(".security-config.toml", '[gate]\nfail_on = "high"\n')
    assert gate.run() == ExitCode.PASS
    assert gate.codes() == [("vulnerability.known", "foo", "1.0")]


ODDITIES: list[Any] = [
    pytest.param(record("P-1", affected("foo", "introduced 0"), modified="2099-01-01T00:00:00Z"), 4, id="from the future"),
    pytest.param(record("P-1", affected("foo", versions=("1.0.0",))), 4, id="version list only"),
    pytest.param(record("P-1", affected("foo", "introduced 0")), 4, id="range only"),
    pytest.param(record("P-1", affected("foo", "GIT introduced 0")), 4, id="GIT ranges only"),
    pytest.param(
        record("P-1", affected("foo", "introduced 0", ecosystem="npm"), affected("other", "introduced 0")), 0,
        id="another ecosystem",
    ),
    pytest.param(
        record("P-1", affected("x", "introduced 0", ecosystem="Go"), affected("FOO", "introduced 0")), 4,
        id="several ecosystems",
    ),
    pytest.param(record("P-1", affected("foo", "introduced 0"), withdrawn="2026-03-01T00:00:00Z"), 0, id="withdrawn"),
    pytest.param(record("P-1", affected("foo", "introduced 0"), withdrawn="2099-03-01T00:00:00Z"), 4, id="withdrawn later"),
    pytest.param(record("P-1", affected("foo", "introduced 0"), severity=[{"type": "X", "score": "9"}]), 4, id="odd severity"),
    pytest.param(record("P-1", affected("foo", "introduced 0, last_affected 1.0-NA")), 4, id="unordered bound"),
    pytest.param(record("P-1", affected("foo", "introduced 1.0.1")), 0, id="begins later"),
]  # fmt: skip


@pytest.mark.parametrize(("odd", "code"), ODDITIES)
def test_oddities_of_feeds(gate: GateProject, odd: dict[str, Any], code: int) -> None:
    gate.feed(odd, UNRELATED)
    assert gate.run() == code


# What it could not look at.


def test_a_pin_without_a_version_was_not_examined(gate: GateProject) -> None:
    gate.write("requirements.txt", "foo @ git+https://git.example/foo@abc\nbar==2.0\n")
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert (found.code, found.severity, found.line) == ("vulnerability.not-examined", "info", 1)
    assert found.message == "foo (no version) was not examined: the lock has no exact version of it"
    assert counts(gate, "locked", "examined") == [2, 1]


def _waiver(**fields: str) -> str:
    known = {
        "reason": "r", "owner": "o", "date": "2026-11-01", "expires": "2026-12-31",
    } | fields  # fmt: skip
    return "[[waivers]]\n" + "".join(f'{key} = "{value}"\n' for key, value in known.items())


def test_a_pin_that_cannot_be_examined_can_be_accepted(gate: GateProject) -> None:
    gate.write("requirements.txt", "foo @ git+https://git.example/foo@abc\nbar==2.0\n")
    gate.write(".security-config.toml", _waiver(id="vulnerability.not-examined", package="foo"))
    assert gate.run() == ExitCode.PASS
    assert counts(gate, "locked", "examined", "unexamined_accepted") == [1, 1, 1]
    assert gate.record().findings[0].waived_by == "vulnerability.not-examined, o, until 2026-12-31"


def test_a_failure_outweighs_what_was_not_examined(gate: GateProject) -> None:
    gate.write("requirements.txt", "x @ git+https://git.example/x@abc\nfoo==1.0\n")
    assert gate.run() == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.not-examined", "x", ""), ("vulnerability.known", "foo", "1.0")]


def test_the_project_s_own_packages_are_out_of_scope(gate: GateProject) -> None:
    (gate.root / "requirements.txt").unlink()
    gate.write(
        "uv.lock",
        'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "thing"\nversion = "1.0"\n'
        'source = { editable = "." }\n[[package]]\nname = "bar"\nversion = "2.0"\n'
        'source = { registry = "https://pypi.org/simple" }\n'
        'sdist = { url = "https://files.example/bar.tar.gz", hash = "sha256:' + "0" * 64 + '" }\n',
    )
    assert gate.run() == ExitCode.PASS
    assert counts(gate, "locked", "examined", "out_of_scope") == [1, 1, 1]


def test_no_lock_though_dependencies_are_declared_was_not_examined(gate: GateProject) -> None:
    (gate.root / "requirements.txt").unlink()
    gate.write("pyproject.toml", '[project]\nname = "thing"\nversion = "1.0"\ndependencies = ["foo"]\n')
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert (found.code, found.path, found.next_step) == (
        "vulnerability.not-examined", "pyproject.toml", "Lock them (nox -s lock).",
    )  # fmt: skip


def test_no_lock_and_no_dependencies_passes_without_asking(gate: GateProject) -> None:
    (gate.root / "requirements.txt").unlink()
    gate.zip.unlink()
    assert gate.run() == ExitCode.PASS
    assert counts(gate, "locks", "locked", "examined") == [0, 0, 0]
    assert gate.record().notes == ("no lock and no declared dependencies: nothing to check",)


def test_a_record_that_cannot_be_understood_leaves_its_pins_unexamined(gate: GateProject) -> None:
    gate.feed(UNRELATED, record("P-1", affected("bar", "introduced 0"), schema_version="2.0.0"))
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert found.message == ("bar 2.0 was not examined: record P-1: schema_version: 2 is not known, expected 1.x")
    assert counts(gate, "locked", "examined") == [2, 1]


def test_a_record_that_concerns_nobody_knows_whom_leaves_all_unexamined(gate: GateProject) -> None:
    gate.feed(FOO, b"{")
    assert gate.run() == ExitCode.DENIED
    assert counts(gate, "locked", "examined", "known") == [2, 0, 1]
    gate.feed(UNRELATED, b"{")
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert found.message.startswith("nothing counts as examined: record RAW-1.json cannot be read: not a JSON")


@pytest.mark.parametrize(
    ("config", "age", "current"),
    [
        ("", timedelta(days=7), True),
        ("", timedelta(days=7, seconds=1), False),
        ("max_snapshot_age_days = 30", timedelta(days=30), True),
        ("max_file_age_hours = 24", timedelta(hours=25), False),
        ("max_file_age_hours = 87600", timedelta(days=3650), True),
    ],
)
@pytest.mark.parametrize("affected", [True, False], ids=["affected", "not affected"])
def test_the_silence_of_a_snapshot_that_is_too_old_means_nothing(
    gate: GateProject, monkeypatch: pytest.MonkeyPatch, config: str, age: timedelta, current: bool, affected: bool
) -> None:
    at(monkeypatch, datetime(2026, 11, 19, tzinfo=UTC) + age)
    gate.write(".security-config.toml", f"[feeds]\n{config}\n")
    if not affected:
        gate.feed(UNRELATED)
    expected = ExitCode.PASS if current else ExitCode.NOT_EXAMINED
    assert gate.run() == (ExitCode.DENIED if affected else expected)
    [feed] = gate.record().feeds
    assert feed.age_seconds == age.total_seconds()
    assert counts(gate, "examined", "feed_age_hours") == [2 * current, age.total_seconds() // 3600]
    codes = {finding.code for finding in gate.record().findings}
    assert ("vulnerability.not-examined" in codes, "vulnerability.known" in codes) == (not current, affected)


@pytest.mark.parametrize("form", [(), ("--format", "json"), ("--public-log",), ("--public-log", "--format", "json")])
@pytest.mark.parametrize("days", [1, 9])
def test_every_output_has_the_age_of_the_snapshot(
    gate: GateProject,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    form: tuple[str, ...],
    days: int,
) -> None:
    at(monkeypatch, datetime(2026, 11, 19, tzinfo=UTC) + timedelta(days=days))
    gate.run(*form)
    shown = {1: r"24 hours old|feed_age_hours\W+24", 9: r"9 days old|feed_age_hours\W+216"}
    assert re.search(shown[days], capfd.readouterr().out)


# Sources, in their order.


@pytest.fixture
def services(gate: GateProject) -> Iterator[dict[str, OsvService]]:
    """The three sources on loopback, all of them well."""
    gate.feed({**FOO, "modified": "2026-11-19T00:00:00Z"})
    with ExitStack() as stack:
        made = {name: stack.enter_context(serve(OsvService(gate.zip.read_bytes()))) for name in ("zip", "api", "json")}
        for name, version in (("foo", "1.0"), ("bar", "2.0")):
            told = [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fixed_in": ["2"]}] if name == "foo" else []
            document = {"info": {"name": name, "version": version}, "vulnerabilities": told}
            made["json"].documents[f"/pypi/{name}/{version}/json"] = json.dumps(document).encode()
        addresses(gate, made)
        yield made


def addresses(gate: GateProject, made: dict[str, OsvService], **other: str) -> None:
    known = {
        "osv_snapshot": f"{made['zip'].url}/all.zip",
        "osv_api": made["api"].url,
        "json_url": f"{made['json'].url}/pypi/",
    }
    gate.addresses(**{**known, **other})


ORDER = ("zip", "api", "json")
FEEDS = {"zip": "osv", "api": "osv-api", "json": "index-json"}


@pytest.mark.parametrize("first", ORDER)
def test_the_first_source_that_answers_decides(
    gate: GateProject, services: dict[str, OsvService], first: str, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = ORDER[: ORDER.index(first)]
    for name in broken:
        services[name].fault = "500"
    assert gate.run(given=False) == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.known", "foo", "1.0")]
    assert [feed.name for feed in gate.record().feeds] == [FEEDS[first]]
    passed = {"zip": "OSV snapshot", "api": "OSV API"}
    notes = {f"{passed[name]}: no usable answer, so the next source was used" for name in broken}
    [feed] = gate.record().feeds
    notes.add(f"the project's configuration chose this source of advisories: {feed.name} at {feed.address}")
    assert set(gate.record().notes) == notes
    assert (feed.origin, feed.address.startswith("http://127.0.0.1:")) == ("configured", True)
    out = capfd.readouterr().out
    for name in broken:
        assert re.search(f"source not used: {passed[name]}: .*answered with HTTP status 500", out)
    asked = {name for name, service in services.items() if service.requests}
    assert asked == {*broken, first}


def test_the_snapshot_tells_nobody_any_name(gate: GateProject, services: dict[str, OsvService]) -> None:
    gate.run(given=False)
    assert services["zip"].requests == ["/all.zip"]
    assert services["api"].requests == services["json"].requests == []


@pytest.mark.parametrize(("source", "name"), [("snapshot", "zip"), ("api", "api"), ("index", "json")])
def test_one_source_alone(gate: GateProject, services: dict[str, OsvService], source: str, name: str) -> None:
    assert gate.run("--source", source, given=False) == ExitCode.DENIED
    assert {one for one, service in services.items() if service.requests} == {name}


def test_given_snapshots_replace_the_order(gate: GateProject, services: dict[str, OsvService], tmp_path: Path) -> None:
    assert gate.run("--advisories", str(tmp_path / "none.zip"), given=False) == ExitCode.NOT_EXAMINED
    assert all(not service.requests for service in services.values())
    url = f"{services['zip'].url}/all.zip"
    assert gate.run("--advisories", str(tmp_path / "none"), "--advisories", url, given=False) == ExitCode.DENIED
    assert gate.record().notes == ("advisories 1: no usable answer, so the next source was used",)


def test_a_source_that_answers_in_part_waits_for_one_that_answers_whole(
    gate: GateProject, services: dict[str, OsvService]
) -> None:
    gate.feed(FOO, b"{")
    services["zip"].snapshot = gate.zip.read_bytes()
    assert gate.run(given=False) == ExitCode.DENIED
    assert [feed.name for feed in gate.record().feeds] == ["osv-api"]
    assert counts(gate, "locked", "examined") == [2, 2]
    services["api"].fault = services["json"].fault = "500"
    assert gate.run(given=False) == ExitCode.DENIED
    assert [feed.name for feed in gate.record().feeds] == ["osv"]
    assert counts(gate, "locked", "examined") == [2, 0]


def test_a_private_name_is_told_to_no_service(
    gate: GateProject, services: dict[str, OsvService], capfd: pytest.CaptureFixture[str]
) -> None:
    gate.write("requirements.txt", "--index-url https://index.example/simple/\nfoo==1.0\nbar==2.0\n")
    addresses(gate, services)
    gate.write(
        ".security-config.toml", (gate.root / ".security-config.toml").read_text().replace("osv_api", "# osv_api")
    )
    services["zip"].fault = services["json"].fault = "500"
    assert gate.run(given=False) == ExitCode.NOT_EXAMINED
    assert services["api"].requests == []
    assert "the OSV API: not queried, because no pin comes from the public index" in capfd.readouterr().err


def test_a_release_that_the_index_does_not_have_was_not_examined(
    gate: GateProject, services: dict[str, OsvService]
) -> None:
    del services["json"].documents["/pypi/bar/2.0/json"]
    assert gate.run("--source", "index", given=False) == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.known", "foo", "1.0"), ("vulnerability.not-examined", "bar", "2.0")]
    assert counts(gate, "locked", "examined") == [2, 1]


def test_offline_uses_the_copy_and_says_so(gate: GateProject, services: dict[str, OsvService]) -> None:
    assert gate.run("--offline", given=False) == ExitCode.NOT_EXAMINED
    gate.run(given=False)
    for service in services.values():
        service.requests.clear()
    assert gate.run("--offline", given=False) == ExitCode.DENIED
    assert all(not service.requests for service in services.values())
    assert "advisory snapshot: this run is offline; using the copy confirmed 0 seconds ago" in gate.record().notes


def test_a_copy_that_nobody_confirmed_for_long_was_not_examined(
    gate: GateProject, services: dict[str, OsvService], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.run(given=False)
    at(monkeypatch, NOW + timedelta(hours=48))
    assert gate.run("--offline", given=False) == ExitCode.DENIED
    at(monkeypatch, NOW + timedelta(hours=49))
    assert gate.run("--offline", given=False) == ExitCode.NOT_EXAMINED


# Fail closed, whatever the outside does.

SYSTEMS = {"zip": ("advisory snapshot", "advisories"), "api": ("OSV API",), "json": ("index per-release JSON",)}
OPTIONS = {"zip": "snapshot", "api": "api", "json": "index"}
FAULTS = (
    "404",
    "429",
    "500",
    "wrong-type",
    "truncated",
    "malformed",
    "not-an-object",
    "oversize",
    "redirect",
    "empty",
    "slow",
)
NO_SERVICE = {"refused": refusing, "connect timeout": never_connecting, "slow body": dripping}


def assert_closed(gate: GateProject, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert gate.run("--source", OPTIONS[name], given=False) == ExitCode.NOT_EXAMINED
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(tuple(f"error: {system}" for system in SYSTEMS[name]))
    assert re.search(r"\n  next: .+\.\n$", err)
    assert "clean" not in err.lower()
    left = gate.record()
    assert (left.outcome, left.findings, left.counts) == ("not-examined", (), {})


@pytest.mark.parametrize(("name", "fault"), diagonals(ORDER, FAULTS, step=2))
def test_a_source_that_misbehaves_is_not_examined(
    gate: GateProject, services: dict[str, OsvService], name: str, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    services[name].fault = fault
    assert_closed(gate, name, capfd)


@pytest.mark.parametrize("place", NO_SERVICE)
@pytest.mark.parametrize("name", ORDER)
def test_a_source_that_is_not_there_is_not_examined(
    gate: GateProject, services: dict[str, OsvService], name: str, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    where: Callable[[], AbstractContextManager[str]] = NO_SERVICE[place]
    with where() as url:
        addresses(gate, services, osv_snapshot=f"{url}/all.zip", osv_api=url, json_url=url)
        assert_closed(gate, name, capfd)


@pytest.mark.parametrize("name", ORDER)
def test_a_host_that_has_no_address_is_not_examined(
    gate: GateProject, services: dict[str, OsvService], name: str, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import socket

    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = "https://nowhere.invalid"
    addresses(gate, services, osv_snapshot=f"{url}/all.zip", osv_api=url, json_url=url)
    assert_closed(gate, name, capfd)


def test_where_nobody_answers_everybody_is_named(
    gate: GateProject, services: dict[str, OsvService], capfd: pytest.CaptureFixture[str]
) -> None:
    for service in services.values():
        service.fault = "500"
    assert gate.run(given=False) == ExitCode.NOT_EXAMINED
    assert capfd.readouterr().err.replace("/foo/1.0/", "/bar/2.0/") == (
        "error: no source of advisories answered:\n"
        f"  advisory snapshot {services['zip'].url}/all.zip: answered with HTTP status 500\n"
        f"  OSV API {services['api'].url}/v1/querybatch: answered with HTTP status 500\n"
        f"  index per-release JSON {services['json'].url}/pypi/bar/2.0/json: answered with HTTP status 500\n"
        "  next: Check the network, or give a downloaded snapshot with --advisories FILE.\n"
    )


# Waivers, ledger, fleet.


def test_a_waiver_waives_and_the_finding_stays_visible(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.write(".security-config.toml", _waiver(id="ghsa-A", package="Foo", versions="<2"))
    assert gate.run() == ExitCode.PASS
    [found] = gate.record().findings
    assert found.waived_by == "ghsa-A, o, until 2026-12-31"
    assert "    waived by: ghsa-A, o, until 2026-12-31\n" in capfd.readouterr().out
    assert counts(gate, "waived", "known") == [1, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "CVE-2"},
        {"id": "CVE-1", "package": "bar"},
        {"id": "CVE-1", "versions": ">=2"},
        {"id": "CVE-1", "expires": "2026-11-19"},
        {"id": "CVE-1", "date": "2026-11-21"},
        {"id": "vulnerability.undecided", "package": "foo"},
        {"id": "vulnerability.known"},
    ],
)
def test_a_waiver_never_hides_an_unrelated_finding(gate: GateProject, fields: dict[str, str]) -> None:
    gate.write(".security-config.toml", _waiver(**fields))
    assert gate.run() == ExitCode.DENIED
    [found] = [one for one in gate.record().findings if one.code == "vulnerability.known"]
    assert found.waived_by == ""


def test_the_ledger_remembers_the_first_day(
    gate: GateProject, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gate.write(".security-config.toml", '[response]\nstarts = "confirmation"\nmedium_days = 5\n')
    assert gate.run("--ledger") == ExitCode.DENIED
    assert counts(gate, "new", "overdue") == [1, 0]
    assert "first seen" not in capfd.readouterr().out
    before = (gate.artifacts / "ledger" / "thing.jsonl").read_bytes()
    at(monkeypatch, NOW + timedelta(days=20))
    gate.feed(FOO, FOO_GITHUB, {**UNRELATED, "modified": "2026-12-09T00:00:00Z"})
    gate.lock("foo==1.5")
    gate.run()
    [found] = gate.record().findings
    assert (found.first_seen, found.due) == ("2026-11-20", "2026-11-27")
    assert counts(gate, "new", "overdue") == [0, 1]
    assert "vulnerability.known  due 2026-11-27  first seen 2026-11-20\n" in capfd.readouterr().out
    assert (gate.artifacts / "ledger" / "thing.jsonl").read_bytes() == before
    assert [feed for feed in gate.record().feeds if feed.name == "ledger"] == [
        FeedRef(name="ledger", version="1 lines", sha256=_sha256(before.rstrip(b"\n")))
    ]


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_without_the_option_no_ledger_is_written(gate: GateProject) -> None:
    gate.run()
    assert not gate.artifacts.exists()


def test_a_ledger_entry_of_the_future_is_a_finding_and_puts_no_deadline_off(
    gate: GateProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.write(".security-config.toml", '[response]\nstarts = "confirmation"\nmedium_days = 5\n')
    at(monkeypatch, NOW + timedelta(days=3))
    gate.run("--ledger")
    assert "vulnerability.ledger-future" not in [finding.code for finding in gate.record().findings]
    at(monkeypatch, NOW)
    assert gate.run() == ExitCode.DENIED
    found = {finding.code: finding for finding in gate.record().findings}
    message = found["vulnerability.ledger-future"].message
    assert message.endswith("has 1 entry of a day in the future, the first 2026-11-23; today is 2026-11-20")
    assert found["vulnerability.known"].first_seen == "2026-11-20"


def test_a_torn_ledger_is_told_and_mended(gate: GateProject) -> None:
    gate.run("--ledger")
    path = gate.artifacts / "ledger" / "thing.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"code":')
    gate.run("--ledger")
    assert gate.record().notes == (
        "the ledger's last line is incomplete, because its writer was killed; it was skipped",
    )
    assert path.read_bytes() == whole


def test_a_tampered_ledger_is_an_error(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.feed(FOO, BAR)
    gate.lock("foo==1.0", "bar==3.0")
    gate.run("--ledger")
    path = gate.artifacts / "ledger" / "thing.jsonl"
    path.write_bytes(path.read_bytes().replace(b"2026-11-20", b"2026-11-29", 1))
    capfd.readouterr()
    assert gate.run("--ledger") == ExitCode.INPUT
    assert "thing.jsonl:2: the chain is broken" in capfd.readouterr().err


def test_a_fleet_looks_each_pin_up_once_and_tells_each_project(gate: GateProject) -> None:
    for name in ("one", "two"):
        folder = gate.folder / name
        folder.mkdir()
        (folder / ".security-config.toml").write_text(
            f'component_name = "{name}"\n' + (_waiver(id="CVE-1") if name == "two" else "")
        )
        (folder / "requirements.txt").write_text("foo==1.0\n")
    fleet = gate.folder / "fleet.txt"
    fleet.write_text("one\ntwo # the other\n")
    assert gate.run("--fleet", str(fleet), "--ledger") == ExitCode.DENIED
    assert [(one.path, bool(one.waived_by)) for one in gate.record().findings] == [
        ("one/requirements.txt", False),
        ("two/requirements.txt", True),
    ]
    assert counts(gate, "locks", "locked", "examined", "projects", "vulnerable") == [2, 1, 1, 2, 1]
    assert sorted(path.name for path in (gate.artifacts / "ledger").glob("*.jsonl")) == ["one.jsonl", "two.jsonl"]


# Other people's VEX.


def _vex(gate: GateProject, version: str = "1.0", **fields: str) -> str:
    statement = {
        "vulnerability": {"name": "CVE-1"},
        "products": [{"@id": f"pkg:pypi/foo@{version}"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        **fields,
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://vex.example/1",
        "author": "Supplier",
        "timestamp": "2026-11-01T00:00:00Z",
        "version": 1,
        "statements": [{key: value for key, value in statement.items() if value}],
    }
    path = gate.folder / "supplier.openvex.json"
    path.write_text(json.dumps(document))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    gate.write(".security-config.toml", f'[[vex_authors]]\nname = "Supplier"\nsha256 = "{digest}"\n')
    return str(path)


def test_vex_suppresses_and_the_finding_stays_visible(gate: GateProject) -> None:
    assert gate.run("--vex", _vex(gate)) == ExitCode.PASS
    [found] = gate.record().findings
    assert found.code == "vulnerability.known"
    assert (
        found.waived_by == "VEX: https://vex.example/1, not_affected (vulnerable_code_not_present), by Supplier, digest"
    )
    assert [ref.path for ref in gate.record().reads] == ["project:requirements.txt", "vex:supplier.openvex.json"]
    assert gate.record().options["vex"] == "1"


@pytest.mark.parametrize("change", [{"version": "1.0.1"}, {"justification": "", "impact_statement": "none"}])
def test_vex_about_something_else_or_without_a_justification_suppresses_nothing(
    gate: GateProject, change: dict[str, str]
) -> None:
    assert gate.run("--vex", _vex(gate, **change)) == ExitCode.DENIED
    assert any(one.code == "vulnerability.known" and not one.waived_by for one in gate.record().findings)


def test_vex_that_cannot_be_read_is_an_error(gate: GateProject) -> None:
    broken = gate.folder / "broken.json"
    broken.write_text("{}")
    assert gate.run("--vex", str(broken)) == ExitCode.INPUT


# Properties.

EVENTS = st.sampled_from(["introduced 0", "introduced 0, fixed 2", "introduced 1.5", "introduced 0, last_affected 1.0"])
RECORDS = st.builds(
    lambda number, package, events, aliases: record(f"PYSEC-{number}", affected(package, events), aliases=aliases),
    st.integers(1, 5),
    st.sampled_from(["foo", "bar"]),
    EVENTS,
    st.lists(st.sampled_from(["CVE-1", "CVE-2", "MAL-1"]), max_size=2),
)


@settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(RECORDS, max_size=4, unique_by=lambda one: str(one["id"])), RECORDS)
def test_adding_an_advisory_never_removes_a_finding(
    gate: GateProject, known: list[dict[str, Any]], added: dict[str, Any]
) -> None:
    base = [UNRELATED, *(one for one in known if one["id"] != added["id"])]
    gate.feed(*base)
    before_code = gate.run()
    before = gate.record().findings
    gate.feed(*base, added)
    after_code = gate.run()
    after = gate.record().findings
    for one in before:
        kept = [
            other
            for other in after
            if (other.code, other.package, other.version) == (one.code, one.package, one.version)
            and set(one.aliases) <= set(other.aliases)
        ]
        assert kept, one
    assert not (before_code == ExitCode.DENIED and after_code != ExitCode.DENIED)


# The second opinion.


def test_pip_audit_agrees(gate: GateProject) -> None:
    gate.lock("foo==1.0", "bar==2.0", path="a/requirements.txt")
    gate.lock("foo==3.0", path="b/requirements.txt")
    assert gate.run("--second-opinion") == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.known", "foo", "1.0")]
    assert [tool.name for tool in gate.record().tools] == ["pip-audit"]
    assert check_vulnerabilities.SAME_RECORDS in gate.record().notes
    assert counts(gate, "disagreements", "explained_differences") == [0, 0]


def test_an_unordered_bound_is_explained_and_no_disagreement(gate: GateProject) -> None:
    gate.feed(record("P-1", affected("foo", "introduced 0, last_affected 1.5-NA")))
    assert gate.run("--second-opinion") == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.known", "foo", "1.0")]
    assert counts(gate, "disagreements", "explained_differences") == [0, 1]


def test_a_disagreement_is_a_finding_in_either_direction(gate: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    told = pip_audit.AuditResult({("foo", "1.0"): (), ("bar", "2.0"): (frozenset({"CVE-7"}),)}, {})
    monkeypatch.setattr(pip_audit, "ask", lambda *_, **__: told)
    assert gate.run("--second-opinion") == ExitCode.DENIED
    messages = {one.package: one.message for one in gate.record().findings if one.code == "vulnerability.disagreement"}
    assert messages == {
        "foo": "sealwright reports CVE-1, GHSA-a, PYSEC-1 for foo 1.0, pip-audit does not, on the same records",
        "bar": "pip-audit reports CVE-7 for bar 2.0, sealwright does not, on the same records",
    }
    assert counts(gate, "disagreements") == [2]


def test_an_auditor_that_cannot_be_run_was_not_examined(gate: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise UnavailableError("pip-audit: broke", hint="Mend it.")

    monkeypatch.setattr(pip_audit, "ask", fail)
    gate.feed(UNRELATED)
    assert gate.run("--second-opinion") == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert (found.code, found.message, found.next_step) == (
        "vulnerability.second-opinion-not-examined", "pip-audit did not run: pip-audit: broke", "Mend it.",
    )  # fmt: skip


def test_a_pin_that_the_auditor_skips_was_not_examined(gate: GateProject) -> None:
    gate.feed(UNRELATED)
    gate.lock("foo==1.0", "bar===2.0-odd-one")
    assert gate.run("--second-opinion") == ExitCode.NOT_EXAMINED
    assert ("vulnerability.second-opinion-not-examined", "bar", "2.0-odd-one") in gate.codes()


def test_the_second_opinion_asks_the_api_that_was_asked(gate: GateProject, services: dict[str, OsvService]) -> None:
    assert gate.run("--source", "api", "--second-opinion", given=False) == ExitCode.DENIED
    assert services["api"].requests.count("/v1/query") == 2
    assert gate.run("--source", "index", "--second-opinion", given=False) == ExitCode.DENIED
    assert ("vulnerability.second-opinion-not-examined", "", "") in gate.codes()


@pytest.mark.parametrize(
    "project", ["soar", "poetry", *(pytest.param(name, marks=pytest.mark.whole) for name in ("saleor", "warehouse"))]
)
def test_real_projects_and_the_real_feed(
    gate: GateProject, shared_data: Path, feed_cache: Path, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, REAL_FEED_DAY)
    words = ["--project", str(shared_data / "projects" / project), "--version", "v1", "--second-opinion"]
    words += ["--advisories", str(shared_data / "advisories" / "osv-pypi.zip"), "--cache", str(feed_cache)]
    assert gate.run(*words, given=False) == ExitCode.DENIED
    assert counts(gate, "disagreements", "explained_differences", "undecided", "settled") == [0, 0, 0, 0]
    unversioned = {"warehouse": 1}.get(project, 0)
    assert counts(gate, "examined")[0] == counts(gate, "locked")[0] - unversioned


@pytest.mark.parametrize(
    "project",
    [
        "soar",
        *(pytest.param(name, marks=pytest.mark.whole) for name in ("poetry", "saleor", "warehouse", "edge-pylock")),
    ],
)
def test_a_new_feed_gives_the_findings_that_its_index_gives(
    gate: GateProject, shared_data: Path, feed_cache: Path, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, REAL_FEED_DAY)
    started: list[object] = []
    monkeypatch.setattr(index_later, "start_indexing", lambda *paths: started.append(paths))
    words = ["--project", str(shared_data / "projects" / project), "--version", "v1"]
    words += ["--advisories", str(shared_data / "advisories" / "osv-pypi.zip"), "--cache"]
    seen = []
    for cache in (gate.folder / "new", feed_cache):
        code = gate.run(*words, str(cache), given=False)
        seen.append((code, msgspec.structs.replace(gate.record(), invocation="", finished=gate.record().started)))
    assert seen[0] == seen[1]
    assert len(started) == 1


# The public log.

TOKENS = re.compile(r"foo|bar|1\.0|2\.0|CVE|GHSA|PYSEC|requirements|https?:|osv\.zip|[0-9a-f]{12}|thing", re.IGNORECASE)


def _public(gate: GateProject, capfd: pytest.CaptureFixture[str], *words: str, given: bool = True) -> str:
    gate.run("--public-log", "--verbose", *words, given=given)
    out, err = capfd.readouterr()
    assert not TOKENS.search(out + err), out + err
    assert str(gate.folder) not in out + err
    return out + err


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_public_log_holds_counts_only(gate: GateProject, capfd: pytest.CaptureFixture[str], form: str) -> None:
    said = _public(gate, capfd, "--second-opinion", "--ledger", "--format", form)
    assert "check_vulnerabilities" in said
    assert re.search(r"known\W+1", said)


def test_the_public_log_of_an_outside_that_fails(
    gate: GateProject, services: dict[str, OsvService], capfd: pytest.CaptureFixture[str]
) -> None:
    for service in services.values():
        service.fault = "500"
    assert _public(gate, capfd, given=False) == (
        "error: exit 5 (not examined: an outside service or a feed did not give a usable answer)\n"
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["raise", "crash", "warn", "log", "print", "child"])
@pytest.mark.parametrize(
    "where", ["ops.supply_chain.adapters.osv.snapshot.open_feed", "ops.supply_chain.adapters.tools.pip_audit.ask"]
)
def test_the_public_log_when_an_adapter_speaks(
    gate: GateProject, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str, where: str
) -> None:
    import importlib
    import logging
    import warnings

    module, _, name = where.rpartition(".")
    real = getattr(importlib.import_module(module), name)

    def speak(*args: Any, **kwargs: Any) -> Any:
        said = "foo 1.0 CVE-1 https://user:pw@h/requirements.txt"
        if how == "raise":
            raise UnavailableError(said, hint=said)
        if how == "crash":
            raise RuntimeError(said)
        if how == "warn":
            warnings.warn(said, stacklevel=1)
        if how == "log":
            logging.getLogger("third.party").error(said)
        if how == "print":
            print(said)
        if how == "child":
            subprocess.run(["sh", "-c", f"echo '{said}'; echo '{said}' >&2"], check=True)
        return real(*args, **kwargs)

    monkeypatch.setattr(where, speak)
    _public(gate, capfd, "--second-opinion")


def test_the_public_log_of_a_broken_ledger(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    path = gate.artifacts / "ledger" / "thing.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"foo": "CVE-1"}\n')
    assert _public(gate, capfd) == "error: exit 3 (an input is broken)\n"

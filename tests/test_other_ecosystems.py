"""The advisory gates over packages of other ecosystems: feeds given by ecosystem, and what has none is said."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_malware, check_vulnerabilities
from ops.supply_chain.adapters.osv import sources
from ops.supply_chain.adapters.osv.feed_index import KEPT_INDEXES
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW, GateProject, accept_small_feeds, at
from tests.formats.received.documents import cyclonedx

LEFT = record("GHSA-a", affected("left-pad", "introduced 0, fixed 1.10.0", ecosystem="npm"))
EVIL = record("MAL-1", affected("evil", "introduced 0", ecosystem="npm"))
DEB = record("DSA-1", affected("openssl", "introduced 0, fixed 3.0.11", ecosystem="Debian:12"))
OF_PYPI = [record("CVE-9", affected("elsewhere", "introduced 0")), record("MAL-9", affected("bad", "introduced 0"))]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GateProject:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    project = GateProject(tmp_path, check_vulnerabilities.main)
    project.lock("foo==1.0")
    project.feed(*OF_PYPI)
    return project


def _npm(gate: GateProject, *records: dict[str, Any]) -> str:
    path = gate.folder / "npm.zip"
    path.write_bytes(snapshot(*records))
    return str(path)


def _run(
    gate: GateProject, capfd: pytest.CaptureFixture[str], purls: list[str], *words: str, given: bool = True
) -> tuple[int, dict[str, Any]]:
    parts = [{"type": "library", "name": purl, "purl": purl} for purl in purls]
    path = gate.root / "supplier.json"
    path.write_text(json.dumps(cyclonedx(components=parts, dependencies=[]), indent=1))
    capfd.readouterr()
    code = gate.run("--format", "json", "--sbom", str(path), *words, given=given)
    return code, json.loads(capfd.readouterr().out)["record"]


def test_a_package_of_npm_is_matched_with_its_feed(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    npm = _npm(gate, LEFT)
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@1.9.0"], "--advisories", f"npm={npm}")
    assert code == ExitCode.DENIED
    [known] = found["findings"]
    assert (known["code"], known["package"], known["version"]) == ("vulnerability.known", "pkg:npm/left-pad", "1.9.0")
    assert known["line"] > 1
    assert "1.10.0" in known["next_step"]
    assert "supplier.json" in known["next_step"]
    assert (found["counts"]["vulnerable"], found["counts"]["components_not_matched"]) == (1, 0)
    assert {feed["name"] for feed in found["feeds"]} >= {"osv-npm"}
    assert _run(gate, capfd, ["pkg:npm/left-pad@1.10.0"], "--advisories", f"npm={npm}")[0] == ExitCode.PASS


def test_a_feed_without_the_name_of_an_ecosystem_serves_all_it_has(
    gate: GateProject, capfd: pytest.CaptureFixture[str]
) -> None:
    mixed = _npm(gate, LEFT, *OF_PYPI, DEB)
    purls = ["pkg:npm/left-pad@1.0.0", "pkg:pypi/elsewhere@1.0", "pkg:deb/debian/openssl@3.0.1?distro=debian-12"]
    code, found = _run(gate, capfd, purls, "--advisories", mixed, given=False)
    assert code == ExitCode.DENIED
    assert {finding["package"] for finding in found["findings"]} == {
        "pkg:npm/left-pad",
        "elsewhere",
        "pkg:deb/debian/openssl",
    }


def test_a_few_records_that_name_several_ecosystems_are_no_feed_of_all_of_them(
    gate: GateProject, capfd: pytest.CaptureFixture[str]
) -> None:
    both = record(
        "GHSA-b", affected("elsewhere", "introduced 0"), affected("left-pad", "introduced 2", ecosystem="npm")
    )
    mixed = _npm(
        gate, both, *(record(f"CVE-{number}", affected("x", "introduced 0")) for number in range(19)), *OF_PYPI
    )
    code, found = _run(
        gate, capfd, ["pkg:npm/left-pad@1.0.0", "pkg:npm/other@1.0.0"], "--advisories", mixed, given=False
    )
    assert code == ExitCode.NOT_EXAMINED
    assert "(no version)" not in str(found["findings"])
    assert any(
        "has 1 of 21 records about it, too few to be a feed of it" in item["message"] for item in found["findings"]
    )
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@2.0.0"], "--advisories", mixed, given=False)
    assert code == ExitCode.DENIED  # what such a record states counts all the same
    assert any("GHSA-b" in item["message"] for item in found["findings"])
    assert _run(gate, capfd, ["pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={mixed}")[0] == ExitCode.PASS


@pytest.mark.parametrize(("listed", "known"), [("Left-Pad", "left-pad"), ("left-pad", "Left-Pad")])
def test_a_name_that_differs_by_case_alone_is_not_examined(
    gate: GateProject, capfd: pytest.CaptureFixture[str], listed: str, known: str
) -> None:
    npm = _npm(gate, record("GHSA-a", affected(known, "introduced 0, fixed 1.10.0", ecosystem="npm")))
    code, found = _run(gate, capfd, [f"pkg:npm/{listed}@1.9.0"], "--advisories", f"npm={npm}")
    assert code == ExitCode.NOT_EXAMINED
    assert "its name differs by case alone" in found["findings"][0]["message"]
    assert _run(gate, capfd, [f"pkg:npm/{listed}@1.10.0"], "--advisories", f"npm={npm}")[0] == ExitCode.PASS


def test_an_ecosystem_without_a_feed_says_how_to_give_it(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@1.0.0", "pkg:cargo/time@0.1.0"])
    assert code == ExitCode.NOT_EXAMINED
    assert found["counts"]["components_not_matched"] == 2
    for finding in found["findings"]:
        assert "no feed of its advisories was given" in finding["message"]
        words = shlex.split(finding["next_step"].partition("nox -s check_vulnerabilities -- ")[2])
        assert "npm=https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip" in words
        assert words[:2] == ["--sbom", str(gate.root / "supplier.json")]


UNUSABLE = {
    "no record of it": ([DEB], "has no record of it"),
    "too old": ([{**LEFT, "modified": "2026-09-01T00:00:00Z"}], "days old by its records"),
    "a record about anything": (
        [LEFT, record("X-1", {"package": {"ecosystem": "npm", "name": 7}})],
        "cannot be read",
    ),
    "a record about it": (
        [EVIL, record("X-1", affected("left-pad", ecosystem="npm", ranges=7))],
        "record X-1",
    ),
}


@pytest.mark.parametrize(("records", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_feed_that_cannot_be_used_is_never_clear(
    gate: GateProject, capfd: pytest.CaptureFixture[str], records: list[dict[str, Any]], why: str
) -> None:
    npm = _npm(gate, *records)
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@9.0.0"], "--advisories", f"npm={npm}")
    assert code == ExitCode.NOT_EXAMINED
    assert [finding for finding in found["findings"] if why in finding["message"]]


def test_a_feed_that_is_not_there_hides_no_other(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    npm = _npm(gate, LEFT)
    words = ("--advisories", f"npm={npm}", "--advisories", f"Debian={gate.folder / 'absent.zip'}")
    purls = ["pkg:npm/left-pad@1.0.0", "pkg:deb/debian/openssl@3.0.1?distro=debian-12"]
    code, found = _run(gate, capfd, purls, *words)
    assert code == ExitCode.DENIED
    assert {finding["code"] for finding in found["findings"]} == {"vulnerability.known", "vulnerability.not-examined"}


def test_packages_of_pypi_without_an_answer_do_not_hide_the_others(
    gate: GateProject, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "OSV_SNAPSHOT_URL", "https://127.0.0.1:9/all.zip")
    npm = _npm(gate, LEFT)
    words = ("--advisories", f"npm={npm}", "--source", "snapshot", "--offline")
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@1.0.0", "pkg:pypi/x@1"], *words, given=False)
    assert code == ExitCode.DENIED
    assert {finding["code"] for finding in found["findings"]} == {"vulnerability.known", "vulnerability.not-examined"}
    code, _ = _run(gate, capfd, ["pkg:npm/left-pad@2.0.0", "pkg:pypi/x@1"], *words, given=False)
    assert code == ExitCode.NOT_EXAMINED


def test_malware_needs_a_feed_with_records_of_it(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    malware = GateProject.__new__(GateProject)
    malware.__dict__.update(gate.__dict__, _main=check_malware.main)
    npm = _npm(malware, LEFT, EVIL)
    code, found = _run(malware, capfd, ["pkg:npm/evil@1.0.0", "pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={npm}")
    assert code == ExitCode.DENIED
    assert [(item["code"], item["package"]) for item in found["findings"]] == [("malware.known", "pkg:npm/evil")]
    assert found["counts"]["malicious"] == 1
    assert _run(malware, capfd, ["pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={npm}")[0] == ExitCode.PASS
    without = _npm(malware, LEFT)
    code, found = _run(malware, capfd, ["pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={without}")
    assert code == ExitCode.NOT_EXAMINED
    assert "no record of malicious packages of npm" in found["findings"][0]["message"]


def test_a_waiver_names_the_package_url(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    maven = record("CVE-1", affected("org.a.B:c_d", "introduced 0", ecosystem="Maven"))
    path = _npm(gate, maven)
    code, found = _run(gate, capfd, ["pkg:maven/org.a.B/c_d@1.0.Final"], "--advisories", f"Maven={path}")
    assert code == ExitCode.DENIED
    [known] = found["findings"]
    assert known["package"] == "pkg:maven/org.a.B/c_d"
    gate.write(
        ".security-config.toml",
        '[[waivers]]\nid = "vulnerability.known"\npath = "supplier.json"\npackage = "pkg:maven/org.a.B/c_d"\nreason = "test code"\nowner = "a"\n'
        "date = 2026-11-19\nexpires = 2026-12-01\n",
    )
    assert _run(gate, capfd, ["pkg:maven/org.a.B/c_d@1.0.Final"], "--advisories", f"Maven={path}")[0] == ExitCode.PASS


def test_the_configuration_names_feeds(gate: GateProject, capfd: pytest.CaptureFixture[str]) -> None:
    gate.root.joinpath("npm.zip").write_bytes(snapshot(LEFT))
    gate.write(".security-config.toml", '[feeds.ecosystems]\nNPM = "npm.zip"\n')
    code, found = _run(gate, capfd, ["pkg:npm/left-pad@1.0.0"])
    assert code == ExitCode.DENIED
    assert [(feed["address"], feed["origin"]) for feed in found["feeds"]] == [("npm.zip", "configured")]
    given = _npm(gate, record("GHSA-b", affected("left-pad", "introduced 0, fixed 0.5.0", ecosystem="npm")))
    assert _run(gate, capfd, ["pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={given}")[0] == ExitCode.PASS


@pytest.mark.parametrize("name", ["PyPI", "nonsense"])
def test_a_name_that_is_no_other_ecosystem_is_refused(gate: GateProject, name: str) -> None:
    gate.write(".security-config.toml", f'[feeds.ecosystems]\n{name} = "x.zip"\n')
    gate.write("supplier.json", json.dumps(cyclonedx()))
    assert gate.run("--sbom", str(gate.root / "supplier.json")) == ExitCode.USAGE


def test_the_indexes_of_other_ecosystems_do_not_push_out_that_of_pypi(
    gate: GateProject, capfd: pytest.CaptureFixture[str]
) -> None:
    _run(gate, capfd, ["pkg:pypi/x@1"])
    for number in range(KEPT_INDEXES + 1):
        npm = _npm(gate, {**LEFT, "summary": str(number)})
        _run(gate, capfd, ["pkg:npm/left-pad@1.0.0"], "--advisories", f"npm={npm}", given=False)
    names = [path.name for path in gate.folder.rglob("*.sqlite")]
    assert len([name for name in names if ".others-" in name]) == KEPT_INDEXES + 1
    assert len([name for name in names if ".others-" not in name]) == 1


@pytest.mark.parametrize("main", [check_vulnerabilities.main, check_malware.main], ids=["vulnerabilities", "malware"])
@pytest.mark.parametrize(
    "rest",
    [
        "left-pad@latest",
        "left-pad@^1.0.0",
        "left-pad@1.9.0@2",
        "l%C0ft@1.0.0",
        "x/left-pad@1.9.0",
        "left-pad%20@1.9.0",
        "l\u0435ft-pad@1.9.0",
    ],
)
def test_a_name_or_version_that_none_can_have_never_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], main: Any, rest: str
) -> None:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    gate = GateProject(tmp_path, main)
    gate.feed(*OF_PYPI)
    listed = record("MAL-2", affected("left-pad", versions=("1.9.0",), ecosystem="npm"))
    npm = _npm(gate, LEFT, listed, EVIL)
    code, _ = _run(gate, capfd, [f"pkg:npm/{rest}"], "--advisories", f"npm={npm}")
    assert code in (ExitCode.DENIED, ExitCode.NOT_EXAMINED)
    assert _run(gate, capfd, ["pkg:npm/%40x/left-pad@2.0.0"], "--advisories", f"npm={npm}")[0] == ExitCode.PASS

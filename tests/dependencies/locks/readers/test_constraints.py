"""Constraints install nothing; they give the version of what is required without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain import check_locks, check_vulnerabilities, generate_sbom
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.dependencies.locks.project import find_locks
from tests.cases import case
from tests.dependencies.locks.support import OTHER_SHA, SHA, codes, only, read
from tests.dependencies.locks.test_project import Folder
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which the snapshot of these tests is fresh."""
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW)


GIVEN = {
    "no version": ("foo", "foo==1.5", "1.5"),
    "in another spelling": ("Foo_Bar", "foo.bar==1.5", "1.5"),
    "with extras": ("foo[socks]", "foo==1.5", "1.5"),
    "a range that allows it": ("foo>=1,<2", "foo==1.5", "1.5"),
    "a prerelease": ("foo>=1", "foo==2.0rc1", "2.0rc1"),
    "a range that forbids it": ("foo>=2", "foo==1.5", ""),
    "an own version": ("foo==1.4", "foo==1.5", "1.4"),
    "twice the same": ("foo", "foo==1.5\nFOO==1.5", "1.5"),
    "two versions": ("foo", "foo==1.5\nfoo==1.6", ""),
    "no exact version": ("foo", "foo<2", ""),
    "any of a series": ("foo", "foo==1.*", ""),
    "for another environment": ("foo", "foo==1.5 ; sys_platform == 'win32'", ""),
    "for the same environment": ("foo ; sys_platform == 'win32'", "foo==1.5 ; sys_platform == 'win32'", "1.5"),
    "always": ("foo ; sys_platform == 'win32'", "foo==1.5", "1.5"),
    "another package": ("foo", "bar==1.5", ""),
    "an address": ("foo", "foo @ https://h.org/foo-1.5.zip", ""),
}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("first", [True, False])
def test_the_version_that_a_constraint_gives(name: str, first: bool) -> None:
    required, constraint, version = GIVEN[name]
    lines = ["-c c.txt", required] if first else [required, "-c c.txt"]
    lock = read("requirements.txt", "\n".join(lines), {"c.txt": f"{constraint}\n"})
    assert only(lock).pin.version == version
    assert ("lock.unpinned" in codes(lock)) == (not version)
    assert "lock.unhashed" in codes(lock)


def test_a_constraint_gives_its_hashes_too() -> None:
    lock = read("requirements.txt", "-c c.txt\nfoo\n", {"c.txt": f"foo==1 --hash={SHA}\n"})
    assert (only(lock).pin.hashes, codes(lock)) == ((SHA,), [])
    own = read("requirements.txt", f"-c c.txt\nfoo --hash={OTHER_SHA}\n", {"c.txt": f"foo==1 --hash={SHA}\n"})
    assert only(own).pin.hashes == (OTHER_SHA,)


def test_a_hash_that_cannot_be_used_stays_a_problem() -> None:
    lock = read("requirements.txt", "-c c.txt\nfoo --hash=sha256:12\n", {"c.txt": "foo==1\n"})
    assert codes(lock) == ["lock.malformed-hash", "lock.unhashed"]


def test_constraints_of_an_included_file_hold_for_everything() -> None:
    others = {"base.txt": "-c c.txt\nbar\n", "c.txt": "-r d.txt\nfoo==1\n", "d.txt": "bar==2\n"}
    lock = read("requirements.txt", "foo\n-r base.txt\n", others)
    assert [(entry.pin.name, entry.pin.version) for entry in lock.entries] == [("foo", "1"), ("bar", "2")]
    assert [path for path, _, _ in lock.included] == ["base.txt", "c.txt", "d.txt"]


ELSEWHERE = {
    "https://user:s3cret@h.org/c.txt": "https://h.org/c.txt",
    "HTTP://h.org/c.txt": "HTTP://h.org/c.txt",
    "file:///srv/c.txt": "file:///srv/c.txt",
    "${HERE}/c.txt": "${HERE}/c.txt",
    "/srv/c.txt": "/srv/c.txt",
    "../c.txt": "../c.txt",
}


@pytest.mark.parametrize("option", ["-c ", "-c", "--constraint ", "--constraint=", "--build-constraint "])
@pytest.mark.parametrize("target", ELSEWHERE)
def test_constraints_that_are_no_file_of_the_project_are_named_and_the_lock_is_read(target: str, option: str) -> None:
    lock = read("requirements.txt", f"foo==1 --hash={SHA}\n{option}{target}\n")
    assert only(lock).pin.version == "1"
    (finding,) = lock.findings
    assert (finding.code, finding.severity, finding.line) == ("lock.constraint-unread", "info", 2)
    assert repr(ELSEWHERE[target]) in finding.message
    assert "s3cret" not in repr(lock)


def test_broken_constraints_break_the_lock() -> None:
    with pytest.raises(InputError, match=r"\Ac\.txt:1: expected a requirement"):
        read("requirements.txt", "-c c.txt\nfoo\n", {"c.txt": "?\n"})


FILES = {
    "constraints": ({"requirements.txt": "-c constraints.txt\na\n", "constraints.txt": "a==1\n"}, ["requirements.txt"]),
    "any name": ({"requirements.txt": "--constraint=pins/all.txt\na\n", "pins/all.txt": "a==1\n"}, ["requirements.txt"]),
    "glued": ({"requirements.txt": "-cconstraints.txt\na\n", "constraints.txt": "a==1\n"}, ["requirements.txt"]),
    "of a source": ({"a/requirements.in": "-c ../c.txt # all\n", "c.txt": "a==1\n"}, []),
    "included as well": ({"requirements.txt": "-c c.txt\n", "dev-requirements.txt": "-r c.txt\n", "c.txt": "a==1\n"}, ["c.txt", "dev-requirements.txt", "requirements.txt"]),
    "a lock by its name": ({"requirements.txt": "a==1\n", "dev-requirements.txt": "-c requirements.txt\nb==1\n"}, ["dev-requirements.txt", "requirements.txt"]),
    "a lock by its hashes": ({"prod.txt": f"a==1 --hash={SHA}\n", "dev-requirements.txt": "-c prod.txt\n"}, ["dev-requirements.txt", "prod.txt"]),
    "a lock by its source": ({"prod.txt": "a==1\n", "prod.in": "a\n", "dev-requirements.txt": "-c prod.txt\n"}, ["dev-requirements.txt", "prod.txt"]),
    "named by nothing": ({"constraints.txt": "a==1\n"}, []),
    "named by nothing, with hashes": ({"constraints.txt": "a==1 --hash=sha256:" + 64 * "0" + "\n"}, ["constraints.txt"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_only_constrains_is_no_lock(name: str) -> None:
    files, expected = FILES[name]
    assert find_locks(Folder(files), LocksConfig()) == expected


def test_a_constraints_file_that_the_configuration_names_is_read() -> None:
    config = LocksConfig(include=("*.txt",))
    files, _ = FILES["constraints"]
    assert find_locks(Folder(files), config) == ["constraints.txt", "requirements.txt"]


def test_of_the_real_case_only_what_is_required_is_a_component(tmp_path: Path) -> None:
    place = [
        "--project",
        str(case("lock-constraint-pins", tmp_path)),
        "--dist",
        str(tmp_path / "dist"),
        "--version",
        "1",
    ]
    assert generate_sbom.main([*place, "--no-enrich"]) == ExitCode.PASS
    sbom = json.loads((tmp_path / "dist/sbom/lock-constraint-pins-sbom.json").read_bytes())
    found = {(component["name"], component["version"]) for component in sbom["components"]}
    assert found == {("requests", "2.19.0"), ("urllib3", "1.24.1")}


def test_of_the_real_case_only_what_is_required_is_vulnerable(tmp_path: Path) -> None:
    records = [record(f"GHSA-{name}", affected(name, "introduced 0")) for name in ("requests", "urllib3", "flask")]
    (tmp_path / "osv.zip").write_bytes(snapshot(*records))
    place = [
        "--project",
        str(case("lock-constraint-pins", tmp_path)),
        "--dist",
        str(tmp_path / "dist"),
        "--version",
        "1",
    ]
    assert check_vulnerabilities.main([*place, "--advisories", str(tmp_path / "osv.zip")]) == ExitCode.DENIED
    left = json.loads((tmp_path / "dist/records/check_vulnerabilities.json").read_bytes())
    assert {finding["package"] for finding in left["findings"]} == {"requests", "urllib3"}


def test_the_real_lock_with_constraints_at_an_address_is_read(tmp_path: Path) -> None:
    place = [
        "--project",
        str(case("lock-constraint-url", tmp_path)),
        "--dist",
        str(tmp_path / "dist"),
        "--version",
        "1",
    ]
    assert generate_sbom.main([*place, "--no-enrich"]) == ExitCode.PASS
    assert check_locks.main([*place, "--offline"]) == ExitCode.DENIED
    for stage in ("generate_sbom", "check_locks"):
        left = json.loads((tmp_path / f"dist/records/{stage}.json").read_bytes())
        [named] = [finding for finding in left["findings"] if finding["code"] == "lock.constraint-unread"]
        assert (named["path"], named["line"]) == ("requirements.txt", 1)
        assert "https://constraints.example.org/airflow/constraints-3.11.txt" in named["message"]


@pytest.mark.parametrize(
    ("target", "addresses"),
    [
        ("https://c.example/c.txt", ["https://c.example/c.txt"]),
        ("https://user:hunter2@c.example/c.txt", ["https://c.example/c.txt"]),
        ("https://${USER}:${TOKEN}@c.example/c.txt", []),
        ("${PLACE}/c.txt", []),
        ("file:///etc/c.txt", []),
        ("../c.txt", []),
        ("https://a:b:c/c.txt", []),
    ],
)
def test_only_http_addresses_can_be_fetched_and_no_variable_is_expanded(
    monkeypatch: pytest.MonkeyPatch, target: str, addresses: list[str]
) -> None:
    monkeypatch.setenv("PLACE", "https://c.example")
    monkeypatch.setenv("TOKEN", "hunter2")
    lock = read("requirements.txt", f"-c {target}\na==1\n")
    assert [url for _, _, url in lock.constraint_addresses] == addresses
    assert [finding.code for finding in lock.findings if "constraint" in finding.code] == ["lock.constraint-unread"]
    assert "hunter2" not in repr(lock)

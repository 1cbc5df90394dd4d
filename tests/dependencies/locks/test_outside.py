"""A folder outside the project is not examined, whatever tool wrote the lock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain import check_locks, check_vulnerabilities, generate_sbom
from ops.supply_chain.core.errors import ExitCode
from tests.cases import case
from tests.dependencies.locks.support import codes, only, read
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which the snapshot of these tests is fresh."""
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW)


READERS = {
    "uv.lock": "version = 1\n[[package]]\nname = 'a'\nversion = '1.0'\nsource = {{ directory = '{}' }}\n",
    "uv.lock (editable)": "version = 1\n[[package]]\nname = 'a'\nversion = '1.0'\nsource = {{ editable = '{}' }}\n",
    "pylock.toml": "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'a'\nversion = '1.0'\ndirectory = {{ path = '{}' }}\n",
    "poetry.lock": "[[package]]\nname = 'a'\nversion = '1.0'\n[package.source]\ntype = 'directory'\nurl = '{}'\n[metadata]\nlock-version = '2.1'\n",
    "pdm.lock": "[metadata]\nlock_version = '4.5.0'\n[[package]]\nname = 'a'\nversion = '1.0'\npath = '{}'\n",
    "Pipfile.lock": '{{"_meta": {{"pipfile-spec": 6}}, "default": {{"a": {{"path": "{}", "editable": true}}}}, "develop": {{}}}}',
    "requirements.txt": "a @ file:{}\n",
    "requirements.txt (editable)": "-e {}#egg=a\n",
}  # fmt: skip
OUTSIDE = ["/opt/vendor/lib", "../lib", "libs/../../lib", "..", "~/lib", "C:/vendor/lib"]
INSIDE = ["./libs/a", "libs/a", "libs/../a"]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("name", READERS)
def test_a_folder_outside_the_project_is_not_its_own(name: str, path: str) -> None:
    lock = read(name.split(" ", maxsplit=1)[0], READERS[name].format(path))
    assert not only(lock).pin.local
    assert only(lock).pin.is_foreign_folder
    assert "lock.unhashed" in codes(lock)


@pytest.mark.parametrize("path", INSIDE)
@pytest.mark.parametrize("name", READERS)
def test_a_folder_of_the_project_is_its_own(name: str, path: str) -> None:
    lock = read(name.split(" ", maxsplit=1)[0], READERS[name].format(path))
    assert only(lock).pin.local
    assert not only(lock).pin.is_foreign_folder
    assert codes(lock) == []


@pytest.mark.parametrize("name", READERS)
def test_the_folder_of_the_lock_decides(name: str) -> None:
    file = name.split(" ", maxsplit=1)[0]
    assert only(read(f"deploy/{file}", READERS[name].format("../libs/a"))).pin.local
    assert not only(read(f"deploy/{file}", READERS[name].format("../../libs/a"))).pin.local


@pytest.mark.parametrize(
    "url", ["file:///${PROJECT_ROOT}/libs/a", "file:///${HOME}/a", "file:///srv/a", "file://localhost/srv/a"]
)
def test_addresses_of_folders(url: str) -> None:
    text = f"[metadata]\nlock_version = '4.5.0'\n[[package]]\nname = 'a'\nversion = '1.0'\nurl = '{url}'\n"
    assert only(read("pdm.lock", text)).pin.local == ("PROJECT_ROOT" in url)


def test_the_real_lock_is_not_examined(tmp_path: Path) -> None:
    place = [
        "--project",
        str(case("lock-uv-abs-directory", tmp_path)),
        "--dist",
        str(tmp_path / "dist"),
        "--version",
        "1",
    ]
    (tmp_path / "osv.zip").write_bytes(snapshot(record("GHSA-x", affected("unused", versions=("1.0",)))))
    feed = ["--advisories", str(tmp_path / "osv.zip")]
    assert check_vulnerabilities.main([*place, *feed]) == ExitCode.NOT_EXAMINED
    left = json.loads((tmp_path / "dist/records/check_vulnerabilities.json").read_bytes())
    assert (left["counts"]["locked"], left["counts"]["examined"]) == (1, 0)
    assert [(finding["code"], finding["package"]) for finding in left["findings"]] == [
        ("vulnerability.not-examined", "vendored")
    ]
    assert check_locks.main([*place, "--offline"]) == ExitCode.DENIED
    assert generate_sbom.main([*place, "--no-enrich"]) == ExitCode.PASS
    text = next((tmp_path / "dist/sbom").glob("*-sbom.json")).read_text()
    assert "vendored" in text
    assert "/opt/vendor" not in text
    assert "pkg:pypi/vendored" not in text


def test_known_vulnerabilities_of_its_name_are_found_all_the_same(tmp_path: Path) -> None:
    place = [
        "--project",
        str(case("lock-uv-abs-directory", tmp_path)),
        "--dist",
        str(tmp_path / "dist"),
        "--version",
        "1",
    ]
    (tmp_path / "osv.zip").write_bytes(snapshot(record("GHSA-x", affected("vendored", versions=("1.0",)))))
    assert check_vulnerabilities.main([*place, "--advisories", str(tmp_path / "osv.zip")]) == ExitCode.DENIED

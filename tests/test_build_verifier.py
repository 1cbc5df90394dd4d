"""The stand-alone verifier as a file of a release."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from ops.supply_chain import build_verifier
from ops.supply_chain.adapters.tools import zipapp
from ops.supply_chain.adapters.tools.zipapp import pack
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode


@pytest.fixture(scope="module", autouse=True)
def _each_source_once() -> Iterator[None]:
    """Compile each source once for all builds of these tests; tests/adapters/tools/test_zipapp.py covers the compiling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipapp, "_compiled", cache(zipapp._compiled))
        patch.setattr(zipapp, "_imports", cache(zipapp._imports))
        yield


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def build(project: Path, *words: str, config: str = "") -> Path:
    (project / ".security-config.toml").write_text(f'component_name = "acme"\n{config}')
    dist = project.parent / "dist"
    options = ["--project", str(project), "--dist", str(dist), "--version", "1.0"]
    assert build_verifier.main([*options, *words]) == ExitCode.PASS
    return dist


def test_for_a_release_it_leaves_the_record_that_the_gate_needs(project: Path) -> None:
    dist = build(project, "--for-release")
    data = (dist / "verifier/sealwright-verify.pyz").read_bytes()
    record = canonical.read(dist / "records/build_verifier.json", Record)
    assert [(ref.path, ref.sha256) for ref in record.writes] == [
        ("dist:verifier/sealwright-verify.pyz", sha256_bytes(data))
    ]
    assert {tool.name for tool in record.tools} == {"cpython", "packageurl-python", "packaging", "sealwright"}
    assert record.outcome == "pass"


def test_it_depends_on_nothing_of_the_project(project: Path) -> None:
    first = (build(project, "--for-release") / "verifier/sealwright-verify.pyz").read_bytes()
    assert (build(project) / "verifier/sealwright-verify.pyz").read_bytes() == first


def test_a_project_can_leave_it_out_of_releases(project: Path) -> None:
    dist = build(project, "--for-release")
    build(project, "--for-release", config="[build]\nverifier = false\n")
    assert not (dist / "verifier").exists()
    record = canonical.read(dist / "records/build_verifier.json", Record)
    assert (record.writes, record.notes) == ((), ("not part of this release: [build].verifier is false",))


def test_outside_a_release_it_is_built_whatever_the_project_releases_and_leaves_no_record(project: Path) -> None:
    dist = build(project, config="[build]\nverifier = false\n")
    assert (dist / "verifier/sealwright-verify.pyz").is_file()
    assert not (dist / "records").exists()


def check(path: Path, code: ExitCode, capfd: pytest.CaptureFixture[str]) -> str:
    capfd.readouterr()
    unused = path.parent / "unused"
    assert build_verifier.main(["--check", str(path), "--dist", str(unused)]) == code
    assert not unused.exists()
    return capfd.readouterr().out


def test_compiled_modules_are_checked_against_their_sources(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.pyz"
    path.write_bytes((build(project) / "verifier/sealwright-verify.pyz").read_bytes())
    said = check(path, ExitCode.PASS, capfd)
    assert re.search(
        r"given\.pyz: \d{3} compiled modules, each is what its source compiles to with cpython 3\.\d+\n", said
    )
    with zipfile.ZipFile(path) as handle:
        members = {name: handle.read(name) for name in handle.namelist()}
    sources = {name: data for name, data in members.items() if not name.endswith(".pyc")}
    members["ops/__init__.pyc"] = members["packaging/version.pyc"]
    path.write_bytes(pack(members))
    assert "1 compiled module is not what the source compiles to\n  ops/__init__.pyc" in check(
        path, ExitCode.DENIED, capfd
    )
    members["ops/__init__.pyc"] = bytes(len(MAGIC_NUMBER))
    path.write_bytes(pack(members))
    assert ": another Python made 1 of " in check(path, ExitCode.NOT_EXAMINED, capfd)
    path.write_bytes(pack(sources))
    assert "not checked, because it has no compiled modules" in check(path, ExitCode.NOT_EXAMINED, capfd)
    path.write_bytes(b"no zipapp")
    check(path, ExitCode.INPUT, capfd)

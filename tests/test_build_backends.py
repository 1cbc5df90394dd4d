"""Real build backends from the public index: what differs between two builds is found and explained, and repacking cures it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.builders import build as builders
from tests.conftest import REPOSITORY
from tests.fakes.built_project import BuiltProject

pytestmark = pytest.mark.online

BACKENDS = {
    "hatchling": ("hatchling", "hatchling.build"),
    "setuptools": ("setuptools", "setuptools.build_meta"),
    "extension": ("setuptools", "setuptools.build_meta"),
    "flit": ("flit_core", "flit_core.buildapi"),
    "poetry": ("poetry-core", "poetry.core.masonry.api"),
    "pdm": ("pdm-backend", "pdm.backend"),
    "uv": ("uv_build", "uv_build"),
}
DIFFER: dict[str, dict[str, set[str]]] = {
    "setuptools": {"whl": {"mode"}, "gz": {"mode", "mtime", "gzip mtime"}},
    "extension": {"whl": {"mode", "content"}, "gz": {"mode", "mtime", "gzip mtime"}},
    "pdm": {"gz": {"gzip mtime"}},
}
"""Backend -> ending of the distribution -> the fields that are not the same in two builds."""

C_SOURCE = """#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_demo", 0, -1, 0};
PyMODINIT_FUNC PyInit__demo(void) { return PyModule_Create(&module); }
"""


def write(project: BuiltProject, kind: str) -> None:
    requires, backend = BACKENDS[kind]
    lines = ["[project]", 'name = "demo"', 'version = "1.0"', 'description = "A demonstration"', "[build-system]"]
    lines += [f'requires = ["{requires}"]', f'build-backend = "{backend}"']
    if kind == "extension":
        lines += ["[tool.setuptools]", 'ext-modules = [{name = "demo._demo", sources = ["src/demo/demo.c"]}]']
        project.write("src/demo/demo.c", C_SOURCE)
    project.write("pyproject.toml", "".join(f"{line}\n" for line in lines))
    project.write("src/demo/__init__.py", '"""A demonstration."""\n')
    project.write("src/demo/data.py", "x = 1\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> BuiltProject:
    monkeypatch.setattr(builders, "tokens_above", tuple)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return BuiltProject(tmp_path, None, monkeypatch, capfd)


@pytest.mark.parametrize("kind", BACKENDS)
def test_exactly_the_known_differences_are_found_and_repacking_cures_them(project: BuiltProject, kind: str) -> None:
    write(project, kind)
    project.lock()
    project.commit()
    project.run()
    assert "build.failed" not in project.codes, project.shown
    found = {
        built["filename"].rpartition(".")[2]: {row["field"] for row in built["differences"]}
        for built in project.package["distributions"]
        if built["differences"]
    }
    assert found == DIFFER.get(kind, {})
    assert project.codes == (["build.not-reproducible"] if kind in DIFFER else [])
    for built in project.package["distributions"]:
        assert all(row["cause"] and row["cure"] for row in built["differences"])
    project.configure("[build]\nnormalise = true\n")
    project.run()
    assert project.codes == [], project.shown
    assert len(project.package["distributions"]) == 2
    assert all(built["identical"] and built["normalised"] for built in project.package["distributions"])


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/python3").exists(), reason="needs root and a Python for all"
)
@pytest.mark.parametrize("kind", BACKENDS)
def test_another_user_builds_the_same(project: BuiltProject, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    write(project, kind)
    project.configure("[build]\nnormalise = true\n")
    project.lock()
    project.commit()
    monkeypatch.setattr("ops.supply_chain.adapters.builders.environment.sys.executable", "/usr/bin/python3")
    project.run()
    assert project.codes == [], project.shown
    assert [build["user"] for build in project.package["builds"]] == ["own", "65534"]
    assert all(built["identical"] for built in project.package["distributions"])


def test_the_distribution_of_this_repository_is_built_twice_and_the_same(project: BuiltProject) -> None:
    shutil.rmtree(project.root)
    project.version = "0.1.0"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(project.root)], check=True)
    project.lock()
    project.commit()
    project.run()
    assert project.codes == []
    assert [built["kind"] for built in project.package["distributions"]] == ["wheel", "sdist"]
    assert all(built["identical"] for built in project.package["distributions"])

"""A project of several packages: the tag at HEAD, or `--version NAME==VERSION`, decides which of them is described."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.packages import PackageEntry
from ops.supply_chain.core.errors import ErrorClass, UsageError
from tests.adapters.files.test_git import commit, git

WORKSPACE = '[project]\nname = "suite"\nversion = "9"\n[tool.uv.workspace]\nmembers = ["packages/*"]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "pyproject.toml").write_text(WORKSPACE)
    for name, version in (("cli", "0.4.30"), ("core", "2.0")):
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        text = f'[project]\nname = "{name}"\nversion = "{version}"\ndescription = "The {name}"\n[build-system]\nrequires = ["x"]\n'
        (folder / "pyproject.toml").write_text(text)
    commit(tmp_path)
    return tmp_path


@pytest.mark.parametrize("tag", ["cli==0.4.30", "cli-v0.4.30"])
def test_the_package_that_the_tag_names_is_described(root: Path, tag: str) -> None:
    git(root, "tag", tag)
    project = describe(root, Config(component_name="platform"))
    assert (project.name, project.python_name, project.package) == ("cli", "cli", "packages/cli")
    assert (project.version.removeprefix("v"), project.version_source) == ("0.4.30", "tag")
    assert project.description == "The cli"
    assert [stated.where for stated in project.metadata.versions] == ["packages/cli/pyproject.toml [project].version"]


def test_the_option_names_a_package(root: Path) -> None:
    project = describe(root, Config(), version="core==2.0")
    assert (project.name, project.version, project.version_source) == ("core", "2.0", "option")
    assert describe(root, Config(), version="9").package is None
    assert describe(root, Config()).version == "9"


def test_the_configured_name_counts(root: Path) -> None:
    packages = (PackageEntry(path="packages/cli", name="the-cli"), PackageEntry(path="packages/core"))
    git(root, "tag", "the-cli==0.4.30")
    assert describe(root, Config(packages=packages)).package == "packages/cli"
    assert describe(root, Config(packages=packages)).name == "the-cli"


def test_a_tag_of_the_project_is_not_that_of_a_package(root: Path) -> None:
    git(root, "tag", "cli==0.4.30")
    project = describe(root, Config(component_name="cli"))
    assert (project.name, project.version, project.package) == ("cli", "0.4.30", None)


def test_tags_of_two_packages_are_one_too_many(root: Path) -> None:
    git(root, "tag", "cli==0.4.30")
    git(root, "tag", "core==2.0")
    with pytest.raises(UsageError) as caught:
        describe(root, Config())
    assert caught.value.message == "HEAD has the tags cli==0.4.30, core==2.0: which package is released?"
    assert caught.value.kind is ErrorClass.SEVERAL_VERSIONS
    assert describe(root, Config(), version="core==2.0").name == "core"
    assert describe(root, Config(), version_needed=False).name == "suite"

"""What the wheel and the source distribution of this repository contain."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from ops.supply_chain.core.start import TREE

LONGEST = 120
"""Characters of a member's name: an environment of uvx adds about 100, and Windows takes 260."""


def _members(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_has_one_package_and_touches_no_other(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in _members(wheel)}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"sealwright"}


def test_the_wheel_carries_every_file_of_the_tree_that_git_has(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "ops", "policy", "templates"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    expected = {name for name in listed if not name.endswith("_test.rego") and (TREE / name).is_file()}
    expected |= {"LICENSE"}
    carried = {name.removeprefix("sealwright/_tree/") for name in _members(wheel) if "/_tree/" in name}
    assert carried == expected


def test_members_have_names_that_every_platform_can_write(wheel: Path) -> None:
    names = _members(wheel)
    assert max(map(len, names)) <= LONGEST
    assert len({name.casefold() for name in names}) == len(names)
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_metadata_names_licence_command_and_any_platform(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        read = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    metadata = email.message_from_string(read["METADATA"])
    assert (metadata["License-Expression"], metadata.get_all("License-File")) == ("Apache-2.0", ["LICENSE"])
    assert "sealwright = sealwright.__main__:main" in read["entry_points.txt"]
    assert "Tag: py3-none-any" in read["WHEEL"]
    assert "LICENSE" in read


@pytest.mark.parametrize("builder", [WheelBuilder, pytest.param(SdistBuilder, marks=pytest.mark.whole)])
def test_a_second_build_gives_the_same_bytes(builder: type[WheelBuilder], tmp_path: Path) -> None:
    first, second = (
        Path(next(builder(str(TREE)).build(directory=str(tmp_path / folder), versions=["standard"])))
        for folder in ("one", "two")
    )
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.whole
def test_the_source_distribution_builds_the_same_wheel_and_has_no_tests(wheel: Path, tmp_path: Path) -> None:
    packed = Path(next(SdistBuilder(str(TREE)).build(directory=str(tmp_path / "sdist"), versions=["standard"])))
    with tarfile.open(packed) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    assert not [name for name in names if "/tests/" in name or name.endswith("_test.rego")]
    source = tmp_path / packed.name.removesuffix(".tar.gz")
    again = Path(next(WheelBuilder(str(source)).build(directory=str(tmp_path / "again"), versions=["standard"])))
    assert again.read_bytes() == wheel.read_bytes()


def test_an_editable_installation_has_no_copy_of_the_tree(tmp_path: Path) -> None:
    built = Path(next(WheelBuilder(str(TREE)).build(directory=str(tmp_path), versions=["editable"])))
    assert not [name for name in _members(built) if "_tree" in name]


def test_the_build_needs_what_the_lock_has() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"]["requires"] == ["hatchling"]
    assert sys.version_info >= (3, 11)

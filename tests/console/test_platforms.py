"""The wheel installs without a compiler on each platform: every dependency that is asked for there has a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from ops.supply_chain.core.start import TREE

PLATFORMS = {
    "x86_64-unknown-linux-gnu": ("linux", "x86_64", True),
    "aarch64-unknown-linux-gnu": ("linux", "aarch64", False),
    "x86_64-apple-darwin": ("darwin", "x86_64", False),
    "aarch64-apple-darwin": ("darwin", "arm64", True),
    "x86_64-pc-windows-msvc": ("win32", "AMD64", True),
    "aarch64-pc-windows-msvc": ("win32", "ARM64", False),
}
"""uv's name -> how Python names it, and whether regopy has a wheel there for Python 3.13."""


def _required() -> list[Requirement]:
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_regopy_is_asked_for_where_it_has_a_wheel(platform: str) -> None:
    system, machine, has_wheel = PLATFORMS[platform]
    [regopy] = [requirement for requirement in _required() if requirement.name == "regopy"]
    assert regopy.marker is not None
    there = {"sys_platform": system, "platform_machine": machine, "python_version": "3.13"}
    environment: dict[str, str] = {**{key: str(value) for key, value in default_environment().items()}, **there}
    assert regopy.marker.evaluate(environment) is has_wheel


def test_nothing_else_depends_on_the_platform_and_pyrage_is_extra() -> None:
    names = {requirement.name for requirement in _required()}
    assert "pyrage" not in names
    assert [requirement.name for requirement in _required() if requirement.marker] == ["regopy"]


@pytest.mark.online
@pytest.mark.parametrize(
    ("platform", "version"),
    [
        (platform, version)
        for platform in (*PLATFORMS, "x86_64-unknown-linux-musl")
        for version in ("3.11", "3.14")
        if (platform, version) != ("aarch64-pc-windows-msvc", "3.11")  # pyyaml has its first wheel there for 3.12
    ],
)
def test_each_platform_resolves_to_wheels_alone(platform: str, version: str, tmp_path: Path) -> None:
    asked = tmp_path / "asked.in"
    asked.write_text("".join(f"{requirement}\n" for requirement in _required()))
    words = ["pip", "compile", "--quiet", "--only-binary", ":all:", "--python-platform", platform]
    words += ["--python-version", version, "--output-file", str(tmp_path / "out.txt"), str(asked)]
    uv = str(Path(sys.executable).with_name("uv"))
    done = subprocess.run([uv, *words], env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

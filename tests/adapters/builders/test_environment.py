"""The environment of a build from wheels that were kept: by their hashes, and from the index if they are not all there."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.builders.environment import BuildEnvironment, make_environment
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes import distributions

NOWHERE = "http://127.0.0.1:9/simple/"


def made(tmp_path: Path, wheels: Path | None, sha256: str) -> BuildEnvironment:
    return make_environment(
        tmp_path / "work" / "env",
        f"demo==1.0 --hash=sha256:{sha256}\n".encode(),
        where="requirements-build.txt",
        config=Config(index=IndexConfig(url=NOWHERE)),
        cache=tmp_path / "uv",
        offline=True,
        wheels=wheels,
    )


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / distributions.WHEEL).write_bytes(distributions.wheel())
    return folder


def test_kept_wheels_are_installed_without_the_index(tmp_path: Path, wheels: Path) -> None:
    [wheel] = wheels.iterdir()
    environment = made(tmp_path, wheels, hashlib.sha256(wheel.read_bytes()).hexdigest())
    words = [str(environment.python), "-Ic", "from importlib.metadata import version; print(version('demo'))"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "1.0\n"


def test_a_wheel_with_other_bytes_is_not_installed(tmp_path: Path, wheels: Path) -> None:
    """The index is asked instead, and does not answer."""
    with pytest.raises(UnavailableError, match="cannot be installed"):
        made(tmp_path, wheels, "0" * 64)

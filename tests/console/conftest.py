"""The wheel of this repository, built once, and an environment in which it is installed beside the tests' packages."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from ops.supply_chain.core.start import TREE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    return Path(next(WheelBuilder(str(TREE)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs of an environment with the wheel, and with the packages that the tests have."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    words = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([str(Path(sys.executable).with_name("uv")), *words], check=True)
    # A folder in a .pth file: its packages, but not its own .pth files, so not the editable installation of this checkout.
    packages = next(home.glob("lib/python*/site-packages"))
    # As installed from an index: what is installed from a file says so (PEP 610), and no lock can name it.
    next(packages.glob("sealwright-*.dist-info/direct_url.json")).unlink()
    (packages / "tests-packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"

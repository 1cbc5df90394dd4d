"""The world of this folder's tests, and the stand-alone verifier."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from ops.supply_chain import build_verifier
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.trust.verification.world import World, options

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two signed releases, and the instance that signed them."""
    with RehearsalInstance(options()) as instance:
        yield World(tmp_path_factory.mktemp("world"), instance)


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier, built once."""
    dist = tmp_path_factory.mktemp("dist")
    assert build_verifier.main(["--dist", str(dist)]) == 0
    return dist / "verifier/sealwright-verify.pyz"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `pip install sigstore msgspec` gives, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("site")
    for found in needed("sigstore", "msgspec"):
        tops = {path.parts[0] for path in found.files or () if ".." not in path.parts}
        for top in tops:
            source = Path(str(found.locate_file(top)))
            if source.exists() and not (folder / top).exists():
                (folder / top).symlink_to(source)
    return folder


def needed(*names: str) -> list[Distribution]:
    """The distributions and everything that they require, extras left out."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.split(r"[^A-Za-z0-9._-]", waiting.pop())[0].lower().replace("_", "-")
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # of another system or Python
            continue
        waiting += [other for other in found[name].requires or () if "extra ==" not in other]
    return list(found.values())


@pytest.fixture
def run(verifier: Path, tmp_path: Path) -> Run:
    def go(*words: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
        # -S leaves out this environment's packages; -E the caller's variables.
        start = (
            [str(verifier)]
            if site is None
            else ["-c", (f"import sys, runpy; sys.path.append({str(site)!r}); sys.argv[0] = 'x'; "
                        f"runpy.run_path({str(verifier)!r}, run_name='__main__')")]
        )  # fmt: skip
        return subprocess.run(
            [sys.executable, "-ES", *start, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={"PATH": "", "LANG": "C"},
            timeout=60,
        )

    return go

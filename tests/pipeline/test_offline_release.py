"""With a warm cache a release needs no network and gives the same bytes; with a cold one it does not begin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.index import FakeIndex
from tests.fakes.prepared import prepared_processes
from tests.pipeline.conftest import REPOSITORY, git
from tests.pipeline.spine import CONFIG, STEPS, ask_for_no_gates
from tests.pipeline.test_release import released


def _project(root: Path, index: FakeIndex) -> Path:
    top = index.add_wheel("top", "1.0", requires=("leaf>=1",))
    leaf = index.add_wheel("leaf", "1.5")
    root.mkdir()
    (root / "requirements.in").write_text("top\n")
    (root / "requirements.txt").write_text(
        f"top==1.0 \\\n    --hash=sha256:{top.sha256}\n    # via -r requirements.in\n"
        f"leaf==1.5 \\\n    --hash=sha256:{leaf.sha256}\n    # via top\n"
    )
    (root / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1.0"\n')
    (root / ".security-config.toml").write_text(f'{CONFIG}[index]\nurl = "{index.url}"\n')
    ask_for_no_gates(root, REPOSITORY / "policy" / "data" / "release.json")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def _release(project: Path, out: Path, cache: Path, *options: str) -> subprocess.CompletedProcess[str]:
    folders = ["--project", str(project), "--dist", str(out / "dist"), "--artifacts", str(out / "artifacts")]
    command = [sys.executable, "-Im", "ops.supply_chain.runner.pipeline", *STEPS, "--", *folders]
    with prepared_processes():
        return subprocess.run(
            [*command, "--cache", str(cache), *options],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_PROXY": "*"},
        )


@pytest.fixture
def index() -> FakeIndex:
    return FakeIndex()


@pytest.mark.whole
def test_offline_with_a_warm_cache_gives_the_same_bytes(tmp_path: Path, index: FakeIndex) -> None:
    with index:
        project = _project(tmp_path / "project", index)
        done = _release(project, tmp_path / "asked", tmp_path / "cache")
        assert done.returncode == 0, done.stderr
    done = _release(project, tmp_path / "offline", tmp_path / "cache", "--offline")
    assert done.returncode == 0, done.stderr
    assert released(tmp_path / "offline") == released(tmp_path / "asked")
    sbom = json.loads((tmp_path / "asked/dist/release/small-1.0-sbom.cdx.json").read_text())
    assert {one["ref"]: one.get("dependsOn", []) for one in sbom["dependencies"]} == {
        "pkg:pypi/small@1.0": ["pkg:pypi/top@1.0"],
        "pkg:pypi/top@1.0": ["pkg:pypi/leaf@1.5"],
        "pkg:pypi/leaf@1.5": [],
    }


@pytest.mark.parametrize("options", [("--offline",), ()], ids=["offline", "index gone"])
def test_without_index_and_cache_the_release_is_not_examined(
    tmp_path: Path, index: FakeIndex, options: tuple[str, ...]
) -> None:
    with index:
        project = _project(tmp_path / "project", index)
    done = _release(project, tmp_path / "out", tmp_path / "cold", *options)
    assert done.returncode == 5
    assert "top 1.0" in done.stderr
    assert "leaf 1.5" in done.stderr
    assert "clean" not in (done.stdout + done.stderr).lower()
    assert not (tmp_path / "out/dist/release").exists()
    assert not (tmp_path / "out/artifacts").exists()

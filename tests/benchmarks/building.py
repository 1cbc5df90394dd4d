"""Benchmark of the double build: what the stage does for this repository, beside one `python -m build` of the same commit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain.core.start import TREE
from tests.benchmarks import peers
from tests.benchmarks.measure import run, sample
from tests.benchmarks.row import Aim, Row, Side, compared
from tests.benchmarks.spine import Case

_TIMES = 3
MOST_TIMES_AS_LONG = 1.2
"""As one build."""


def double_build_against_build(_data: Path, scratch: Path) -> Iterator[Row]:
    """Build this repository twice, compared and checked, and by one `python -m build`, in turn; needs the index."""
    project = scratch / "project"
    _git(scratch, "clone", "--quiet", "--no-hardlinks", str(TREE), str(project))
    shutil.rmtree(project / "dist", ignore_errors=True)
    config = project / ".security-config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"(?ms)^\[build\]$.*?(?=^\[)", "", text), encoding="utf-8")
    compiled = [sys.executable, "-Im", "ops.supply_chain.compile_locks", "--project", str(project)]
    run(compiled, cwd=TREE)
    _git(project, "add", "--all")
    _git(
        project,
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@example.org",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "lock",
    )
    python = _front_end(project, scratch)
    shared = ["--project", str(project), "--dist", str(scratch / "dist"), "--version", "v0.1.0"]
    stage = [sys.executable, "-Im", "ops.supply_chain.build_distributions", *shared]
    one_build = [python, "-m", "build", "--outdir", str(scratch / "one"), str(project)]
    pairs = [(run(stage, cwd=scratch), run(one_build, cwd=scratch)) for _ in range(_TIMES)]
    ours, theirs = (sample(runs) for runs in zip(*pairs, strict=True))
    front_end = peers.Peer("pypa/build", _version(python), python)
    yield from compared(
        "sdist and wheel of this repository",
        Side(peers.ours(), "twice, compared and checked", ours),
        [Side(front_end, "once", theirs)],
        Aim(times=round(1 / MOST_TIMES_AS_LONG, 2)),
    )


CASES: tuple[Case, ...] = (double_build_against_build,)


def _front_end(project: Path, scratch: Path) -> str:
    """Return the Python of a new environment with pypa/build and pip, of the versions in the build lock."""
    python = str(scratch / "env" / "bin" / "python")
    run([sys.executable, "-m", "uv", "venv", "--seed", str(scratch / "env")], cwd=scratch)
    lock = str(project / "requirements-build.txt")
    run([sys.executable, "-m", "uv", "pip", "install", "--python", python, "--require-hashes", "-r", lock], cwd=scratch)
    return python


def _version(python: str) -> str:
    words = [python, "-Ic", "from importlib.metadata import version; print(version('build'))"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)

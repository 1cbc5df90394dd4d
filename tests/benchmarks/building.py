"""Benchmark of the double build: what the stage does for this repository, beside one `python -m build` of the same commit."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain.core.start import TREE
from tests.benchmarks.measure import run
from tests.benchmarks.spine import Case, Row

_TIMES = 3


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
    pairs = [(run(stage, cwd=scratch).seconds, run(one_build, cwd=scratch).seconds) for _ in range(_TIMES)]
    ours, theirs = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    yield Row(
        f"sdist and wheel of this repository, median of {_TIMES}: twice, compared and checked / one `python -m build`",
        f"{ours:.1f} s / {theirs:.1f} s = {ratio:.2f} times",
        "1.2 times",
    )


CASES: tuple[Case, ...] = (double_build_against_build,)


def _front_end(project: Path, scratch: Path) -> str:
    """Return the Python of a new environment with pypa/build and pip, of the versions in the build lock."""
    python = str(scratch / "env" / "bin" / "python")
    run([sys.executable, "-m", "uv", "venv", "--seed", str(scratch / "env")], cwd=scratch)
    lock = str(project / "requirements-build.txt")
    run([sys.executable, "-m", "uv", "pip", "install", "--python", python, "--require-hashes", "-r", lock], cwd=scratch)
    return python


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)

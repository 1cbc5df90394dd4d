"""Canary secrets in the environment reach only the processes that need them, as the process table shows it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ops.supply_chain import PIPELINE, commands, daily_scan_uses, release_uses
from tests.fakes.integrity import FakeIntegrity
from tests.fakes.wheels import serving
from tests.pipeline.test_gated_release import World, with_advisories

PROC = Path("/proc")
CANARY = "canary-7f3a"
SIGNING = ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
ELSEWHERE = ("GH_TOKEN", "GITHUB_TOKEN", "CI_JOB_JWT", "CI_JOB_TOKEN", "TWINE_PASSWORD", "AWS_SECRET_ACCESS_KEY")
INDEX = "SEALWRIGHT_INDEX_PASSWORD"
CANARIES = {name: f"{CANARY}-{name.lower()}" for name in (*SIGNING, *ELSEWHERE, INDEX)}
ASKS_AN_INDEX = {row.script for row in PIPELINE if "index" in row.secrets}
SESSIONS = {
    "release": ("runner.pipeline", commands(release_uses())),
    "rehearse": ("sessions.rehearse", commands(release_uses())),
    "daily_scan": ("sessions.scan", commands(daily_scan_uses())),
}
pytestmark = pytest.mark.skipif(not (PROC / "self/environ").exists(), reason="this system has no /proc")


class Seen(NamedTuple):
    """A process and the canary that it was started with."""

    program: str
    name: str


class Sampler(threading.Thread):
    """Reads the variables of every process below one, again and again."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.seen: set[Seen] = set()
        self.programs: set[str] = set()
        self._root = root
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.003):
            parents = {int(path.name): _parent(path) for path in PROC.iterdir() if path.name.isdigit()}
            below = [pid for pid in parents if pid != self._root and _is_below(pid, self._root, parents)]
            # The root replaces itself before it starts anything.
            for pid in [*below, *([self._root] if below else [])]:
                self._look(PROC / str(pid))

    def stop(self) -> None:
        self._done.set()
        self.join()

    def _look(self, path: Path) -> None:
        try:
            before, found = (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
            after = (path / "cmdline").read_bytes()
        except OSError:
            return
        program = _program(before.decode("utf-8", "replace").split("\0"))
        if before == after and program:
            self.programs.add(program)
            self.seen |= {Seen(program, name) for name, value in CANARIES.items() if value.encode() in found}


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _is_below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid:
        if pid == root:
            return True
        pid = parents.get(pid, 0)
    return False


def _program(words: list[str]) -> str:
    module = next((word for word in words if word.startswith("ops.supply_chain.")), "")
    if module:
        return module.removeprefix("ops.supply_chain.")
    tool = next((word for word in words[1:4] if word in {"pip_audit", "cyclonedx_py"}), "")
    return tool or Path(words[0]).name


def _run(world: World, module: str, steps: tuple[str, ...]) -> Sampler:
    folders = ["--project", world.project, "--dist", world.folder / module, "--cache", world.folder / "cache"]
    given = [with_advisories(step, world.zip) for step in steps]
    process = subprocess.Popen(
        [sys.executable, "-Im", f"ops.supply_chain.{module}", *given, "--", *map(str, folders)]
        + (["--artifacts", str(world.folder / "artifacts")] if module == "runner.pipeline" else []),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **CANARIES, "SEALWRIGHT_INDEX_USERNAME": "u", "NO_PROXY": "*"},
    )
    sampler = Sampler(process.pid)
    sampler.start()
    try:
        process.wait(timeout=300)
    finally:
        process.kill()
        process.wait()
        sampler.stop()
    return sampler


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving() as index, FakeIntegrity() as integrity:
        yield World(tmp_path_factory.mktemp("world"), index, integrity)


@pytest.mark.parametrize(
    ("module", "steps"),
    [pytest.param(*use, id=name, marks=[pytest.mark.whole] * (name == "rehearse")) for name, use in SESSIONS.items()],
)
def test_canaries_reach_only_what_needs_them(world: World, module: str, steps: tuple[str, ...]) -> None:
    sampler = _run(world, module, steps)
    assert {"check_locks", "check_vulnerabilities", "uv"} <= sampler.programs, sampler.programs
    if module != "sessions.scan":
        # Rules are evaluated in a fork of evaluate_policy, which has its name and its variables.
        assert {"check_source", "git", "evaluate_policy"} <= sampler.programs, sampler.programs
    named = {name: {seen.program for seen in sampler.seen if seen.name == name} for name in CANARIES}
    assert {name: programs for name, programs in named.items() if name in ELSEWHERE and programs} == {}
    # uv asks the interpreter of this environment for its version, and hands its own variables on.
    assert named[INDEX] <= {*ASKS_AN_INDEX, "uv", "python"}, named[INDEX]
    assert "check_locks" in named[INDEX]
    # A rehearsal signs with a token of its own instance; a release ends where it signs, because a canary is no token.
    signs = {"sign_artifacts"} if "sign_artifacts" in steps and module == "runner.pipeline" else set()
    assert all(named[name] == signs for name in SIGNING), named

"""Secrets in the environment of a run, and which of its processes have them, as the process table shows it."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain import PIPELINE

PROC = Path("/proc")
CANARY = "canary-7f3a"
SIGNING = ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
GITHUB = ("GH_TOKEN", "GITHUB_TOKEN")
ELSEWHERE = (*GITHUB, "CI_JOB_JWT", "CI_JOB_TOKEN", "TWINE_PASSWORD", "AWS_SECRET_ACCESS_KEY")
INDEX = "SEALWRIGHT_INDEX_PASSWORD"
GITHUB_READERS = {row.script for row in PIPELINE if any(entry.split()[0] == "github" for entry in row.secrets)}
CANARIES = {name: f"{CANARY}-{name.lower()}" for name in (*SIGNING, *ELSEWHERE, INDEX)}
ASKS_AN_INDEX = {row.script for row in PIPELINE if any(entry.split()[0] == "index" for entry in row.secrets)}
"""Stages that may see an account, whatever their options."""
IS_VISIBLE = (PROC / "self/environ").exists()
"""Whether this system has a process table with the variables of each process."""


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
        parents: dict[int, int] = {}
        below: set[int] = set()
        while not self._done.wait(0.004):
            there = {int(name) for name in os.listdir(PROC) if name.isdigit()}  # noqa: PTH208 - hundreds, again and again
            new = sorted(there - parents.keys())
            parents = {pid: parents[pid] for pid in parents.keys() & there} | {
                pid: _parent(PROC / str(pid)) for pid in new
            }
            below = (below & there) | {pid for pid in new if pid != self._root and _is_below(pid, self._root, parents)}
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


def run_sampled(command: list[str], variables: dict[str, str]) -> tuple[subprocess.CompletedProcess[str], Sampler]:
    """Run a command with every canary in its environment, and return with it what its processes had.

    Args:
        command: The words.
        variables: Others that it gets.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **CANARIES, "SEALWRIGHT_INDEX_USERNAME": "u", "NO_PROXY": "*", **variables},
    )
    sampler = Sampler(process.pid)
    sampler.start()
    try:
        said, _ = process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()
        sampler.stop()
    return subprocess.CompletedProcess(command, process.returncode, said, ""), sampler


def assert_only_where_needed(sampler: Sampler, *, signs: set[str]) -> None:
    """Check that each canary reached only programs that need it.

    Args:
        sampler: What was seen.
        signs: The programs that have the tokens for signing.
    """
    named = {name: {seen.program for seen in sampler.seen if seen.name == name} for name in CANARIES}
    assert all(named[name] <= (GITHUB_READERS if name in GITHUB else set()) for name in ELSEWHERE), named
    # uv asks the interpreter of this environment for its version, and hands its own variables on.
    assert named[INDEX] <= {*ASKS_AN_INDEX, "uv", "python"}, named[INDEX]
    assert "check_locks" in named[INDEX]
    assert all(named[name] == signs for name in SIGNING), named

"""A project with a lock, and an index, an Integrity API and advisories on loopback: what a gated release needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.supply_chain import PIPELINE, commands, daily_scan_uses
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.integrity import FakeIntegrity
from tests.fakes.prepared import prepared_processes
from tests.fakes.wheels import WheelIndex, serving
from tests.pipeline.canaries import Sampler, run_sampled
from tests.pipeline.conftest import git
from tests.pipeline.spine import SIGNING, accepted, release_steps

RELEASE = release_steps({row.script for row in PIPELINE} - SIGNING)
SCAN = commands(daily_scan_uses())
QUICK = (RELEASE[0].replace(" --second-opinion", ""), *RELEASE[1:])
"""Without pip-audit, which one test covers and which starts slowly."""

LEDGER = ("check_vulnerabilities --ledger & check_malware --ledger",)
LONG_AGO = "2025-01-01T00:00:00Z"
TODAY = {"modified": datetime.now(UTC).isoformat()}
OTHER = record("PYSEC-2026-9", affected("other", "introduced 0"), **TODAY)
MALWARE = record("MAL-2026-9", affected("another", "introduced 0"), **TODAY)
BAD_LEAF = record("GHSA-aaaa-bbbb-cccc", affected("leaf", "introduced 0, fixed 9"), aliases=["CVE-2026-77"], **TODAY)


class World:
    """A project, the services that it needs, and how to run the pipeline on it."""

    def __init__(self, folder: Path, index: WheelIndex, integrity: FakeIntegrity) -> None:
        self.folder, self.index, self.integrity = folder, index, integrity
        self.project = folder / "project"
        self.zip = folder / "osv.zip"

    def make(self) -> None:
        """Write, lock and commit the project."""
        self.project.mkdir()
        for name, requires in (("top", ("leaf>=1",)), ("leaf", ())):
            self.index.add(name, "1.5", LONG_AGO, *requires)
            self.integrity.add(name, "1.5", f"{name}-1.5-py3-none-any.whl", None)
        self.zip.write_bytes(snapshot(OTHER, MALWARE))
        (self.project / "requirements.in").write_text("top\n")
        (self.project / "pyproject.toml").write_text('[project]\nname = "small"\nversion = "1.0"\n')
        self.configure()
        assert self.run(("compile_locks",)).returncode == 0
        assert self.run(("check_publishers --record",)).returncode == 0
        git(self.project, "init", "-q")
        git(self.project, "add", "-A")
        git(self.project, "commit", "-qm", "first")

    @contextmanager
    def copied(self, folder: Path) -> Iterator[World]:
        """Open a copy in another folder, which has the services for itself while it is open."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        index, integrity = dict(vars(self.index)), dict(vars(self.integrity))
        try:
            yield World(folder, self.index, self.integrity)
        finally:
            vars(self.index).update(index)
            vars(self.integrity).update(integrity)

    def configure(self, more: str = "") -> None:
        index = f'[index]\nurl = "{self.index.simple}/"\njson_url = "{self.index.json_root}"\n'
        feeds = f'[feeds]\nintegrity_api = "{self.integrity.url}"\n'
        entries = accepted(feeds__integrity_api=self.integrity.url)
        (self.project / ".security-config.toml").write_text(f"{index}{feeds}{more}{entries}")
        if (self.project / ".git").exists():
            git(self.project, "commit", "-qam", "configured")

    def run(self, steps: tuple[str, ...], *options: str) -> subprocess.CompletedProcess[str]:
        """Run stages in processes of their own, forks of one that has imported them."""
        command, variables = self._command(steps, *options), {**os.environ, "NO_PROXY": "*", **self._variables}
        with prepared_processes():
            return subprocess.run(command, capture_output=True, text=True, check=False, env=variables)

    def run_sampled(self, steps: tuple[str, ...], module: str = "") -> tuple[subprocess.CompletedProcess[str], Sampler]:
        """Run stages with canaries in the environment; `module` is that of a session, where it is another."""
        return run_sampled(self._command(steps, module=module), self._variables)

    @property
    def _variables(self) -> dict[str, str]:
        return {"UV_CACHE_DIR": str(self.folder / "uv")}

    def _command(self, steps: tuple[str, ...], *options: str, module: str = "") -> list[str]:
        folders = ["--project", self.project, "--dist", self.folder / "dist", "--cache", self.folder / "cache"]
        module = module or ("sessions.scan" if steps in (SCAN, LEDGER) else "runner.pipeline")
        shared = [*folders] if module == "sessions.rehearse" else [*folders, "--artifacts", self.folder / "artifacts"]
        given = [with_advisories(step, self.zip) for step in steps]
        return [sys.executable, "-Im", f"ops.supply_chain.{module}", *given, "--", *map(str, shared), *options]

    def outcome(self, stage: str) -> Any:
        return json.loads((self.folder / "dist" / "records" / f"{stage}.json").read_text())["outcome"]


def with_advisories(step: str, path: Path) -> str:
    """Give the advisory gates of a step a snapshot on their command line, where a small one is accepted."""
    for gate in ("check_vulnerabilities", "check_malware"):
        step = step.replace(gate, f"{gate} --advisories {path}")
    return step


@contextmanager
def made_world(folder: Path) -> Iterator[World]:
    """Open a project that was just locked, and its services."""
    with serving() as index, FakeIntegrity() as integrity:
        world = World(folder, index, integrity)
        world.make()
        yield world

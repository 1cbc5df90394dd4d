"""A project under git whose distributions are built by the stage."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import build_distributions, compile_locks
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.wheels import WheelIndex

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n[build-system]\nrequires = ["tool"]\nbuild-backend = "setuptools.build_meta"\n'
LOCKED: dict[str, bytes] = {}


class BuiltProject:
    """A committed project, at an index on loopback or at the public one, and what the stage makes of it."""

    def __init__(
        self, base: Path, index: WheelIndex | None, patch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.root, self.dist, self.base, self.index = base / "project", base / "dist", base, index
        self._patch, self._capfd = patch, capfd
        self.shown, self.version = "", "1.0"
        self.root.mkdir()
        self.write("pyproject.toml", PYPROJECT)
        self.configure()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def configure(self, text: str = "") -> None:
        served = self.index
        index = "" if served is None else f'[index]\nurl = "{served.simple}/"\njson_url = "{served.json_root}"\n'
        self.write(".security-config.toml", f'component_name = "demo"\n{index}{text}')

    def lock(self, *folders: str) -> None:
        """Compile the build lock, or write what the first test of this process compiled: the index serves the same to each."""
        if LOCKED and self.index is not None:
            for folder in folders or (".",):
                for path, data in LOCKED.items():
                    (self.root / folder / path).write_bytes(data)
            return
        if self.index is not None:
            self._patch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: NOW)
        assert compile_locks.main(["--project", str(self.root), "--cache", str(self.base / "cache")]) == ExitCode.PASS
        if self.index is not None:
            LOCKED.update({path.name: path.read_bytes() for path in self.root.rglob("requirements-build.*")})

    def commit(self) -> None:
        commands = (
            "init -q",
            "add -A",
            "-c user.name=a -c user.email=a@b -c commit.gpgsign=false commit --allow-empty -qm x",
        )
        for words in commands:
            when = {"GIT_COMMITTER_DATE": "2026-11-01T00:00:00Z", "GIT_AUTHOR_DATE": "2026-11-01T00:00:00Z"}
            subprocess.run(["git", *words.split()], cwd=self.root, check=True, env={**when, "PATH": "/usr/bin:/bin"})

    def run(self, *words: str) -> int:
        self._capfd.readouterr()
        folders = ["--project", str(self.root), "--dist", str(self.dist), "--cache", str(self.base / "cache")]
        version = ["--version", self.version] if self.version else []
        code = build_distributions.main([*folders, *version, *words])
        self.shown = "".join(self._capfd.readouterr())
        return code

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.dist / "records/build_distributions.json").read_text())
        return found

    @property
    def codes(self) -> list[str]:
        return sorted({finding["code"] for finding in self.record["findings"] if finding["code"].startswith("build.")})

    @property
    def package(self) -> dict[str, Any]:
        (found,) = json.loads((self.dist / "build/report.json").read_text())["packages"]
        return dict(found)

    @property
    def released(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.dist / "packages").iterdir())}

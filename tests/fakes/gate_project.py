"""A small project for the advisory gates: locks, configuration, a snapshot, and the stage's own streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.osv import sources
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.gather.risk.advisories import newer
from ops.supply_chain.risk.advisories import coverage
from ops.supply_chain.runner import stage
from tests.fakes.advisories import snapshot

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REAL_FEED_DAY = datetime(2026, 7, 24, tzinfo=UTC)
"""A day on which the copy of the real feed was new."""

HASH = "--hash=sha256:" + "0" * 64


class GateProject:
    """A project on disk and how to run a gate on it.

    Args:
        folder: Everything lies below it.
        main: The stage's own.
    """

    def __init__(self, folder: Path, main: Callable[[list[str]], int]) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.dist = folder / "dist"
        self.artifacts = folder / "artifacts"
        self.zip = folder / "osv.zip"
        self._main = main
        self.root.mkdir()
        self.write("pyproject.toml", '[project]\nname = "thing"\nversion = "1.0"\n')

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def lock(self, *pins: str, path: str = "requirements.txt", via: str = "-r requirements.in") -> None:
        """Write a lock; a pin stands on each third line, from the first."""
        self.write(path, "".join(f"{pin} \\\n    {HASH}\n    # via {via}\n" for pin in pins))

    def feed(self, *records: dict[str, Any] | bytes) -> None:
        """Write the snapshot."""
        self.zip.write_bytes(snapshot(*records))

    def run(self, *words: str, given: bool = True) -> int:
        """Run the stage, with the snapshot where `given`."""
        folders = ["--project", str(self.root), "--dist", str(self.dist), "--artifacts", str(self.artifacts)]
        advisories = ["--advisories", str(self.zip)] if given else []
        return self._main([*folders, "--cache", str(self.folder / "cache"), *advisories, *words])

    def record(self) -> Record:
        """Return the one record that was left."""
        [path] = (self.dist / "records").glob("check_*.json")
        return msgspec.convert(json.loads(path.read_bytes()), Record, strict=True)

    def codes(self) -> list[tuple[str, str, str]]:
        """Return code, package and version of each finding, in order."""
        return [(one.code, one.package, one.version) for one in self.record().findings]

    def addresses(self, **addresses: str) -> None:
        """Configure `[feeds]`, and `[index].json_url` as `json_url`."""
        feeds = {key: value for key, value in addresses.items() if key != "json_url"}
        text = f"[feeds]\n{_lines(feeds)}"
        if "json_url" in addresses:
            text += f'[index]\njson_url = "{addresses["json_url"]}"\n'
        self.write(".security-config.toml", text)


def _lines(table: Mapping[str, str]) -> str:
    return "".join(f'{key} = "{value}"\n' for key, value in table.items())


def accept_small_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let configured feeds have one record, for tests of what comes after the check of their size; ask no index."""
    monkeypatch.setattr(newer, "ask_index", lambda *_: {})
    monkeypatch.setattr(sources, "KNOWN_AFFECTED", ())
    monkeypatch.setattr(sources, "KNOWN_MALWARE", ())
    monkeypatch.setattr(coverage, "FEWEST_RECORDS", 1)
    monkeypatch.setattr(coverage, "FEWEST_MALWARE", 1)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Make every run of a stage begin at a moment."""
    monkeypatch.setattr(stage, "read_clock", lambda: moment)

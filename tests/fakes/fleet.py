"""A fleet of drawn projects, and its parts examined without a scheduler: as a worker would, one after the other."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.supply_chain.contracts.files.ledger import Sighting, read_ledger
from ops.supply_chain.core import canonical
from ops.supply_chain.sessions.examine_part import reply_to
from tests.fakes.advisories import affected, record, snapshot

HASH = f" --hash=sha256:{'0' * 64}"
PINS = ("foo==1.0", "foo==2.0", "bar==1", "bad==1", "left==3", "odd==1.0", "safe==1.0", "baz", "worse==2")
FEED = (
    record("PYSEC-1", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-2026-0001"], summary="Breaks"),
    record("GHSA-b", affected("bar", "introduced 0"), aliases=["CVE-2026-0002"], database_specific={"severity": "LOW"}),
    record("PYSEC-2026-3", affected("odd")),
    record("PYSEC-4", affected("own", "introduced 0")),
    record("MAL-1", affected("bad", "introduced 0")),
    record("MAL-2", affected("worse", versions=("1",))),
    {**record("PYSEC-5"), "affected": [{"package": {"ecosystem": "PyPI", "name": "safe"}, "versions": 3}]},
)
BROKEN = "a==nonsense\n"
WAIVER = '[[waivers]]\nid = "CVE-2026-0001"\nreason = "r"\nowner = "o"\ndate = "2026-10-01"\nexpires = "2026-12-01"\n'
WHEEL = {
    "name": "foo", "version": "1.0", "file": "foo-1.0-py3-none-any.whl", "sha256": "0" * 64, "problem": "",
    "components": [
        {"name": "bar", "version": "1", "purl": "pkg:pypi/bar@1", "part": "vendored"},
        {"name": "left", "version": "2", "purl": "pkg:pypi/left@2", "part": "vendored"},
        {"name": "left-pad", "version": "1.0.0", "purl": "pkg:npm/left-pad@1.0.0", "part": "declared"},
        {"name": "Left-Pad", "version": "1.0.0", "purl": "pkg:npm/Left-Pad@1.0.0", "part": "declared"},
        {"name": "safe", "version": "9", "purl": "", "part": "bundled"},
    ],
}  # fmt: skip
EXTRAS: dict[str, dict[str, str]] = {
    "plain": {},
    "waived": {".security-config.toml": WAIVER},
    "unused waiver": {".security-config.toml": WAIVER.replace("CVE-2026-0001", "CVE-2026-0099")},
    "accepted": {
        ".security-config.toml": WAIVER.replace("CVE-2026-0001", "vulnerability.not-examined").replace("reason", 'package = "safe"\nreason')
    },
    "excluded": {
        ".security-config.toml": '[locks]\nexclude = [{ path = "old", reason = "r" }]\n', "old/requirements.txt": "foo==1.0\n",
    },
    "broken": {"sub/requirements.txt": BROKEN},
    "unread": {"conda-lock.yml": "version: 1\npackage: []\n"},
    "declares": {"pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["foo"]\n'},
    "own package": {"requirements.txt": "-e .\nfoo==1.0\n", "pyproject.toml": '[project]\nname = "own"\nversion = "1.0"\n'},
    "wheels": {
        "requirements.txt": f"foo==1.0{HASH}\nbad==1{HASH}\n",
        "requirements.contents.json": json.dumps({"schema": "wheel-contents/1", "wheels": [WHEEL]}),
    },
    "nothing": {"README.md": "no dependencies\n"},
}  # fmt: skip
"""Files beside drawn locks, by what they are about."""


class Fleet:
    """Projects on disk, a feed, and the words of a stage that examines them.

    Args:
        folder: Everything is below it.
        seed: Of what is drawn.
        size: Number of projects.
    """

    def __init__(self, folder: Path, seed: int, size: int) -> None:
        self.folder = folder
        chance = random.Random(seed)  # noqa: S311 - cases
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "pyproject.toml").write_text('[project]\nname = "home"\nversion = "1.0"\n')
        kinds = [*EXTRAS, *(chance.choice(list(EXTRAS)) for _ in range(size - len(EXTRAS)))][:size]
        chance.shuffle(kinds)
        self.projects = [self._project(chance, number, kind) for number, kind in enumerate(kinds)]
        self.file = folder / "fleet.txt"
        self.file.write_text("".join(f"{project.name}\n" for project in self.projects))
        self.zip = folder / "osv.zip"
        self.zip.write_bytes(snapshot(*FEED))

    def _project(self, chance: random.Random, number: int, kind: str) -> Path:
        root = self.folder / f"p{number}"
        root.mkdir()
        drawn = {}
        if kind not in ("nothing", "declares"):
            for name in ("requirements.txt", "more/requirements.txt")[: chance.randint(1, 2)]:
                pins = chance.sample(PINS, chance.randint(1, len(PINS)))
                drawn[name] = "".join(f"{pin}{HASH}\n" for pin in pins)
        files = {**drawn, **EXTRAS[kind]}
        config = f'component_name = "p{number}"\n' + files.pop(".security-config.toml", "")
        for name, text in {".security-config.toml": config, **files}.items():
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return root

    def words(self, name: str, *more: str) -> list[str]:
        """Return the command line of a run whose artifacts are below a folder of that name."""
        folders = {
            "project": self.home,
            "dist": self.folder / name / "dist",
            "artifacts": self.folder / name / "artifacts",
        }
        words = [
            word
            for option, path in {**folders, "cache": self.folder / "cache"}.items()
            for word in (f"--{option}", str(path))
        ]
        return [*words, "--offline", "--advisories", str(self.zip), "--fleet", str(self.file), *more]

    def record(self, name: str, stage: str, below: str = "") -> dict[str, Any]:
        """Return a run's record without what differs from run to run; that of a scan is below `scan`."""
        document: dict[str, Any] = json.loads(
            (self.folder / name / "dist" / below / "records" / f"{stage}.json").read_bytes()
        )
        return {key: value for key, value in document.items() if key not in ("invocation", "started", "finished")}

    def ledgers(self, name: str) -> dict[str, bytes]:
        """Return the ledgers of a run by component."""
        return {path.stem: path.read_bytes() for path in (self.folder / name / "artifacts" / "ledger").glob("*.jsonl")}

    def sighted(self, name: str) -> set[tuple[str, Sighting, str]]:
        """Return component, sighting and day of each line of a run's ledgers."""
        return {
            (component, Sighting(line.code, line.package, line.names), line.first_seen)
            for component, data in self.ledgers(name).items()
            for line in read_ledger(data, where=component).lines
        }


def without_scheduler(_address: str, tasks: Mapping[str, bytes], environment: Mapping[str, str]) -> Iterator[bytes]:
    """Examine parts here, the last one first, each twice: in place of `adapters.dask.engine.run_tasks`."""
    for task in reversed([*tasks.values()]):
        yield canonical.encode(reply_to(task, environment))
        reply_to(task, environment)

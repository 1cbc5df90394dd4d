"""A scratch project in which printed commands are typed: locked, committed, with an index and advisories on loopback.

A command is read as it is printed, handed to the noxfile, and what the noxfile starts runs here, in this process.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import nox.registry
import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.commands import Typing, as_typed, pasteable
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner.handover import OPTIONS_VARIABLE
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import accept_small_feeds
from tests.fakes.integrity import FakeIntegrity
from tests.fakes.wheels import WheelIndex, serving
from tests.pipeline.conftest import git
from tests.typed import follow

LONG_AGO = "2025-01-01T00:00:00Z"
LATER = "2025-06-01T00:00:00Z"
NOW = {"modified": datetime.now(UTC).isoformat()}
OTHER = record("PYSEC-2026-9", affected("other", "introduced 0"), **NOW)
MALWARE = record("MAL-2026-9", affected("another", "introduced 0"), **NOW)
BAD_LEAF = record("GHSA-aaaa-bbbb-cccc", affected("leaf", "introduced 0, fixed 1.6"), aliases=["CVE-2026-77"], **NOW)
IN_CHECKOUT = ("nox", "-s")
_STARTED = "ops.supply_chain."


class _Session:
    """What a session function gets from nox: the words after `--`, and a way to start a program, which is kept."""

    def __init__(self, words: list[str]) -> None:
        self.posargs = words
        self.started: list[str] = []

    def run(self, *command: str, env: Mapping[str, str] | None = None, **_: object) -> None:
        # In a public log the options travel in the environment.
        self.started = [*command, *shlex.split((env or {}).get(OPTIONS_VARIABLE, ""))]


def started_by(command: str, found: Mapping[str, Any] | None = None) -> tuple[str, list[str]]:
    """Return the module that a printed command starts, and its words, as the noxfile passes them on.

    Args:
        command: As it is printed in a checkout.
        found: The sessions, where they are known already.
    """
    words = shlex.split(command)
    words = words[2:] if words[:2] == ["python", "-m"] else words
    assert tuple(words[:2]) == IN_CHECKOUT, command
    name, rest = words[2], words[3:]
    assert not rest or rest[0] == "--", f"nox would take the options for its own: {command}"
    module, given = started_with((found or sessions())[name], rest[1:])
    assert module.startswith(_STARTED), command
    return module, given


def started_with(function: Any, words: list[str]) -> tuple[str, list[str]]:
    """Return the module that a session of the noxfile starts, and its words; of several the last.

    Args:
        function: The session.
        words: The user's, after `--`.
    """
    session = _Session(words)
    function(session)
    _python, _, module, *given = session.started
    return module, given


def sessions() -> dict[str, Any]:
    """Return the sessions of the noxfile, which make no environment."""
    nox.registry.reset()
    spec = importlib.util.spec_from_file_location("printed_noxfile", TREE / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__dict__["_environment"] = lambda *_: "python"
    found = {name: entry.func for name, entry in nox.registry.get().items()}
    nox.registry.reset()
    return found


class Scratch:
    """The project, the services that it needs, and what the last command wrote.

    Args:
        folder: Everything lies below it.
        index: The package index.
        integrity: Its Integrity API.
    """

    def __init__(self, folder: Path, index: WheelIndex, integrity: FakeIntegrity) -> None:
        self.folder, self.index, self.integrity = folder, index, integrity
        self.root, self.dist, self.artifacts = folder / "the project", folder / "dist", folder / "artifacts"
        self.zip = folder / "osv.zip"
        self.out = self.err = ""
        self.capfd: pytest.CaptureFixture[str] | None = None

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def configure(self, more: str = "") -> None:
        """Write the configuration: the services, and more."""
        index = f'[index]\nurl = "{self.index.simple}/"\njson_url = "{self.index.json_root}"\n'
        feeds = f'[feeds]\nintegrity_api = "{self.integrity.url}"\nosv_snapshot = "{self.zip}"\n'
        self.write(".security-config.toml", f'component_name = "small"\n{index}{feeds}{more}')

    def add_to_configuration(self, text: str) -> None:
        """Add what was printed to the end of the configuration."""
        path = self.root / ".security-config.toml"
        path.write_text(f"{path.read_text()}\n{text}\n")

    def feed(self, *records: dict[str, Any]) -> None:
        """Write the advisories."""
        self.zip.write_bytes(snapshot(OTHER, MALWARE, *records))

    def serve(self, name: str, version: str, uploaded: str, *requires: str) -> None:
        """Publish a release on the index, without an attestation."""
        self.index.add(name, version, uploaded, *requires)
        self.integrity.add(name, version, f"{name}-{version}-py3-none-any.whl", None)

    def commit(self) -> None:
        """Commit everything."""
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "changed", "--allow-empty")

    def type(self, command: str) -> int:
        """Run a command as it is recorded or printed; return its exit code."""
        module, words = started_by(as_typed(command, Typing(project=str(self.root))))
        folders = ["--dist", self.dist, "--artifacts", self.artifacts, "--cache", self.folder / "cache"]
        code: int = importlib.import_module(module).main([*words, *map(str, folders)])
        if self.capfd is not None:
            self.out, self.err = self.capfd.readouterr()
        return code

    def record(self, stage: str) -> Record:
        """Return the record of a stage."""
        text = (self.dist / "records" / f"{stage}.json").read_bytes()
        return msgspec.convert(json.loads(text), Record, strict=True)

    def finding(self, stage: str, code: str) -> Finding:
        """Return the one finding of a code."""
        [found] = [finding for finding in self.record(stage).findings if finding.code == code]
        return found

    def codes(self, stage: str) -> set[str]:
        """Return the codes of the findings that are not waived."""
        return {finding.code for finding in self.record(stage).findings if not finding.waived_by}

    def advised(self, finding: Finding) -> list[str]:
        """Return the commands of a finding as they were printed; each is in what the last command wrote."""
        found = [as_typed(command, Typing(project=str(self.root))) for command in pasteable(finding.next_step)]
        shown = "".join((self.out + self.err).split())
        assert found, finding.next_step
        assert all("".join(command.split()) in shown for command in found), (found, self.out)
        return found

    def carry_out(self, printed: str) -> int:
        """Run a command as it was printed, its parts in their order, in another folder than the project's."""
        code = 0
        for part in printed.split(" && "):
            if part.startswith("nox "):
                code = self.type(part)
            else:
                follow(part, self.root, self.folder)
        return code


def make(scratch: Scratch) -> None:
    """Write, lock and commit the project."""
    scratch.root.mkdir()
    for name, requires in (("top", ("leaf>=1",)), ("leaf", ())):
        scratch.serve(name, "1.5", LONG_AGO, *requires)
    scratch.feed()
    scratch.write("requirements.in", "top\n")
    scratch.write("pyproject.toml", '[project]\nname = "small"\nversion = "1.0"\n')
    scratch.configure()
    assert scratch.type("nox -s lock") == 0
    assert scratch.type("nox -s check_publishers -- --record") == 0
    git(scratch.root, "init", "-q")
    scratch.commit()


@contextmanager
def opened(folder: Path) -> Iterator[Scratch]:
    """Open a project that was just locked, and its services."""
    with serving() as index, FakeIntegrity() as integrity:
        made = Scratch(folder, index, integrity)
        with pytest.MonkeyPatch.context() as patch:  # for this alone: the project stays open as long as all tests run
            quiet(patch, folder)
            make(made)
        yield made


def quiet(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Accept small feeds, and keep what uv caches below the folder."""
    accept_small_feeds(patch)
    patch.setenv("UV_CACHE_DIR", str(folder / "uv"))
    patch.setenv("NO_PROXY", "*")


@contextmanager
def copied(made: Scratch, folder: Path) -> Iterator[Scratch]:
    """Open a copy, which has the services for itself while it is open."""
    shutil.copytree(made.folder, folder, symlinks=True, dirs_exist_ok=True)
    before = [(service, {name: _copy(value) for name, value in vars(service).items()}) for service in _services(made)]
    own = Scratch(folder, made.index, made.integrity)
    try:
        own.configure()
        yield own
    finally:
        for service, values in before:
            vars(service).update(values)


def _services(made: Scratch) -> tuple[WheelIndex, FakeIntegrity]:
    return made.index, made.integrity


def _copy(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, dict | list) else value

"""The input of a gate: the locks of one project, or of a fleet of projects in one run.

A fleet file names one project folder per line, relative to the file; `#` starts a comment. Each project is
identified by its component name, and its findings carry `<component>/<path>`. Each project has its own waivers.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.adapters.index.address import with_environment_index
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.record import ExcludedFiles
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.gather.gates.locks import classify, read_good_locks, refuse_all_broken
from ops.supply_chain.runner.context import StageRun

if TYPE_CHECKING:
    from ops.supply_chain.dependencies.locks.project import ReadLocks

FLEET_VERSION = "0"
"""A fleet has no version of its own; its records need one."""


class GateProject(msgspec.Struct, frozen=True, kw_only=True):
    """One project of the run. `label` is empty if it is the only one; `broken` are findings for its unreadable locks.

    `unread` are findings for files that pin or declare packages and were not read. `declaring` are those that declare
    dependencies, in a project without any lock, where each gate reports them in its own code. `excluded` is what
    `[locks].exclude` leaves out.
    """

    label: str
    root: Path
    config: Config
    locks: tuple[Lock, ...]
    broken: tuple[Finding, ...] = ()
    unread: tuple[Finding, ...] = ()
    declaring: tuple[str, ...] = ()
    excluded: tuple[ExcludedFiles, ...] = ()

    @property
    def is_unlocked(self) -> bool:
        """True if the project has no lock, not even a broken one."""
        return not self.locks and not self.broken

    @property
    def is_bare(self) -> bool:
        """True if nothing of the project pins or declares a package."""
        return self.is_unlocked and not self.declaring and not self.unread

    def shown(self, path: str) -> str:
        """Return a path as findings and records show it."""
        return f"{self.label}/{path}" if self.label and path else path

    def relocated(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings with their paths as reports show them."""
        if not self.label:
            return tuple(findings)
        return tuple(
            msgspec.structs.replace(
                finding, path=self.shown(finding.path), also_at=tuple(self.shown(place) for place in finding.also_at)
            )
            for finding in findings
        )

    def without_unread(self, reported: Collection[str]) -> GateProject:
        """Return the project without the unread files that the gate itself reports."""
        unread = tuple(finding for finding in self.unread if finding.path not in reported)
        return msgspec.structs.replace(self, unread=unread)

    @property
    def excluded_files(self) -> tuple[ExcludedFiles, ...]:
        """What is excluded, with paths as reports show them."""
        return tuple(
            msgspec.structs.replace(
                entry, path=self.shown(entry.path), files=tuple(self.shown(path) for path in entry.files)
            )
            for entry in self.excluded
        )

    @property
    def lock_refs(self) -> tuple[FileRef, ...]:
        """The locks by digest, for the record."""
        return tuple(
            FileRef(path=f"project:{self.shown(lock.path)}", sha256=lock.sha256, size=lock.size) for lock in self.locks
        )


def add_fleet_option(parser: argparse.ArgumentParser) -> None:
    """Add `--fleet` to a gate's command line."""
    parser.add_argument(
        "--fleet", type=Path, help="file with one project folder per line; check all of them in one run"
    )


def read_gate_input(run: StageRun) -> tuple[GateProject, ...]:
    """Read the projects and locks that a gate checks.

    Returns:
        The project, or each of the fleet's in the order of its file.
    Raises:
        UsageError: The fleet file names no folder, a missing one, or two with the same name.
        InputError: No lock can be read, or the fleet file cannot.
    """
    if run.args.fleet is None:
        return _read([("", run.root, run.config)])
    # In a part of a fleet all locks may be broken: the run that made the parts decides that none can be read.
    projects = _read([_described(folder) for folder in fleet_folders(run.args.fleet)], refuse=run.part is None)
    labels = [project.label for project in projects]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UsageError(
            f"{run.args.fleet}: two projects have the name {twice[0]!r}",
            hint="Set component_name in one of them.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return projects


def read_project(run: StageRun, *, on_all_cores: bool = False) -> GateProject:
    """Read the project of a stage that has no `--fleet`.

    Args:
        run: The run.
        on_all_cores: See `read_good_locks`.
    Raises:
        InputError: No lock can be read.
        UnavailableError: A process ended before it had read its locks.
    """
    (project,) = _read([("", run.root, run.config)], on_all_cores=on_all_cores)
    return project


def all_excluded(projects: Iterable[GateProject]) -> tuple[ExcludedFiles, ...]:
    """Return what the configurations of all projects exclude, in order."""
    return tuple(entry for project in projects for entry in project.excluded_files)


def all_locks(projects: Sequence[GateProject]) -> tuple[Lock, ...]:
    """Return the locks of all projects, in order."""
    return tuple(lock for project in projects for lock in project.locks)


def fleet_folders(path: Path) -> list[Path]:
    """Return the project folders that a fleet file names, in its order.

    Raises:
        InputError: It cannot be read.
        UsageError: It names no folder, or one that is not there.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    folders = [path.parent / text for line in lines if (text := line.split("#", 1)[0].strip())]
    if not folders:
        raise UsageError(
            f"{path}: does not name a project", hint="Write one project folder per line.", kind=ErrorClass.COMMAND_LINE
        )
    missing = [folder for folder in folders if not folder.is_dir()]
    if missing:
        raise UsageError(
            f"{path}: {missing[0]} is not a folder", hint="Correct that line.", kind=ErrorClass.COMMAND_LINE
        )
    return folders


def _described(root: Path) -> tuple[str, Path, Config]:
    config = with_environment_index(read_config(root), os.environ)
    return describe(root, config, version=FLEET_VERSION).name, root, config


def _read(
    described: Sequence[tuple[str, Path, Config]], *, refuse: bool = True, on_all_cores: bool = False
) -> tuple[GateProject, ...]:
    found = [read_good_locks(root, config.locks, on_all_cores=on_all_cores) for _, root, config in described]
    if refuse:
        refuse_all_broken(found)
    return tuple(project_of(*entry, read) for entry, read in zip(described, found, strict=True))


def project_of(label: str, root: Path, config: Config, read: ReadLocks) -> GateProject:
    """Return a project with its locks, and with what pins or declares packages and was not read.

    Args:
        label: Its name among several, else empty.
        root: Its folder.
        config: Its configuration.
        read: Its locks.
    Raises:
        InputError: A folder cannot be read.
        UnavailableError: git does not answer.
        UsageError: `[locks].exclude` leaves out everything.
    """
    classes = classify(root, config.locks, read)
    is_unlocked = not (read.locks or read.broken)
    declaring = tuple(file.path for file in classes.unread if file.declares and is_unlocked)
    return GateProject(
        label=label,
        root=root,
        config=config,
        locks=read.locks,
        broken=tuple(lock.finding for lock in read.broken),
        unread=tuple(file.finding for file in classes.unread if file.path not in declaring),
        declaring=declaring,
        excluded=classes.excluded,
    )

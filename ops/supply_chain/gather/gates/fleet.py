"""The projects of a fleet, each as a run of its own: what cannot be read is a member with an error, never left out."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.index.address import with_environment_index
from ops.supply_chain.core.errors import ErrorClass, InputError, StageError, UsageError
from ops.supply_chain.gather.gates.projects import GateProject, fleet_folders
from ops.supply_chain.runner.context import StageRun

OWN_ARTIFACTS = Path("data") / "artifacts"
"""Folder of retained releases in a project, used where the run's own has none of the component."""


class FleetProject(NamedTuple):
    """One project: its name, its run, and the error that kept it from being read; exactly one of the last two is None.

    The name is the component's; without a readable configuration it is that of the folder.
    """

    name: str
    run: StageRun | None
    error: StageError | None


def members(run: StageRun, fleet: Path | None) -> tuple[FleetProject, ...]:
    """Return the projects that a fleet file names, sorted by name, else the project of the run.

    Args:
        run: The stage's run.
        fleet: The file with one project folder per line; None for the project alone.
    Raises:
        InputError: The fleet file cannot be read.
        UsageError: It names no folder, a missing one, or two projects whose names differ at most in case.
    """
    if fleet is None:
        return (_member(run, run.root),)
    found = sorted((_member(run, folder.absolute()) for folder in fleet_folders(fleet)), key=lambda member: member.name)
    names = [member.name.casefold() for member in found]
    twice = sorted({member.name for member in found if names.count(member.name.casefold()) > 1})
    if twice:
        raise UsageError(
            f"{fleet}: two projects have the name {twice[0]!r}",
            hint="Set component_name in one of them.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return tuple(found)


def run_of(run: StageRun, project: GateProject) -> StageRun:
    """Return the run of a gate's project: the stage's own, or that of the member of its fleet.

    Raises:
        StageError: The member cannot be read any more.
    """
    if not project.label:
        return run
    member = _member(run, project.root.absolute())
    if member.run is None:
        raise member.error or InputError(f"{project.label}: cannot be read")
    return member.run


def _member(run: StageRun, folder: Path) -> FleetProject:
    try:
        config = with_environment_index(read_config(folder), os.environ)
        args = argparse.Namespace(**{**vars(run.args), "version": "", "evidence": None, "attestations": []})
        own = msgspec.structs.replace(run, root=folder, config=config, args=args, version_needed=False)
        name = own.project.name
    except StageError as error:
        return FleetProject(folder.name, None, error)
    artifacts = run.artifacts
    if name not in ArtifactStore(artifacts).components() and (folder / OWN_ARTIFACTS).is_dir():
        artifacts = folder / OWN_ARTIFACTS
    return FleetProject(name, msgspec.structs.replace(own, artifacts=artifacts), None)

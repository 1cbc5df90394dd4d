"""What is checked before the first stage of a session starts, so that a wrong configuration is reported once.

Each stage checks what it uses itself as well: it may run alone.
"""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.files.project import Project, describe
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.index.address import environment_index, read_address
from ops.supply_chain.adapters.rego.rule_files import refuse_unknown_profiles
from ops.supply_chain.adapters.tools.age import check_recipients
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.dependencies.locks.project import find_locks, refuse_idle
from ops.supply_chain.risk.advisories.response import ResponseClock
from ops.supply_chain.risk.waivers.day import waiver_day
from ops.supply_chain.runner.arguments import absolute
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.dist_folder import dist_folder
from ops.supply_chain.runner.handover import held_secrets
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.identities.vex_authors import checked_authors


class CheckedProject(NamedTuple):
    """A project that a session may start with: what it is, its configuration, and the folder of its artifacts."""

    project: Project
    config: Config
    dist: Path


def check_session(shared: argparse.Namespace, *, version_needed: bool = True) -> CheckedProject:
    """Check what the options of a session name.

    Args:
        shared: The options that every stage shares.
        version_needed: False for a session that can do without: the version may then be `UNVERSIONED`.
    Raises:
        StageError: As `check_project`.
    """
    root = absolute(shared.project)
    project, config = check_project(root, version=shared.version, version_needed=version_needed)
    return CheckedProject(project, config, dist_folder(shared.dist, root, config))


def check_project(root: Path, *, version: str = "", version_needed: bool = True) -> tuple[Project, Config]:
    """Read a project's name, version and configuration, and check the settings that several stages use.

    Args:
        root: The project's folder.
        version: As `--version` gives it; empty where it does not.
        version_needed: As for `check_session`.
    Returns:
        The project and its configuration.
    Raises:
        UsageError: There is no such folder, no version, or the configuration is wrong.
        InputError: A file that describes the project is broken.
        UnavailableError: The project is under git and git does not answer.
    """
    if not root.is_dir():
        raise UsageError(
            f"{root}: is not a folder", hint="Give the project's folder with --project.", kind=ErrorClass.NO_PROJECT
        )
    config = read_config(root)
    try:
        _check_settings(root, config)
    except UsageError as error:
        error.kind = error.kind or ErrorClass.CONFIGURATION
        raise
    return describe(root, config, version=version, version_needed=version_needed), config


def _check_settings(root: Path, config: Config) -> None:
    now = read_clock()
    checked(config.signing.identities)
    checked_authors(config.vex_authors)
    waiver_day(now, config)
    ResponseClock(config.response, now=now)
    for name, address in (("url", config.index.url), ("json_url", config.index.json_url)):
        if address:
            read_address(address, where=f"[index].{name}")
    environment_index(config.index, {**os.environ, **held_secrets()})
    if config.locks.include:
        with suppress(InputError):  # each gate reports what it cannot read, and the others go on
            refuse_idle(config.locks.include, find_locks(ProjectFiles(root), config.locks))
    if config.public_log.recipients:
        check_recipients(config.public_log.recipients)
    own = [(folder, configured_input(root, folder)) for folder in config.policy.folders]
    refuse_unknown_profiles([("", TREE / "policy"), *own], config.policy.profiles)

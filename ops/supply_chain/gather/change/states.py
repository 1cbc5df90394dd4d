"""The two states of a project that a review compares, and the third whose configuration decides.

Each is read from git into a temporary folder; the user's working folder is neither read nor changed. Configuration,
waivers, rules and feeds of the project itself come from the newest commit of the base branch, so a change can neither
weaken nor waive anything for itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.git_commits import ChangeCommits
from ops.supply_chain.adapters.files.git_export import ExportedTree, export, files_by_object
from ops.supply_chain.adapters.files.project import Project, describe
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.changes.locks import unchanged_locks
from ops.supply_chain.formats.lock_formats import how_to_lock
from ops.supply_chain.gather.gates.locks import read_good_locks
from ops.supply_chain.gather.gates.projects import GateProject, project_of
from ops.supply_chain.runner.context import StageRun

CODE = "change.not-examined"


class ProjectState(msgspec.Struct, frozen=True, kw_only=True):
    """The project at one commit.

    `unread` are findings about what could not be read: files that pin or declare packages, broken locks, declarations
    without a lock, and the locks as a whole where the configuration does not fit the commit.
    """

    tree: ExportedTree
    project: GateProject
    unread: tuple[Finding, ...]

    @property
    def objects(self) -> dict[str, str]:
        """The content of each file, by path."""
        return {path: f"{entry.mode} {entry.object}" for path, entry in self.tree.entries.items()}


class ReviewStates(NamedTuple):
    """What a review compares.

    `run` is the stage's run with the folder and the configuration that decide. `config_after` is the configuration of
    the change, None if it cannot be read. `findings` are about the configuration that decides.
    """

    run: StageRun
    base: ProjectState
    head: ProjectState
    config_before: Config
    config_after: Config | None
    findings: tuple[Finding, ...]
    reused: int


@contextmanager
def open_states(run: StageRun, commits: ChangeCommits) -> Iterator[ReviewStates]:
    """Read the states of a project into temporary folders, which exist for the time of the block.

    Args:
        run: The stage's run; its folder says which repository, and nothing else of it is read.
        commits: The commits.
    Raises:
        UnavailableError: git does not answer or lacks an object, or there is no room for the copies.
        InputError: The project's metadata on the base branch is broken.
    """
    name = run.root.resolve().name or "project"
    with tempfile.TemporaryDirectory(prefix="sealwright-change-") as scratch:
        places = {part: Path(scratch) / part / name for part in ("base", "head", "policy")}
        base = export(run.root, commits.base, places["base"])
        known = files_by_object(base)
        head = export(run.root, commits.head, places["head"], known=known)
        policy = base
        if commits.tip != commits.base:
            policy = export(run.root, commits.tip, places["policy"], known=known)
        yield _states(run, base, head, policy)


def _states(run: StageRun, base: ExportedTree, head: ExportedTree, policy: ExportedTree) -> ReviewStates:
    deciding, findings = _deciding(policy.root)
    _require_metadata(policy.root, deciding)
    before = _state(base, deciding, policy.root, {})
    same = unchanged_locks(before.project.locks, base.differing(head))
    after = _state(head, deciding, policy.root, same)
    return ReviewStates(
        run=replace(run, root=policy.root, config=deciding, version_needed=False),
        base=before,
        head=after,
        config_before=_config(base.root) or Config(),
        config_after=_config(head.root),
        findings=findings,
        reused=sum(same.get(lock.path) is lock for lock in after.project.locks),
    )


def _deciding(root: Path) -> tuple[Config, tuple[Finding, ...]]:
    """Return the configuration that decides; one that cannot be read waives nothing and is not examined."""
    try:
        return read_config(root), ()
    except (InputError, UsageError):
        finding = Finding(
            code=CODE,
            severity=Severity.INFO,
            message="the configuration of the base cannot be read, so this review used the defaults",
            next_step=f"Correct {CONFIG_NAME} on the base branch first.",
        )
        return Config(), (finding,)


def described(root: Path, config: Config, *, version: str = "") -> Project:
    """Describe the project in a copy of one of its commits; arguments and errors are those of `describe`."""
    return describe(root, config, version=version, version_needed=False, is_copy=True)


def _require_metadata(root: Path, config: Config) -> None:
    """Refuse a base whose own metadata is broken: the project has no name.

    Raises:
        InputError: It cannot be read.
    """
    try:
        described(root, config)
    except (InputError, UsageError) as error:
        what = error.message.replace(f"{root}/", "")
        raise InputError(f"the base branch: {what}", hint="Correct it on the base branch first.") from error


def _config(root: Path) -> Config | None:
    try:
        return read_config(root)
    except (InputError, UsageError):
        return None


def _state(tree: ExportedTree, config: Config, deciding: Path, known: Mapping[str, Lock]) -> ProjectState:
    unread = [_left_out(path, why) for path, why in tree.left_out.items()]
    try:
        project = project_of("", tree.root, config, read_good_locks(tree.root, config.locks, known))
    except (InputError, UsageError) as error:
        unread.append(_unreadable(error.message.replace(f"{tree.root}/", "")))
        project = GateProject(label="", root=deciding, config=config, locks=())
    unread += [*project.broken, *project.unread, *map(_without_lock, project.declaring)]
    # What the configuration names is read where the configuration is; nothing but locks is read from a change.
    bare = msgspec.structs.replace(project, root=deciding, broken=(), unread=(), declaring=())
    return ProjectState(tree=tree, project=bare, unread=tuple(unread))


def _left_out(path: str, why: str) -> Finding:
    return Finding(
        code=CODE,
        severity=Severity.INFO,
        message=f"{printable(path)} {why}, so it was not read",
        next_step="Rename or remove it.",
        path=path,
    )


def _unreadable(message: str) -> Finding:
    return Finding(
        code=CODE,
        severity=Severity.INFO,
        message=f"the locks cannot be read with the configuration of the base: {printable(message)}",
        next_step=f"Correct the change, or {CONFIG_NAME} on the base branch first.",
    )


def _without_lock(path: str) -> Finding:
    return Finding(
        code=CODE,
        severity=Severity.INFO,
        message="declares dependencies, but the project has no lock",
        next_step=f"{how_to_lock(path)}.",
        path=path,
    )

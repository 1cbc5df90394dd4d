"""The source under release: what differs from its commit, and the versions that have to agree."""

from __future__ import annotations

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.git_changes import read_changes
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.source import SourceChange
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.formats.project_metadata import PYPROJECT, SETUP_CFG, SETUP_PY
from ops.supply_chain.gather.gates.locks import find_locks
from ops.supply_chain.release.provenance.agreement import ReleasedVersion
from ops.supply_chain.runner.context import StageRun

_ORIGINS = {"option": "--version", "tag": "the tag at HEAD", "pyproject": "the project's metadata"}


def source_changes(run: StageRun) -> tuple[SourceChange, ...]:
    """List what differs from the commit; empty outside git.

    What the run itself writes is left out; a lock or metadata file counts even where the project ignores it.

    Raises:
        UnavailableError: git does not answer.
        InputError: A folder cannot be read.
    """
    if run.project.source is None:
        return ()
    read = [*find_locks(run.root, run.config.locks), CONFIG_NAME, PYPROJECT, SETUP_CFG, SETUP_PY]
    return read_changes(run.root, outputs=(run.dist, run.artifacts), read=read)


def released_version(run: StageRun) -> ReleasedVersion:
    """Return the version under release, and what it has to agree with.

    Raises:
        UnavailableError: git does not answer.
    """
    project = run.project
    computed, not_run = _computed(run) if project.metadata.dynamic else ("", "")
    return ReleasedVersion(
        text=project.version,
        source=_ORIGINS.get(project.version_source, project.version_source),
        names=(project.name, project.python_name),
        metadata=project.metadata,
        tags=project.source.tags if project.source else (),
        elsewhere=git.tags_elsewhere(run.root) if project.source else (),
        prefix=project.source.prefix if project.source else "",
        computed=computed,
        not_run=not_run,
    )


def _computed(run: StageRun) -> tuple[str, str]:
    """Return the version that the build backend computes, or empty and why it was not run."""
    from ops.supply_chain.adapters.files.process_table import tokens_above
    from ops.supply_chain.adapters.tools.backend_version import compute_version

    state = run.project.source
    if not run.config.locks.allow_builds:
        return "", "[locks].allow_builds is false"
    if state is None:
        return "", "the project is not under git"
    tokens = tokens_above()
    if tokens:
        return "", f"it could read {', '.join(tokens)} of a process above it"
    try:
        return compute_version(run.root, state, run.config, cache=run.cache / "uv", offline=run.offline), ""
    except (UnavailableError, InputError) as error:
        return "", error.message

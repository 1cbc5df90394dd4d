"""The source under release: what differs from its commit, and the versions that have to agree."""

from __future__ import annotations

import os
import posixpath

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.git_changes import read_changes
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.assurance.adoption.workflows import FOLDER as WORKFLOWS
from ops.supply_chain.assurance.documents.security_md import TEMPLATE_NAME
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.source import SourceChange
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.compile.siblings import baseline_path, bom_path
from ops.supply_chain.dependencies.locks.coverage import included_by
from ops.supply_chain.formats.project_metadata import PYPROJECT, SETUP_CFG, SETUP_PY
from ops.supply_chain.gather.gates.locks import read_good_locks
from ops.supply_chain.gather.release.packages import released_packages
from ops.supply_chain.release.provenance.agreement import ReleasedVersion
from ops.supply_chain.runner.context import StageRun

UV_SETTINGS = "uv.toml"
"""Settings with which uv compiles the locks."""

MANIFEST_IN = "MANIFEST.in"
"""Which files setuptools packs."""

_ORIGINS = {"option": "--version", "tag": "the tag at HEAD", "pyproject": "the project's metadata"}


def source_changes(run: StageRun) -> tuple[SourceChange, ...]:
    """List what differs from the commit; empty outside git.

    What the run itself writes is left out; what a release reads counts even where the project ignores it: locks, what
    they include and are compiled from, the files beside them, metadata, configuration, rules and templates.

    Raises:
        UnavailableError: git does not answer.
        InputError: A folder cannot be read.
    """
    if run.project.source is None:
        return ()
    return read_changes(run.root, outputs=run.outputs, read=_read_by_a_release(run))


def _read_by_a_release(run: StageRun) -> list[str]:
    """Return the files and folders of the project that a release reads, as far as they exist, sorted."""
    found = read_good_locks(run.root, run.config.locks)
    locks = {lock.path for lock in found.locks} | {lock.path for lock in found.broken}
    # A broken lock has a source, too: its name gives it.
    sources = {lock.source for lock in found.locks if lock.source} | {
        f"{posixpath.splitext(lock)[0]}.in" for lock in locks
    }
    named = {path for lock in found.locks for path, _, _ in lock.included}
    beside = {path for lock in locks for path in (bom_path(lock), baseline_path(lock))}
    included = included_by(locks | sources | named, ProjectFiles(run.root).read)
    settings = {CONFIG_NAME, PYPROJECT, SETUP_CFG, SETUP_PY, UV_SETTINGS, MANIFEST_IN, TEMPLATE_NAME, WORKFLOWS}
    configured = {
        posixpath.normpath(path) for path in (*run.config.policy.folders, run.config.signing.trust_config) if path
    }
    paths = locks | sources | named | beside | included | settings | configured
    return sorted(path for path in paths if os.path.lexists(run.root / path))


def released_version(run: StageRun) -> ReleasedVersion:
    """Return the version under release, and what it has to agree with.

    Raises:
        UnavailableError: git does not answer.
        UsageError: `[[packages]]` cannot be used.
        InputError: The metadata of a package cannot be read.
    """
    project = run.project
    computed, not_run = _computed(run) if project.metadata.dynamic else ("", "")
    own = {normalise(name) for name in (project.name, project.python_name) if name}
    # A tag without a name may be that of the whole project, or of another one in the repository.
    prefix = (project.source.prefix if project.source else "") or ("" if project.package is None else ".")
    return ReleasedVersion(
        text=project.version,
        source=_ORIGINS.get(project.version_source, project.version_source),
        names=project.tag_names,
        metadata=project.metadata,
        tags=project.source.tags if project.source else (),
        elsewhere=git.tags_elsewhere(run.root) if project.source else (),
        prefix=prefix,
        packages=tuple(package.name for package in released_packages(run) if package.name not in own),
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
        return compute_version(
            run.root, state, run.config, path=run.project.package or "", cache=run.cache / "uv", offline=run.offline
        ), ""
    except (UnavailableError, InputError) as error:
        return "", error.message

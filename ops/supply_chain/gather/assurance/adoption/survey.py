"""The survey of a project before adoption."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.adapters.files.inputs import require_inside
from ops.supply_chain.adapters.files.new_files import is_there
from ops.supply_chain.adapters.files.project import COMPONENT_REMOTE, SAFE_NAME
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.files.tagged_package import named_folders
from ops.supply_chain.assurance.adoption.config_text import signer_lines
from ops.supply_chain.assurance.adoption.exclusions import folders_to_exclude
from ops.supply_chain.assurance.adoption.ignore_lists import import_ignores, is_ci
from ops.supply_chain.assurance.adoption.model import FoundLock, OwnersFile, ProjectSurvey, ProposedScope
from ops.supply_chain.assurance.adoption.naming import component_name
from ops.supply_chain.assurance.adoption.pip_audit_flags import IDENTIFIER
from ops.supply_chain.assurance.adoption.plan import GITIGNORE, OUTPUTS, TEMPLATE, places
from ops.supply_chain.assurance.adoption.scopes import proposed_scopes
from ops.supply_chain.assurance.adoption.workflows import FOLDER, NAMES
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.config.locks import ExcludedPath, LocksConfig
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from ops.supply_chain.dependencies.compile.group_source import group_of
from ops.supply_chain.dependencies.compile.sources import LOCK_SUFFIX, SOURCE_SUFFIX
from ops.supply_chain.dependencies.locks.project import BrokenLock, refuse_broken
from ops.supply_chain.formats import code_owners
from ops.supply_chain.formats.lock_formats import lock_format
from ops.supply_chain.formats.tag_forms import tag_forms
from ops.supply_chain.formats.version_tags import same_version, version_tags
from ops.supply_chain.gather.assurance.adoption.files import on_github
from ops.supply_chain.gather.dependencies.group_sources import planned_group_sources
from ops.supply_chain.gather.dependencies.jobs import read_jobs
from ops.supply_chain.gather.gates.locks import classify, read_good_locks

PYPROJECT = "pyproject.toml"
REMOTES = (COMPONENT_REMOTE, "origin")
DOCUMENTS = ("SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md", ".well-known/security.txt")
"""Files that usually name a reporting channel."""

LARGEST_OWNERS_BYTES = 3 << 20
"""GitHub reads no CODEOWNERS of 3 MB or more."""

_HOST = re.compile(r"(?:[a-z+]+://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?:[:/].*)?")
_CHANNEL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w-]|https://\S")
"""The beginning of an e-mail address or a link. Bounded: the document is untrusted."""
_PYTHON = re.compile(r"[0-9A-Za-z.,<>=!~^* -]{1,60}")


class _Git(NamedTuple):
    under_git: bool
    remote: str
    prefix: str
    tags: tuple[str, ...]
    dist_is_tracked: bool
    all_tags: tuple[str, ...] = ()


def survey_of(root: Path, *, now: datetime) -> ProjectSurvey:
    """Survey a project.

    Args:
        root: The project's folder.
        now: The time of the run.
    Raises:
        UsageError: Its configuration is invalid.
        InputError: Its configuration or its template is a link that leads out of it.
        UnavailableError: It is under git, and git does not answer.
    """
    _require_plain(root / CONFIG_NAME)
    require_inside(root, root / TEMPLATE)
    config, files, state = read_config(root), ProjectFiles(root), _git(root)
    paths, problem = _walk(files)
    pyproject, broken = _pyproject(files)
    table = _project_table(pyproject)
    repository = on_github(state.remote)
    locks, locks_problem = _locks(root, config)
    content, gitignore_problem = _plain_file(root / GITIGNORE)
    python, python_source = _python(files, table)
    names = _tag_names(root, config, state, table)
    return ProjectSurvey(
        name=config.component_name or component_name(_names(root, state, table)),
        under_git=state.under_git,
        repository=repository,
        host="" if repository else _host(state.remote),
        prefix=state.prefix,
        existing=frozenset(path for path in places() if is_there(root, path)),
        locks=locks,
        locks_problem=problem or locks_problem,
        broken=broken,
        sources=_sources(root, config, now),
        layout=_layout(paths),
        build_backend=_word(_table(pyproject.get("build-system")).get("build-backend")),
        python=python,
        python_source=python_source,
        ci=tuple(path for path in paths if is_ci(path) and path not in {f"{FOLDER}/{name}" for name in NAMES}),
        gitignore=content,
        gitignore_problem=gitignore_problem,
        ignored_outputs=git.ignored_by_project(root, OUTPUTS.values()),
        dist_is_tracked=state.dist_is_tracked,
        ignored=import_ignores(paths, lambda path: _read(files, path)),
        known_ids=_known_ids(files, config),
        signers=len(config.signing.identities),
        channel=_channel(files, config),
        released_as=_version(state.tags, table, names),
        tags=tag_forms(state.all_tags, names),
        excludable=_excludable(root, paths, pyproject),
        scopes=_scopes(root, config, pyproject, [lock.path for lock in locks]),
        needs_tag=not _word(table.get("version")),
        signer_lines=signer_lines(_text(files, CONFIG_NAME)),
        updates=config.updates.tool,
        policy_folders=config.policy.folders,
        owners=_owners(root),
        today=now.date(),
        taken_tag=_taken_tag(state.all_tags, _word(table.get("version")), names),
        tool_locks=_tool_locks(paths, pyproject),
    )


def _require_plain(path: Path) -> None:
    """Reject a pipe or device in place of the configuration, which would block the read."""
    if path.exists() and not path.is_file():
        raise UsageError(
            f"{path.name}: expected a plain file, found something else",
            hint="Replace it with a plain file, or remove it.",
        )


def _git(root: Path) -> _Git:
    remote = git.remote_of(root, remotes=REMOTES)
    state = git.read_state(root, remotes=REMOTES)
    if state is None:
        return _Git(remote is not None, remote or "", "", (), dist_is_tracked=False)
    tracked = any(path.startswith("dist/") for path in git.tracked_files(root))
    return _Git(
        under_git=True,
        remote=state.remote,
        prefix=state.prefix,
        tags=state.tags,
        dist_is_tracked=tracked,
        all_tags=git.tags_by_date(root),
    )


def _walk(files: ProjectFiles) -> tuple[list[str], str]:
    try:
        return list(files.walk()), ""
    except InputError as error:
        return [], _first(error.message)


def _read(files: ProjectFiles, path: str) -> bytes | None:
    try:
        return files.read(path)
    except InputError:
        return None


def _text(files: ProjectFiles, path: str) -> str:
    return (_read(files, path) or b"").decode("utf-8", "replace")


def _pyproject(files: ProjectFiles) -> tuple[dict[str, Any], str]:
    """Return the table (empty where the file is missing or malformed), and the problem."""
    try:
        return plain_toml.load((files.read(PYPROJECT) or b"").decode()), ""
    except InputError as error:
        return {}, error.message
    except (UnicodeDecodeError, plain_toml.TomlError):
        return {}, f"{PYPROJECT}: is not valid TOML"


def _project_table(pyproject: dict[str, Any]) -> dict[str, Any]:
    return _table(pyproject.get("project")) or _table(_table(pyproject.get("tool")).get("poetry"))


def _names(root: Path, state: _Git, table: dict[str, Any]) -> Sequence[str]:
    remote = "" if state.prefix else state.remote.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return (_word(table.get("name")), remote.removesuffix(".git"), root.resolve().name)


def _locks(root: Path, config: Config) -> tuple[tuple[FoundLock, ...], str]:
    try:
        read = read_good_locks(root, config.locks)
        broken = _broken(read.broken)
    except InputError as error:
        return (), _first(error.message)
    return tuple(
        FoundLock(
            path=lock.path,
            kind=lock.kind,
            pins=len(lock.entries),
            loose=len({finding.line for finding in lock.findings}),
        )
        for lock in read.locks
    ), broken


def _broken(locks: Sequence[BrokenLock]) -> str:
    """Return why the first of some broken locks cannot be read, and the number of others."""
    try:
        refuse_broken(locks)
    except InputError as error:
        return _first(error.message)
    return ""


def _first(message: str) -> str:
    """Return the problem of the first malformed lock, and the number of others."""
    first, *more = message.splitlines()
    return first if not more else f"{more[0].strip()}" + (f" (and {len(more) - 1} more)" if len(more) > 1 else "")


def _sources(root: Path, config: Config, now: datetime) -> tuple[str, ...]:
    try:
        groups = read_jobs(root, config.locks, now=now, on_broken=lambda _path, _error: None)
    except (InputError, UsageError):
        return ()
    return tuple(sorted({job.source_path for group in groups for job in group}))


def _layout(paths: Sequence[str]) -> str:
    if any(path.startswith("src/") and path.endswith("/__init__.py") for path in paths):
        return "src"
    return "flat" if any(re.fullmatch(r"[^/]+/__init__\.py", path) for path in paths) else "none"


def _python(files: ProjectFiles, table: dict[str, Any]) -> tuple[str, str]:
    said = _text(files, ".python-version").strip().splitlines()
    poetry = _table(table.get("dependencies")).get("python")
    for text, source in (
        (said[0].strip() if said else "", ".python-version"),
        (_word(table.get("requires-python")), "requires-python"),
        (_word(poetry), "tool.poetry.dependencies"),
    ):
        if _PYTHON.fullmatch(text):
            return text, source
    return "", ""


def _owners(root: Path) -> OwnersFile:
    """Read CODEOWNERS where GitHub does: the first of its places."""
    name = next((name for name in code_owners.PLACES if is_there(root, name)), "")
    if not name:
        return OwnersFile()
    if any((root / name).parents[depth].is_symlink() for depth in range(name.count("/"))):
        return OwnersFile(path=name, problem="is not a plain file")
    content, problem = _plain_file(root / name)
    try:
        text = (content or b"").decode()
    except UnicodeDecodeError:
        text, problem = "", "is not UTF-8"
    if len(text) > LARGEST_OWNERS_BYTES:
        text, problem = "", "is larger than GitHub reads"
    return OwnersFile(path=name, text=text, problem=problem)


def _plain_file(path: Path) -> tuple[bytes | None, str]:
    """Return a file's content, None where there is none or it must not be changed, and why."""
    if not os.path.lexists(path):
        return None, ""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None, "is not a plain file"
        return path.read_bytes(), ""
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"


def _known_ids(files: ProjectFiles, config: Config) -> frozenset[str]:
    """Return the ids that the configuration mentions, in force or in a comment, in upper case."""
    said = re.findall(IDENTIFIER, _text(files, CONFIG_NAME))
    return frozenset(name.upper() for name in [*said, *(entry.id for entry in config.waivers)])


def _channel(files: ProjectFiles, config: Config) -> str:
    if config.reporting.github or config.reporting.email or config.reporting.url:
        return f"[reporting] in {CONFIG_NAME}"
    return next((path for path in DOCUMENTS if _CHANNEL.search(_text(files, path))), "")


def _excludable(root: Path, paths: Sequence[str], pyproject: dict[str, Any]) -> tuple[ExcludedPath, ...]:
    """Return the folders that could be left out and have a lock or a declaration."""
    workspace = _table(_table(_table(pyproject.get("tool")).get("uv")).get("workspace"))
    members = [member for member in workspace.get("members") or () if isinstance(member, str)]
    found = folders_to_exclude(paths, members=members)
    if not found:  # the locks are not read once more for nothing
        return ()
    try:
        locks = LocksConfig(exclude=found)
        named = {entry.path for entry in classify(root, locks, read_good_locks(root, locks)).excluded if entry.files}
    except (InputError, UsageError, UnavailableError):
        return ()
    return tuple(entry for entry in found if entry.path in named)


def _scopes(root: Path, config: Config, pyproject: dict[str, Any], locks: Sequence[str]) -> tuple[ProposedScope, ...]:
    try:
        sources = planned_group_sources(root, config)
    except InputError:
        sources = {}
    group_locks = {path.removesuffix(SOURCE_SUFFIX) + LOCK_SUFFIX: group_of(text) for path, text in sources.items()}
    return proposed_scopes(pyproject, locks, group_locks=group_locks, present=config.locks.scopes)


def _tag_names(root: Path, config: Config, state: _Git, table: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that tags of the project begin with: its own, those of its packages, and their folders'."""
    own = (config.component_name, _word(table.get("name")))
    if state.prefix:
        return tuple(filter(None, (*own, posixpath.basename(state.prefix))))
    try:
        packages = [(name, posixpath.basename(folder.path)) for name, folder in named_folders(root, config)]
    except (InputError, UsageError):
        packages = []
    return ("", *own, *(name for pair in packages for name in pair))


def _taken_tag(tags: Sequence[str], version: str, names: Collection[str]) -> str:
    """Return the tag that a version has already; empty where it has none."""
    own = [name for name in names if name]
    return next((tag.tag for tag in version_tags(tags, own) if version and same_version(tag.text, version)), "")


def _tool_locks(paths: Collection[str], pyproject: dict[str, Any]) -> tuple[LockKind, ...]:
    """Return the locks that are missing of the tools whose own tables declare packages."""
    tools = _table(pyproject.get("tool"))
    tables = {
        LockKind.POETRY: ("dependencies", "group", "dev-dependencies"),
        LockKind.PDM: ("dev-dependencies",),
        LockKind.UV: ("dev-dependencies",),
    }
    return tuple(
        kind
        for kind, keys in tables.items()
        if kind.value not in paths and any(_table(tools.get(lock_format(kind).tool)).get(key) for key in keys)
    )


def _version(tags: Sequence[str], table: dict[str, Any], names: Collection[str]) -> str:
    versions = version_tags(tags, [name for name in names if name]) if len(tags) > 1 else ()
    if len({tag.version for tag in versions}) == 1:
        tags = [versions[0].text]
    found = tags[0] if len(tags) == 1 else "" if tags else _word(table.get("version"))
    return found if SAFE_NAME.fullmatch(found) and ".." not in found else ""


def _host(remote: str) -> str:
    found = _HOST.fullmatch(remote)
    return found["host"] if found else ""


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""

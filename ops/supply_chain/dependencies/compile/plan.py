"""The plan of a compile: each lock to make, with all that its content depends on, in the order of their includes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.compile_request import CompileRequest, LockHeader
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.compile.diff import CompiledPins, pins_of, without_others
from ops.supply_chain.dependencies.compile.group_source import is_group_source
from ops.supply_chain.dependencies.compile.header import body_of, head_of, is_generated, parse_header, refuse_future
from ops.supply_chain.dependencies.compile.sources import (
    OTHER_LOCKS,
    PYPROJECT,
    REQUIREMENTS_IN,
    REQUIREMENTS_TXT,
    SOURCE_SUFFIX,
    ConditionalRequirement,
    LockSource,
    choose,
    read_source,
    waves,
)
from ops.supply_chain.dependencies.compile.target import target_of
from ops.supply_chain.formats.uv_export import export_command

KEEPS_EXTRAS = "--no-strip-extras"
"""In the header of a lock that pip can install with `--require-hashes`: before 23.3 it takes `name==1.0` in a lock for no
answer to a dependency that requires `name[extra]`. pip 23.2 and older come with Python 3.11 and 3.12."""

Read = Callable[[str], str | None]
"""Returns the text of a file by its path relative to the project, None if there is none."""

OnBroken = Callable[[str, InputError], None]
"""Gets the path of a lock that cannot be planned, and why."""


class LockJob(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One lock to make.

    `folder` is relative to the project, with `/`, empty for its top; `source` and `lock` are file names
    there. `command` is the command in the lock's header. `inputs` is all that the result depends on apart
    from seed and timestamp: two jobs with equal inputs, seed and timestamp get the same body. `names` are the
    packages that the source and its includes require, PEP 503, sorted; `has_requirements` is True if they require
    anything, by name or not. `conditional` are their requirements with a marker. `universal` is True if the lock is for all
    platforms, and `python_version` the lowest Python that it is for, empty for the running one. `old` is the lock's present text, empty for none, and `header` its parsed header.
    """

    folder: str
    source: str
    lock: str
    command: str
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    old: str
    header: LockHeader
    has_requirements: bool = True
    conditional: tuple[ConditionalRequirement, ...] = ()
    universal: bool = False
    python_version: str = ""

    @property
    def path(self) -> str:
        """The lock, relative to the project."""
        return posixpath.join(self.folder, self.lock)

    @property
    def source_path(self) -> str:
        """The source, relative to the project."""
        return posixpath.join(self.folder, self.source)

    @cached_property
    def body(self) -> str:
        """The old text without its header."""
        return body_of(self.old)

    @property
    def keeps_extras(self) -> bool:
        """Whether the command in the old header keeps the extras of each package; older locks left them out."""
        return KEEPS_EXTRAS in self.head

    @property
    def head(self) -> str:
        """The header of the old text, line ends as in the body."""
        return head_of(self.old)

    @cached_property
    def pins(self) -> CompiledPins:
        """The pins of the old text."""
        return pins_of(self.body)

    def left_out(self, pins: CompiledPins) -> tuple[ConditionalRequirement, ...]:
        """Return the requirements that are in no form in some pins, because their markers are never true there."""
        return tuple(requirement for requirement in self.conditional if requirement.name not in pins.versions)


class IncludedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one source includes.

    `files` are (path relative to the project, text) of everything that `-r` and `-c` include at any depth,
    sorted, without the source itself. `required` are the paths that `-r` alone leads to. `names` are the
    packages required by the source and by `required`, PEP 503, sorted; `conditional` are the requirements of the same
    files that have a marker, sorted. `local` is as in `SourceText`. `requires_python` is that of a `pyproject.toml`.
    """

    files: tuple[tuple[str, str], ...]
    required: frozenset[str]
    names: tuple[str, ...]
    local: bool
    conditional: tuple[ConditionalRequirement, ...] = ()
    requires_python: str = ""


def plan_locks(
    files: Collection[str],
    read: Read,
    *,
    config: LocksConfig,
    named: Collection[str],
    now: datetime,
    label: str = "",
    on_broken: OnBroken | None = None,
) -> list[list[LockJob]]:
    """Find every lock to make.

    Args:
        files: The `.in`, `.txt` and top-level files of the project that are not excluded.
        read: Reads one of them, or a file that it includes.
        config: The project's `[locks]`.
        named: Locks (existing or not) that `[locks].include` names; used only if it is set.
        now: The time of the run.
        label: The project's name among several.
        on_broken: Gets a lock that cannot be planned, and why; the others are planned. None raises the first error.
    Returns:
        Groups that depend on earlier groups only, each sorted by path.
    Raises:
        InputError: Without `on_broken`: a source, a lock's header or `pyproject.toml` is malformed, or sources include
            each other in a circle.
    """
    report = _raise if on_broken is None else on_broken
    reached, sources = _sources(files, read, report, config=config, named=named)
    uses = {path: {used for used, _ in tree.files} for path, tree in reached.items()}
    planned = []
    for wave in waves(sources, uses, report):
        group = []
        for source in wave:
            try:
                group.append(_job(source, reached[source.path], read, config=config, now=now, label=label))
            except InputError as error:
                report(source.lock, error)
        planned.append(group)
    return [group for group in planned if group]


def _raise(_path: str, error: InputError) -> None:
    raise error


def _sources(
    files: Collection[str], read: Read, report: OnBroken, *, config: LocksConfig, named: Collection[str]
) -> tuple[dict[str, IncludedFiles], list[LockSource]]:
    """Return what each source includes, and the sources that are compiled on their own and can be read."""
    reached: dict[str, IncludedFiles] = {}
    unread: dict[str, InputError] = {}
    for path in files:
        if path.endswith(SOURCE_SUFFIX):
            try:
                reached[path] = follow(path, read)
            except InputError as error:
                unread[path] = error
    included = {path for tree in reached.values() for path in tree.required}
    chosen = choose(files, included=included, named=named if config.include else None)
    for source in chosen:
        if source.path in unread:
            report(source.lock, unread[source.path])
    sources = [source for source in chosen if source.path in reached]
    if not config.include or REQUIREMENTS_TXT in named:
        try:
            sources += _from_pyproject(files, read)
            if sources and sources[-1].path == PYPROJECT:
                reached[PYPROJECT] = _pyproject(read(PYPROJECT) or "")
        except InputError as error:
            report(REQUIREMENTS_TXT, error)
    return reached, sources


def follow(path: str, read: Read) -> IncludedFiles:
    """Read a source and everything that it includes; the compiler reports a file that cannot be read."""
    texts: dict[str, str] = {}
    required: set[str] = set()
    names: set[str] = set()
    conditional: set[ConditionalRequirement] = set()
    local = False
    left = [(path, True)]
    while left:
        here, is_required = left.pop()
        text = read(here)
        if here in texts and (here in required or not is_required):
            continue
        texts[here] = text or ""
        found = read_source(texts[here])
        local |= found.local
        if is_required:
            required.add(here)
            names.update(found.names)
            conditional.update(found.conditional)
        folder = posixpath.dirname(here)
        left += [(posixpath.normpath(posixpath.join(folder, file)), is_required) for file in found.requires]
        left += [(posixpath.normpath(posixpath.join(folder, file)), False) for file in found.constrains]
    del texts[path]
    return IncludedFiles(
        files=tuple(sorted(texts.items())),
        required=frozenset(required - {path}),
        names=tuple(sorted(names)),
        local=local,
        conditional=tuple(sorted(conditional)),
    )


def restrict(groups: Sequence[Sequence[LockJob]], wanted: Collection[str]) -> list[list[LockJob]]:
    """Keep the jobs whose source or lock is one of some paths or is below one; an empty path keeps all."""

    def is_wanted(job: LockJob) -> bool:
        return any(path in ("", job.path, job.source_path) or job.path.startswith(f"{path}/") for path in wanted)

    return [kept for group in groups if (kept := [job for job in group if is_wanted(job)])]


def request_for(
    job: LockJob, header: LockHeader, *, upgrade: bool = False, upgrade_packages: tuple[str, ...] = ()
) -> CompileRequest:
    """Return the request whose result is a lock with this header, seeded with the pins of the old lock."""
    return CompileRequest(
        folder=job.folder,
        source=job.source,
        lock=job.lock,
        seed="" if upgrade else without_others(job.body),
        exclude_newer=header.compiled_at,
        bypasses=header.bypasses,
        upgrade=upgrade,
        upgrade_packages=upgrade_packages,
        python_version=job.python_version,
        universal=job.universal,
    )


def _job(
    source: LockSource, reached: IncludedFiles, read: Read, *, config: LocksConfig, now: datetime, label: str
) -> LockJob:
    old = read(source.lock) or ""
    header = parse_header(old, where=source.lock)
    refuse_future(header, now, where=source.lock)
    here = source.folder or "."
    relative = [f"{posixpath.relpath(path, here)}\n{text}" for path, text in reached.files]
    name, text = posixpath.basename(source.path), read(source.path) or ""
    lock = posixpath.basename(source.lock)
    # A file or folder requirement is resolved from the source's folder, so then that folder is an input too.
    place = [posixpath.join(label, source.folder)] if reached.local or name == PYPROJECT else []
    of_project = name == PYPROJECT or is_group_source(text)
    requires_python = _pyproject(read(PYPROJECT) or "").requires_python if of_project else ""
    target = target_of(old, requires_python, config, of_project=of_project)
    return LockJob(
        folder=source.folder,
        source=name,
        lock=lock,
        command=" ".join(["uv", "pip", "compile", "--generate-hashes", KEEPS_EXTRAS, *target.words, name, "-o", lock]),
        inputs=(name, text, *relative, *place, *target.words),
        names=reached.names,
        old=old,
        header=header,
        has_requirements=bool(reached.names) or reached.local,
        conditional=reached.conditional,
        universal=target.universal,
        python_version=target.python_version,
    )


def _from_pyproject(files: Collection[str], read: Read) -> list[LockSource]:
    """Return `pyproject.toml` as a source if the project has no other source or lock, and it requires anything."""
    if not is_from_pyproject(files, read) or not _pyproject(read(PYPROJECT) or "").names:
        return []
    return [LockSource(path=PYPROJECT, lock=REQUIREMENTS_TXT)]


def is_from_pyproject(files: Collection[str], read: Read) -> bool:
    """Return whether a project is locked from its `pyproject.toml`: it has no `requirements.in` and no other lock at its top.

    Args:
        files: The project's files that are not excluded.
        read: Reads one of them.
    """
    if PYPROJECT not in files or not {REQUIREMENTS_IN, *OTHER_LOCKS}.isdisjoint(files):
        return False
    # A requirements.txt that was written by hand, or exported from another lock, is not replaced.
    old = read(REQUIREMENTS_TXT) or ""
    return is_generated(old) and export_command(old) is None


def _pyproject(text: str) -> IncludedFiles:
    try:
        project = plain_toml.load(text).get("project", {})
    except plain_toml.TomlError as error:
        raise InputError(f"{PYPROJECT}: not valid TOML: {error}") from error
    listed = project.get("dependencies", []) if isinstance(project, dict) else []
    found = read_source("\n".join(map(str, listed)) if isinstance(listed, list) else "")
    requires = project.get("requires-python", "") if isinstance(project, dict) else ""
    return IncludedFiles(
        files=(),
        required=frozenset(),
        names=found.names,
        local=True,
        conditional=found.conditional,
        requires_python=requires if isinstance(requires, str) else "",
    )

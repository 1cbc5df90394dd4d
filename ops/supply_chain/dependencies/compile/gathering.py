"""From a project's files to the locks that are to be made, in the order that they need each other."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.compile.cool_down import refuse_future
from ops.supply_chain.dependencies.compile.header import is_generated, parse_header
from ops.supply_chain.dependencies.compile.job import Job
from ops.supply_chain.dependencies.compile.sources import (
    OTHER_LOCKS,
    PYPROJECT,
    REQUIREMENTS_IN,
    REQUIREMENTS_TXT,
    SOURCE_SUFFIX,
    Source,
    choose,
    read_source,
    waves,
)

Read = Callable[[str], str | None]
"""Gives the text of a file by its path relative to the project, None where there is none."""


class Included(msgspec.Struct, frozen=True, kw_only=True):
    """All that one source leads to.

    `files` are (path relative to the project, text) of everything that `-r` and `-c` include at any depth,
    sorted, without the source itself. `required` are the paths that `-r` alone leads to. `names` are the
    packages required by the source and by `required`, PEP 503, sorted. `local` is as in `SourceText`.
    """

    files: tuple[tuple[str, str], ...]
    required: frozenset[str]
    names: tuple[str, ...]
    local: bool


def gather(
    files: Collection[str], read: Read, *, config: LocksConfig, named: Collection[str], now: datetime, label: str = ""
) -> list[list[Job]]:
    """Find every lock to make.

    Args:
        files: The `.in`, `.txt` and top-level files of the project that are not excluded.
        read: Reads one of them, or what it includes.
        config: The project's `[locks]`.
        named: Locks (there or not) that `[locks].include` names; only looked at where it is set.
        now: The run's moment.
        label: What to call the project among several.
    Returns:
        Groups that depend on earlier groups only, each sorted by path.
    Raises:
        InputError: A source, a lock's header or `pyproject.toml` is broken, or sources go in circles.
    """
    candidates = [path for path in files if path.endswith(SOURCE_SUFFIX)]
    reached = {path: follow(path, read) for path in candidates}
    included = {path for one in reached.values() for path in one.required}
    sources = choose(files, included=included, named=named if config.include else None)
    sources += _from_pyproject(files, read) if not config.include or REQUIREMENTS_TXT in named else []
    reached |= {source.path: _pyproject(read(PYPROJECT) or "") for source in sources if source.path == PYPROJECT}
    uses = {path: {used for used, _ in one.files} for path, one in reached.items()}
    return [
        [_job(source, reached[source.path], read, config=config, now=now, label=label) for source in wave]
        for wave in waves(sources, uses)
    ]


def follow(path: str, read: Read) -> Included:
    """Read a source and everything that it includes; what cannot be read is left to the compiler to name."""
    texts: dict[str, str] = {}
    required: set[str] = set()
    names: set[str] = set()
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
        folder = posixpath.dirname(here)
        left += [(posixpath.normpath(posixpath.join(folder, one)), is_required) for one in found.requires]
        left += [(posixpath.normpath(posixpath.join(folder, one)), False) for one in found.constrains]
    del texts[path]
    return Included(
        files=tuple(sorted(texts.items())),
        required=frozenset(required - {path}),
        names=tuple(sorted(names)),
        local=local,
    )


def restrict(groups: Sequence[Sequence[Job]], wanted: Collection[str]) -> list[list[Job]]:
    """Keep the jobs whose source or lock is one of some paths or lies below one; an empty path is all."""

    def is_wanted(job: Job) -> bool:
        return any(one in ("", job.path, job.source_path) or job.path.startswith(f"{one}/") for one in wanted)

    return [kept for group in groups if (kept := [job for job in group if is_wanted(job)])]


def _job(source: Source, reached: Included, read: Read, *, config: LocksConfig, now: datetime, label: str) -> Job:
    old = read(source.lock) or ""
    header = parse_header(old, where=source.lock)
    refuse_future(header, now, where=source.lock)
    here = source.folder or "."
    relative = [f"{posixpath.relpath(path, here)}\n{text}" for path, text in reached.files]
    name = posixpath.basename(source.path)
    lock = posixpath.basename(source.lock)
    # What comes from a file or folder is found from where the source lies; so then that place is an input too.
    place = [posixpath.join(label, source.folder)] if reached.local or name == PYPROJECT else []
    return Job(
        folder=source.folder,
        source=name,
        lock=lock,
        command=_command(name, lock, config),
        inputs=(name, read(source.path) or "", *relative, *place),
        names=reached.names,
        old=old,
        header=header,
        asks=bool(reached.names) or reached.local,
    )


def _command(source: str, lock: str, config: LocksConfig) -> str:
    words = ["uv", "pip", "compile", "--generate-hashes"]
    words += ["--universal"] if config.universal else []
    words += ["--python-version", config.python_version] if config.python_version else []
    return " ".join([*words, source, "-o", lock])


def _from_pyproject(files: Collection[str], read: Read) -> list[Source]:
    """Take `pyproject.toml` as a source where nothing else says what the project is locked from."""
    if PYPROJECT not in files or not {REQUIREMENTS_IN, *OTHER_LOCKS}.isdisjoint(files):
        return []
    wanted = _pyproject(read(PYPROJECT) or "").names
    # A requirements.txt that somebody wrote by hand is not ours to replace.
    return (
        [Source(path=PYPROJECT, lock=REQUIREMENTS_TXT)] if wanted and is_generated(read(REQUIREMENTS_TXT) or "") else []
    )


def _pyproject(text: str) -> Included:
    try:
        project = tomllib.loads(text).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{PYPROJECT}: not valid TOML: {error}") from error
    listed = project.get("dependencies", []) if isinstance(project, dict) else []
    found = read_source("\n".join(str(one) for one in listed) if isinstance(listed, list) else "")
    return Included(files=(), required=frozenset(), names=found.names, local=True)

"""The sources of locks: their names and includes, and which files are compiled.

uv parses the sources itself; only names and includes are parsed here, to know which sources give the same lock, which
depend on another lock, and which dependencies are direct.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise

PYPROJECT = "pyproject.toml"
REQUIREMENTS_IN = "requirements.in"
REQUIREMENTS_TXT = "requirements.txt"
SOURCE_SUFFIX = ".in"
LOCK_SUFFIX = ".txt"
OTHER_LOCKS = frozenset(kind.value for kind in LockKind if kind is not LockKind.REQUIREMENTS)
"""A project with one of these at its top already has a lock."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?=\s*(?:$|[\[;@<>=!~(,]))")
_INCLUDE = re.compile(r"(?:-r|--requirements?|-c|--constraints?)(?:\s+|=|(?=[^\s=-]))(?P<path>.+)")
_PLACE = re.compile(r"file:|@\s*[./~]|\.(?:whl|zip|tar\.gz|tgz)\b")
_OPTIONS = re.compile(r"\s--[a-z].*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


class LockSource(msgspec.Struct, frozen=True, kw_only=True):
    """A file to compile and its lock; both relative to the project, with `/`."""

    path: str
    lock: str

    @property
    def folder(self) -> str:
        """The folder of both, empty for the project's top."""
        return posixpath.dirname(self.path)


class ConditionalRequirement(NamedTuple):
    """A requirement with an environment marker: the package in PEP 503 form, the marker as `packaging` writes it."""

    name: str
    marker: str


class SourceText(msgspec.Struct, frozen=True, kw_only=True):
    """The names and includes of one requirements source.

    `names` are the packages required, in PEP 503 form, sorted. `requires` and `constrains` are the paths
    that `-r` and `-c` include, as written, in order. `local` is True if a line refers to a file or folder,
    so that the result depends on the source's folder. `conditional` are the requirements that have a marker, in order.
    """

    names: tuple[str, ...]
    requires: tuple[str, ...]
    constrains: tuple[str, ...]
    local: bool
    conditional: tuple[ConditionalRequirement, ...] = ()


def read_source(text: str) -> SourceText:
    """Parse the names and includes of a requirements source; uv checks everything else."""
    names: set[str] = set()
    includes: dict[bool, list[str]] = {True: [], False: []}
    conditional: list[ConditionalRequirement] = []
    local = False
    for line in _logical_lines(text):
        include = _INCLUDE.fullmatch(line)
        name = _NAME.match(line)
        if include is not None:
            includes[line.startswith(("-r", "--r"))].append(include["path"].strip().strip("'\""))
        elif name is not None:
            names.add(normalise(name.group()))
            conditional += _conditional(line)
            local |= _PLACE.search(line) is not None
        else:
            local |= not line.startswith(("--index-url", "--extra-index-url", "-i"))
    return SourceText(
        names=tuple(sorted(names)),
        requires=tuple(includes[True]),
        constrains=tuple(includes[False]),
        local=local,
        conditional=tuple(conditional),
    )


def _conditional(line: str) -> list[ConditionalRequirement]:
    """Return the requirement of a line if it has a marker; uv reports one that cannot be read."""
    from packaging.requirements import InvalidRequirement, Requirement

    if ";" not in line:
        return []
    try:
        found = Requirement(_OPTIONS.sub("", line))
    except (InvalidRequirement, RecursionError):
        return []
    return [ConditionalRequirement(normalise(found.name), str(found.marker))] if found.marker else []


def choose(files: Collection[str], *, included: Collection[str], named: Collection[str] | None) -> list[LockSource]:
    """Choose which `.in` files are compiled on their own.

    Args:
        files: The project's files that are not excluded; only `.in` and `.txt` count.
        included: Those that another `.in` file includes with `-r`.
        named: Locks (existing or not) that `[locks].include` names; None if it is not set.
    Returns:
        Sorted by path. Without `include`: every `requirements*.in` and `*requirements.in`, and every `.in`
        in a folder `requirements`. A file that is only included by others, has no lock and is not named
        `requirements.in` is left out.
    """
    chosen = []
    for path in sorted(path for path in files if path.endswith(SOURCE_SUFFIX)):
        lock = path.removesuffix(SOURCE_SUFFIX) + LOCK_SUFFIX
        wanted = _is_conventional(path) if named is None else lock in named
        is_part = path in included and lock not in files and PurePosixPath(path).name != REQUIREMENTS_IN
        if wanted and not is_part:
            chosen.append(LockSource(path=path, lock=lock))
    return chosen


def lock_of(source: str) -> str:
    """Return the lock that is compiled from a source, by its path."""
    folder, name = posixpath.split(source)
    return posixpath.join(
        folder, REQUIREMENTS_TXT if name == PYPROJECT else name.removesuffix(SOURCE_SUFFIX) + LOCK_SUFFIX
    )


def possible_sources(lock: str) -> tuple[str, ...]:
    """Return the files that a lock can be compiled from, by its path."""
    folder, name = posixpath.split(lock)
    source = lock.removesuffix(LOCK_SUFFIX) + SOURCE_SUFFIX
    return (source, posixpath.join(folder, PYPROJECT)) if name == REQUIREMENTS_TXT else (source,)


def waves(
    sources: Collection[LockSource],
    uses: Mapping[str, Collection[str]],
    report: Callable[[str, InputError], None],
) -> list[list[LockSource]]:
    """Order sources so that a lock is compiled before a source that includes it.

    Args:
        sources: Any order.
        uses: Source path -> every file that it includes, at any depth, relative to the project.
        report: Gets each lock whose source includes, directly or not, a lock that is made from it.
    Returns:
        Groups, each sorted by path, that depend on earlier groups only; without the locks that were reported.
    """
    left = {source.lock: source for source in sources}
    found: list[list[LockSource]] = []
    while left:
        ready = [
            source
            for lock, source in left.items()
            if not any(used in left and used != lock for used in uses.get(source.path, ()))
        ]
        if not ready:
            names = ", ".join(sorted(source.path for source in left.values()))
            error = InputError(f"{names}: each includes another's lock", hint="Remove the circle of -r and -c lines.")
            for lock in sorted(left):
                report(lock, error)
            break
        found.append(sorted(ready, key=lambda source: source.path))
        left = {lock: source for lock, source in left.items() if source not in ready}
    return found


def _is_conventional(path: str) -> bool:
    pure = PurePosixPath(path)
    in_folder = pure.parent.name == "requirements"
    return in_folder or pure.name.startswith("requirements") or pure.name.endswith(REQUIREMENTS_IN)


def _logical_lines(text: str) -> list[str]:
    # "Comments are stripped after line continuations are processed": a backslash joins even a comment.
    joined = re.sub(r"\\\r?\n", " ", text)
    return [stripped for line in joined.splitlines() if (stripped := _COMMENT.sub("", line).strip())]

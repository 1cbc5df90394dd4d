"""Which requirements files of a project only constrain others: they install nothing, so they are no locks.

A file counts as one if requirements files name it with `-c` and none with `-r`, and nothing else shows that it is a
lock: it is not compiled from a source in its folder, and either it is called constraints, or it has neither the usual name
of a lock nor a hash. The versions that it gives are read with the files that name it. One that is called constraints and
that no file names is not read at all.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements

Read = Callable[[str], bytes | None]

_NAMED = re.compile(
    r"^[ \t]*(?P<flag>-r|--requirement|-c|--constraint)(?:[ \t]+|=|(?=[^\s=-]))"
    r"(?P<quote>[\"']?)(?P<path>[^\s\"']+)(?P=quote)[ \t]*(?:[ \t]#.*)?\r?$",
    re.MULTILINE,
)
_CALLED = "constraint"


class ConstraintFiles(NamedTuple):
    """The files that only constrain others: `named` are read with those that name them, `unnamed` with none."""

    named: frozenset[str] = frozenset()
    unnamed: frozenset[str] = frozenset()


def constraint_files(
    candidates: Iterable[str], walked: Collection[str], read: Read, *, has_lock_name: Callable[[str], bool]
) -> ConstraintFiles:
    """Return those of some requirements files that only constrain others.

    Args:
        candidates: What was taken for locks, in the format of requirements files.
        walked: Every file of the project.
        read: Reads a file of the project.
        has_lock_name: Whether a file has the usual name of a lock.
    """
    possible = [path for path in candidates if _possible(path, walked, read, has_lock_name)]
    if not possible:
        return ConstraintFiles()
    required: set[str] = set()
    constrained: set[str] = set()
    for path in walked:
        if path.endswith((".txt", ".in", ".pip", ".lock")):
            for flag, target in _targets(path, read):
                (required if flag in ("-r", "--requirement") else constrained).add(target)
    others = [path for path in possible if path not in required]
    return ConstraintFiles(
        frozenset(path for path in others if path in constrained),
        frozenset(path for path in others if path not in constrained and _only_constrains(path, read)),
    )


def named_files(path: str, read: Read) -> frozenset[str]:
    """Return the files that a requirements file names with `-r` or `-c`, relative to the project; existing or not."""
    return frozenset(target for _, target in _targets(path, read))


def is_called_constraints(path: str) -> bool:
    """Return whether a file's name says that it only constrains others."""
    return _CALLED in posixpath.basename(path).lower()


def _only_constrains(path: str, read: Read) -> bool:
    # With hashes it is more than constraints: someone installs from it.
    return is_called_constraints(path) and "--hash" not in _text(path, read)


def _possible(path: str, walked: Collection[str], read: Read, has_lock_name: Callable[[str], bool]) -> bool:
    if f"{posixpath.splitext(path)[0]}.in" in walked:
        return False
    return is_called_constraints(path) or not (has_lock_name(path) or "--hash" in _text(path, read))


def _targets(path: str, read: Read) -> Iterable[tuple[str, str]]:
    folder = posixpath.dirname(path)
    for match in _NAMED.finditer(_text(path, read)):
        yield match["flag"], posixpath.normpath(posixpath.join(folder, match["path"]))


def _text(path: str, read: Read) -> str:
    try:
        return decode_requirements(read(path) or b"")
    except (InputError, UndecodableError):
        return ""

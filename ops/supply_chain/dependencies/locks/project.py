"""The locks of a whole project: which files they are, and what they hold."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import InputError, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.read import kind_of, read_lock
from ops.supply_chain.dependencies.locks.readers.sniff import is_requirements_file

_GLOB = re.compile(r"\*\*/|\*\*|\*|\?")
_GLOB_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class Files(Protocol):
    """What this module needs of a project folder; `adapters.files.project_files.ProjectFiles` has it."""

    def walk(self, excluded: Callable[[str], bool]) -> Iterable[str]:
        """Give each file's path relative to the project, sorted; `excluded` prunes files and folders."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None where there is none; raises `InputError` for what must not be read."""


def find_locks(files: Files, config: LocksConfig) -> list[str]:
    """Find the locks of a project.

    Args:
        files: The project folder.
        config: `include` names the locks instead of the usual rules, `exclude` leaves out files and folders.
    Returns:
        Paths relative to the project, sorted.
    Raises:
        InputError: A folder cannot be read.
    """
    included, excluded = _matcher(config.include), _matcher(config.exclude)
    walked = files.walk(excluded)
    if config.include:
        return sorted(filter(included, walked))
    return sorted(path for path in walked if kind_of(path) is not None or _reads_like_a_lock(files, path))


def read_project_locks(files: Files, config: LocksConfig) -> tuple[Lock, ...]:
    """Read all locks of a project.

    Args:
        files: The project folder.
        config: Which files are locks.
    Returns:
        Sorted by path; empty where there is none.
    Raises:
        InputError: One or more locks are broken; each is named with file and line, one a line.
        UsageError: A glob of `include` names no file: what it was meant for would pass unseen.
    """
    paths = find_locks(files, config)
    _refuse_idle(config.include, paths)
    locks: list[Lock] = []
    errors: list[InputError] = []
    for path in paths:
        try:
            locks.append(read_lock(path, _content(files, path), files.read))
        except InputError as error:
            errors.append(error)
    if errors:
        raise _together(errors)
    return tuple(locks)


def _refuse_idle(globs: Iterable[str], paths: Sequence[str]) -> None:
    for glob in globs:
        if not any(map(_matcher([glob]), paths)):
            raise UsageError(
                f"[locks].include {glob!r} names no file of the project",
                hint=f"Correct it in {CONFIG_NAME}, or make that lock with nox -s lock.",
            )


def _content(files: Files, path: str) -> bytes:
    if printable(path) != path:
        raise InputError(f"{printable(path)}:1: expected a file name without control characters", hint="Rename it.")
    data = files.read(path)
    if data is None:
        raise InputError(f"{printable(path)}:1: expected a lock, found nothing: it went away while we looked")
    return data


def _together(errors: Sequence[InputError]) -> InputError:
    messages = list(dict.fromkeys(error.message for error in errors))
    hints = list(dict.fromkeys(error.hint for error in errors if error.hint))
    if len(messages) == 1:
        return InputError(messages[0], hint=" ".join(hints))
    listed = "\n".join(f"  {message}" for message in messages)
    return InputError(f"{len(messages)} locks are broken:\n{listed}", hint=" ".join(hints))


def _reads_like_a_lock(files: Files, path: str) -> bool:
    if posixpath.splitext(path)[1] != ".txt":
        return False
    try:
        data = files.read(path)
    except InputError:
        # Only its content could make it a lock, and that is not the project's to give.
        return False
    return data is not None and is_requirements_file(data)


def _matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    patterns = [re.compile(_translate(glob)) for glob in globs]
    return lambda path: any(pattern.fullmatch(path) for pattern in patterns)


def _translate(glob: str) -> str:
    plain = glob.strip().removeprefix("./").rstrip("/")
    parts: list[str] = []
    position = 0
    for match in _GLOB.finditer(plain):
        parts += [re.escape(plain[position : match.start()]), _GLOB_MEANING[match[0]]]
        position = match.end()
    return "".join([*parts, re.escape(plain[position:])])

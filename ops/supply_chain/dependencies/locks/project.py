"""The locks of a whole project: found and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.globs import path_matcher
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.constraint_files import constraint_files
from ops.supply_chain.dependencies.locks.errors import broken_finding
from ops.supply_chain.dependencies.locks.read import kind_of, read_lock
from ops.supply_chain.dependencies.locks.readers.sniff import is_requirements_file

SNIFFED_SUFFIXES = (".txt", ".lock")
"""Of files whose content decides whether they are requirements files."""


class Files(Protocol):
    """A project folder; `adapters.files.project_files.ProjectFiles` implements it."""

    def walk(self, excluded: Callable[[str], bool]) -> Iterable[str]:
        """Yield each file's path relative to the project, sorted; `excluded` skips files and folders."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if there is none; raises `InputError` for a file that must not be read."""


class FoundLocks(NamedTuple):
    """The locks of a project, sorted, and the files that only constrain others and that no lock names, sorted."""

    locks: tuple[str, ...]
    unnamed_constraints: tuple[str, ...] = ()


def find_locks(files: Files, config: LocksConfig) -> list[str]:
    """Find the locks of a project.

    Args:
        files: The project folder.
        config: `include` names the locks instead of the usual rules, `exclude` leaves out files and folders.
    Returns:
        Paths relative to the project, sorted; without files that only constrain others.
    Raises:
        InputError: A folder cannot be read.
    """
    walked = files.walk(path_matcher(config.excluded))
    if config.include:
        return sorted(filter(path_matcher(config.include), walked))
    return list(usual_locks(files, frozenset(walked)).locks)


def usual_locks(files: Files, walked: frozenset[str]) -> FoundLocks:
    """Find the locks among the files of a project by the usual rules: by their names, some by their content.

    Args:
        files: The project folder.
        walked: Its files, relative to it.
    """
    found = {path for path in walked if kind_of(path) is not None or reads_like_a_lock(files, path)}
    texts = [path for path in found if kind_of(path) in (None, LockKind.REQUIREMENTS)]
    others = constraint_files(texts, walked, files.read, has_lock_name=lambda path: kind_of(path) is not None)
    locks = found - others.named - others.unnamed
    return FoundLocks(tuple(sorted(locks)), tuple(sorted(others.unnamed)))


class BrokenLock(NamedTuple):
    """A lock that cannot be read, and why."""

    path: str
    error: InputError

    @property
    def finding(self) -> Finding:
        """The finding that every stage reports for it."""
        return broken_finding(self.path, self.error)


class ReadLocks(NamedTuple):
    """The locks of a project: those that were read, and those that are broken; both sorted by path."""

    locks: tuple[Lock, ...]
    broken: tuple[BrokenLock, ...]


ReadEach = Callable[[Files, Sequence[str]], Iterable[Lock | BrokenLock]]
"""Reads locks in the order of their paths, each as `read_each` does."""


def read_each(files: Files, paths: Iterable[str]) -> Iterator[Lock | BrokenLock]:
    """Read locks in their order."""
    for path in paths:
        try:
            yield read_lock(path, _content(files, path), files.read)
        except InputError as error:
            yield BrokenLock(printable(path), error)


def read_project_locks(
    files: Files, config: LocksConfig, known: Mapping[str, Lock] | None = None, *, read: ReadEach = read_each
) -> ReadLocks:
    """Read all locks of a project; a broken one does not keep the others from being read.

    Args:
        files: The project folder.
        config: Which files are locks.
        known: Locks by path that were read in another state of the project and are the same in this one.
        read: Reads those that are not known.
    Returns:
        Every lock that was found; may be empty.
    Raises:
        UsageError: A glob of `include` matches no file, so that its lock would not be checked.
    """
    paths = find_locks(files, config)
    refuse_idle(config.include, paths)
    known = known or {}
    unknown = iter(read(files, [path for path in paths if path not in known]))
    found = [known[path] if path in known else next(unknown) for path in paths]
    return ReadLocks(
        tuple(lock for lock in found if isinstance(lock, Lock)),
        tuple(lock for lock in found if isinstance(lock, BrokenLock)),
    )


def refuse_broken(broken: Sequence[BrokenLock]) -> None:
    """Refuse broken locks, for a command that needs every lock.

    Raises:
        InputError: There is one or more; each is named with file and line, one per line.
    """
    if broken:
        raise _together([lock.error for lock in broken])


def refuse_idle(globs: Iterable[str], paths: Sequence[str]) -> None:
    """Refuse globs of `[locks].include` that match no lock, so that its lock would not be checked.

    Raises:
        UsageError: There is one.
    """
    for glob in globs:
        if not any(map(path_matcher([glob]), paths)):
            raise UsageError(
                f"[locks].include {glob!r} matches no file of the project",
                hint=f"Correct it in {CONFIG_NAME}, or make that lock with {command('lock')}.",
                kind=ErrorClass.CONFIGURATION,
            )


def _content(files: Files, path: str) -> bytes:
    if printable(path) != path:
        raise InputError(f"{printable(path)}:1: expected a file name without control characters", hint="Rename it.")
    data = files.read(path)
    if data is None:
        raise InputError(f"{printable(path)}:1: expected a lock, found none: it was removed during the run")
    return data


def _together(errors: Sequence[InputError]) -> InputError:
    messages = list(dict.fromkeys(error.message for error in errors))
    hints = list(dict.fromkeys(error.hint for error in errors if error.hint))
    if len(messages) == 1:
        return InputError(messages[0], hint=" ".join(hints))
    listed = "\n".join(f"  {message}" for message in messages)
    return InputError(f"{len(messages)} locks are malformed:\n{listed}", hint=" ".join(hints))


def reads_like_a_lock(files: Files, path: str) -> bool:
    """Return whether a file with the name of no lock is a requirements file by its content."""
    if not path.endswith(SNIFFED_SUFFIXES):
        return False
    try:
        data = files.read(path)
    except InputError:
        # Only its content could make it a lock, and the project does not contain it.
        return False
    return data is not None and is_requirements_file(data)

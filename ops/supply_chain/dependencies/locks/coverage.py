"""Which declarations the locks of a project cover, so that nothing that they declare goes unexamined.

A declaration is covered by
- a lock that names it as its source: of the same name, in the command at its top, or as the manifest of a workspace's member;
- the lock of its own tool in its folder;
- requirements files in its folder, in a folder `requirements` there, or with its folder as a package, that pin all it
  declares;
- the requirements files that it names, if they are read.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from urllib.parse import unquote

from ops.supply_chain.contracts.values.lock import Lock, LockKind, PinSourceKind
from ops.supply_chain.dependencies.locks.constraint_files import named_files
from ops.supply_chain.dependencies.locks.declarations import SETUP_FILES, Declaration
from ops.supply_chain.dependencies.locks.read import kind_of
from ops.supply_chain.formats.lock_formats import PIPFILE, PYPROJECT
from ops.supply_chain.formats.poetry_ranges import parse_range

Read = Callable[[str], bytes | None]

_TOOL_LOCKS = (LockKind.UV, LockKind.POETRY, LockKind.PDM)
_EXPORT = re.compile(r"\b(?:uv|poetry|pdm|rye|hatch|pipenv)\s+(?:export|lock|sync|requirements|dep)\b|\bby rye\b")
_WORD = re.compile(r"[^\s\"']+")
_FILE_ADDRESS = re.compile(r"file:(?://(?:localhost(?=/))?)?", re.IGNORECASE)
_HEADER_LINES = 40
_COMMAND = re.compile(r"compile|export|lock")


class Coverage:
    """What the locks of one project cover.

    Args:
        paths: Every lock that was found, broken ones included: a broken lock is reported itself.
        locks: Those that were read.
        read: Reads a file of the project.
    """

    def __init__(self, paths: Collection[str], locks: Sequence[Lock], read: Read) -> None:
        self._paths = frozenset(paths)
        self._read = read
        self._named = {lock.source for lock in locks if lock.source}
        self._named |= {path for lock in locks for path, _, _ in lock.included}
        self._members = {folder for lock in locks if not _has_only_pins(lock) for folder in _member_folders(lock)}
        self._pins: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for lock in locks:
            if _has_only_pins(lock):
                self._named |= set(_sources_at_top(lock.path, read))
                for folder in {posixpath.dirname(lock.path), *_member_folders(lock)}:
                    for entry in lock.entries:
                        self._pins[folder][entry.pin.name].add(entry.pin.version)
        self._named |= included_by(self._named, read)

    def has_source(self, path: str) -> bool:
        """Return whether a lock names a file as its source, or reads it with one."""
        return path in self._named or path in self._paths

    def covers(self, path: str, declared: Declaration) -> bool:
        """Return whether everything that a file declares is in locks; places that are the file's own never are."""
        if path in self._named or self._has_tool_lock(path, declared):
            return True
        if declared.is_script:
            return False
        by_files = bool(declared.files) and all(map(self.has_source, declared.files))
        if declared.unknown and not by_files:
            return False
        return all(self._pinned(posixpath.dirname(path), *wanted) for wanted in declared.wanted) and (
            by_files or not declared.files
        )

    def _has_tool_lock(self, path: str, declared: Declaration) -> bool:
        folder, name = posixpath.split(path)
        if declared.is_script:
            return f"{path}.lock" in self._paths
        if name == PIPFILE:
            return f"{path}.lock" in self._paths
        if name != PYPROJECT and name not in (*SETUP_FILES, "uv.toml"):
            return False
        kinds = {kind_of(lock) for lock in self._paths if posixpath.dirname(lock) == folder and not _of_script(lock)}
        return folder in self._members or not kinds.isdisjoint(_TOOL_LOCKS)

    def _pinned(self, folder: str, name: str, wanted: str) -> bool:
        versions: set[str] = set()
        for place, pins in self._pins.items():
            parent, last = posixpath.split(place)
            if place == folder or (parent == folder and last.startswith("requirements")):
                versions |= pins.get(name, set())
        return any(_meets(version, wanted) for version in versions)


def _has_only_pins(lock: Lock) -> bool:
    """Return whether nothing but its pins shows what a lock is for: the lock of a tool has all that its manifest declares."""
    return lock.kind in (LockKind.REQUIREMENTS, LockKind.PYLOCK)


def _of_script(lock: str) -> bool:
    return lock.endswith(".py.lock")


def _member_folders(lock: Lock) -> Iterator[str]:
    """Yield the folders of the project's own packages in a lock."""
    for entry in lock.entries:
        source = entry.pin.source
        if entry.pin.local and source.kind is PinSourceKind.PATH:
            address = unquote(_FILE_ADDRESS.sub("", source.url)).replace("\\", "/")
            yield posixpath.normpath(posixpath.join(posixpath.dirname(lock.path), address)).removeprefix(".")


def _sources_at_top(path: str, read: Read) -> Iterator[str]:
    """Yield the files that the comments at the top of a lock can name; a command may run in any folder above it."""
    folder = posixpath.dirname(path)
    above = [folder]
    while above[-1]:
        above.append(posixpath.dirname(above[-1]))
    for line in takewhile(_is_comment, _lines(path, read)[:_HEADER_LINES]):
        if not _COMMAND.search(line):
            continue
        if _EXPORT.search(line) and "--script" not in line:
            yield posixpath.join(folder, PYPROJECT)
        for word in _WORD.findall(line):
            if not word.startswith("-") and "." in word:
                yield from (posixpath.normpath(posixpath.join(base, word)) for base in above)


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _lines(path: str, read: Read) -> list[str]:
    data = read(path)
    return data.decode("utf-8", "replace").splitlines() if data else []


def included_by(sources: Iterable[str], read: Read) -> set[str]:
    """Return the files that sources include or constrain themselves with, at any depth."""
    found: set[str] = set()
    pending = [path for path in sources if path.endswith((".in", ".txt"))]
    while pending:
        for path in named_files(pending.pop(), read):
            if path not in found:
                found.add(path)
                pending.append(path)
    return found


@lru_cache(maxsize=65536)
def _meets(version: str, wanted: str) -> bool:
    """Return whether a pinned version is in a range; a pin without version, of an address, is in any."""
    if not version or not wanted:
        return True
    try:
        return parse_range(wanted).admits(version)
    except ValueError:
        return version == wanted.lstrip("= ")

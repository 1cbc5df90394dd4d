"""Every file of a project in one of three classes: read, recognised but not read, irrelevant.

What pins or declares packages and is neither read nor covered by a lock is named, so that no stage that reads locks can
call a project clean of which it saw a part only. What `[locks].exclude` leaves out is listed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, Protocol

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.files.record import ExcludedFiles
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.contracts.values.unread import UnreadFile, UnwalkedFile
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.globs import path_matcher
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.constraint_files import is_called_constraints
from ops.supply_chain.dependencies.locks.coverage import Coverage, included_by
from ops.supply_chain.dependencies.locks.declarations import (
    NOTHING,
    SETUP_FILES,
    Declaration,
    is_expected,
    is_manifest,
    may_declare,
    read_declaration,
)
from ops.supply_chain.dependencies.locks.messages import (
    case_of_name,
    declared_file,
    excluded_by_include,
    from_unknown_source,
    unlocked_source,
    unnamed_constraints,
    unread_of_format,
    unreadable,
)
from ops.supply_chain.dependencies.locks.other_names import REQUIREMENTS, may_be_other_requirements, other_requirements
from ops.supply_chain.dependencies.locks.project import SNIFFED_SUFFIXES, Files, usual_locks
from ops.supply_chain.dependencies.locks.read import kind_in_any_case, kind_of
from ops.supply_chain.dependencies.locks.readers.sniff import has_only_requirements, is_requirements_file
from ops.supply_chain.formats.lock_formats import PYPROJECT
from ops.supply_chain.formats.script_metadata import START
from ops.supply_chain.formats.unread_formats import HEAD_BYTES, may_be_unread_format, unread_format

_ENDS = (*SNIFFED_SUFFIXES, ".in", ".pip")
_NO_SOURCE = "MANIFEST.in"
_CALLED = re.compile(r"requirement|constraint", re.IGNORECASE)
_OTHER_REQUIREMENTS = re.compile(
    r"(?i).*requirements?[^.]*(?:\.(?!(?:py|pyi|md|rst|adoc|html?|ya?ml|json|toml|xml)$)[^.]+)*"
)
_PROSE = re.compile(r"(?i)(?:licen[cs]e|copying|notice|readme|change|history|authors?|contribut|credits|security).*")


class SearchableFiles(Files, Protocol):
    """A project folder that can also be searched beyond its walk."""

    def head(self, path: str, size: int) -> bytes | None:
        """Return the first bytes of a file of any size; raises `InputError` as `read`."""

    def unwalked(self, walked: Collection[str]) -> Iterable[UnwalkedFile]:
        """Yield what the walk passes by although it may be the project's own."""


class Classified(NamedTuple):
    """The files that were recognised and not read, and those that were excluded; both sorted by path."""

    unread: tuple[UnreadFile, ...]
    excluded: tuple[ExcludedFiles, ...]


def classify(
    files: SearchableFiles, config: LocksConfig, *, locks: Collection[Lock], broken: Collection[str]
) -> Classified:
    """Find the files of a project that pin or declare packages and that no lock covers.

    Args:
        files: The project folder.
        config: Which files are locks, and which are left out.
        locks: The locks that were read.
        broken: The paths of those that cannot be read, which are reported themselves.
    Raises:
        InputError: A folder cannot be read.
        UnavailableError: git does not answer.
        UsageError: The globs exclude every file, so nothing would be checked.
    """
    excluded = path_matcher(config.excluded)
    walked = tuple(files.walk(excluded))
    if not walked and config.exclude and next(iter(files.walk(lambda _: False)), None):
        raise UsageError(
            "[locks].exclude: excludes every file of the project, so nothing can be checked",
            hint="Leave out what holds the locks of others, and nothing else.",
            kind=ErrorClass.CONFIGURATION,
        )
    paths = {lock.path for lock in locks} | set(broken)
    found = _Search(files, walked, config, Coverage(paths, tuple(locks), files.read))
    hidden = [file for file in files.unwalked(walked) if not _is_excluded(file.path, excluded)]
    unread = [*_without_parts(found.unread(), files), *(file for entry in hidden for file in found.hidden(entry))]
    ordered = sorted(unread, key=lambda file: file.path)
    return Classified(tuple(ordered), tuple(_excluded_files(files, config)))


class _Search:
    """The search of one project's files."""

    def __init__(
        self, files: SearchableFiles, walked: Collection[str], config: LocksConfig, coverage: Coverage
    ) -> None:
        self._files = files
        self._walked = walked
        self._included = bool(config.include)
        self._coverage = coverage

    def unread(self) -> Iterator[UnreadFile]:
        """Yield the walked files that were recognised and not read."""
        usual = usual_locks(self._files, frozenset(self._walked))
        for path in self._walked:
            if self._coverage.has_source(path) and not is_manifest(posixpath.basename(path)):
                continue
            if path in usual.unnamed_constraints:
                yield unnamed_constraints(path)
            elif self._included and path in usual.locks:
                yield excluded_by_include(path)
            elif path not in usual.locks:
                yield from self._recognised(path)

    def hidden(self, entry: UnwalkedFile) -> Iterator[UnreadFile]:
        """Yield a path that the walk passed by, if it is or hides something that pins or declares packages."""
        path = entry.path
        by_name = kind_of(path) is not None or _is_called_source(path) or is_manifest(posixpath.basename(path))
        if entry.whole or (by_name and not self._is_idle(path)) or any(self._recognised(path)) or self._sniffed(path):
            yield from_unknown_source(path, entry.why)

    def _is_idle(self, path: str) -> bool:
        """Return whether a file that could declare dependencies declares none."""
        try:
            data = self._files.read(path)
        except InputError:
            return False
        if data is None or kind_of(path) is not None:
            return False
        if _is_called_source(path):
            return not _has_lines(data)
        return read_declaration(path, data).is_empty

    def _sniffed(self, path: str) -> bool:
        data = self._opened(path)
        return path.endswith(SNIFFED_SUFFIXES) and data is not None and is_requirements_file(data)

    def _recognised(self, path: str) -> Iterator[UnreadFile]:
        """Yield a file if it is recognised by its format, its content or what it declares."""
        name = posixpath.basename(path)
        if may_be_unread_format(name) and (what := unread_format(name, self._head(path))):
            yield unread_of_format(path, what)
        elif self._is_lock_in_another_case(path):
            yield case_of_name(path)
        elif name.lower().endswith(".in") and name != _NO_SOURCE:
            yield from self._source(path)
        elif name.lower().endswith(SNIFFED_SUFFIXES) or _OTHER_REQUIREMENTS.fullmatch(name):
            yield from self._text(path)
        elif may_be_other_requirements(name) and (what := other_requirements(path, self._lines(path))):
            yield unread_of_format(path, what)
        if may_declare(name) and (is_expected(name) or START in (self._head(path) or b"")):
            yield from self._declaring(path)

    def _is_lock_in_another_case(self, path: str) -> bool:
        """Return whether a file has the name of a lock but for upper and lower case."""
        kind = kind_in_any_case(path)
        if kind is None or kind_of(path) is not None:
            return False
        return kind is not LockKind.REQUIREMENTS or has_only_requirements(self._lines(path))

    def _lines(self, path: str) -> bytes:
        """Return the whole lines at the start of a file; empty where it cannot be read."""
        head = self._head(path) or b""
        return head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1]

    def _declaring(self, path: str) -> Iterator[UnreadFile]:
        name = posixpath.basename(path)
        try:
            declared = self._declaration(path)
        except InputError as error:
            if is_manifest(name):
                yield unreadable(path, error)
            return
        if declared.own or not (declared.is_empty or self._coverage.covers(path, declared)):
            yield declared_file(path, declared)

    def _declaration(self, path: str) -> Declaration:
        declared = read_declaration(path, self._files.read(path) or b"")
        folder, name = posixpath.split(path)
        if name == PYPROJECT and declared.is_dynamic and self._has_setup(folder):
            return declared.without_dynamic()  # the setup file declares them, and is classified itself
        return declared

    def _has_setup(self, folder: str) -> bool:
        beside = [posixpath.join(folder, name) for name in SETUP_FILES]
        return any(path in self._walked and self._declaration(path) != NOTHING for path in beside)

    def _source(self, path: str) -> Iterator[UnreadFile]:
        try:
            data = self._files.read(path) or b""
        except InputError as error:
            if not _is_prose(path):
                yield unreadable(path, error)
            return
        if _has_lines(data) and (_is_called_source(path) or _reads_like_a_source(path, data)):
            yield unlocked_source(path)

    def _text(self, path: str) -> Iterator[UnreadFile]:
        """Yield a file that cannot be read as a lock and yet looks like one, or whose look is unknown."""
        try:
            data = self._files.read(path) or b""
        except InputError as error:
            head = self._opened(path)
            looks = _looks_like_requirements(head[: head.rfind(b"\n") + 1]) if head is not None else not _is_prose(path)
            if looks:
                yield unreadable(path, error)
            return
        if not path.endswith(SNIFFED_SUFFIXES) and is_requirements_file(data):
            yield unread_of_format(path, REQUIREMENTS)
        elif not is_requirements_file(data) and (what := other_requirements(path, data)):
            yield unread_of_format(path, what)
        elif not is_requirements_file(data) and not _is_utf8(data) and _looks_like_requirements(data):
            yield unreadable(path, InputError("expected text that pip can decode"))

    def _head(self, path: str) -> bytes | None:
        return self._opened(path, HEAD_BYTES)

    def _opened(self, path: str, size: int = HEAD_BYTES) -> bytes | None:
        try:
            return self._files.head(path, size)
        except InputError:
            return None


def _without_parts(unread: Iterable[UnreadFile], files: Files) -> Iterator[UnreadFile]:
    """Yield unread files without the sources that another of them includes: locking that one locks them too."""
    listed = list(unread)
    includes = {file.path: included_by([file.path], files.read) for file in listed if file.path.endswith(".in")}
    for file in listed:
        own = includes.get(file.path, set())
        if not any(file.path in parts and path not in own for path, parts in includes.items() if path != file.path):
            yield file


def _excluded_files(files: Files, config: LocksConfig) -> Iterator[ExcludedFiles]:
    """Yield what is left out, by the names of files alone: what is excluded is not opened."""
    if not config.exclude:
        return
    walked: list[str] = []
    with suppress(InputError):  # a folder that cannot be read is itself left out, or the first walk would have failed
        walked.extend(files.walk(lambda _: False))
    for entry in config.exclusions:
        excluded = path_matcher([entry.path])
        named = sorted(printable(path) for path in walked if _is_named(path) and _is_excluded(path, excluded))
        yield ExcludedFiles(path=entry.path, reason=entry.reason, files=tuple(named))


def _is_named(path: str) -> bool:
    name = posixpath.basename(path)
    by_name = kind_of(path) is not None or is_manifest(name) or _is_called_source(path)
    return by_name or bool(unread_format(name, None)) or (is_called_constraints(path) and path.endswith(_ENDS))


def _is_excluded(path: str, excluded: Callable[[str], bool]) -> bool:
    parts = path.split("/")
    return any(excluded("/".join(parts[:depth])) for depth in range(1, len(parts) + 1))


def _is_called_source(path: str) -> bool:
    folder, name = posixpath.split(path)
    if not name.lower().endswith(".in") or name == _NO_SOURCE:
        return False
    return _CALLED.search(name) is not None or posixpath.basename(folder).lower() == "requirements"


def _reads_like_a_source(path: str, data: bytes) -> bool:
    # `config.h.in` is a template of something else: with a second dot its content must show more.
    one_dot = posixpath.basename(path).count(".") == 1
    return has_only_requirements(data) if one_dot else is_requirements_file(data)


def _has_lines(data: bytes) -> bool:
    text = data.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return any(line.strip() and not line.strip().startswith(b"#") for line in text.splitlines())


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _looks_like_requirements(data: bytes) -> bool:
    return is_requirements_file(data.replace(b"\0", b"").decode("latin-1").lstrip("\xff\xfe").encode("ascii", "ignore"))


def _is_prose(path: str) -> bool:
    return _PROSE.fullmatch(posixpath.basename(path)) is not None

"""`requirements.txt` and its like, as pip, pip-tools and uv write them; with everything it includes.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import (
    DEFAULT_INDEX,
    Lock,
    LockEntry,
    LockKind,
    Pin,
    PinSource,
    PinSourceKind,
)
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.entries import Edge, make_lock, shared_edges
from ops.supply_chain.dependencies.locks.errors import MalformedLockError, broken
from ops.supply_chain.dependencies.locks.names import quote
from ops.supply_chain.dependencies.locks.pins import CACHED_PINS
from ops.supply_chain.dependencies.locks.readers.constraints import Constraints, unread_constraint
from ops.supply_chain.dependencies.locks.readers.own_folders import exported, named, package_in
from ops.supply_chain.dependencies.locks.readers.requirement_lines import Annotation
from ops.supply_chain.dependencies.locks.readers.requirements_text import (
    PlacedPin,
    chunk_texts,
    decode,
    read_chunk,
)
from ops.supply_chain.dependencies.locks.rules import PinProblem
from ops.supply_chain.dependencies.locks.sources import clean_url, is_address
from ops.supply_chain.formats.uv_export import export_command

ReadIncluded = Callable[[str], bytes | None]
"""Reads another file of the project by its path relative to the project; None where there is none."""

DEEPEST_INCLUDE = 64
"""How many files may include each other; pip's own limit is the interpreter's stack."""

_COMPILED_AT = re.compile(r"^#[ \t]*uv-compiled-at:[ \t]*(?P<moment>\S+)[ \t]*$", re.MULTILINE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_OF_HASHES = ("lock.unknown-hash", "lock.malformed-hash")
_Placed = tuple[str, int, Pin, tuple[PinProblem, ...], Annotation]


def read_requirements(path: str, data: bytes, read_included: ReadIncluded) -> Lock:
    """Read a requirements file.

    Args:
        path: Relative to the project, with `/`.
        data: Its bytes.
        read_included: Reads the files that it includes.
    Returns:
        The pins of the file and of all that it includes with `-r`, in the order of reading; files included
        with `-c` are listed and add no pins, but give the version of what is required without one.
    Raises:
        InputError: A line is no requirement, an include is missing, leaves the project or comes round again.
    """
    reading = _Reading(read_included)
    text = decode(path, data)
    reading.file(path, text, (path,), constraint=False)
    placed = list(reading.placed())
    if reading.index or reading.indexes:
        placed = [_at_index(item, reading.index, reading.indexes) for item in placed]
    if any(pin.local for _, _, pin, _, _ in placed):
        placed = [_named(item, read_included) for item in placed]
    placed = _exported(path, text, placed, read_included)
    findings = [problem.at(pin, file, line) for file, line, pin, problems, _ in placed for problem in problems]
    findings += reading.unread
    moment = _COMPILED_AT.search(text) if "uv-compiled-at" in text else None
    lock = make_lock(path, LockKind.REQUIREMENTS, data, _entries(placed), findings, included=reading.included)
    lock = msgspec.structs.replace(lock, constraint_addresses=tuple(reading.addresses))
    return msgspec.structs.replace(lock, compiled_at=printable(moment["moment"])) if moment else lock


class _Reading:
    """One walk from a requirements file through all that it includes."""

    def __init__(self, read_included: ReadIncluded) -> None:
        self._read = read_included
        self._seen: set[tuple[str, bool]] = set()
        self._placed: list[tuple[str, int, PlacedPin]] = []
        self.constraints = Constraints()
        self.unread: list[Finding] = []
        self.addresses: list[tuple[str, int, str]] = []
        self.included: list[tuple[str, str, int]] = []
        self.index = ""
        self.indexes: set[str] = set()

    def file(self, path: str, text: str, stack: tuple[str, ...], *, constraint: bool) -> None:
        """Read one file's text; `stack` is the chain of includes that led here, itself last."""
        line = 1
        place = self._placed.append
        for chunk_text in chunk_texts(text):
            try:
                items, height = read_chunk(chunk_text)
            except MalformedLockError as error:
                raise broken(path, line + error.line, error.message, error.hint) from error
            for item in items:
                at = line + item.line
                if isinstance(item, PlacedPin):
                    if constraint:
                        self.constraints.add(item.pin)
                    else:
                        place((path, at, item))
                    continue
                self.index = item.directive.index_url or self.index
                self.indexes |= {url.rstrip("/") for url in item.directive.index_urls}
                for target, narrows in ((item.directive.include, constraint), (item.directive.constraint, True)):
                    if target and narrows and _is_elsewhere(target, path):
                        self.unread.append(unread_constraint(path, at, target))
                        self.addresses += [(path, at, url) for url in _address(target)]
                    elif target:
                        self._include(_resolve(target, path, at), stack, at, constraint=narrows)
            line += height

    def placed(self) -> Iterator[_Placed]:
        """Yield what is required, in order, once all constraints are known."""
        if self.constraints.are_none:
            yield from [(path, line, item.pin, item.problems, item.annotation) for path, line, item in self._placed]
            return
        for path, line, item in self._placed:
            given = self.constraints.apply(item.pin, item.specifier)
            pin, problems = given or (item.pin, item.problems)
            # A hash that cannot be used stays a problem, whatever gives the version.
            kept = () if given is None else (problem for problem in item.problems if problem.code in _OF_HASHES)
            yield path, line, pin, (*problems, *kept), item.annotation

    def _include(self, target: str, stack: tuple[str, ...], line: int, *, constraint: bool) -> None:
        if target in stack:
            chain = " > ".join([*stack[stack.index(target) :], target])
            raise broken(stack[-1], line, f"includes that come round again: {printable(chain)}")
        if len(stack) > DEEPEST_INCLUDE:
            raise broken(stack[-1], line, f"expected at most {DEEPEST_INCLUDE} nested includes, found more")
        if (target, constraint) in self._seen:
            return
        self._seen.add((target, constraint))
        data = self._fetch(target, stack[-1], line)
        self.included.append((target, sha256_bytes(data), len(data)))
        self.file(target, decode(target, data), (*stack, target), constraint=constraint)

    def _fetch(self, target: str, path: str, line: int) -> bytes:
        try:
            data = self._read(target)
        except InputError as error:
            raise broken(path, line, f"includes a file that cannot be used: {error.message}", error.hint) from error
        if data is None:
            raise broken(path, line, f"expected the included file {quote(target)} in the project, found none")
        return data


def _address(target: str) -> list[str]:
    """Return the HTTP address of a constraint without account; none for another place, or a malformed one."""
    if not _WEB.match(target) or "${" in target:
        return []
    try:
        return [clean_url(target)]
    except MalformedLockError:
        return []


def _is_elsewhere(target: str, path: str) -> bool:
    joined = _joined(target, path)
    return is_address(target) or "${" in target or posixpath.isabs(joined) or joined.split("/", 1)[0] == ".."


def _joined(target: str, path: str) -> str:
    # "The path is relative to the requirements file that includes it."
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _resolve(target: str, path: str, line: int) -> str:
    joined = _joined(target, path)
    if is_address(target) or "${" in target:
        raise broken(path, line, f"expected the path of a file to include, found {quote(target)}")
    if posixpath.isabs(joined) or joined.split("/", 1)[0] == "..":
        raise broken(path, line, f"expected an include within the project, found {quote(target)}")
    return joined


def _at_index(placed: _Placed, index: str, indexes: Collection[str]) -> _Placed:
    path, line, pin, problems, annotation = placed
    # A comment selects among the indexes that options name; an installer ignores it, so it must not add one.
    served = annotation.served_by if annotation.served_by.rstrip("/") in indexes else index
    moved = _moved(pin, served) if served and pin.source == DEFAULT_INDEX else pin
    return path, line, moved, problems, annotation


def _named(placed: _Placed, read: ReadIncluded) -> _Placed:
    path, line, pin, problems, annotation = placed
    return path, line, named(pin, path, read), problems, annotation


def _exported(path: str, text: str, placed: list[_Placed], read: ReadIncluded) -> list[_Placed]:
    """Read the comments of a file of `uv export`, which do not name the source of a direct dependency."""
    command = export_command(text)
    if command is None or not command.annotated:
        return placed
    beside = package_in(posixpath.dirname(path), read)
    root = normalise(beside.name) if beside is not None else ""
    own = frozenset({root, *(pin.name for _, _, pin, _, _ in placed if pin.local)})
    return [
        (file, line, pin, problems, exported(pin, annotation, own, root))
        for file, line, pin, problems, annotation in placed
    ]


@lru_cache(maxsize=CACHED_PINS)
def _moved(pin: Pin, index: str) -> Pin:
    return msgspec.structs.replace(pin, source=PinSource(kind=PinSourceKind.INDEX, url=index))


def _entries(placed: Sequence[_Placed]) -> list[LockEntry]:
    needs = _needs(placed)
    names = {pin.name for _, _, pin, _, _ in placed}
    edges = {name: shared_edges(tuple(sorted(targets))) for name, targets in (needs or {}).items()}
    nothing = None if needs is None else ()
    return [
        LockEntry(
            pin=pin,
            line=line,
            path=path,
            direct=annotation.direct,
            required_by=_within(annotation.required_by, names) if annotation.required_by else annotation.required_by,
            depends_on=edges.get(pin.name, nothing),
        )
        for path, line, pin, _, annotation in placed
    ]


def _within(required_by: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    if names.issuperset(required_by):
        return required_by
    return tuple(name for name in required_by if name in names)


def _needs(placed: Sequence[_Placed]) -> dict[str, set[Edge]] | None:
    """Turn the annotations round; None unless every pin has one, since else edges would be missing."""
    needs: dict[str, set[Edge]] = defaultdict(set)
    for _, _, pin, _, annotation in placed:
        if annotation.required_by is None:
            return None
        for name in annotation.required_by:
            needs[name].add((pin.name, pin.version))
    return needs

"""Large locks of one project, read by several processes: the same locks as one process reads.

Each process sends what its locks share once: pins, and what else an entry has but its line. Equal pins of all processes become one object.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers, cores, may_fork
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, Pin, PinSource
from ops.supply_chain.core.errors import ErrorClass, InputError, UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.project import BrokenLock, read_each

if TYPE_CHECKING:
    from ops.supply_chain.dependencies.locks.project import Files

FEW_BYTES = 16 << 20
"""Of all locks: so many or fewer are read by this process alone, because starting others takes longer."""

BATCHES = 6
"""For each process: enough that they finish together, and few, because a pin is sent once with each batch."""


class _Traits(msgspec.Struct, array_like=True, frozen=True):
    """What an entry has besides its pin, its line and its file, as `LockEntry` has it."""

    direct: bool | None
    depends_on: tuple[tuple[str, str], ...] | None
    depends_on_sources: tuple[tuple[str, str, PinSource], ...]
    required_by: tuple[str, ...] | None
    groups: tuple[str, ...]


class _PackedLock(msgspec.Struct, array_like=True):
    """A lock without its entries, the files that they are in, and four numbers for each entry: pin, traits, file, line."""

    lock: Lock
    files: list[str]
    numbers: list[int]


class _Problem(msgspec.Struct, array_like=True):
    """Why a lock cannot be read: the parts of a `BrokenLock` and its error."""

    path: str
    message: str
    hint: str
    kind: ErrorClass | None


class _Batch(msgspec.Struct, array_like=True):
    """Locks in order, each packed or a problem: the position in the list of its kind, those of problems below zero."""

    pins: list[Pin]
    traits: list[_Traits]
    locks: list[_PackedLock]
    problems: list[_Problem]
    order: list[int]


def read_on_all_cores(root: Path, files: Files, paths: Sequence[str]) -> Iterator[Lock | BrokenLock]:
    """Read locks in their order, by several processes where they are large.

    Args:
        root: The project's folder.
        files: The files in it.
        paths: Of the locks, relative to it.
    Raises:
        UnavailableError: A process ended before it had read its own.
    """
    sizes = [_size(root / path) for path in paths]
    if sum(sizes) <= FEW_BYTES or not may_fork():
        yield from read_each(files, paths)
        return
    batches = [[*map(os.fsencode, batch)] for batch in _batches(paths, sizes, BATCHES * cores())]
    shared = _Shared()
    with Workers(_reader, (files,), (list[bytes], _Batch), method="fork") as workers:
        for batch, result in workers.map(batches):
            if isinstance(result, WorkerEnd):
                raise UnavailableError(
                    f"{printable(os.fsdecode(batch[0]))} or a lock after it: not read: the process that reads it {result.how}",
                    hint="Check that this machine has enough free memory, then run again.",
                )
            yield from shared.unpacked(result)


def _size(path: Path) -> int:
    """Return the size of a file; 0 where that is not known: reading it reports why."""
    with suppress(OSError, ValueError):
        return path.stat().st_size
    return 0


def _batches(paths: Sequence[str], sizes: Sequence[int], count: int) -> Iterator[list[str]]:
    """Cut the paths into about so many ranges with as many bytes each."""
    most, some, taken = sum(sizes) / count, list[str](), 0
    for path, size in zip(paths, sizes, strict=True):
        some.append(path)
        taken += size
        if taken >= most:
            yield some
            some, taken = [], 0
    if some:
        yield some


def _reader(files: Files) -> Callable[[list[bytes]], _Batch]:
    def read(paths: list[bytes]) -> _Batch:
        return _packed(read_each(files, map(os.fsdecode, paths)))

    return read


def _packed(locks: Iterable[Lock | BrokenLock]) -> _Batch:
    batch = _Batch([], [], [], [], [])
    pins: dict[int, int] = {}
    traits: dict[tuple[Any, ...], int] = {}
    kept = list(locks)  # what they share is distinguished by id() below, and must live as long
    for lock in kept:
        if isinstance(lock, BrokenLock):
            error = lock.error
            batch.problems.append(_Problem(lock.path, error.message, error.hint, error.kind))
            batch.order.append(-len(batch.problems))
            continue
        named: dict[str, int] = {}
        numbers: list[int] = []
        for entry in lock.entries:
            pin = pins.get(id(entry.pin))
            if pin is None:
                pin = pins[id(entry.pin)] = len(batch.pins)
                batch.pins.append(entry.pin)
            key = (
                entry.direct,
                id(entry.depends_on),
                id(entry.depends_on_sources),
                id(entry.required_by),
                id(entry.groups),
            )
            number = traits.get(key)
            if number is None:
                number = traits[key] = len(batch.traits)
                batch.traits.append(
                    _Traits(entry.direct, entry.depends_on, entry.depends_on_sources, entry.required_by, entry.groups)
                )
            numbers += (pin, number, named.setdefault(entry.path, len(named)), entry.line)
        batch.order.append(len(batch.locks))
        batch.locks.append(_PackedLock(msgspec.structs.replace(lock, entries=()), list(named), numbers))
    return batch


class _Shared:
    """What the locks of all batches share: equal things are one object."""

    def __init__(self) -> None:
        self._pins: dict[Pin, Pin] = {}
        self._traits: dict[_Traits, _Traits] = {}

    def unpacked(self, batch: _Batch) -> Iterator[Lock | BrokenLock]:
        """Yield the locks of a batch in their order."""
        pins = [self._pins.setdefault(pin, pin) for pin in batch.pins]
        traits = [self._traits.setdefault(entry, entry) for entry in batch.traits]
        for position in batch.order:
            if position < 0:
                problem = batch.problems[-position - 1]
                yield BrokenLock(problem.path, InputError(problem.message, hint=problem.hint, kind=problem.kind))
            else:
                yield _unpacked(batch.locks[position], pins, traits)


def _unpacked(packed: _PackedLock, pins: Sequence[Pin], traits: Sequence[_Traits]) -> Lock:
    numbers = iter(packed.numbers)
    entries = []
    for pin, trait, file, line in zip(numbers, numbers, numbers, numbers, strict=True):
        known = traits[trait]
        entries.append(
            LockEntry(
                pin=pins[pin],
                line=line,
                path=packed.files[file],
                direct=known.direct,
                depends_on=known.depends_on,
                depends_on_sources=known.depends_on_sources,
                required_by=known.required_by,
                groups=known.groups,
            )
        )
    return msgspec.structs.replace(packed.lock, entries=tuple(entries))

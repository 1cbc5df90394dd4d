"""The SBOMs of the locks of a project, written on all cores: the same bytes whichever process wrote which file.

The processes are forks of the one that read the locks, so that none of them reads or sends a lock again; each writes the documents
of some locks, and returns digests and what the aggregate needs of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.tools.workers import MOST_WORKERS, WorkerEnd, Workers, cores, may_fork
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.gather.release.sbom_files import ended_early, without_leftovers, write_lock_sbom
from ops.supply_chain.inventory.build.documents import LockInventory
from ops.supply_chain.inventory.build.union import PartBuilder, Union, UnionPart
from ops.supply_chain.inventory.writers.outputs import outputs_for

BATCHES = 4
"""For each process: enough that they finish together, and few, because a package is sent once with each batch."""

FEW_ENTRIES = 8000
"""So many entries or fewer are written by this process alone: starting others takes longer."""


class WrittenBatch(msgspec.Struct, array_like=True):
    """The files of a batch of locks in order, as (path, SHA-256, size), and what the aggregate has of them."""

    files: list[tuple[str, str, int]]
    part: UnionPart


def write_lock_documents(
    dist: Path, inventory: LockInventory, union: Union, formats: Sequence[SbomFormat]
) -> Iterator[list[FileRef]]:
    """Write the documents of all locks in their order, and add them to the aggregate.

    Args:
        dist: The folder of artifacts; its folder of SBOMs is empty.
        inventory: The locks.
        union: The aggregate, to which nothing was added.
        formats: Of the documents; none of them is written where that is empty.
    Yields:
        The files of each lock, in the order of the formats. Processes are started before the first of them, and none later.
    Raises:
        OutputError: A file does not pass its own check or cannot be written, or a process ended before it had written its own.
    """
    batches = _batches(inventory.locks, BATCHES * min(cores(), MOST_WORKERS))
    for (start, stop), written in _written(dist, inventory, formats, batches):
        union.merge(written.part)
        refs = [FileRef(path=path, sha256=sha256, size=size) for path, sha256, size in written.files]
        each = len(refs) // (stop - start)
        for position in range(stop - start):
            yield refs[position * each : (position + 1) * each]


def _written(
    dist: Path, inventory: LockInventory, formats: Sequence[SbomFormat], batches: list[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], WrittenBatch]]:
    if sum(len(lock.entries) for lock in inventory.locks) <= FEW_ENTRIES or not may_fork():
        write = _writer(dist, inventory, formats)
        yield from ((batch, write(batch)) for batch in batches)
        return
    inventory.packages.build()
    forked = Workers(_writer, (dist, inventory, formats), (tuple[int, int], WrittenBatch), method="fork")
    with without_leftovers(dist), forked as workers:
        for batch, result in workers.map(batches):
            if isinstance(result, WorkerEnd):
                raise ended_early(f"SBOM of {inventory.locks[batch[0]].path} or of a lock after it", result)
            yield batch, result


def _batches(locks: Sequence[Lock], count: int) -> list[tuple[int, int]]:
    """Cut the locks into at most so many ranges of about as many entries each."""
    most = sum(len(lock.entries) for lock in locks) / count
    ends: list[int] = []
    entries = 0
    for position, lock in enumerate(locks, start=1):
        entries += len(lock.entries)
        if position == len(locks) or entries >= most * (len(ends) + 1):
            ends.append(position)
    return list(itertools.pairwise([0, *ends]))


def _writer(
    dist: Path, inventory: LockInventory, formats: Sequence[SbomFormat]
) -> Callable[[tuple[int, int]], WrittenBatch]:
    outputs = outputs_for(formats)

    def write(batch: tuple[int, int]) -> WrittenBatch:
        builder = PartBuilder()
        files: list[tuple[str, str, int]] = []
        for lock in inventory.locks[slice(*batch)]:
            document = inventory.document_of(lock)
            builder.add(document)
            refs = [write_lock_sbom(dist, lock.path, document, output) for output in outputs]
            files += [(ref.path, ref.sha256, ref.size) for ref in refs]
        return WrittenBatch(files, builder.part)

    return write

"""SBOM files: rendered, checked, written; large ones of several formats at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.files import TEMPORARY_SUFFIX, write_atomic

if TYPE_CHECKING:
    from ops.supply_chain.adapters.tools.workers import WorkerEnd
    from ops.supply_chain.inventory.model.document import Document
    from ops.supply_chain.inventory.writers.cyclonedx import Rendered
    from ops.supply_chain.inventory.writers.outputs import Output

FOLDER = "sbom"
LOCKS_FOLDER = "locks"

FEW_PLACES = 20_000
"""Components and their occurrences, over all files: so many or fewer are written by this process alone, because starting others
takes longer."""


MANY_PLACES = 1_000_000
"""Over all files: with more, each is written while no other is, because together they need too much memory."""


class SbomFile(NamedTuple):
    """A file to be: its name in the folder of SBOMs, what it is about, and its format, whose writer has written nothing before."""

    name: str
    document: Document
    output: Output


_Written = tuple[str, str, int]
"""A file that was written: path, SHA-256, size."""


def write_lock_sbom(dist: Path, lock: str, document: Document, output: Output) -> FileRef:
    """Write the document of a lock in one format; the folder must have been empty.

    Args:
        dist: The folder of artifacts.
        lock: The lock's path.
        document: What is written.
        output: The format; its writer writes no other documents than those of locks.
    Raises:
        OutputError: It does not pass its own check, or cannot be written.
    """
    rendered = output.writer.render(document)
    name = f"{FOLDER}/{LOCKS_FOLDER}/{lock}{output.lock_suffix}"
    _refuse(name, _lock_problems(rendered, document, output.cyclonedx_version))
    return _written(dist, name, rendered, durable=False)


def write_sboms(dist: Path, files: Sequence[SbomFile]) -> list[FileRef]:
    """Write documents, flushed to the disk.

    Args:
        dist: The folder of artifacts.
        files: What is written.
    Returns:
        The files in the same order.
    Raises:
        OutputError: One does not pass its own check or cannot be written, or a process ended before it had written it.
    """
    is_small = _places(files) <= FEW_PLACES
    written = map(_writer(dist, files), range(len(files))) if is_small else _on_all_cores(dist, files)
    return [FileRef(path=path, sha256=sha256, size=size) for path, sha256, size in written]


def _places(files: Sequence[SbomFile]) -> int:
    """Count components and their occurrences."""
    return sum(
        1 + len(component.occurrences)
        for file in files
        for component in (file.document.root, *file.document.components)
    )


def _on_all_cores(dist: Path, files: Sequence[SbomFile]) -> Iterator[_Written]:
    from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers, may_fork

    if not may_fork():
        yield from map(_writer(dist, files), range(len(files)))
        return
    numbers = range(len(files))
    # A process for each of the large ones: its memory is free when it ends.
    groups = [[number] for number in numbers] if _places(files) > MANY_PLACES else [[*numbers]]
    for group in groups:
        forked = Workers(_writer, (dist, files), (int, _Written), method="fork", ahead=1)
        with without_leftovers(dist), forked as workers:
            for number, result in workers.map(group):
                if isinstance(result, WorkerEnd):
                    raise ended_early(f"{FOLDER}/{files[number].name}", result)
                yield result


@contextmanager
def without_leftovers(dist: Path) -> Iterator[None]:
    """Remove what processes that were ended have written in part, where the block raises; they have no other name than a hidden one."""
    try:
        yield
    except BaseException:
        for path in (dist / FOLDER).rglob(f".*{TEMPORARY_SUFFIX}"):
            path.unlink(missing_ok=True)
        raise


def ended_early(what: str, end: WorkerEnd) -> OutputError:
    """Return the error for files whose process ended before it had written them."""
    return OutputError(
        f"{what}: not written: the process that writes it {end.how}",
        hint="Check that this machine has enough free memory, then run again.",
    )


def _writer(dist: Path, files: Sequence[SbomFile]) -> Callable[[int], _Written]:
    def write(number: int) -> _Written:
        file = files[number]
        rendered = file.output.writer.render(file.document)
        path = f"{FOLDER}/{file.name}"
        _refuse(path, _aggregate_problems(rendered, file.output.cyclonedx_version))
        ref = _written(dist, path, rendered, durable=True)
        return ref.path, ref.sha256, ref.size

    return write


def _written(dist: Path, name: str, rendered: Rendered, *, durable: bool) -> FileRef:
    write_atomic(dist / name, rendered.chunks, durable=durable)
    return FileRef(path=f"dist:{name}", sha256=rendered.sha256, size=rendered.size)


def _lock_problems(rendered: Rendered, document: Document, version: str) -> list[str]:
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.inventory.checks.own_output import lock_problems, whole_problems

    if not version:
        return whole_problems(b"".join(rendered.chunks))
    return lock_problems(rendered, document, lambda plain: schema_problems(plain, version))


def _aggregate_problems(rendered: Rendered, version: str) -> list[str]:
    from ops.supply_chain.adapters.tools.schemas import schema_problems
    from ops.supply_chain.inventory.checks.own_output import aggregate_problems, whole_problems

    if not version:
        return whole_problems(b"".join(rendered.chunks))
    return aggregate_problems(rendered, lambda plain: schema_problems(plain, version))


def _refuse(name: str, problems: Sequence[str]) -> None:
    if problems:
        raise OutputError(
            f"{name}: does not pass its own check: {problems[0]}"
            + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""),
            hint="This is a defect of sealwright: please report it with the lock.",
        )

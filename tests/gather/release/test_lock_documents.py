"""SBOMs from several processes: the bytes of one process, and nothing that a process left unfinished."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.adapters.tools import workers
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.core.errors import ExitCode, OutputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.gather.gates.locks import read_project_locks
from ops.supply_chain.gather.release import lock_documents, sbom_files
from ops.supply_chain.gather.release.lock_documents import write_lock_documents
from ops.supply_chain.gather.release.sbom_files import SbomFile, write_sboms
from ops.supply_chain.inventory.build.documents import DescribedProject, LockInventory
from ops.supply_chain.inventory.build.union import Union
from ops.supply_chain.inventory.writers.outputs import outputs_for
from tests.inventory.made_locks import LOCKS, METADATA, SUBJECT, entry, lock, pin

FORMATS = tuple(SbomFormat)
Files = dict[str, str]
Formats = tuple[SbomFormat, ...]


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give a function that lets so many processes write, however little there is to write."""

    def set_up(count: int) -> None:
        for module in (lock_documents, workers):
            monkeypatch.setattr(module, "may_fork", lambda: count > 1)
            monkeypatch.setattr(module, "cores", lambda: count)
        monkeypatch.setattr(lock_documents, "FEW_ENTRIES", 0)
        monkeypatch.setattr(sbom_files, "FEW_PLACES", 0)

    return set_up


def files_of(dist: Path) -> Files:
    found = sorted(path for path in dist.rglob("*") if path.is_file())
    return {str(path.relative_to(dist)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def written_plainly(inventory: LockInventory, formats: Formats) -> Files:
    """One document after the other, each written whole: what every other way has to equal."""
    outputs, union, found = outputs_for(formats), Union(inventory), {}
    for item in inventory.locks:
        document = inventory.document_of(item)
        union.add(document)
        for output in outputs:
            data = b"".join(output.writer.render(document).chunks)
            found[f"sbom/locks/{item.path}{output.lock_suffix}"] = hashlib.sha256(data).hexdigest()
    for output in outputs_for(formats):
        data = b"".join(output.writer.render(union.document()).chunks)
        found[f"sbom/all{output.aggregate_suffix}"] = hashlib.sha256(data).hexdigest()
    return found


def written(dist: Path, inventory: LockInventory, formats: Formats) -> Iterator[FileRef]:
    union = Union(inventory)
    for refs in write_lock_documents(dist, inventory, union, formats):
        assert len(refs) == len(formats)
        yield from refs
    aggregate = union.document()
    yield from write_sboms(
        dist, [SbomFile(f"all{output.aggregate_suffix}", aggregate, output) for output in outputs_for(formats)]
    )


def check_all_ways(
    inventory: LockInventory, tmp_path: Path, forks: Callable[[int], None], formats: Formats = FORMATS
) -> None:
    expected = written_plainly(inventory, formats)
    for count in (1, 3):
        forks(count)
        dist = tmp_path / str(count)
        refs = list(written(dist, inventory, formats))
        assert {ref.path.removeprefix("dist:"): ref.sha256 for ref in refs} == files_of(dist) == expected
        assert [ref.path for ref in refs] == [f"dist:{path}" for path in expected]


def test_every_kind_of_pin(tmp_path: Path, forks: Callable[[int], None]) -> None:
    check_all_ways(LockInventory(LOCKS, SUBJECT, METADATA), tmp_path, forks)


@pytest.mark.parametrize("name", ["soar", pytest.param("warehouse", marks=pytest.mark.whole), "edge-requirements"])
def test_real_projects(shared_data: Path, tmp_path: Path, name: str, forks: Callable[[int], None]) -> None:
    locks = read_project_locks(shared_data / "projects" / name, LocksConfig())
    inventory = LockInventory(locks, DescribedProject(name=name, scopes=()))
    check_all_ways(inventory, tmp_path, forks, (SbomFormat.CYCLONEDX_1_6, SbomFormat.SPDX_2_3))


@pytest.mark.parametrize("seed", range(3))
def test_any_locks(tmp_path: Path, seed: int, forks: Callable[[int], None]) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up data
    pool = [pin(f"p{number}", str(number % 3)) for number in range(12)]

    def some_entry(line: int) -> Any:
        direct, groups = chance.choice((True, False, None)), chance.choice(((), ("main",), ("dev",), ("dev", "main")))
        edges = chance.choice((None, (), (("p1", "1"),), (("p2", "2"), ("p3", "0"))))
        return entry(chance.choice(pool), line, direct=direct, groups=groups, depends_on=edges)

    locks = [
        lock(f"f{number}/requirements.txt", *map(some_entry, range(1, chance.randrange(12))))
        for number in range(chance.randrange(1, 20))
    ]
    check_all_ways(LockInventory(locks, SUBJECT), tmp_path, forks)


def test_one_file_at_a_time(tmp_path: Path, forks: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom_files, "MANY_PLACES", 0)
    check_all_ways(LockInventory(LOCKS, SUBJECT, METADATA), tmp_path, forks)


def test_no_lock_and_no_format(tmp_path: Path, forks: Callable[[int], None]) -> None:
    forks(2)
    empty = LockInventory((), SUBJECT)
    assert list(write_lock_documents(tmp_path, empty, Union(empty), FORMATS)) == []
    inventory = LockInventory(LOCKS, SUBJECT)
    union = Union(inventory)
    assert list(write_lock_documents(tmp_path, inventory, union, ())) == [[]] * len(LOCKS)
    assert union.document().components
    assert files_of(tmp_path) == {}


@pytest.mark.parametrize("sizes", [(), (0,), (0, 0, 0), (5, 0, 0, 10, 3, 3, 1), (100, 1, 1), (1, 1, 100), (1,) * 50])
@pytest.mark.parametrize("count", [1, 4, 16])
def test_every_lock_is_in_one_batch(sizes: tuple[int, ...], count: int) -> None:
    locks = [lock(f"f{number}/x.txt", *[entry("a")] * size) for number, size in enumerate(sizes)]
    batches = lock_documents._batches(locks, count)
    assert [start for start, _ in batches[:1]] == [0] * bool(sizes)
    assert [stop for _, stop in batches[-1:]] == [len(sizes)] * bool(sizes)
    assert all(first[1] == second[0] for first, second in pairwise(batches))
    assert all(start < stop for start, stop in batches)
    assert len(batches) <= max(count, sizes.count(0) + count)


def test_a_thread_keeps_all_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 2)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    assert workers.may_fork() is False
    end.set()
    thread.join()
    monkeypatch.setattr(workers, "cores", lambda: 1)
    assert workers.may_fork() is False


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for number in range(12):
        (root / f"f{number:02}").mkdir(parents=True)
        (root / f"f{number:02}" / "requirements.txt").write_text(f"idna=={number}.1 --hash=sha256:{'a' * 64}\n")
    return root


def run(root: Path) -> int:
    return generate_sbom.main(
        ["--project", str(root), "--dist", str(root.parent / "dist"), "--version", "v1", "--no-enrich"]
    )


def check_nothing_is_left(root: Path) -> None:
    assert multiprocessing.active_children() == []
    assert not [path for path in (root.parent / "dist" / "sbom").rglob("*") if path.name.startswith(".")]
    assert not (root.parent / "dist" / "records" / "generate_sbom.json").exists()


def in_the_process_of(name: str, module: Any, mishap: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen in the process that writes a file, when it has begun to write it."""
    parent, real = os.getpid(), write_atomic

    def chunks(path: Path, parts: list[bytes]) -> Iterator[bytes]:
        yield from parts[:2]
        if name in (path.name, path.parent.name):
            assert os.getpid() != parent
            mishap()
        yield from parts[2:]

    def write(path: Path, parts: list[bytes], *, durable: bool = True) -> None:
        real(path, chunks(path, parts), durable=durable)

    monkeypatch.setattr(module, "write_atomic", write)


@pytest.mark.parametrize("name", ["f07", "project-sbom.spdx.json"])
def test_a_process_that_is_killed(
    project: Path,
    name: str,
    forks: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    forks(2)
    in_the_process_of(name, sbom_files, lambda: os.kill(os.getpid(), signal.SIGKILL), monkeypatch)
    assert run(project) == ExitCode.OUTPUT
    assert "was ended by SIGKILL" in capfd.readouterr().err
    check_nothing_is_left(project)


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", ["f07", "project-sbom.spdx.json"])
def test_a_disk_that_is_full(
    project: Path,
    name: str,
    forks: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    forks(2)
    in_the_process_of(name, sbom_files, no_space, monkeypatch)
    assert run(project) == ExitCode.OUTPUT
    error = capfd.readouterr().err
    assert name in error
    assert "cannot be written: No space left on device" in error
    check_nothing_is_left(project)


def test_an_interrupt(project: Path, forks: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    forks(2)
    monkeypatch.setattr(Union, "merge", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert run(project) == ExitCode.INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, before)
    check_nothing_is_left(project)


def test_a_document_that_does_not_pass_its_own_check(
    project: Path, forks: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    forks(2)
    monkeypatch.setattr("ops.supply_chain.inventory.checks.own_output.lock_problems", lambda *_: ["wrong", "and again"])
    inventory = LockInventory(read_project_locks(project, LocksConfig()), SUBJECT)
    found = write_lock_documents(project / "dist", inventory, Union(inventory), [SbomFormat.CYCLONEDX_1_6])
    with pytest.raises(
        OutputError, match=r"f00/requirements.txt.cdx.json: does not pass its own check: wrong \(and 1 more\)"
    ):
        list(found)

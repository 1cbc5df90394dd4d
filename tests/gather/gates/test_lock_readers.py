"""Locks that several processes read are those that one process reads."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.adapters.tools import workers
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, PinSource, PinSourceKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, ExitCode, InputError, UnavailableError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.dependencies.locks.project import BrokenLock, ReadLocks
from ops.supply_chain.gather.gates import lock_readers
from ops.supply_chain.gather.gates.locks import read_good_locks
from tests.inventory.made_locks import LOCKS, entry, lock, pin


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give a function that lets so many processes read, however little there is to read."""

    def set_up(count: int) -> None:
        for module in (lock_readers, workers):
            monkeypatch.setattr(module, "may_fork", lambda: count > 1)
            monkeypatch.setattr(module, "cores", lambda: count)
        monkeypatch.setattr(lock_readers, "FEW_BYTES", 0)

    return set_up


def shown(found: ReadLocks) -> list[Any]:
    """Return all of it, types and order included."""
    broken = [(item.path, item.error.message, item.error.hint, item.error.kind) for item in found.broken]
    return [*map(repr, found.locks), *broken]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("soar", 1),
        ("soar", 5),
        ("warehouse", 3),
        ("edge-requirements", 2),
        ("edge-pylock", 2),
        ("saleor", 2),
        ("poetry", 2),
        ("pulse-py", 2),
    ],
)
def test_real_projects(shared_data: Path, name: str, count: int, forks: Callable[[int], None]) -> None:
    root, config = shared_data / "projects" / name, LocksConfig()
    expected = read_good_locks(root, config)
    forks(count)
    found = read_good_locks(root, config, on_all_cores=True)
    assert shown(found) == shown(expected)
    assert len(pins_of(found.locks)) == len({repr(pin) for pin in pins_of(found.locks).values()})


def pins_of(locks: tuple[Lock, ...]) -> dict[int, Any]:
    return {id(entry.pin): entry.pin for lock in locks for entry in lock.entries}


def test_broken_locks_keep_their_places_and_reasons(tmp_path: Path, forks: Callable[[int], None]) -> None:
    for number in range(9):
        (tmp_path / f"f{number}").mkdir()
        line = "-r missing.txt" if number % 3 else f"idna==3.{number} --hash=sha256:{'a' * 64}"
        (tmp_path / f"f{number}" / "requirements.txt").write_text(f"{line}\n")
    expected = read_good_locks(tmp_path, LocksConfig())
    assert (len(expected.locks), len(expected.broken)) == (3, 6)
    forks(3)
    assert shown(read_good_locks(tmp_path, LocksConfig(), on_all_cores=True)) == shown(expected)
    known = {expected.locks[1].path: expected.locks[1]}
    found = read_good_locks(tmp_path, LocksConfig(), known, on_all_cores=True)
    assert shown(found) == shown(expected)
    assert found.locks[1] is expected.locks[1]


def test_names_and_numbers_that_no_message_can_have(tmp_path: Path, forks: Callable[[int], None]) -> None:
    pin = f"idna==3.7 --hash=sha256:{'a' * 64}\n"
    wheel = f'[[package]]\nname = "a"\nversion = "1"\nsource = {{ registry = "https://x.example/" }}\nwheels = [{{ size = {1 << 70} }}]\n'
    package = {"path": "./\ud800", "extras": ["\udfff"]}
    files = {
        b"\xff/requirements.txt": pin,
        b"a/requirements.txt": pin,
        b"b/requirements.txt": "# coding: utf-7\nfoo @ https://x.example/+2AA-.whl\n",
        b"c/uv.lock": f"version = 1\n{wheel}",
        b"d/Pipfile.lock": json.dumps({"_meta": {"pipfile-spec": 6}, "default": {"a": package}}),
    }
    for name, text in files.items():
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir()
        path.write_text(text)
    expected = read_good_locks(tmp_path, LocksConfig())
    assert (len(expected.locks), len(expected.broken)) == (1, 4)
    forks(3)
    assert shown(read_good_locks(tmp_path, LocksConfig(), on_all_cores=True)) == shown(expected)


def transferred(*batches: Sequence[Lock | BrokenLock]) -> Iterator[Lock | BrokenLock]:
    shared = lock_readers._Shared()
    for batch in batches:
        data = msgspec.msgpack.encode(lock_readers._packed(batch))
        yield from shared.unpacked(msgspec.msgpack.decode(data, type=lock_readers._Batch))


def test_every_kind_of_pin_is_transferred_whole() -> None:
    found = [*transferred(LOCKS[::2], LOCKS[1::2])]
    assert found == [*LOCKS[::2], *LOCKS[1::2]]


@pytest.mark.parametrize("seed", range(20))
def test_any_entries(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - made-up data
    sources = [PinSource(kind=kind, url="https://x.example/") for kind in PinSourceKind]

    def some_entry(line: int) -> LockEntry:
        return msgspec.structs.replace(
            entry(pin(f"p{chance.randrange(4)}", str(chance.randrange(3))), line),
            path=chance.choice(("f/requirements.txt", "f/base.txt")),
            direct=chance.choice((True, False, None)),
            groups=chance.choice(((), ("main",), ("dev", "main"))),
            depends_on=chance.choice((None, (), (("p1", "1"),), (("p2", "2"), ("p3", "0")))),
            depends_on_sources=chance.choice(((), (("p1", "1", chance.choice(sources)),))),
            required_by=chance.choice((None, (), ("p1",), ("p1", "p2"))),
        )

    def some_lock(number: int) -> Lock | BrokenLock:
        if chance.random() < 0.2:
            kind = chance.choice((None, ErrorClass.CONFIGURATION))
            return BrokenLock(f"f{number}", InputError("wrong", hint=chance.choice(("", "Correct it.")), kind=kind))
        return lock(f"f{number}/requirements.txt", *map(some_entry, range(chance.randrange(6))))

    batches = [[some_lock(number) for number in range(chance.randrange(5))] for _ in range(3)]

    def plain(item: Lock | BrokenLock) -> Any:
        return (
            repr(item) if isinstance(item, Lock) else (item.path, item.error.message, item.error.hint, item.error.kind)
        )

    found = [*transferred(*batches)]
    assert [plain(item) for item in found] == [plain(item) for batch in batches for item in batch]
    pins = pins_of(tuple(item for item in found if isinstance(item, Lock)))
    assert len(pins) == len(set(pins.values()))


@pytest.mark.parametrize("sizes", [(), (0,), (0, 0, 0), (5, 0, 0, 10, 3, 3, 1), (100, 1, 1), (1, 1, 100), (1,) * 50])
@pytest.mark.parametrize("count", [1, 4, 16])
def test_every_lock_is_in_one_batch(sizes: tuple[int, ...], count: int) -> None:
    paths = [f"f{number}" for number in range(len(sizes))]
    batches = [*lock_readers._batches(paths, sizes, count)]
    assert [path for batch in batches for path in batch] == paths
    assert all(batches)


def test_a_process_that_is_killed(
    tmp_path: Path,
    forks: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.txt").write_text(f"idna==3.7 --hash=sha256:{'a' * 64}\n")
    forks(2)
    parent = os.getpid()

    def killed(*_: object) -> None:
        assert os.getpid() != parent
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(lock_readers, "read_each", killed)
    with pytest.raises(
        UnavailableError, match=r"requirements\.txt or a lock after it: not read: .* was ended by SIGKILL"
    ):
        read_good_locks(root, LocksConfig(), on_all_cores=True)
    words = ["--project", str(root), "--dist", str(tmp_path / "dist"), "--version", "v1", "--no-enrich"]
    assert generate_sbom.main(words) == ExitCode.NOT_EXAMINED
    assert "was ended by SIGKILL" in capfd.readouterr().err
    assert multiprocessing.active_children() == []
    record = canonical.read(tmp_path / "dist" / "records" / "generate_sbom.json", Record)
    assert (record.outcome, record.writes) == (Outcome.NOT_EXAMINED, ())
    assert not (tmp_path / "dist" / "sbom").exists()

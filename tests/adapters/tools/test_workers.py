"""Work in child processes: in order, however it is divided, and a worker that dies costs one item."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from ops.supply_chain.adapters.tools.workers import AHEAD, LARGE_BYTES, OUT_OF_MEMORY, WorkerEnd, Workers
from ops.supply_chain.core.errors import InputError

INT = (int, int)
WORDS = (str, str)


def doubling(start: int) -> Callable[[int], int]:
    return lambda item: start + 2 * item


def mishaps() -> Callable[[str], str]:
    return _mishap


def _mishap(item: str) -> str:
    if item == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "ended":
        os._exit(3)
    if item == "memory":
        raise MemoryError
    if item == "error":
        raise InputError("broken", hint="correct it")
    if item == "slow":
        time.sleep(0.1)
    if item == "bug":
        raise KeyError("x")
    return "x" * (3 << 20) if item == "large" else item


@pytest.mark.parametrize("count", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    with Workers(doubling, (1,), INT, count=count) as workers:
        assert list(workers.map(range(40))) == [(item, 1 + 2 * item) for item in range(40)]
        assert list(workers.map([7])) == [(7, 15)]
        assert list(workers.map([])) == []


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_given_at_once_is_done_meanwhile_and_comes_in_order(count: int) -> None:
    with Workers(doubling, (1,), INT, count=count) as workers:
        workers.begin()
        workers.begin()
        assert len(workers._workers) == 1
        found = workers.give(range(20))
        assert list(found) == [(item, 1 + 2 * item) for item in range(20)]
        assert list(workers.give([])) == []
        assert list(workers.map([3])) == [(3, 7)]
    with Workers(mishaps, (), WORDS, count=count) as others:
        assert list(others.give(["a", "killed", "b"])) == [
            ("a", "a"),
            ("killed", WorkerEnd("was ended by SIGKILL")),
            ("b", "b"),
        ]
        with pytest.raises(InputError):
            list(others.give(["error"]))


def test_a_large_item_does_not_keep_this_process_waiting() -> None:
    items = ["slow", "x" * (3 << 20), "y" * LARGE_BYTES, "slow", "z"]
    with Workers(mishaps, (), WORDS, count=1) as workers:
        begin = time.monotonic()
        found = workers.map(items)
        assert next(found) == ("slow", "slow")
        assert list(found) == [(item, item) for item in items[1:]]
        assert time.monotonic() - begin < 20


def test_a_large_result_does_not_keep_its_worker_from_the_next_item() -> None:
    items = ["large", "slow", "large", "x", "large"]
    with Workers(mishaps, (), WORDS, count=2) as workers:
        assert [len(str(result)) for _, result in workers.map(items)] == [len(str(_mishap(item))) for item in items]


@pytest.mark.parametrize(
    ("item", "how"),
    [("killed", "was ended by SIGKILL"), ("ended", "ended with 3"), ("memory", "had no memory left")],
)
def test_a_worker_that_dies_is_reported_and_the_other_items_are_done(item: str, how: str) -> None:
    items = ["a", item, "b", "slow", item, item, "c"]
    with Workers(mishaps, (), WORDS, count=2) as workers:
        found = list(workers.map(items))
    assert found == [(word, WorkerEnd(how) if word == item else word) for word in items]
    assert OUT_OF_MEMORY not in (0, 1)


def test_an_error_of_the_work_is_raised() -> None:
    with Workers(mishaps, (), WORDS, count=1) as workers:
        found = workers.map(["a", "error", "b"])
        assert next(found) == ("a", "a")
        with pytest.raises(InputError) as caught:
            next(found)
    assert (caught.value.message, caught.value.hint) == ("broken", "correct it")


def test_an_error_in_the_code_is_raised_with_its_place() -> None:
    with Workers(mishaps, (), WORDS, count=1) as workers, pytest.raises(RuntimeError, match="KeyError: 'x'"):
        list(workers.map(["bug"]))


def test_items_are_taken_when_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with Workers(doubling, (0,), INT, count=2) as workers:
        found = workers.map(items())
        next(found)
        assert len(taken) <= 2 * AHEAD * 2 + 2


def test_an_item_that_is_to_be_alone_is_alone() -> None:
    items = ["s1", "alone", "s2", "s3", "alone", "alone"]
    with Workers(timing, (), (str, tuple[float, float]), count=2) as workers:
        found = list(workers.map(items, alone=lambda item: item == "alone"))
    assert [item for item, _ in found] == items
    times = [(item == "alone", result) for item, result in found if not isinstance(result, WorkerEnd)]
    assert len(times) == len(items)
    for at, (alone, (begin, end)) in enumerate(times):
        others = [span for place, (also, span) in enumerate(times) if place != at and (alone or also)]
        assert all(end <= other[0] or other[1] <= begin for other in others)


def timing() -> Callable[[str], tuple[float, float]]:
    return _timed


def _timed(_: str) -> tuple[float, float]:
    begin = time.monotonic()
    time.sleep(0.02)
    return begin, time.monotonic()


def test_workers_end_with_the_process_that_started_them() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        others: Workers[int, int] = Workers(pids, (), INT, count=1)
        workers: Workers[int, int] = Workers(pids, (), INT, count=2)
        for _, pid in (*others.map([0]), *workers.map(range(4)), *others.map([0])):
            os.write(writer, f"{pid}\n".encode())
        time.sleep(60)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as lines:
        known = {int(lines.readline()) for _ in range(6)}
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert lines.read() == ""  # the other end of the pipe is closed: the workers had it, too
    assert len(known) == 3


def pids() -> Callable[[int], int]:
    return _pid


def _pid(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def test_workers_are_started_where_nothing_is_inherited() -> None:
    with Workers(spawned, (3,), INT, count=1, method="spawn") as workers:
        assert list(workers.map([1, 2])) == [(1, 3), (2, 6)]


def spawned(factor: int) -> Callable[[int], int]:
    return factor.__mul__

"""Turns at a service: as many at once as allowed, a pause for all, and an end where the pause is too long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ops.supply_chain.adapters.sigstore.turns import LONGEST_PAUSE_SECONDS, LongPauseError, Turns


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept, self._lock = 100.0, list[float](), threading.Lock()

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

    def turns(self, most: int = 8, *, stopped: threading.Event | None = None) -> Turns:
        return Turns(most, stopped=stopped, clock=self.read, sleep=self.sleep)


@pytest.mark.parametrize("most", [1, 3])
def test_as_many_at_once_as_allowed(most: int) -> None:
    turns, lock, active, seen = Turns(most), threading.Lock(), [0], list[int]()

    def work(_number: int) -> None:
        with turns.turn():
            with lock:
                active[0] += 1
                seen.append(active[0])
            time.sleep(0.002)
            with lock:
                active[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert len(seen) == 24
    assert max(seen) == most


def test_without_a_pause_nothing_waits() -> None:
    clock = Clock()
    with clock.turns().turn():
        assert clock.slept == []


def test_a_pause_is_for_all_and_the_longest_counts() -> None:
    clock = Clock()
    turns = clock.turns()
    turns.pause(5)
    turns.pause(30)
    turns.pause(0)
    with ThreadPoolExecutor(4) as pool:
        times = list(pool.map(lambda _: _time_of(turns, clock), range(8)))
    assert min(times) >= 130
    with turns.turn():
        pass
    assert clock.now >= 130


def _time_of(turns: Turns, clock: Clock) -> float:
    with turns.turn():
        return clock.read()


def test_a_pause_that_is_asked_for_meanwhile_counts_too() -> None:
    clock, more = Clock(), [4.0]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if more:
            turns.pause(more.pop())

    turns = Turns(clock=clock.read, sleep=sleep)
    turns.pause(3)
    with turns.turn():
        assert (clock.slept, clock.now) == ([3, 4], 107)


def test_after_a_pause_that_is_too_long_there_is_no_turn() -> None:
    clock = Clock()
    turns = clock.turns(most=1)
    turns.pause(LONGEST_PAUSE_SECONDS + 1)
    for _ in range(2):
        with pytest.raises(LongPauseError, match=r"^asks for a pause of 61 seconds$"), turns.turn():
            pytest.fail("it had a turn")
    assert clock.slept == []
    clock.now += 2
    with turns.turn():
        assert clock.slept == [59]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 second"), (1.0, "1 second"), (1.5, "2 seconds"), (3600.0, "3600 seconds")]
)
def test_a_pause_in_words(seconds: float, text: str) -> None:
    assert str(LongPauseError(seconds)) == f"asks for a pause of {text}"


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"), turns.turn():
            raise ValueError("wrong")


def test_a_stop_ends_a_pause_and_no_other_is_begun() -> None:
    stopped = threading.Event()
    turns, began = Turns(1, stopped=stopped), time.monotonic()
    turns.pause(50)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(_has_a_turn, turns) for _ in range(3)]
        time.sleep(0.02)
        stopped.set()
        assert [future.result() for future in waiting] == [False] * 3
    assert not _has_a_turn(turns)
    assert time.monotonic() - began < 5
    assert _has_a_turn(Turns(1, stopped=stopped))


def _has_a_turn(turns: Turns) -> bool:
    try:
        with turns.turn():
            return True
    except LongPauseError:
        return False

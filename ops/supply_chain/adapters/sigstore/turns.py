"""Turns at one service: only so many requests at once, and none before the end of a pause that the service asked for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 8
"""Requests to one service at the same time: hides its answering time, and is no burden to a public one."""

LONGEST_PAUSE_SECONDS = 60.0
"""The longest pause that is waited for; after a request for a longer one the service gets no request any more."""


class LongPauseError(Exception):
    """The service asked for a pause that is not waited for: it is too long, or the work was stopped.

    Args:
        seconds: What is left of it.
    """

    def __init__(self, seconds: float) -> None:
        whole = math.ceil(seconds)
        super().__init__(f"asks for a pause of {whole} second{'s' if whole != 1 else ''}")


class Turns:
    """The turns of one service; for many threads.

    Args:
        most: How many requests at once.
        stopped: Set when the work was stopped: no pause is waited for any more, nor for what is left of it.
        clock: Seconds that only grow.
        sleep: Waits for so many seconds; None waits for `stopped` as long.
    """

    def __init__(
        self,
        most: int = MOST_AT_ONCE,
        *,
        stopped: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._free, self._lock = threading.BoundedSemaphore(most), threading.Lock()
        self._stopped = stopped or threading.Event()
        self._clock, self._sleep = clock, sleep or self._stopped.wait
        self._until = clock()

    @property
    def stopped(self) -> bool:
        """Whether the work was stopped, so that nothing is asked again."""
        return self._stopped.is_set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and have it while the block runs.

        Raises:
            LongPauseError: The service asked for a pause that is not waited for.
        """
        with self._free:
            while (left := self._left()) > 0:
                if left > LONGEST_PAUSE_SECONDS or self.stopped:
                    raise LongPauseError(left)
                self._sleep(left)
            yield

    def pause(self, seconds: float) -> None:
        """Give no turn for so many seconds; of several pauses the last to end counts."""
        with self._lock:
            self._until = max(self._until, self._clock() + seconds)

    def _left(self) -> float:
        with self._lock:
            return self._until - self._clock()

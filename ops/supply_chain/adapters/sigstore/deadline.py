"""An end to what a client library does on the network, however slowly the other side sends.

The libraries of Sigstore bound the wait for the next bytes at most: a service that sends one byte after the other keeps
them for ever. Their work runs in a thread that is left behind once its time is over.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return what some work returns, or raise what it raises.

    Args:
        seconds: After that time it is given up; its thread ends with the process at the latest.
        work: Must not need to be this thread.
    Raises:
        TimeoutError: It took longer.
    """
    results: queue.SimpleQueue[tuple[list[T], BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(([work()], None))
        except BaseException as error:
            results.put(([], error))

    threading.Thread(target=run, daemon=True, name="within").start()
    try:
        values, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"not complete in {seconds:g} seconds") from None
    if error is not None:
        raise error
    return values[0]

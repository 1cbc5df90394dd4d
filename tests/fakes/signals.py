"""How a child is started as a terminal would start it, wherever the tests themselves run.

A shell starts what it puts into the background with SIGINT ignored, `nohup` what it starts with SIGHUP ignored, and
children inherit both. A test that sends such a signal has to start its child without.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

INHERITED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


@contextmanager
def default_signals() -> Iterator[None]:
    """Give the children that are started meanwhile the default answer to each signal that ends a program."""
    with _answered({number: signal.default_int_handler for number in INHERITED if _is_ignored(number)}):
        yield


@contextmanager
def ignored(*numbers: signal.Signals) -> Iterator[None]:
    """Let the children that are started meanwhile ignore signals: `&`, `nohup`."""
    with _answered(dict.fromkeys(numbers, signal.SIG_IGN)):
        yield


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


@contextmanager
def _answered(handlers: dict[signal.Signals, object]) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

"""What a Dask worker runs in tests of the engine, in place of `sealwright.fleet_worker`."""

from __future__ import annotations

import threading

STARTED, GO = threading.Event(), threading.Event()
SECONDS = 20


def echo(request: bytes) -> bytes:
    """Return the request."""
    return request


def wait(request: bytes) -> bytes:
    """Return the request after `GO`."""
    STARTED.set()
    GO.wait(SECONDS)
    return request


def fail(request: bytes) -> bytes:
    """Raise an error with more than one line."""
    raise RuntimeError(f"first line\nthe reason: {request.decode()}")


def text(request: bytes) -> str:
    """Return something else than bytes."""
    return request.decode()

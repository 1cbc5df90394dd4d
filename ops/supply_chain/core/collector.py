"""Python's collector of cycles, suspended where much is read that has none, and kept from what stays until the end.

Source: https://docs.python.org/3/library/gc.html#gc.freeze
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Suspend the collector: it goes over all that has been read so far again and again, and finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """Suspend the collector for large imports, and leave alone what is there after them: in the work and at the end of the process.

    Modules are needed until the end. What is garbage at this moment, in cycles, stays as well.
    """
    with without_collection():
        yield
        gc.freeze()

"""uv with a cache that knows this interpreter already, where each test has a cache of its own.

In an empty cache uv first starts the interpreter to find out what it is, which costs four times what uv itself does. The
answer is the same in every test of a run, so uv is asked once in a process, and each new cache begins with what it
found. Everything else of a cache is the test's own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from uv import find_uv_bin

KNOWN = "interpreter-*"
"""What uv calls the part of a cache with what it knows of interpreters; the number is its version."""

_ASKS = Path()
"""Among the known ones while uv is asked."""

_known: set[Path] = set()
_one_at_a_time = threading.RLock()


@contextmanager
def known_interpreter(folder: Path) -> Iterator[None]:
    """Begin each cache of uv with what it knows of this interpreter, in what this process starts while it is open.

    Args:
        folder: Gets the cache that the others begin with, on first use.
    """
    start = subprocess.Popen.__init__
    binary = find_uv_bin()

    def prepared(process: subprocess.Popen[Any], command: Any, *given: Any, **named: Any) -> None:
        variables = named.get("env") or {}
        cache = variables.get("UV_CACHE_DIR")
        if cache and isinstance(command, list) and os.fspath(command[0]) == binary:
            with _one_at_a_time:
                _begin(Path(cache), folder, binary)
        start(process, command, *given, **named)

    subprocess.Popen.__init__ = prepared  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        subprocess.Popen.__init__ = start  # type: ignore[method-assign]


def _begin(cache: Path, folder: Path, binary: str) -> None:
    if _ASKS in _known or any(cache.glob(KNOWN)):
        return
    if folder not in _known:
        _known.add(_ASKS)
        variables = {**os.environ, "UV_CACHE_DIR": str(folder)}
        command = [binary, "python", "find", "--no-config", "--no-python-downloads", sys.executable]
        subprocess.run(command, env=variables, capture_output=True, check=True)
        _known.remove(_ASKS)
        _known.add(folder)
    with suppress(OSError):  # where no cache can be made, uv says so
        cache.mkdir(parents=True, exist_ok=True)
        for known in folder.glob(KNOWN):
            (cache / known.name).symlink_to(known)

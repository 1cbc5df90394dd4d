"""The processes above this one: which credentials code that is built or run below them could read.

Source: proc_pid_environ(5), proc_pid_status(5) (`PPid`)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain.core.variables import is_token

_PROC = Path("/proc")


def tokens_above(proc: Path = _PROC) -> tuple[str, ...]:
    """Return the names of the variables with credentials that this process or one above it was started with.

    Args:
        proc: Where the kernel shows its processes.
    Returns:
        Sorted. Without `/proc`, those of this process only; a process that cannot be read here cannot be read by a
        build either.
    """
    found = {name for name in os.environ if is_token(name)}
    for pid in _line(proc):
        found |= {name for name in _names(proc / str(pid) / "environ") if is_token(name)}
    return tuple(sorted(found))


def _line(proc: Path) -> Iterator[int]:
    pid = os.getpid()
    while pid > 0:
        yield pid
        pid = _parent(proc / str(pid) / "status")


def _parent(path: Path) -> int:
    try:
        rows = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("PPid:")), 0)


def _names(path: Path) -> Iterator[str]:
    try:
        data = path.read_bytes()
    except OSError:
        return
    for row in data.split(b"\0"):
        name, separator, value = row.partition(b"=")
        if separator and value:
            yield name.decode("utf-8", "replace")

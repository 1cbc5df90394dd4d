"""Killing a stage at a chosen byte that it writes, or at a chosen step in the file system."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

STEPS = frozenset(
    {"open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree", "tempfile.mkdtemp"}
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Budgeted:
    """A file that is open for writing, in a process that dies when it has written so many bytes."""

    left = 0

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def write(self, data: bytes) -> int:
        if len(data) > Budgeted.left:
            self._handle.write(data[: Budgeted.left])
            self._handle.flush()
            die()
        Budgeted.left -= len(data)
        return int(self._handle.write(data))

    def __enter__(self) -> Self:
        self._handle.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)


def killed_after_bytes(work: Callable[[], int], count: int) -> bool:
    """Do the work in a process that dies after writing `count` bytes; tell whether it died."""

    def prepare() -> None:
        real = io.open

        def opened(file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            handle = real(file, mode, *more, **named)
            return Budgeted(handle) if "b" in mode and set(mode) & set("wxa") else handle

        Budgeted.left = count
        io.open = opened

    return _died(work, prepare)


def killed_before_step(work: Callable[[], int], number: int, folder: Path) -> bool:
    """Do the work in a process that dies before its n-th step below a folder; tell whether it died."""

    def prepare() -> None:
        done = 0

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal done
            if event in STEPS and arguments and str(folder) in os.fsdecode(_path(arguments[0])):
                done += 1
                if done > number:
                    die()

        sys.addaudithook(watch)

    return _died(work, prepare)


def _path(argument: Any) -> Any:
    return argument if isinstance(argument, str | bytes | os.PathLike) else ""


def _died(work: Callable[[], int], prepare: Callable[[], None]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            prepare()
            os._exit(work())
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False

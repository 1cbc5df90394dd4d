"""Progress on a terminal, a line now and then elsewhere, and nothing in a public log.

Bars are shown on stderr, only where it is a terminal and `TERM` is not `dumb`; `NO_COLOR` is honoured. `rich` is imported only
then. In a session, which keeps what its stages write for its log, a small file states how far a stage is; the
session's own line of the stage shows it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LINE_SECONDS = 30.0
"""How often a line states how far a download is, where there is no terminal."""

SHARE_SECONDS = 0.25
"""How often a session is informed."""

MEGABYTE = 1_000_000


def progress_name(stage: str) -> str:
    """Return the name of the file in which a stage of a session states how far it is; in the folder of the records."""
    return f".{stage}.progress"


class Progress:
    """What a stage shows of a long step.

    Args:
        enabled: False suppresses all of it, whatever stderr is.
        shared: The file by which a session learns how far the stage is; None where no session reads it.
    """

    def __init__(self, *, enabled: bool, shared: Path | None = None) -> None:
        self._speaks = enabled
        self._shared = shared if enabled else None
        self._enabled = enabled and sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"

    def line(self, text: str) -> None:
        """Write a line to stderr, without names from the input."""
        if self._speaks:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def track(self, items: Iterable[T], *, label: str, total: int) -> Iterator[T]:
        """Yield the items, moving a bar.

        Args:
            items: Anything; it is consumed as the caller goes.
            label: A few words for the step, without names from the input.
            total: How many there will be.
        """
        if not self._enabled:
            yield from items
            return
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
        yield from track(items, description=label, total=total, console=console, transient=True)

    @contextmanager
    def receiving(self, *, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show bytes as they arrive, while the block runs; give the function that takes their number.

        Args:
            label: A word for the step.
            total: How many are expected; 0 if that is not known.
        """
        if self._enabled:
            with _bar(label, total) as move:
                yield move
            return
        show = _Lines(self.line, label, total, self._shared)
        try:
            yield show.arrived
        finally:
            show.close()


class _Lines:
    """States how many bytes arrived: in a line every half minute, and in the file of the session."""

    def __init__(self, line: Callable[[str], None], label: str, total: int, shared: Path | None) -> None:
        self._line, self._label, self._total, self._shared = line, label, total, shared
        self._size = 0
        self._lined = self._told = time.monotonic()

    def arrived(self, size: int) -> None:
        """Count bytes; a negative number takes some back."""
        self._size += size
        now = time.monotonic()
        if self._shared is not None and now - self._told >= SHARE_SECONDS:
            self._told = now
            with suppress(OSError):
                self._shared.parent.mkdir(exist_ok=True)
                self._shared.write_text(amount(self._size, self._total), encoding="ascii")
        if now - self._lined >= LINE_SECONDS:
            self._lined = now
            self._line(f"{self._label}: {amount(self._size, self._total)}")

    def close(self) -> None:
        """Take the file away."""
        if self._shared is not None:
            with suppress(OSError):
                self._shared.unlink(missing_ok=True)


def amount(size: int, total: int) -> str:
    """Return how many megabytes of how many there are: `12/174 MB`; more than were expected are not counted."""
    if not total:
        return f"{size / MEGABYTE:.0f} MB"
    return f"{min(size, total) / MEGABYTE:.0f}/{total / MEGABYTE:.0f} MB"


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(label, total=total or None)
        yield lambda size: shown.advance(task, size)

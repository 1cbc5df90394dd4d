"""Progress on a terminal, and silence everywhere else.

Shown on stderr, only where it is a terminal and `TERM` is not `dumb`; `NO_COLOR` is honoured. `rich` is imported only then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Progress:
    """A progress bar on stderr for a long step.

    Args:
        enabled: False suppresses it, whatever stderr is.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled and sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"

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

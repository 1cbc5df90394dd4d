"""What stages write while a session runs: into its log file, and a line on stderr for each that ends.

On a terminal that may be redrawn, a line for each stage that runs has its name and its time so far, drawn with rich. Where
stderr leads to a file or a pipe, in CI, with NO_COLOR and with `TERM=dumb` there is the line at the end and nothing else.
All of it is ASCII, so that no code page of a terminal can make it fail.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.run_log import LoggedStage, log_entry
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.runner.pipeline import StageEnd
from ops.supply_chain.runner.progress import progress_name
from ops.supply_chain.runner.stage import RECORDS_FOLDER
from ops.supply_chain.runner.streams import print_error

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

REDRAWS_PER_SECOND = 4
FRAMES = "|/-\\"
MOST_REACHED = 16
"""Characters of how far a stage is."""

_WORDS = {ExitCode.PASS: "pass", ExitCode.DENIED: "denied", ExitCode.NOT_EXAMINED: "not examined"}
_COUNTED = ("components", "rules", "files", "statements", "subjects")
"""Counts of records that say how much a stage did, the first one that there is."""


class StageLog:
    """Gets what stages write.

    Args:
        path: The log file of this run, which has removed that of the run before; its folder has the records in `records/`.
        live: Whether stderr may be redrawn; None decides by the environment.
    """

    def __init__(self, path: Path, *, live: bool | None = None) -> None:
        self._path = path
        self.ends: list[StageEnd] = []
        self._lines = LiveLines(path.parent) if (may_redraw(os.environ) if live is None else live) else None

    def started(self, stages: Sequence[str]) -> None:
        """Show what runs now."""
        if self._lines is not None:
            self._lines.show(stages)

    def ended(self, end: StageEnd) -> None:
        """Keep what it wrote, and show how it ended."""
        self.ends.append(end)
        with suppress(OSError), self._path.open("a", encoding="utf-8", errors="replace") as file:
            stage = LoggedStage(end.label, end.code, _shown(end.output), _shown(end.messages))
            file.write(log_entry(stage, end.seconds))
        word = _WORDS.get(ExitCode(end.code), f"exit {end.code}")
        line = f"{end.label:<28} {word:<13} {self._count(end):>10} {end.seconds:7.1f} s"
        if self._lines is None:
            print_error(line)
        else:
            self._lines.end(end.label, line)

    def paused(self) -> None:
        """Take what is redrawn off the terminal, if a stage could not be waited for."""
        if self._lines is not None:
            self._lines.stop()

    def error_of(self, stage: str) -> str:
        """Return what a stage wrote to stderr, else its result, where it did not pass; empty where it did, or did not run."""
        return "".join(
            end.messages or end.output for end in self.ends if end.stage == stage and end.code != ExitCode.PASS
        )

    def code_of(self, stage: str) -> int:
        """Return the exit code of a stage: of one that ran twice, the first that is not 0."""
        return next((end.code for end in self.ends if end.stage == stage and end.code != ExitCode.PASS), ExitCode.PASS)

    def output_of(self, stage: str) -> str:
        """Return the result of a stage that passed; empty where it did not, or did not run."""
        return next((end.output for end in self.ends if end.stage == stage and end.code == ExitCode.PASS), "")

    def _count(self, end: StageEnd) -> str:
        """Return how much of what there is a gate examined, or how much another stage made; empty without a record."""
        path = self._path.parent / RECORDS_FOLDER / f"{end.record}.json"
        try:
            counts = canonical.read(path, Record).counts if end.record and path.is_file() else {}
        except InputError:
            return ""
        return count_in(counts)


def _shown(text: str) -> str:
    """Return text of several lines that a terminal may show: an external tool passes on what others wrote."""
    return "\n".join(
        printable(line.expandtabs()) for line in without_credentials(text).replace("\r\n", "\n").split("\n")
    )


class LiveLines:
    """The lines of the stages that run, redrawn in place; those of stages that ended are printed above them.

    Args:
        dist: Where the stages state how far they are.
    """

    def __init__(self, dist: Path) -> None:
        self._records = dist / RECORDS_FOLDER
        self._began: dict[str, float] = {}
        self._live: Live | None = None

    def show(self, stages: Sequence[str]) -> None:
        """Draw a line for each of these stages from now on."""
        from rich.console import Console
        from rich.live import Live

        self._began = dict.fromkeys(stages, time.monotonic())
        console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        self._live = Live(
            get_renderable=self._text,
            console=console,
            refresh_per_second=REDRAWS_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._live.start()

    def end(self, stage: str, line: str) -> None:
        """Print the line of a stage that ended, and draw those of the others."""
        self._began.pop(stage, None)
        if self._live is not None:
            self._live.console.print(line, soft_wrap=True)
        else:
            print_error(line)
        if not self._began:
            self.stop()

    def stop(self) -> None:
        """Take the lines off the terminal."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _text(self) -> Text:
        from rich.text import Text

        lines = running_lines(self._began, time.monotonic(), self._reached)
        return Text("\n".join(lines), no_wrap=True, overflow="crop")

    def _reached(self, label: str) -> str:
        """Return how far a stage says it is; empty if it says nothing."""
        with suppress(OSError, ValueError):
            return (self._records / progress_name(label.partition(" ")[0])).read_text(encoding="ascii")[:MOST_REACHED]
        return ""


def running_lines(
    began: Mapping[str, float], now: float, reached: Callable[[str], str] = lambda _label: ""
) -> Iterator[str]:
    """Yield a line for each stage that runs.

    Args:
        began: When each began, in seconds of a clock.
        now: That clock.
        reached: Returns how far the stage with a label is, in a few characters; empty where that is not known.
    """
    frame = FRAMES[int(now * REDRAWS_PER_SECOND) % len(FRAMES)]
    for stage, since in dict(began).items():
        yield f"{stage:<28} {'running ' + frame:<13} {printable(reached(stage)):>10} {now - since:7.1f} s"


def count_in(counts: Mapping[str, int]) -> str:
    """Return how much a stage did by the counts of its record: examined of locked pins, else how many of what it made."""
    if {"examined", "locked"} <= counts.keys():
        return f"{counts['examined']}/{counts['locked']}"
    if {"passed", "rules"} <= counts.keys():
        return f"{counts['passed']}/{counts['rules']}"
    return next((str(counts[name]) for name in _COUNTED if counts.get(name)), "")


def may_redraw(environment: Mapping[str, str]) -> bool:
    """Return whether stderr is a terminal that may be redrawn, where no one asked for plain output."""
    plain = environment.get("CI") or environment.get("NO_COLOR") or environment.get("TERM", "") == "dumb"
    return not plain and sys.stderr is not None and sys.stderr.isatty()

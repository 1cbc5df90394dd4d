"""`log.txt` of a run: for each stage that ended a head line, its result, and what it wrote to stderr.

No line of a stage can be taken for a head line: one that begins like it gets a space before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_BYTES = 64 << 20
"""A log that is larger is not read."""

_HEAD = re.compile(r"== (?P<label>\S.*): exit (?P<code>[0-9]{1,3}), (?P<seconds>[0-9.]+) s")
_MARK, _STDERR = "== ", "-- stderr"


class LoggedStage(NamedTuple):
    """How a stage ended: its label (`evaluate_policy (records)`), its exit code, its result, and what it wrote to stderr."""

    label: str
    code: int
    output: str
    messages: str

    @property
    def stage(self) -> str:
        """The name of its script."""
        return self.label.partition(" ")[0]

    @property
    def error(self) -> str:
        """What it wrote to stderr, else its result, where it did not pass; empty where it did."""
        return (self.messages or self.output) if self.code else ""


def log_entry(stage: LoggedStage, seconds: float) -> str:
    """Return the entry of a stage, with an empty line after it.

    Args:
        stage: Its texts are safe to show: without credentials and control characters.
        seconds: How long it took.
    """
    body = _kept(stage.output)
    if stage.messages:
        body += f"{_STDERR}\n{_kept(stage.messages)}"
    return f"{_MARK}{stage.label}: exit {stage.code}, {seconds:.1f} s\n{body}\n"


def read_log(text: str) -> tuple[LoggedStage, ...]:
    """Return the stages of a log, in the order in which they ended; what comes before the first head line is left out."""
    return tuple(_stages(text))


def _stages(text: str) -> Iterator[LoggedStage]:
    label, code, lines = "", 0, list[str]()
    for line in text.split("\n"):
        head = _HEAD.fullmatch(line)
        if head is None:
            lines.append(line)
            continue
        if label:
            yield _stage(label, code, lines)
        label, code, lines = head["label"], int(head["code"]), []
    if label:
        yield _stage(label, code, lines)


def _stage(label: str, code: int, lines: list[str]) -> LoggedStage:
    at = lines.index(_STDERR) if _STDERR in lines else len(lines)
    output, messages = ("\n".join(part).rstrip("\n") for part in (lines[:at], lines[at + 1 :]))
    return LoggedStage(label, code, output, messages)


def _kept(text: str) -> str:
    lines = text.rstrip("\n").split("\n") if text else []
    return "".join(f" {line}\n" if line.startswith((_MARK, _STDERR)) else f"{line}\n" for line in lines)

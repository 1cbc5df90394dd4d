"""Workflow commands of GitHub Actions: lines of a job's output that the runner obeys.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands ; the escapes are those of
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts .
"""

from __future__ import annotations

import re
from enum import StrEnum

MOST_OF_A_LEVEL = 10
"""Annotations of one level that a step can have; the runner drops the others."""

_COMMAND = r"(?m)^(\s*):(?=:)"
_OLD_COMMAND = r"##(?=\[)"


class AnnotationLevel(StrEnum):
    """What an annotation is, the most severe first."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


def annotation(level: AnnotationLevel, message: str, *, title: str, file: str = "", line: int = 0) -> str:
    """Return the command that adds an annotation.

    Args:
        level: What it is.
        message: Any text, of several lines too.
        title: Any text; not empty.
        file: Path relative to the repository, with `/`; empty for none.
        line: Line in that file, from 1; 0 for none.
    """
    place = {"file": file, "line": str(line or "")} if file else {}
    properties = {**place, "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {written}::{_data(message)}"


def inert(text: str) -> str:
    """Return text in which no line is a command: what others wrote must not give any."""
    return re.sub(_OLD_COMMAND, "# #", re.sub(_COMMAND, r"\1: ", text))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

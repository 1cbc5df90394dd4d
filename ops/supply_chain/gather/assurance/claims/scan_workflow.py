"""Whether a GitHub workflow runs the daily scan every day, and fails where the scan fails.

What cannot be read with certainty does not count: a script with branches before the scan, an option that only lists or
explains, another shell than the default ones.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

Table = Mapping[str, Any]

_CRON = re.compile(r"[0-5]?[0-9]\s+(?:[01]?[0-9]|2[0-3])\s+\*\s+\*\s+\*")
_SCAN = re.compile(
    r"(?:(?:[\w./-]*python[\d.]*\s+-m\s+)?[\w./-]*nox\s+(?:-s|--session)[ =]|(?P<console>(?:[\w.-]*/)*sealwright\s+))"
    r"daily_scan(?P<options>\s.*)?"
)
"""`nox -s daily_scan`, whose own options come after `--`, or the console command, which has no others."""

_CONTINUED = re.compile(r"\\\n")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_FALSE = re.compile(r"\s*(?:\$\{\{\s*)?(?:(?:false|0|null)\b.*|(?:''|\"\")?\s*(?:\}\}\s*)?)", re.DOTALL | re.IGNORECASE)
_ON_SCHEDULE = re.compile(r"event_name\s*==\s*'schedule'")
_EXPRESSION = re.compile(r"\$\{\{[^{}]*\}\}|\$\([^()]*\)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")

_PLAIN_OPTIONS = frozenset({"-R", "-r", "-v", "-x", "--stop-on-first-error", "--verbose"})
"""Options of nox with which the session runs all the same."""

_SHELLS = frozenset({"bash", "sh"})
"""Shells in which a step ends with the first command that fails."""

_SEPARATORS = frozenset({"&", "&&", ";", ";;", "|", "|&", "||"})

_CONTROL = re.compile(
    r"[.!{}]|alias|break|builtin|case|command|continue|coproc|do|done|elif|else|enable|esac|eval|exec|exit|fi|for"
    r"|function|if|kill|return|select|set|shopt|source|then|trap|until|while|.*\$.*",
    re.DOTALL,
)
"""Commands that may end a script, skip others, or make it ignore a failure, and those that are computed."""


def scans_daily(workflow: Table) -> bool:
    """Return whether a workflow runs the daily scan every day, and fails if the scan fails.

    A condition that is never true, anywhere in the file, could skip the scan, so such a workflow does not count.
    """
    if not _is_daily(workflow.get("on")) or any(_may_be_never(table) for table in tables(workflow)):
        return False
    shell = _shell(workflow, "")
    for job in tables_in(list(table_of(workflow.get("jobs")).values())):
        steps = tables_in(job.get("steps")) if _may_fail(job) else []
        if any(_runs_scan(step, _shell(job, shell)) and _may_fail(step) for step in steps):
            return True
    return False


def tables(content: Table) -> Iterator[Table]:
    """Return a mapping and all mappings within it."""
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def table_of(value: Any) -> Table:
    """Return a mapping; an empty one where it is something else."""
    return value if isinstance(value, Mapping) else {}


def tables_in(values: Any) -> list[Table]:
    """Return the mappings of a list; none where it is not one."""
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _is_daily(events: Any) -> bool:
    times = [entry.get("cron") for entry in tables_in(table_of(events).get("schedule"))]
    return any(isinstance(time, str) and _CRON.fullmatch(time.strip()) for time in times)


def _may_be_never(table: Table) -> bool:
    condition = table.get("if", True)
    if not isinstance(condition, str):
        return not condition
    about_event = "event" in condition and (not _ON_SCHEDULE.search(condition) or "!" in condition)
    return about_event or bool(_FALSE.fullmatch(condition))


def _may_fail(part: Table) -> bool:
    return part.get("continue-on-error", False) is False


def _shell(part: Table, outer: Any) -> Any:
    """Return the shell of a workflow or job; the outer one where it names none."""
    return table_of(table_of(part.get("defaults")).get("run")).get("shell", outer)


def _runs_scan(step: Table, shell: Any) -> bool:
    command = step.get("run")
    if not isinstance(command, str) or step.get("shell", shell) not in ("", *_SHELLS):
        return False
    for line in _CONTINUED.sub(" ", command).splitlines():
        if _is_scan(line):
            return True
        if not _goes_on(line):
            return False
    return False


def _is_scan(line: str) -> bool:
    """Return whether a line runs the session, and nothing else."""
    found = _SCAN.fullmatch(_COMMENT.sub("", line).strip())
    if found is None:
        return False
    words = _words(found["options"] or "")
    if words is None or any(set(word) & set("()<>|&;`$") for word in words):
        return False
    before = words[: words.index("--")] if "--" in words else words
    after = words[len(before) + 1 :]
    if found["console"]:
        before, after = [], words
    return set(before) <= _PLAIN_OPTIONS and not any(word.startswith(("-h", "--h", "--v")) for word in after)


def _goes_on(line: str) -> bool:
    """Return whether the next line of the script runs after this one, and runs as a command."""
    words = _words(_EXPRESSION.sub("x", line))
    if words is None or any("<<" in word or "(" in word or ")" in word or "`" in word for word in words):
        return False
    first = True
    for word in words:
        if word in _SEPARATORS:
            first = True
        elif first and not _ASSIGNMENT.fullmatch(word):
            if _CONTROL.fullmatch(word):
                return False
            first = False
    return True


def _words(text: str) -> list[str] | None:
    """Return the words of a line as a shell reads them; None where a quotation does not end in it."""
    try:
        reader = shlex.shlex(text, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        return list(reader)
    except ValueError:
        return None

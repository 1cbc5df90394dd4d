"""Facts about a project's GitHub workflows, for the claims that rest on them.

An unreadable file supports nothing: it counts as an unrestricted workflow with one unpinned action. The same applies
to YAML that `formats.yaml` rejects, such as anchors and duplicate keys.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.supply_chain.assurance.claims.evidence import WorkflowFacts
from ops.supply_chain.formats import yaml
from ops.supply_chain.formats.json_reader import UnexpectedShapeError

WORKFLOWS = ".github/workflows"

_COMMIT = re.compile(r"[^\s${}]+@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})")
_CRON = re.compile(r"[0-5]?[0-9]\s+(?:[01]?[0-9]|2[0-3])\s+\*\s+\*\s+\*")
_SCAN = re.compile(r"(?:[\w./-]*python[\d.]*\s+-m\s+)?[\w./-]*nox\s+(?:-s|--session)[ =]daily_scan(?:\s[^|;&]*)?")
_CONTINUED = re.compile(r"\\\n")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_FALSE = re.compile(r"\s*(?:\$\{\{\s*)?(?:(?:false|0|null)\b.*|(?:''|\"\")?\s*(?:\}\}\s*)?)", re.DOTALL | re.IGNORECASE)
_SCOPE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_LEVELS = ("read", "write", "none")

Table = Mapping[str, Any]


def workflow_facts(texts: Mapping[str, str], read: Callable[[str], str]) -> WorkflowFacts:
    """Count what the workflows declare.

    Args:
        texts: Every workflow file, path in the project -> text; empty where it could not be read.
        read: Returns the text of another file of the project, empty where there is none that can be read.
    """
    workflows = [_parsed(text) for text in texts.values()]
    actions = list(_actions(workflows, texts, read))
    return WorkflowFacts(
        files=len(workflows),
        actions=len(actions),
        pinned=sum(bool(_COMMIT.fullmatch(action)) for action in actions),
        restricted=sum(_is_restricted(workflow) for workflow in workflows),
        daily_scan=sum(_scans_daily(workflow) for workflow in workflows),
    )


def _parsed(text: str) -> Table:
    """Return a file's content; empty where it cannot be read, or is not a mapping."""
    try:
        return yaml.read(text).table()
    except UnexpectedShapeError:
        return {}


def _actions(workflows: list[Table], texts: Mapping[str, str], read: Callable[[str], str]) -> Iterator[str]:
    """Return what the workflows use, and the project's own actions that they use, as they name it.

    A file that cannot be read, and a use that is not a text, is empty.
    """
    seen, waiting = set(texts), list(workflows)
    while waiting:
        content = waiting.pop()
        if not content:
            yield ""
        for name in _used(content):
            if not name.startswith("./"):
                yield name
            elif name not in seen:
                seen.add(name)
                found = "" if ".." in name else _own(name, texts, read)
                waiting += [_parsed(found)] if found is not None else []


def _own(name: str, texts: Mapping[str, str], read: Callable[[str], str]) -> str | None:
    """Return the text of an action of the project itself; None for a workflow, which is read anyway."""
    path = name.removeprefix("./").strip("/")
    if path in texts:
        return None
    return read(f"{path}/action.yml") or read(f"{path}/action.yaml")


def _used(content: Table) -> Iterator[str]:
    """Return every `uses`, wherever it is: one in an unusual place speaks against a claim all the same."""
    for table in _tables(content):
        for key, value in table.items():
            if key.strip().lower() == "uses":
                yield value if isinstance(value, str) else ""


def _tables(content: Table) -> Iterator[Table]:
    """Return a mapping and all mappings within it."""
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _is_restricted(workflow: Table) -> bool:
    """Return whether a workflow restricts its token at the top level: to nothing, to read access, or per scope."""
    permissions = workflow.get("permissions")
    if isinstance(permissions, Mapping):
        return all(_SCOPE.fullmatch(scope) and level in _LEVELS for scope, level in permissions.items())
    return permissions == "read-all"


def _scans_daily(workflow: Table) -> bool:
    """Return whether a workflow runs the daily scan every day, and fails if the scan fails.

    A condition that is never true, anywhere in the file, could skip the scan, so such a workflow does not count.
    """
    if not _is_daily(workflow.get("on")) or any(_is_never(table) for table in _tables(workflow)):
        return False
    jobs = _tables_in(list(_table(workflow.get("jobs")).values()))
    steps = [step for job in jobs if _may_fail(job) for step in _tables_in(job.get("steps"))]
    return any(_runs_scan(step) and _may_fail(step) for step in steps)


def _is_daily(events: Any) -> bool:
    times = [entry.get("cron") for entry in _tables_in(_table(events).get("schedule"))]
    return any(isinstance(time, str) and _CRON.fullmatch(time.strip()) for time in times)


def _is_never(table: Table) -> bool:
    condition = table.get("if", True)
    return bool(_FALSE.fullmatch(condition)) if isinstance(condition, str) else not condition


def _may_fail(part: Table) -> bool:
    return part.get("continue-on-error", False) is False


def _runs_scan(step: Table) -> bool:
    command = step.get("run")
    if not isinstance(command, str) or "<<" in command:  # what a here-document holds is no command
        return False
    lines = _CONTINUED.sub(" ", command).splitlines()
    return any(_SCAN.fullmatch(_COMMENT.sub("", line).strip()) for line in lines)


def _table(value: Any) -> Table:
    return value if isinstance(value, Mapping) else {}


def _tables_in(values: Any) -> list[Table]:
    """Return the mappings of a list; none where it is not one."""
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []

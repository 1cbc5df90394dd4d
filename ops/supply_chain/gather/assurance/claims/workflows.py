"""Facts about a project's GitHub workflows, for the claims that rest on them.

An unreadable file supports nothing: it counts as an unrestricted workflow with one unpinned action. The same applies
to YAML that `formats.yaml` rejects, such as anchors and duplicate keys.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ops.supply_chain.assurance.claims.evidence import WorkflowFacts
from ops.supply_chain.formats import yaml
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.assurance.claims.scan_workflow import Table, scans_daily, tables

WORKFLOWS = ".github/workflows"

_COMMIT = re.compile(r"[^\s${}]+@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})")
_SCOPE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_LEVELS = ("read", "write", "none")


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
        daily_scan=sum(scans_daily(workflow) for workflow in workflows),
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
    for table in tables(content):
        for key, value in table.items():
            if key.strip().lower() == "uses":
                yield value if isinstance(value, str) else ""


def _is_restricted(workflow: Table) -> bool:
    """Return whether a workflow restricts its token at the top level: to nothing, to read access, or per scope."""
    permissions = workflow.get("permissions")
    if isinstance(permissions, Mapping):
        return all(_SCOPE.fullmatch(scope) and level in _LEVELS for scope, level in permissions.items())
    return permissions == "read-all"

"""The lock of another tool, looked at: by that tool where it can say, else against the manifest."""

from __future__ import annotations

from ops.supply_chain.adapters.files.lock_sources import read_text
from ops.supply_chain.adapters.tools.lock_tools import LockTools, ToolAnswer
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.dependencies.drift import findings as tell
from ops.supply_chain.dependencies.drift.looked import How, Looked
from ops.supply_chain.dependencies.drift.manifests import hold
from ops.supply_chain.gather.gates.projects import GateProject

_TOOLS = {LockKind.UV: "uv", LockKind.POETRY: "poetry", LockKind.PDM: "pdm", LockKind.PIPFILE: "pipenv"}
_MANIFESTS = {LockKind.PIPFILE: "Pipfile"}


def look_at(project: GateProject, lock: Lock, tools: LockTools) -> Looked:
    """Look at a lock that is not a requirements file.

    Args:
        project: Whose it is.
        lock: The lock.
        tools: Those of the project.
    Raises:
        InputError: The manifest is broken.
    """
    if not lock.source:
        why = f"there is no {_MANIFESTS.get(lock.kind, 'pyproject.toml')} beside it to hold it against"
        remedy = "Commit the manifest, or leave the lock out with [locks].exclude."
        found = tell.not_examined(lock.path, why, remedy)
        return Looked(path=lock.path, how=How.NO_SOURCE, examined=False, findings=(found,))
    try:
        answer = tools.ask(lock)
    except UnavailableError as error:
        found = tell.not_examined(lock.path, error.message, error.hint)
        return Looked(path=lock.path, how=How.BY_TOOL, examined=False, findings=(found,))
    if answer is not None and answer.agrees is not None:
        return _by_tool(lock, answer)
    return _by_consistency(project, lock, answer)


def _by_tool(lock: Lock, answer: ToolAnswer) -> Looked:
    found = () if answer.agrees else (tell.disagreeing(lock.path, answer.command, answer.said),)
    return Looked(
        path=lock.path,
        how=How.BY_TOOL,
        same=not found,
        findings=found,
        tool=(answer.tool, answer.version),
        note=answer.command,
    )


def _by_consistency(project: GateProject, lock: Lock, answer: ToolAnswer | None) -> Looked:
    note = _why(lock, answer)
    text, manifest = read_text(project.root, lock.path) or "", read_text(project.root, lock.source) or ""
    found = hold(lock, text, manifest)
    if found is None:
        findings: tuple[Finding, ...] = (tell.unchecked(lock.path, lock.source),)
    else:
        findings = tuple(tell.inconsistent(lock.path, one, _TOOLS.get(lock.kind, "its tool")) for one in found)
    return Looked(path=lock.path, how=How.BY_CONSISTENCY, same=not findings, findings=findings, note=note)


def _why(lock: Lock, answer: ToolAnswer | None) -> str:
    if answer is not None:
        return f"`{answer.command}` could not say: {answer.said}"
    return f"{_TOOLS[lock.kind]} is not on PATH" if lock.kind in _TOOLS else "no tool checks this format"

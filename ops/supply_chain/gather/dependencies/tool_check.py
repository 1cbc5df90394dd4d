"""The check of another tool's lock: by that tool if it can, else by comparison with the manifest."""

from __future__ import annotations

from ops.supply_chain.adapters.files.lock_sources import read_text
from ops.supply_chain.adapters.tools.lock_tools import LockTools, ToolAnswer
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.dependencies.drift import findings
from ops.supply_chain.dependencies.drift.lock_check import CheckMethod, LockCheck
from ops.supply_chain.dependencies.drift.manifests import compare_with_manifest
from ops.supply_chain.formats.lock_formats import lock_command, lock_format
from ops.supply_chain.gather.gates.projects import GateProject


def check_with_tool(project: GateProject, lock: Lock, tools: LockTools) -> LockCheck:
    """Check a lock that is not a requirements file.

    Args:
        project: The lock's project.
        lock: The lock.
        tools: The tools of the project.
    Raises:
        InputError: The manifest is malformed.
    """
    if not lock.source:
        why = f"there is no {lock_format(lock.kind).manifest} to compare it with"
        remedy = "Commit the manifest, or leave the lock out with [locks].exclude."
        finding = findings.not_examined(lock.path, why, remedy)
        return LockCheck(path=lock.path, how=CheckMethod.NO_SOURCE, examined=False, findings=(finding,))
    try:
        answer = tools.check(lock)
    except UnavailableError as error:
        return _by_manifest(project, lock, error.message, error.hint)
    if answer is not None and answer.agrees is not None:
        return _by_tool(lock, answer)
    return _by_manifest(project, lock, *_why(lock, answer))


def _by_tool(lock: Lock, answer: ToolAnswer) -> LockCheck:
    found = (
        ()
        if answer.agrees
        else (findings.disagreeing(lock.path, answer.command, answer.output, again=lock_command(lock.kind, lock.path)),)
    )
    return LockCheck(
        path=lock.path,
        how=CheckMethod.BY_TOOL,
        same=not found,
        findings=found,
        tool=(answer.tool, answer.version),
        note=answer.command,
    )


def _by_manifest(project: GateProject, lock: Lock, why: str, remedy: str) -> LockCheck:
    """Compare a lock with its manifest: differences are findings, and without any the rest of the lock is not examined."""
    text, manifest = read_text(project.root, lock.path) or "", read_text(project.root, lock.source) or ""
    mismatches = compare_with_manifest(lock, text, manifest)
    if mismatches is None:
        found: tuple[Finding, ...] = (findings.unchecked(lock.path, lock.source),)
    else:
        again = lock_command(lock.kind, lock.path)
        found = tuple(findings.inconsistent(lock.path, mismatch, again) for mismatch in mismatches)
    return LockCheck(
        path=lock.path,
        how=CheckMethod.BY_MANIFEST,
        examined=False,
        findings=(*found, findings.not_examined(lock.path, why, remedy)),
        note=why,
    )


def _why(lock: Lock, answer: ToolAnswer | None) -> tuple[str, str]:
    """Return why no tool checked a lock, and the next step."""
    tool = lock_format(lock.kind).tool
    if answer is not None:
        return f"`{answer.command}` gave no result: {answer.output}", f"Run `{answer.command}` in the project's folder."
    if tool:
        return f"{tool} is not on this machine", f"Install {tool}, or set [locks].install_tools = true."
    return (
        "no tool checks this format",
        "Commit the lock of the tool that wrote it too, and leave this one out with [locks].exclude.",
    )

"""The check of a file that was exported from another lock: exported again, or compared with that lock pin by pin."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

import msgspec

from ops.supply_chain.adapters.files.lock_sources import read_text
from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.tools.lock_tools import LockTools, ToolAnswer
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.commands import command as advised
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.dependencies.compile.header import body_of
from ops.supply_chain.dependencies.drift import exported, findings
from ops.supply_chain.dependencies.drift.consistency import Mismatch, mismatches
from ops.supply_chain.dependencies.drift.declared import manifest_of, parse_manifest
from ops.supply_chain.dependencies.drift.lock_check import CheckMethod, LockCheck
from ops.supply_chain.dependencies.locks.read import read_lock
from ops.supply_chain.formats.lock_formats import lock_command
from ops.supply_chain.formats.pyproject import MAIN
from ops.supply_chain.formats.uv_export import ExportCommand, export_command
from ops.supply_chain.gather.gates.projects import GateProject

_EXPORTS = (LockKind.REQUIREMENTS, LockKind.PYLOCK)
_ONLY = ("--only-", "--package", "--prune", "--no-emit-package")


def check_exported(project: GateProject, lock: Lock, tools: LockTools) -> LockCheck | None:
    """Check a lock that is not compiled, if it is exported from another lock.

    Args:
        project: The lock's project.
        lock: The lock.
        tools: The tools of the project.
    Returns:
        None if nothing shows that it is exported: neither its header, nor that a lock in the same folder has all its pins.
    """
    if lock.kind not in _EXPORTS:
        return None
    command = export_command(read_text(project.root, lock.path) or "")
    if command is None:
        return _like_a_lock_beside(project, lock)
    source = _uv_lock(project, posixpath.dirname(lock.path))
    if source is None:
        return _without_lock(project, lock, command)
    answer = _export(lock, source, command, tools)
    if answer is not None and answer.agrees is not None:
        return _compared(project, lock, source, answer)
    found = tuple(
        findings.inconsistent(lock.path, found, _again(lock)) for found in exported.pin_mismatches(lock, source)
    )
    return LockCheck(path=lock.path, how=CheckMethod.BY_LOCK, findings=found, note=source.path)


def _again(lock: Lock) -> str:
    return lock_command(lock.kind, lock.path, export=lock.export)


def _export(lock: Lock, source: Lock, command: ExportCommand, tools: LockTools) -> ToolAnswer | None:
    if command.options is None:
        return None
    try:
        return tools.export(source, posixpath.dirname(lock.path), command.options)
    except UnavailableError:
        return None


def _compared(project: GateProject, lock: Lock, source: Lock, answer: ToolAnswer) -> LockCheck:
    committed = read_text(project.root, lock.path) or ""
    again = read_lock(lock.path, answer.output.encode(), ProjectFiles(project.root).read)
    changed = exported.changes(lock, again)
    found: tuple[Finding, ...] = ()
    shown: tuple[str, ...] = ()
    if changed:
        # The header of the second export has options of this machine.
        head = committed.replace("\r\n", "\n").removesuffix(body_of(committed))
        texts = findings.text_diff(committed, head + body_of(answer.output), path=lock.path)
        found, shown = (
            (findings.out_of_date_export(lock.path, source.path, texts, changed, _again(lock)),),
            texts.shown,
        )
    return LockCheck(
        path=lock.path,
        how=CheckMethod.BY_TOOL,
        same=not found,
        findings=found,
        diff=shown,
        tool=(answer.tool, answer.version),
        note=answer.command,
    )


def _like_a_lock_beside(project: GateProject, lock: Lock) -> LockCheck | None:
    folder = posixpath.dirname(lock.path)
    own = [entry for entry in lock.entries if entry.path == lock.path and not entry.pin.local]
    for other in project.locks:
        is_beside = other.kind not in _EXPORTS and posixpath.dirname(other.path) == folder
        if own and is_beside and not exported.pin_mismatches(lock, other):
            return LockCheck(path=lock.path, how=CheckMethod.BY_LOCK, note=other.path)
    return None


def _uv_lock(project: GateProject, folder: str) -> Lock | None:
    """Return the `uv.lock` in a folder or the nearest one above, as uv looks for it."""
    above = {posixpath.dirname(lock.path): lock for lock in project.locks if posixpath.basename(lock.path) == "uv.lock"}
    while folder not in above and folder:
        folder = posixpath.dirname(folder)
    return above.get(folder)


def _without_lock(project: GateProject, lock: Lock, command: ExportCommand) -> LockCheck:
    path = posixpath.join(posixpath.dirname(lock.path), "pyproject.toml")
    found = tuple(
        findings.inconsistent(lock.path, found, _again(lock)) for found in _differences(project, lock, path, command)
    )
    missing = findings.not_examined(
        lock.path,
        "it is exported from a uv.lock that the project does not have",
        f"Commit uv.lock, or compile the file from a requirements.in ({advised('lock')}).",
    )
    return LockCheck(path=lock.path, how=CheckMethod.BY_MANIFEST, examined=False, findings=(*found, missing))


def _differences(project: GateProject, lock: Lock, path: str, command: ExportCommand) -> Sequence[Mismatch]:
    """Compare a file with what its manifest requires of everyone, unless it is exported for something else."""
    text = read_text(project.root, path)
    if text is None or command.options is None or any(option.startswith(_ONLY) for option in command.options):
        return ()
    try:
        manifest = manifest_of(parse_manifest(text, where=path), where=path)
    except InputError:
        return ()
    main = tuple(dependency for dependency in manifest.declared if dependency.group == MAIN)
    return mismatches(lock, msgspec.structs.replace(manifest, declared=main), where=path)

"""The result of a compile: for people, for programs, and as findings of a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.dependencies.compile.diff import PinChange, pins_of
from ops.supply_chain.dependencies.compile.header import body_of
from ops.supply_chain.dependencies.compile.options import CompileOptions
from ops.supply_chain.dependencies.compile.resolve import LockResult
from ops.supply_chain.dependencies.compile.siblings import SiblingFiles


def findings_of(locks: Sequence[SiblingFiles]) -> tuple[Finding, ...]:
    """Return a finding for each lock that a compile would write, in the order given."""
    return tuple(
        Finding(
            code="lock.stale",
            severity=Severity.MEDIUM,
            message=f"{lock.lock_path}: {_why(lock)}",
            next_step=f"Run `{command('lock')}` and review the changes.",
            path=lock.lock_path,
        )
        for lock in locks
        if lock.stale
    )


def left_out_notes(result: LockResult) -> tuple[str, ...]:
    """Return a remark on each requirement that a lock has in no form, because its marker is never true there."""
    left_out = result.job.left_out(pins_of(body_of(result.text)))
    return tuple(
        f"{result.job.path} does not have {name}, which {result.job.source_path} requires where {marker}"
        for name, marker in left_out
    )


def not_upgraded_notes(result: LockResult, options: CompileOptions) -> tuple[str, ...]:
    """Return a remark on each package that was named for an upgrade and is at the same version as before."""
    before, after = result.job.pins.versions, pins_of(body_of(result.text)).versions
    return tuple(
        f"{result.job.path} still has {name} {', '.join(after[name])}: neither {result.job.source_path} nor the other "
        f"pins allow a newer one that was released by {options.allowed}; if it must not wait: "
        + command("lock", "--upgrade-package", name, "--bypass-cool-down", name, "--reason", "TEXT")
        for name in sorted(options.names)
        if name in after and before.get(name) == after[name]
    )


def document_of(locks: Sequence[SiblingFiles], written: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return the result for programs.

    Args:
        locks: Every lock.
        written: Lock -> the files that were written for it, itself included.
    """
    return {"locks": [_described(lock, written.get(lock.lock_path, ())) for lock in locks]}


def text_of(locks: Sequence[SiblingFiles], written: Mapping[str, Sequence[str]], *, check: bool, runs: int) -> str:
    """Return the result for people: a summary, then the changes; a check reports changes as findings.

    Args:
        locks: Every lock.
        written: As in `document_of`.
        check: Whether this was a check only.
        runs: Number of uv runs.
    """
    stale = [lock for lock in locks if (lock.stale if check else lock.lock_path in written)]
    verb = "would change" if check else "changed"
    counts = f"{len(stale)} {verb}, {len(locks) - len(stale)} unchanged"
    lines = [f"{_number(len(locks), 'lock')}: {counts} ({_number(runs, 'uv run')})"]
    for lock in [] if check else stale:
        result = lock.result
        lines.append(f"  {lock.lock_path}" + ("" if result.changed and result.job.old else f": {_why(lock)}"))
        if result.job.old:
            lines += [f"    {change.name} {_shown(change)}" for change in result.changes]
        lines += [f"    {bypass.name} kept: {bypass.reason}" for bypass in result.kept_young]
    return "\n".join(lines)


def _why(lock: SiblingFiles) -> str:
    result = lock.result
    if result.changed and not result.job.old:
        return f"new lock with {_number(len(result.changes), 'package')}"
    if result.changed:
        return ", ".join(f"{change.name} {_shown(change)}" for change in result.changes) or "its text would change"
    return "its SBOM does not describe it" if lock.bom_stale else "its publisher baseline has other packages"


def _shown(change: PinChange) -> str:
    if change.before == change.after:
        return f"{change.after}: other hashes"
    return f"{change.before} -> {change.after or 'removed'}" if change.before else f"added {change.after}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _described(lock: SiblingFiles, written: Sequence[str]) -> dict[str, object]:
    result = lock.result
    return {
        "adopted": [bypass.name for bypass in result.kept_young],
        "changed": result.changed,
        "changes": [{"after": change.after, "before": change.before, "name": change.name} for change in result.changes],
        "path": lock.lock_path,
        "source": result.job.source_path,
        "stale": lock.stale,
        "written": list(written),
    }

"""What a compile tells afterwards: to people, to programs, and as findings where it only checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.dependencies.compile.companions import Beside


def findings_of(looked: Sequence[Beside]) -> tuple[Finding, ...]:
    """Name each lock that a compile would write, in the order given."""
    return tuple(
        Finding(
            code="lock.stale",
            severity=Severity.MEDIUM,
            message=f"{one.lock_path}: {_why(one)}",
            next_step="Run compile_locks.",
            path=one.lock_path,
        )
        for one in looked
        if one.stale
    )


def document_of(looked: Sequence[Beside], written: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return the result for programs.

    Args:
        looked: Every lock.
        written: Lock -> the files that were written for it, itself included.
    """
    return {"locks": [_described(one, written.get(one.lock_path, ())) for one in looked]}


def text_of(looked: Sequence[Beside], written: Mapping[str, Sequence[str]], *, check: bool, asked: int) -> str:
    """Return the result for people: a summary, then what changed; a check reports changes as findings.

    Args:
        looked: Every lock.
        written: As in `document_of`.
        check: Whether this was a check only.
        asked: How many questions the compiler answered.
    """
    stale = [one for one in looked if (one.stale if check else one.lock_path in written)]
    verb = "would change" if check else "changed"
    lines = [f"{len(looked)} locks: {len(stale)} {verb}, {len(looked) - len(stale)} unchanged ({asked} resolved)"]
    for one in [] if check else stale:
        lines.append(f"  {one.lock_path}" + ("" if one.settled.changed and one.settled.job.old else f": {_why(one)}"))
        if one.settled.job.old:
            lines += [f"    {change.name} {_difference(change.before, change.after)}" for change in one.settled.changes]
        lines += [f"    {bypass.name} kept: {bypass.reason}" for bypass in one.settled.adopted]
    return "\n".join(lines)


def _why(one: Beside) -> str:
    if one.settled.changed and not one.settled.job.old:
        return f"a new lock of {len(one.settled.changes)} packages"
    if one.settled.changed:
        changed = ", ".join(
            f"{change.name} {_difference(change.before, change.after)}" for change in one.settled.changes
        )
        return changed or "its text would change"
    return "its SBOM does not describe it" if one.bom_stale else "its publisher baseline is not about its dependencies"


def _difference(before: str, after: str) -> str:
    if before == after:
        return f"{after}: other hashes"
    return f"{before or 'added'} -> {after or 'removed'}" if before else f"added {after}"


def _described(one: Beside, written: Sequence[str]) -> dict[str, object]:
    return {
        "adopted": [bypass.name for bypass in one.settled.adopted],
        "changed": one.settled.changed,
        "changes": [
            {"after": change.after, "before": change.before, "name": change.name} for change in one.settled.changes
        ],
        "path": one.lock_path,
        "source": one.settled.job.source_path,
        "stale": one.stale,
        "written": list(written),
    }

"""What the gate tells people: what was examined, from where, then each finding and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome


def text_of(
    outcome: Outcome,
    counts: Mapping[str, int],
    sources: Sequence[str],
    findings: Sequence[Finding],
    notes: Sequence[str],
) -> str:
    """Return the result for people.

    Args:
        outcome: How the gate ended.
        counts: The record's.
        sources: One line each: what was asked, how old its answers are.
        findings: All of them, waived ones included, sorted by place.
        notes: Further lines, shown last.
    """
    lines = [
        (
            f"publishers: {outcome.value}: {counts['examined']} of {counts['locked']} pins examined in "
            f"{counts['locks']} locks; {counts['direct_examined']} of {counts['direct']} publishers compared; "
            f"{counts['files_examined']} of {counts['files']} files looked at, {counts['attested']} pins attested"
        ),
        *(f"  asked: {source}" for source in sources),
    ]
    lines += [_line(one) for one in _merged([one for one in findings if not one.waived_by])]
    lines += [
        f"{_line(one)}\n    waived: {one.waived_by}" for one in _merged([one for one in findings if one.waived_by])
    ]
    return "\n".join([*lines, *(f"  note: {note}" for note in notes)])


def document_of(sources: Sequence[str], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the same for programs."""
    return {"findings": [msgspec.to_builtins(one) for one in findings], "sources": list(sources)}


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Fold what is the same in many locks into one, which says how many more there are."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.code, one.package, one.version, one.message, one.waived_by), []).append(one)
    merged = []
    for same in groups.values():
        more = f" (and {len(same) - 1} more locks)" if len(same) > 1 else ""
        merged.append(msgspec.structs.replace(same[0], message=same[0].message + more))
    return merged


def _line(one: Finding) -> str:
    place = f"{one.path}:{one.line}: " if one.line else f"{one.path}: " if one.path else ""
    return f"  {one.severity.value:8} {place}{one.message} [{one.code}]\n    next: {one.next_step}"

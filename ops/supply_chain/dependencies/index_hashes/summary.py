"""The text of a run for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ops.supply_chain.contracts.values.finding import Finding

PLACES_SHOWN = 3


def text_of(counts: Mapping[str, int], notes: Iterable[str], findings: Sequence[Finding], *, feed: str) -> str:
    """Return the result for people: what was looked at, from where; what stands, and what to do; what is waived."""
    lines = [
        f"{counts['examined']} of {counts['locked']} pinned versions examined in {counts['locks']} locks",
        f"{counts['served']} of {counts['hashes']} recorded hashes served by {feed}, asked now",
    ]
    if "files" in counts:
        lines.append(f"{counts['files']} files downloaded and hashed, {counts['bytes']} bytes")
    lines += [f"note: {note}" for note in notes]
    for title, waived in (("", False), ("waived:", True)):
        chosen = [one for one in findings if bool(one.waived_by) is waived]
        lines += [title] * bool(title and chosen)
        lines += [line for one in chosen for line in _lines(one)]
    return "\n".join(lines)


def _lines(finding: Finding) -> list[str]:
    first = f"{finding.path}:{finding.line}" if finding.line else finding.path
    named = (first, *finding.also_at)[:PLACES_SHOWN]
    more = finding.places - len(named)
    lines = [f"{finding.severity.value} {finding.code}: {finding.message}"]
    if finding.path:
        lines.append(f"  at: {', '.join(named)}" + (f" and {more} more" if more > 0 else ""))
    lines.append(f"  waived: {finding.waived_by}" if finding.waived_by else f"  next: {finding.next_step}")
    return lines

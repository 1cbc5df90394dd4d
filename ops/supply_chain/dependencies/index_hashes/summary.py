"""What a run of `check_hashes.py` tells: counts, notes, and a text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.dependencies.index_hashes.compare import Offer
from ops.supply_chain.dependencies.index_hashes.subjects import Scope, Subject
from ops.supply_chain.dependencies.index_hashes.verdicts import Verdict

PLACES_SHOWN = 3


def counts_of(locks: Sequence[Lock], scopes: Iterable[Scope], verdicts: Mapping[Subject, Verdict]) -> dict[str, int]:
    """Return the counts of a run.

    Args:
        locks: All that were read.
        scopes: What was to be looked at, of each project.
        verdicts: One for each distinct subject.
    Returns:
        `locks`; `locked` versions that were to be looked at and how many were `examined`; pins that are
        `out_of_scope`; distinct `hashes` and how many of them are `served`.
    """
    every = list(scopes)
    silent = {(pin.source, pin.name, pin.version) for scope in every for pin in scope.unusable}
    return {
        "locks": len(locks),
        "locked": len(verdicts) + len(silent),
        "examined": sum(verdict.examined for verdict in verdicts.values()),
        "out_of_scope": len({pin for scope in every for pin in scope.outside}),
        "hashes": sum(len(subject.hashes) for subject in verdicts),
        "served": sum(verdict.served for verdict in verdicts.values()),
    }


def status_unknown(offers: Mapping[Subject, Offer]) -> int:
    """Count the projects whose status the index's kind of page never tells."""
    return len({subject.page for subject, offer in offers.items() if offer.known and not offer.status_told})


def digest_of(offers: Mapping[Subject, Offer]) -> str:
    """Return the SHA-256 of all that was compared: what the index said, as far as it mattered."""
    lines = []
    for subject, offer in offers.items():
        files = sorted((file.filename, file.hashes, file.yanked, file.yanked_reason) for file in offer.files)
        lines.append(repr((*subject, offer.known, offer.status, offer.status_reason, files, offer.elsewhere)))
    return sha256_bytes("\n".join(sorted(lines)).encode("utf-8", "surrogateescape"))


def notes_of(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return what has to be said beside the findings, from the counts."""
    notes = []
    if not counts["locks"]:
        notes.append("no lock, and no declared dependency")
    if counts.get("status_unknown"):
        number = counts["status_unknown"]
        notes.append(
            f"the index does not state the status (quarantined, archived, deprecated) of {number} projects: "
            "it is not known"
        )
    if counts["out_of_scope"]:
        notes.append(f"{counts['out_of_scope']} pins come from version control, a path or the project itself")
    return tuple(notes)


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

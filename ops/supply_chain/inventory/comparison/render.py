"""A comparison of two SBOMs for people: one screen of text, and Markdown; the worst first in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats import markdown
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind, SbomComparison
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.inventory.comparison.risks import RiskKind, SbomRisks, risk_line

MOST_LINES = 25
"""Lines of the screen."""

MOST_ROWS = 500
"""Changes of one kind that the Markdown lists."""

_WIDEST = 160

_TITLES = {
    ChangeKind.HASH_CHANGED: "Same version, other bytes",
    ChangeKind.DOWNGRADED: "Downgraded",
    ChangeKind.PRODUCER_CHANGED: "Producer changed",
    ChangeKind.SUPPLIER_CHANGED: "Supplier changed",
    ChangeKind.RELICENSED: "Licence changed",
    ChangeKind.ADDED: "Added",
    ChangeKind.REMOVED: "Removed",
    ChangeKind.NO_LONGER_PRESENT: "One of several versions removed",
    ChangeKind.NOT_LISTED: "Not listed any more, by an incomplete document",
    ChangeKind.ALSO_PRESENT: "Also present, in a further version",
    ChangeKind.UPGRADED: "Upgraded",
    ChangeKind.VERSION_CHANGED: "Version changed, order unknown",
    ChangeKind.HASH_ADDED: "Files added",
    ChangeKind.SCOPE_CHANGED: "Scope changed",
    ChangeKind.EDGES_CHANGED: "Dependencies changed",
}


class ComparedSboms(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown: both documents with the number of their defects, the differences, the risks.

    `refused` are the kinds that may not occur and do.
    """

    before: SbomInventory
    after: SbomInventory
    defects: tuple[int, int]
    found: SbomComparison
    risks: SbomRisks
    refused: Sequence[str] = ()


def screen(compared: ComparedSboms) -> str:
    """Return the comparison as at most `MOST_LINES` lines."""
    head = [f"before: {title(compared.before)}", f"after:  {title(compared.after)}"]
    body = [risk_line(risk) for risk in compared.risks.risks] + [
        change_line(change) for change in compared.found.changes
    ]
    tail = [f"note: {note}" for note in notes(compared)]
    if compared.refused:
        tail.append(f"refused: {', '.join(compared.refused)}")
    room = MOST_LINES - len(head) - len(tail)
    if len(body) > room:
        shown = room - 1
        body = [*body[:shown], _more(compared, shown)]
    return "\n".join(_shortened(printable(line)) for line in (*head, *(body or ["no difference"]), *tail))


def title(inventory: SbomInventory) -> str:
    """Return what a document describes, on one line."""
    what = f"{inventory.name or 'unnamed'} {inventory.version}".strip()
    inside = f", {inventory.inside} of them inside wheels" if inventory.inside else ""
    syntax = f" {inventory.syntax}" if inventory.syntax not in ("", "JSON", "JSON-LD") else ""
    return f"{what} ({inventory.format}{syntax}, {plural(inventory.size, 'package')}{inside})"


def notes(compared: ComparedSboms) -> Iterator[str]:
    """Yield what limits the comparison, a sentence each."""
    before, after, found = compared.before, compared.after, compared.found
    reasons = compared.risks.unexamined
    if reasons:
        more = f"; and {plural(len(reasons) - 1, 'further reason')}" if len(reasons) > 1 else ""
        yield f"advisories, not examined: {reasons[0]}{more}"
    if after.incomplete:
        yield f"after: {after.incomplete}; what is absent is not listed, which does not mean removed"
    if before.incomplete:
        yield f"before: {before.incomplete}; what was added may have been there"
    if found.hashes_not_compared:
        yield f"versions on both sides without comparable hashes: {found.hashes_not_compared}"
    files = found.accounts.files_before + found.accounts.files_after
    if files:
        yield f"{plural(files, 'file')} not compared: the other document lists none"
    repeated = sum(max(side.components - side.size, 0) for side in (before, after))
    if repeated:
        yield f"{plural(repeated, 'component')} repeat another one of the same package and version"
    weak = sum(change.is_weak for change in found.changes)
    if weak:
        yield f"{plural(weak, 'change')} of components without a package URL, matched by name"
    for side, count in zip(("before", "after"), compared.defects, strict=True):
        if count:
            yield f"{side} has {plural(count, 'defect')}"


def as_markdown(compared: ComparedSboms) -> str:
    """Return the whole comparison as Markdown."""
    parts = [
        markdown.heading(1, "SBOM comparison"),
        markdown.bullets(
            f"{side}: {markdown.text(title(inventory))}"
            for side, inventory in (("Before", compared.before), ("After", compared.after))
        ),
    ]
    if compared.refused:
        parts.append(f"Refused: {markdown.text(', '.join(compared.refused))}.")
    for kind, name in ((RiskKind.MALWARE, "Malware"), (RiskKind.VULNERABILITY, "Known vulnerabilities")):
        lines = [risk_line(risk) for risk in compared.risks.risks if risk.kind is kind]
        parts += _section(f"{name} in what was added or changed", lines)
    by_kind: dict[ChangeKind, list[str]] = {}
    for change in compared.found.changes:
        by_kind.setdefault(change.kind, []).append(_without_kind(change))
    for change_kind, lines in by_kind.items():
        parts += _section(_TITLES[change_kind], lines)
    if not compared.found.changes and not compared.risks.risks:
        parts.append("No difference.")
    limits = [*notes(compared), *compared.risks.unexamined[1:]]
    parts += _section("What limits this comparison", limits)
    return "\n\n".join(parts) + "\n"


def _section(name: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = [markdown.text(_shortened(printable(line))) for line in lines[:MOST_ROWS]]
    if len(lines) > MOST_ROWS:
        shown.append(f"and {len(lines) - MOST_ROWS:,} more")
    return [markdown.heading(2, f"{name} ({len(lines):,})"), markdown.bullets(shown)]


def _without_kind(change: Change) -> str:
    return change_line(change).removeprefix("ALARM ").removeprefix(f"{change.kind}: ")


def _more(compared: ComparedSboms, shown: int) -> str:
    kinds = [risk.kind.value for risk in compared.risks.risks] + [
        change.kind.value for change in compared.found.changes
    ]
    counts = Counter(kinds[shown:])
    named = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return f"and {len(kinds) - shown:,} more: {named}"


def _shortened(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}..."

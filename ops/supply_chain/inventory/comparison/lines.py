"""A difference between two SBOMs as one line of text."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.core.text import plural
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind

_WITHOUT_PARTNER = frozenset(
    {
        ChangeKind.ADDED,
        ChangeKind.REMOVED,
        ChangeKind.NOT_LISTED,
        ChangeKind.ALSO_PRESENT,
        ChangeKind.NO_LONGER_PRESENT,
    }
)
ALARM = "the same version now has different bytes"


def change_line(change: Change) -> str:
    """Return a difference on one line, for example `upgraded: idna 3.7 -> 3.10`; text of the documents is in it as it is."""
    name = change.name if change.ecosystem == "pypi" else f"{change.ecosystem or 'no purl'}:{change.name}"
    where = f"{name} {change.version}".strip()
    gone, come = len(change.before), len(change.after)
    if change.kind is ChangeKind.HASH_CHANGED:
        return f"ALARM {change.kind}: {where}: {plural(gone, 'hash', 'hashes')} removed, {come} added: {ALARM}"
    if change.kind is ChangeKind.HASH_ADDED:
        return f"{change.kind}: {where}: {plural(come, 'hash', 'hashes')} added"
    if change.kind is ChangeKind.EDGES_CHANGED:
        parts = [f"-{entry}" for entry in change.before] + [f"+{entry}" for entry in change.after]
        return f"{change.kind}: {where}: {' '.join(parts)}"
    if change.kind in _WITHOUT_PARTNER:
        return f"{change.kind}: {where} {', '.join(change.before + change.after)}{_place(change)}"
    colon = ":" if change.version else ""
    return f"{change.kind}: {where}{colon} {_list(change.before)} -> {_list(change.after)}"


def _place(change: Change) -> str:
    words = [change.scope] if change.scope not in ("", "required") else []
    if change.inside:
        others = len(change.inside) - 1
        words.append(f"inside {change.inside[0]}" + (f" and {plural(others, 'other wheel')}" if others else ""))
    return f" ({', '.join(words)})" if words else ""


def _list(values: Sequence[str]) -> str:
    return ", ".join(values) or "nothing"

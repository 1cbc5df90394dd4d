"""The list of updates: a table for people, rows for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.updates.choose import Target, Update

HEAD = ("package", "pinned", "age", "range", "newest in range", "newest outside", "fixes")
NONE = "-"


def rows_of(
    updates: Sequence[Update],
    places: Mapping[Any, Iterable[str]],
    closes: Mapping[tuple[str, str, str], tuple[str, ...]],
) -> list[dict[str, Any]]:
    """Return one plain row for each dependency, in the order given.

    Args:
        updates: The newer versions of each.
        places: Where each dependency is pinned.
        closes: (name, pinned version, newer version) -> ids of findings that it fixes.
    """
    return [
        {
            "package": update.dependency.page.name,
            "version": update.dependency.version,
            "range": update.dependency.range,
            "age_days": update.age_days,
            "listed": update.listed,
            "yanked": update.yanked,
            "yanked_reason": update.yanked_reason,
            "inside": [_plain(update, target, closes) for target in update.inside],
            "outside": [_plain(update, target, closes) for target in update.outside],
            "places": sorted(places[update.dependency]),
        }
        for update in updates
    ]


def text_of(rows: Sequence[Mapping[str, Any]], *, locks: int) -> str:
    """Return the table of dependencies that are not at their newest version, and the number of the others."""
    shown = [row for row in rows if row["inside"] or row["outside"] or row["yanked"] or not row["listed"]]
    dependencies = "1 direct dependency" if len(rows) == 1 else f"{len(rows)} direct dependencies"
    lines = [
        f"{dependencies} in {locks} {'lock' if locks == 1 else 'locks'}, {len(rows) - len(shown)} at the newest version"
    ]
    cells = [HEAD, *(_cells(row) for row in shown)] if shown else []
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))] if cells else []
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines)


def _plain(update: Update, target: Target, closes: Mapping[tuple[str, str, str], tuple[str, ...]]) -> dict[str, Any]:
    key = (update.dependency.page.name, update.dependency.version, target.version)
    return {**target._asdict(), "closes": list(closes.get(key, ()))}


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    pinned = row["version"]
    if row["yanked"]:
        pinned += f' (yanked: "{row["yanked_reason"][:60]}")' if row["yanked_reason"] else " (yanked)"
    if not row["listed"]:
        pinned += " (no longer on the index)"
    closing = sorted({update for target in (*row["inside"], *row["outside"]) for update in target["closes"]})
    columns = (
        row["package"],
        pinned,
        _days(row["age_days"]),
        "not known" if row["range"] is None else row["range"] or "any",
        _targets(row["inside"]) or NONE,
        _targets(row["outside"]) or NONE,
        ", ".join(closing) or NONE,
    )
    return tuple(map(printable, columns))


def _targets(targets: Sequence[Mapping[str, Any]]) -> str:
    said = []
    for target in targets:
        age = _days(target["age_days"])
        cooling = f", cooling down until {target['cooling_until']}" if target["cooling_until"] else ""
        said.append(f"{target['version']} ({age}{cooling})")
    return ", before it ".join(said)


def _days(days: int | None) -> str:
    return "age unknown" if days is None else f"{days} d"

"""The review as one value, its outcome, and its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from ops.supply_chain.assurance.review.window import ReviewWindow, some
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix, DependencyRow
from ops.supply_chain.contracts.files.review import Review, ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable

NOTES = (
    f"not part of this review: suppliers and their documents; run {command('supplier', '--status')}",
    f"not part of this review: findings of the gates; run {command('daily_scan')}",
)
_SECTIONS, _STATUSES = tuple(ReviewSection), tuple(ReviewStatus)


def build_review(
    items: Iterable[ReviewItem], matrix: DependencyMatrix, window: ReviewWindow, *, component: str
) -> Review:
    """Build a review; a section without any item counts as not examined."""
    found = list(items)
    missing = set(ReviewSection) - {item.area for item in found}
    found += [
        ReviewItem(
            area=area,
            standing=ReviewStatus.NOT_EXAMINED,
            subject=area.value,
            message="not checked",
            next_step="This is a defect of sealwright: please report it.",
        )
        for area in missing
    ]
    return Review(
        schema="review/1",
        component=component,
        day=window.today.isoformat(),
        until=window.until.isoformat(),
        items=tuple(sorted(found, key=_order)),
        dependencies=matrix,
        notes=NOTES,
    )


def only(review: Review, sections: Sequence[str]) -> Review:
    """Return a review with some of its sections; with all of them if none is named."""
    if not sections:
        return review
    items = tuple(item for item in review.items if item.area.value in sections)
    notes = (*review.notes, f"only {', '.join(dict.fromkeys(sections))}; the other sections were not asked for")
    return msgspec.structs.replace(review, items=items, notes=notes)


def outcome_of(review: Review) -> Outcome:
    """Return the outcome of a review: overdue fails, not examined is not examined.

    Due or open items pass: a review exists to list them.
    """
    standings = {item.standing for item in review.items}
    if ReviewStatus.OVERDUE in standings:
        return Outcome.FAIL
    if ReviewStatus.NOT_EXAMINED in standings or not review.items:
        return Outcome.NOT_EXAMINED
    return Outcome.PASS


def counts_of(review: Review) -> dict[str, int]:
    """Count items by status, and dependencies."""
    counts = {standing.value: sum(item.standing is standing for item in review.items) for standing in ReviewStatus}
    return {
        **counts,
        "dependencies": len(review.dependencies.rows),
        "without_owner": review.dependencies.without_owner,
    }


def text_of(review: Review) -> str:
    """Return the review as text for people."""
    lines = [f"review of {review.component} on {review.day}, covering up to {review.until}"]
    for area in ReviewSection:
        entries = [item for item in review.items if item.area is area]
        heading = [f"{area}:"] if entries else []  # a section that was not asked for
        lines += [*heading, *(line for group in _grouped(entries) for line in _lines(group))]
    if any(item.area is ReviewSection.DEPENDENCIES for item in review.items):
        lines += ["dependency matrix:", *_matrix_lines(review.dependencies)]
    lines += [_summary(review), *(f"note: {note}" for note in review.notes)]
    return "\n".join(map(printable, lines))


def _grouped(items: Sequence[ReviewItem]) -> list[list[ReviewItem]]:
    """Group consecutive items that differ only in subject: seventy locks of one day are one line."""
    groups = groupby(items, key=lambda item: (item.standing, item.message, item.next_step))
    return [list(group) for _, group in groups]


def _lines(group: Sequence[ReviewItem]) -> list[str]:
    item = group[0]
    subject = item.subject if len(group) == 1 else f"{len(group)} ({some([member.subject for member in group])})"
    lines = [f"  {item.standing:<12}  {subject}: {item.message}"]
    return lines + ([f"                next: {item.next_step}"] if item.next_step else [])


def _matrix_lines(matrix: DependencyMatrix) -> list[str]:
    heads = ("name", "version", "owner", "lifecycle", "licence", "notes")
    table = [heads, *(_cells(row) for row in matrix.rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    source = f"  licences from {matrix.source}" if matrix.source else "  licences unknown: no SBOM"
    return [*(line.rstrip() for line in lines), source]


def _cells(row: DependencyRow) -> Sequence[str]:
    licence = ", ".join(filter(None, (row.licence, f"({row.licence_gap})" if row.licence_gap else "")))
    owner = row.owner or "NO OWNER"
    cells = (row.name, ", ".join(row.versions), owner, row.lifecycle.value, licence, row.notes)
    return tuple(printable(cell) for cell in cells)


def _summary(review: Review) -> str:
    counts = counts_of(review)
    parts = [f"{counts[standing.value]} {standing}" for standing in ReviewStatus if standing is not ReviewStatus.LISTED]
    return f"summary: {', '.join(parts)}; {counts['without_owner']} dependencies without owner"


def _order(item: ReviewItem) -> tuple[int, int, str, str, str]:
    return (
        _SECTIONS.index(item.area),
        _STATUSES.index(item.standing),
        item.day or "9999-99-99",
        item.subject,
        item.message,
    )

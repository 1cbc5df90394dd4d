"""The review as one value, its outcome, and its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from ops.supply_chain.assurance.review.window import ReviewWindow, some
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix, DependencyRow
from ops.supply_chain.contracts.files.review import Review, ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable

NOTES = (
    "not part of this review: suppliers, of whom this pipeline keeps no register",
    "not part of this review: what the gates find; run nox -s daily_scan",
)
_AREAS, _STANDINGS = tuple(ReviewSection), tuple(ReviewStatus)


def build_review(
    items: Iterable[ReviewItem], matrix: DependencyMatrix, window: ReviewWindow, *, component: str
) -> Review:
    """Put a review together; an area that nobody said anything of was not looked at."""
    found = list(items)
    silent = set(ReviewSection) - {item.area for item in found}
    found += [
        ReviewItem(
            area=area,
            standing=ReviewStatus.NOT_EXAMINED,
            subject=area.value,
            message="nobody looked",
            next_step="This is a defect of sealwright: please report it.",
        )
        for area in silent
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


def outcome_of(review: Review) -> Outcome:
    """Fold a review into an outcome: what is overdue fails, what was not looked at is not examined.

    What is due or open passes: to list it is what a review is for.
    """
    standings = {item.standing for item in review.items}
    if ReviewStatus.OVERDUE in standings:
        return Outcome.FAIL
    if ReviewStatus.NOT_EXAMINED in standings or not review.items:
        return Outcome.NOT_EXAMINED
    return Outcome.PASS


def counts_of(review: Review) -> dict[str, int]:
    """Count items by standing, and dependencies."""
    counts = {standing.value: sum(item.standing is standing for item in review.items) for standing in ReviewStatus}
    return {
        **counts,
        "dependencies": len(review.dependencies.rows),
        "without_owner": review.dependencies.without_owner,
    }


def text_of(review: Review) -> str:
    """Write the review for people."""
    lines = [f"review of {review.component} on {review.day}, looking ahead to {review.until}"]
    for area in ReviewSection:
        mine = [item for item in review.items if item.area is area]
        lines += [f"{area}:", *(line for alike in _alike(mine) for line in _lines(alike))]
    lines += ["dependency matrix:", *_matrix_lines(review.dependencies)]
    lines += [_summary(review), *(f"note: {note}" for note in review.notes)]
    return "\n".join(map(printable, lines))


def _alike(items: Sequence[ReviewItem]) -> list[list[ReviewItem]]:
    """Put together what follows each other and says the same: seventy locks of one day are one line."""
    groups = groupby(items, key=lambda item: (item.standing, item.message, item.next_step))
    return [list(group) for _, group in groups]


def _lines(alike: Sequence[ReviewItem]) -> list[str]:
    item = alike[0]
    subject = item.subject if len(alike) == 1 else f"{len(alike)} ({some([member.subject for member in alike])})"
    lines = [f"  {item.standing:<12}  {subject}: {item.message}"]
    return lines + ([f"                next: {item.next_step}"] if item.next_step else [])


def _matrix_lines(matrix: DependencyMatrix) -> list[str]:
    heads = ("name", "version", "owner", "lifecycle", "licence", "notes")
    table = [heads, *(_cells(row) for row in matrix.rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    lines = ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    source = f"  licences from {matrix.source}" if matrix.source else "  licences not known: no SBOM"
    return [*(line.rstrip() for line in lines), source]


def _cells(row: DependencyRow) -> Sequence[str]:
    licence = ", ".join(filter(None, (row.licence, f"({row.licence_gap})" if row.licence_gap else "")))
    owner = row.owner or "NO OWNER"
    cells = (row.name, ", ".join(row.versions), owner, row.lifecycle.value, licence, row.notes)
    return tuple(printable(cell) for cell in cells)


def _summary(review: Review) -> str:
    counts = counts_of(review)
    parts = [f"{counts[standing.value]} {standing}" for standing in ReviewStatus if standing is not ReviewStatus.LISTED]
    return f"to look at: {', '.join(parts)}; {counts['without_owner']} dependencies without owner"


def _order(item: ReviewItem) -> tuple[int, int, str, str, str]:
    return (
        _AREAS.index(item.area),
        _STANDINGS.index(item.standing),
        item.day or "9999-99-99",
        item.subject,
        item.message,
    )

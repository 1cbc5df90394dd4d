"""The dependency matrix: each direct dependency with owner, lifecycle, licence and notes; and its gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.assurance.review.window import some
from ops.supply_chain.contracts.config.dependencies import DependencyEntry, Lifecycle
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix, DependencyRow
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.names import normalise

_ENDING = (Lifecycle.DEPRECATED, Lifecycle.END_OF_LIFE)


class Direct(NamedTuple):
    """The direct dependencies of a project: PEP 503 name -> locked versions; and the locks that do not record them."""

    versions: Mapping[str, frozenset[str]]
    untold: tuple[str, ...]


class Licences(NamedTuple):
    """Licences from an SBOM: (PEP 503 name, version) -> licences; `source` names it, empty where there is none."""

    known: Mapping[tuple[str, str], tuple[str, ...]]
    source: str


def direct_of(locks: Iterable[Lock], stated: Mapping[str, frozenset[str]]) -> Direct:
    """Find the direct dependencies of a project.

    Args:
        locks: All locks of the project.
        stated: Path of a lock -> PEP 503 names that its source declares, empty where unknown.
    """
    found: dict[str, set[str]] = {}
    untold = []
    for lock in locks:
        names = stated.get(lock.path, frozenset())
        entries = [entry for entry in lock.entries if not entry.pin.local]
        for entry in entries:
            if entry.direct or entry.pin.name in names:
                found.setdefault(entry.pin.name, set()).add(entry.pin.version)
        if entries and not names and any(entry.direct is None for entry in entries):
            untold.append(lock.path)
    versions = {name: frozenset(numbers) for name, numbers in sorted(found.items())}
    return Direct(versions, tuple(sorted(untold)))


def build_matrix(direct: Direct, licences: Licences, entries: Sequence[DependencyEntry]) -> DependencyMatrix:
    """Build the matrix; of two entries with the same name the first counts."""
    counted = Counter(normalise(entry.name) for entry in entries)
    by_name = {normalise(entry.name): entry for entry in reversed(entries)}
    rows = tuple(
        _row(name, tuple(sorted(versions)), licences, by_name.get(name))
        for name, versions in sorted(direct.versions.items())
    )
    return DependencyMatrix(
        rows=rows,
        left_over=tuple(sorted(counted.keys() - direct.versions.keys())),
        twice=tuple(sorted(name for name, count in counted.items() if count > 1)),
        untold=direct.untold,
        source=licences.source,
    )


def _row(name: str, versions: tuple[str, ...], licences: Licences, entry: DependencyEntry | None) -> DependencyRow:
    found = [licences.known.get((name, version)) for version in versions]
    stated = sorted({text for row in found if row for text in row})
    gap = ""
    if not licences.source:
        gap = "no SBOM"
    elif None in found:
        gap = "not in that SBOM"
    elif not all(found):
        gap = "not in its metadata"
    entry = entry or DependencyEntry(name=name)
    return DependencyRow(
        name=name,
        versions=versions,
        owner=entry.owner.strip(),
        lifecycle=entry.lifecycle,
        licence=", ".join(stated),
        licence_gap=gap,
        notes=entry.notes,
    )


def dependency_items(matrix: DependencyMatrix) -> list[ReviewItem]:
    """List the gaps of the matrix, one item for each kind."""
    items = [_untold(lock) for lock in matrix.untold]
    if matrix.rows and not matrix.source:
        step = f"Run `{command('generate_sbom')}`, or the review where releases are retained."
        items.append(_item(ReviewStatus.NOT_EXAMINED, "licences", "no SBOM of this project was found", step))
    items += [
        _item(ReviewStatus.OPEN, subject, f"{len(names)}: {some(names)}", step)
        for subject, names, step in _gaps(matrix)
        if names
    ]
    if not matrix.rows and not matrix.untold:
        items.append(_item(ReviewStatus.LISTED, "dependencies", "the locks have no direct dependency"))
    elif not items:
        items.append(
            _item(ReviewStatus.LISTED, "dependencies", f"all {len(matrix.rows)} have owner, lifecycle and licence")
        )
    return items


def _gaps(matrix: DependencyMatrix) -> list[tuple[str, list[str], str]]:
    owner = f"Name one in [[dependencies]] of {CONFIG_NAME}."
    lifecycle = f"Check how it is maintained, and set lifecycle in [[dependencies]] of {CONFIG_NAME}."
    unknown = [row.name for row in matrix.rows if matrix.source and row.licence_gap]
    return [
        ("without owner", [row.name for row in matrix.rows if not row.owner], owner),
        ("deprecated or end of life", [row.name for row in matrix.rows if row.lifecycle in _ENDING], "Plan a replacement."),
        ("lifecycle not stated", [row.name for row in matrix.rows if row.lifecycle is Lifecycle.UNSTATED], lifecycle),
        ("licence not known", unknown, f"Find out the licence; licences are from {matrix.source}."),
        ("listed but not a direct dependency", list(matrix.left_over), f"Remove it from {CONFIG_NAME}."),
        ("listed twice", list(matrix.twice), f"Keep one entry in {CONFIG_NAME}."),
    ]  # fmt: skip


def _untold(lock: str) -> ReviewItem:
    step = f"Compile it with `{command('lock')}`, which records what requires each pin."
    return _item(ReviewStatus.NOT_EXAMINED, lock, "does not record which of its pins are direct", step)


def _item(standing: ReviewStatus, subject: str, message: str, step: str = "") -> ReviewItem:
    return ReviewItem(
        area=ReviewSection.DEPENDENCIES, standing=standing, subject=subject, message=message, next_step=step
    )

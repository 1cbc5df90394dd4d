"""Changes since the last release, grouped by kind, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.assurance.report.inputs import PackageChange, ReportBaseline
from ops.supply_chain.assurance.report.tone import Tone

MOST_SHOWN = 200
"""Listed changes of one kind; the others are counted."""

TITLES = {
    "hash-changed": "Same version, different bytes",
    "downgraded": "Downgraded",
    "producer-changed": "Producer changed",
    "supplier-changed": "Supplier changed",
    "relicensed": "Licence changed",
    "added": "Added",
    "removed": "Removed",
    "no-longer-present": "One of several versions removed",
    "not-listed": "Not listed any more",
    "also-present": "Also present, in a further version",
    "upgraded": "Upgraded",
    "version-changed": "Version changed",
    "hash-added": "Files added",
    "scope-changed": "Scope changed",
    "edges-changed": "Dependencies changed",
}
ALARMING = {"hash-changed"}
NOTABLE = {"downgraded", "producer-changed", "supplier-changed", "relicensed"}
QUIET = {"hash-added", "edges-changed"}
"""Frequent kinds that rarely need attention; they stay folded."""

_HASHES = {"hash-changed", "hash-added"}


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One change, as text."""

    name: str
    before: str
    after: str


class ChangeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """All changes of one kind."""

    kind: str
    title: str
    tone: Tone
    count: int
    quiet: bool
    rows: tuple[ChangeView, ...]
    left: int


class ChangesView(msgspec.Struct, frozen=True, kw_only=True):
    """All changes; `known` is False where there is nothing to compare with; `problem` is the reason."""

    known: bool
    problem: str
    version: str
    retained_at: str
    total: int
    hashes_not_compared: int
    groups: tuple[ChangeGroup, ...]


def changes_view(previous: ReportBaseline | None, problem: str) -> ChangesView:
    """Arrange the changes.

    Args:
        previous: The release before, None where it is missing or cannot be compared.
        problem: The reason, as a sentence.
    """
    differences = previous.differences if previous else ()
    kinds = sorted({difference.kind for difference in differences}, key=_order)
    return ChangesView(
        known=previous is not None,
        problem=problem,
        version=previous.version if previous else "",
        retained_at=previous.retained_at if previous else "",
        total=len(differences),
        hashes_not_compared=previous.hashes_not_compared if previous else 0,
        groups=tuple(
            _group(kind, [difference for difference in differences if difference.kind == kind]) for kind in kinds
        ),
    )


def _order(kind: str) -> tuple[int, str]:
    known = list(TITLES)
    return (known.index(kind) if kind in known else len(known), kind)


def _group(kind: str, found: Sequence[PackageChange]) -> ChangeGroup:
    return ChangeGroup(
        kind=kind,
        title=TITLES.get(kind, kind),
        tone=Tone.FAIL if kind in ALARMING else Tone.UNKNOWN if kind in NOTABLE else Tone.PLAIN,
        count=len(found),
        quiet=kind in QUIET,
        rows=tuple(map(_view, found[:MOST_SHOWN])),
        left=max(0, len(found) - MOST_SHOWN),
    )


def _view(difference: PackageChange) -> ChangeView:
    name = f"{difference.name} {difference.version}".strip()
    if difference.kind in _HASHES:
        return ChangeView(name=name, before=f"{len(difference.before)} gone", after=f"{len(difference.after)} new")
    return ChangeView(name=name, before=", ".join(difference.before), after=", ".join(difference.after))

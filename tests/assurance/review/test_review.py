"""The dependency matrix, and the review as a whole: nothing that not checked at passes."""

from __future__ import annotations

from datetime import date

import pytest

from ops.supply_chain.assurance.review.dependencies import Direct, Licences, build_matrix, dependency_items, direct_of
from ops.supply_chain.assurance.review.report import build_review, outcome_of, text_of
from ops.supply_chain.assurance.review.window import ReviewWindow, some
from ops.supply_chain.contracts.config.dependencies import DependencyEntry, Lifecycle
from ops.supply_chain.contracts.files.review import ReviewItem, ReviewSection, ReviewStatus
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.core.outcome import Outcome

HORIZON = ReviewWindow(date(2026, 11, 21), 30)
LICENCES = Licences({("a", "1"): ("MIT",), ("b", "1"): (), ("b", "2"): ("MIT", "BSD-2-Clause")}, "the SBOM of V")
EMPTY = build_matrix(Direct({}, ()), LICENCES, [])
IN_ORDER = {"overdue": Outcome.FAIL, "not-examined": Outcome.NOT_EXAMINED, "due": Outcome.PASS, "open": Outcome.PASS}


def lock(path: str, **direct: bool | None) -> Lock:
    entries = tuple(
        LockEntry(pin=Pin(name=name, written_name=name, version="1", hashes=()), line=1, path=path, direct=one)
        for name, one in direct.items()
    )
    return Lock(path=path, kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=1, entries=entries)


@pytest.mark.parametrize(
    ("locks", "stated", "names", "untold"),
    [
        ([lock("r", a=True, b=False)], {}, ["a"], ()),
        ([lock("r", a=None, b=False)], {}, [], ("r",)),
        ([lock("r", a=None, b=None)], {"r": frozenset({"b"})}, ["b"], ()),
        ([lock("r")], {}, [], ()),
        ([lock("s", a=True), lock("r", c=None)], {}, ["a"], ("r",)),
    ],
)
def test_what_is_direct(
    locks: list[Lock], stated: dict[str, frozenset[str]], names: list[str], untold: tuple[str, ...]
) -> None:
    found = direct_of(locks, stated)
    assert (list(found.versions), found.untold) == (names, untold)


def test_the_matrix_shows_what_is_missing() -> None:
    versions = {name: frozenset(one) for name, one in {"a": "1", "b": "12", "c": "1"}.items()}
    entries = [
        DependencyEntry(name="A", owner="team", lifecycle=Lifecycle.END_OF_LIFE, notes="n"),
        DependencyEntry(name="a", owner="other"),
        DependencyEntry(name="b", owner=" "),
        DependencyEntry(name="gone", owner="team"),
    ]
    matrix = build_matrix(Direct(versions, ("r",)), LICENCES, entries)
    assert [(row.name, row.versions, row.owner, row.licence, row.licence_gap) for row in matrix.rows] == [
        ("a", ("1",), "team", "MIT", ""),
        ("b", ("1", "2"), "", "BSD-2-Clause, MIT", "not in its metadata"),
        ("c", ("1",), "", "", "not in that SBOM"),
    ]
    assert matrix.without_owner == 2
    assert [f"{item.standing} {item.subject}: {item.message}" for item in dependency_items(matrix)] == [
        "not-examined r: does not record which of its pins are direct",
        "open without owner: 2: b, c",
        "open deprecated or end of life: 1: a",
        "open lifecycle not stated: 2: b, c",
        "open licence not known: 2: b, c",
        "open listed but not a direct dependency: 1: gone",
        "open listed twice: 1: a",
    ]


def test_without_an_sbom_licences_were_not_looked_at() -> None:
    matrix = build_matrix(Direct({"a": frozenset("1")}, ()), Licences({}, ""), [])
    assert matrix.rows[0].licence_gap == "no SBOM"
    assert next(item.standing for item in dependency_items(matrix)) is ReviewStatus.NOT_EXAMINED


def test_a_complete_matrix_is_only_listed() -> None:
    entry = DependencyEntry(name="a", owner="team", lifecycle=Lifecycle.ACTIVE)
    [item] = dependency_items(build_matrix(Direct({"a": frozenset("1")}, ()), LICENCES, [entry]))
    assert (item.standing, item.message) == (ReviewStatus.LISTED, "all 1 have owner, lifecycle and licence")
    [none] = dependency_items(EMPTY)
    assert none.message == "the locks have no direct dependency"


def whole(*extra: ReviewStatus) -> list[ReviewItem]:
    listed = [ReviewItem(area=area, standing=ReviewStatus.LISTED, subject="s", message="m") for area in ReviewSection]
    return listed + [
        ReviewItem(area=ReviewSection.LOCKS, standing=one, subject="x", message="m", next_step="n") for one in extra
    ]


@pytest.mark.parametrize("standing", IN_ORDER)
def test_the_worst_item_decides(standing: str) -> None:
    milder = [ReviewStatus(one) for one in list(IN_ORDER)[list(IN_ORDER).index(standing) :]]
    review = build_review(whole(*milder), EMPTY, HORIZON, component="N")
    assert outcome_of(review) is IN_ORDER[standing]


@pytest.mark.parametrize("area", ReviewSection)
def test_an_area_that_says_nothing_was_not_looked_at(area: ReviewSection) -> None:
    review = build_review([item for item in whole() if item.area is not area], EMPTY, HORIZON, component="N")
    assert outcome_of(review) is Outcome.NOT_EXAMINED
    [item] = [item for item in review.items if item.area is area]
    assert (item.standing, item.message) == (ReviewStatus.NOT_EXAMINED, "not checked")


def test_the_text_forges_no_line_and_keeps_its_order() -> None:
    bad = ReviewItem(
        area=ReviewSection.WAIVERS, standing=ReviewStatus.OVERDUE, subject="x\r\x1b[2K", message="m", next_step="n"
    )
    matrix = build_matrix(Direct({"a": frozenset("1")}, ()), LICENCES, [DependencyEntry(name="a", notes="n\nm")])
    text = text_of(build_review([*whole(), bad], matrix, HORIZON, component="N"))
    assert "  overdue       x??[2K: m\n                next: n\n  listed        s: m" in text
    assert "  a     1        NO OWNER  unstated   MIT      n?m\n" in text
    assert text.endswith(
        "summary: 1 overdue, 0 due, 0 open, 0 not-examined; 1 dependencies without owner\n"
        "note: not part of this review: suppliers and their documents; run nox -s supplier -- --status\n"
        "note: not part of this review: findings of the gates; run nox -s daily_scan"
    )


def test_items_that_say_the_same_are_one_line_of_text() -> None:
    many = [
        ReviewItem(
            area=ReviewSection.LOCKS, standing=ReviewStatus.OPEN, subject=f"r{number}", message="old", next_step="n"
        )
        for number in range(7)
    ]
    review = build_review([*whole(), *many], EMPTY, HORIZON, component="N")
    assert "  open          7 (r0, r1, r2, r3, r4 and 2 more): old\n                next: n\n" in text_of(review)
    assert sum(item.message == "old" for item in review.items) == 7


def test_the_order_of_items_does_not_matter() -> None:
    items = whole(*ReviewStatus)
    one = build_review(items, EMPTY, HORIZON, component="N")
    assert one == build_review(list(reversed(items)), EMPTY, HORIZON, component="N")


def test_many_names_are_counted() -> None:
    assert some(list("abcde")) == "a, b, c, d, e"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"

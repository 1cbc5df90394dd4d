"""What a review makes of the backlog: items keep their id, first day and decision, and only what was checked closes them."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogDecision, BacklogItem, ItemState, Presence
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.suppliers.backlog.edits import apply_changes
from ops.supply_chain.suppliers.backlog.identity import joined
from ops.supply_chain.suppliers.backlog.observed import SubjectCheck
from ops.supply_chain.suppliers.backlog.review import NO_DOCUMENT, NOT_READ_ANY_MORE, ReviewDay
from ops.supply_chain.suppliers.backlog.states import concerns, state_of
from tests.suppliers.backlog.making import DAY, DOCUMENT, LATER, NEWER, listed, reviewed, seen

NEWER_WITHOUT = SubjectCheck((NEWER,), frozenset(), "2026-11-24")
NEWER_FIXED = SubjectCheck((NEWER,), frozenset({"1.1"}), "2026-11-24")


def decided(item: BacklogItem, **fields: str) -> BacklogItem:
    found = apply_changes(Backlog(schema="supplier-backlog/1", tenant="t", items=(item,)), {item.id: fields}, DAY)
    assert not found.problems
    return found.backlog.items[0]


@pytest.mark.parametrize("check", [NEWER_WITHOUT, NEWER_FIXED], ids=["it is gone", "another version"])
def test_a_newer_document_without_an_affected_version_fixes_it(check: SubjectCheck) -> None:
    [item] = reviewed((), seen("CVE-1"))
    [fixed] = reviewed((item,), check=check, day=LATER)
    assert (state_of(fixed, LATER.today), fixed.fixed_on, fixed.fixed_by) == (ItemState.FIXED, "2026-11-24", NEWER)
    assert (fixed.id, fixed.first_seen) == (item.id, DAY.today)


def test_a_bump_that_does_not_fix_keeps_the_item_and_its_decision() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = decided(item, state="in-progress", owner="Ann")
    version = listed("1.1", "2.1", document=NEWER)
    [again] = reviewed((item,), seen("CVE-1", versions=(version,)), check=NEWER_FIXED, day=LATER)
    assert (again.id, again.first_seen, again.decision) == (item.id, item.first_seen, item.decision)
    assert again.versions == (version,)


def test_an_item_that_comes_back_keeps_id_first_day_and_needs_a_decision() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = decided(item, state="waiting-for-supplier", owner="Ann")
    fixed = reviewed((item,), check=NEWER_WITHOUT, day=LATER)
    [back] = reviewed(fixed, seen("CVE-1"), day=ReviewDay("2026-12-01T00:00:00Z", "2026-12-01"))
    assert (back.id, back.first_seen, back.reopened) == (item.id, item.first_seen, "2026-12-01")
    assert (state_of(back, "2026-12-01"), back.decision.owner, back.fixed_by) == (ItemState.NEW, "Ann", "")


def test_people_called_it_not_affected_before_it_came_back() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = decided(item, state="not-affected", by="Ann", reason="not called")
    fixed = reviewed((item,), check=NEWER_WITHOUT, day=LATER)
    again = ReviewDay("2026-12-01T00:00:00Z", "2026-12-01")
    [back] = reviewed(fixed, seen("CVE-1"), day=again)
    assert (state_of(back, again.today), back.decision) == (ItemState.NEW, item.decision)
    [same] = reviewed((item,), seen("CVE-1"), day=again)
    assert state_of(same, again.today) is ItemState.NOT_AFFECTED


CANNOT = {
    "no document": (SubjectCheck(()), NO_DOCUMENT),
    "not checked": (SubjectCheck((NEWER,), frozenset({"1.0"}), "2026-11-24", "no feed"), "no feed"),
    "the same document": (SubjectCheck((DOCUMENT,), frozenset(), "2026-11-01"), NOT_READ_ANY_MORE),
}


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_checked_stays_open(name: str) -> None:
    check, reason = CANNOT[name]
    [item] = reviewed((), seen("CVE-1"))
    [after] = reviewed((item,), check=check, day=LATER)
    assert (after.presence, after.unchecked) == (Presence.UNCHECKED, reason)
    assert state_of(after, LATER.today) is ItemState.NEW
    assert any("could not be checked" in reason for reason in concerns(after, LATER.today))


def test_a_fixed_item_stays_fixed_without_a_feed_only_while_its_documents_are_the_same() -> None:
    fixed = reviewed(reviewed((), seen("CVE-1")), check=NEWER_FIXED, day=LATER)
    same = NEWER_FIXED._replace(reason="no feed")
    assert reviewed(fixed, check=same, day=LATER) == fixed
    [other] = reviewed(fixed, check=same._replace(documents=("d" * 64,)), day=LATER)
    assert (other.presence, other.reopened) == (Presence.UNCHECKED, LATER.today)


def test_an_advisory_that_no_longer_names_the_version_is_not_a_fix() -> None:
    [item] = reviewed((), seen("CVE-1"))
    [after] = reviewed((item,), check=SubjectCheck((DOCUMENT,), frozenset({"1.0"}), "2026-11-01"), day=LATER)
    assert (after.presence, state_of(after, LATER.today)) == (Presence.WITHDRAWN, ItemState.NOT_AFFECTED)


def test_statements_close_an_item_only_if_they_are_about_every_listed_version() -> None:
    first, second = listed("1.0", status="not_affected"), listed("1.1")
    [item] = reviewed((), seen("CVE-1", versions=(first, second)))
    assert state_of(item, DAY.today) is ItemState.NEW
    [item] = reviewed((item,), seen("CVE-1", versions=(first, listed("1.1", status="fixed"))))
    assert state_of(item, DAY.today) is ItemState.NOT_AFFECTED
    [item] = reviewed((item,), seen("CVE-1", versions=(listed("1.0", status="under_investigation"),)))
    assert state_of(item, DAY.today) is ItemState.NEW


def test_what_came_back_and_what_ended_is_decided_again() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = decided(item, state="triaged")
    fixed = reviewed((item,), check=NEWER_WITHOUT, day=LATER)
    [back] = reviewed(fixed, seen("CVE-1"), day=ReviewDay("2026-12-01T00:00:00Z", "2026-12-01"))
    day = ReviewDay("2026-12-02T00:00:00Z", "2026-12-02")
    again = apply_changes(
        Backlog(schema="supplier-backlog/1", tenant="t", items=(back,)), {back.id: {"state": "triaged"}}, day
    )
    assert state_of(again.backlog.items[0], day.today) is ItemState.TRIAGED
    item = decided(item, state="accepted", by="Bo", until="2026-11-21", reason="r")
    ended = apply_changes(
        Backlog(schema="supplier-backlog/1", tenant="t", items=(item,)), {item.id: {"state": "triaged"}}, day
    )
    assert ended.backlog.items[0].decision.until == ""
    assert concerns(ended.backlog.items[0], day.today) == ()


def test_an_acceptance_ends_and_is_in_doubt_once_it_is_exploited() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = decided(item, state="accepted", by="Bo", until="2026-11-30", reason="not reachable")
    assert state_of(item, "2026-11-30") is ItemState.ACCEPTED
    assert state_of(item, "2026-12-01") is ItemState.TRIAGED
    assert concerns(item, "2026-12-01") == ("the acceptance ended on 2026-11-30",)
    known = Exploitation(listing=Listing.LISTED, exploited="2026-11-24")
    [item] = reviewed((item,), seen("CVE-1", exploitation=known), day=LATER)
    assert concerns(item, LATER.today) == ("exploited since 2026-11-24, after it was accepted",)


def test_two_items_that_become_one_leave_the_most_to_do_and_come_apart_again() -> None:
    first, second = sorted(reviewed((), seen("CVE-1"), seen("GHSA-2")), key=lambda item: item.names)
    first = decided(first, state="accepted", by="Bo", until="2027-01-01", reason="r", note="first")
    second = decided(second, owner="Ann", note="second")
    [whole] = reviewed((first, second), seen("CVE-1", "GHSA-2"), day=LATER)
    kept = min(first.id, second.id)
    assert (whole.id, state_of(whole, LATER.today)) == (kept, ItemState.NEW)
    assert (whole.decision.owner, set(whole.decision.note.split(" / "))) == ("Ann", {"first", "second"})
    parts = reviewed((whole,), seen("CVE-1"), seen("GHSA-2"), day=LATER)
    assert {item.id for item in parts} == {first.id, second.id}
    assert {item.names: item.id for item in parts} == {("CVE-1",): first.id, ("GHSA-2",): second.id}
    [came_back] = [item for item in parts if item.id != kept]
    assert came_back.decision == {item.id: item.decision for item in (first, second)}[came_back.id]


def test_a_decision_about_the_whole_counts_for_both_parts() -> None:
    pair = reviewed((), seen("CVE-1"), seen("CVE-2"))
    [whole] = reviewed(pair, seen("CVE-1", "CVE-2"))
    whole = decided(whole, state="triaged", owner="Cy")
    parts = reviewed((whole,), seen("CVE-1"), seen("CVE-2"))
    assert [item.decision.owner for item in parts] == ["Cy", "Cy"]


def test_an_item_that_was_always_one_and_becomes_two_passes_on_its_decision_and_first_day() -> None:
    [whole] = reviewed((), seen("CVE-1", "CVE-2"))
    whole = decided(whole, state="triaged", owner="Cy")
    parts = reviewed((whole,), seen("CVE-1"), seen("CVE-2"), day=LATER)
    assert [item.first_seen for item in parts] == [DAY.today, DAY.today]
    assert [item.decision.owner for item in parts] == ["Cy", "Cy"]
    assert whole.id in {item.id for item in parts}
    assert parts == reviewed(parts, seen("CVE-2"), seen("CVE-1"), day=LATER)


def test_a_name_that_a_feed_dropped_for_a_while_finds_its_item_again() -> None:
    [item] = reviewed((), seen("CVE-1", "GHSA-1"))
    [item] = reviewed((item,), seen("GHSA-1"))
    [again] = reviewed((item,), seen("CVE-1"))
    assert again.id == item.id


def test_a_review_of_the_same_is_the_same() -> None:
    observations = [seen("CVE-1", "GHSA-1"), seen("CVE-2"), seen("PYSEC-3", "CVE-3")]
    items = reviewed((), *observations)
    for shuffled in (observations, observations[::-1]):
        assert reviewed(items, *shuffled) == items
        assert reviewed((), *shuffled) == items


def test_observations_of_two_feeds_about_one_vulnerability_are_one() -> None:
    [whole] = joined([seen("CVE-1", "GHSA-1"), seen("GHSA-1", versions=(listed("1.1"),)), seen("CVE-1", "PYSEC-1")])
    assert set(whole.names) == {"CVE-1", "GHSA-1", "PYSEC-1"}
    assert {version.version for version in whole.versions} == {"1.0", "1.1"}


NAMES = ("CVE-1", "CVE-2", "GHSA-1", "GHSA-2", "PYSEC-1")


def groups_of(dice: random.Random) -> list[tuple[str, ...]]:
    """Return some names in groups, as a feed may join them on a day."""
    groups: dict[int, list[str]] = {}
    for name in NAMES:
        groups.setdefault(dice.randrange(4), []).append(name)
    return [tuple(group) for key, group in groups.items() if key]


@pytest.mark.parametrize("seed", range(40))
def test_over_any_sequence_no_item_is_lost_doubled_or_forgets(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - seeded, for a repeatable test
    items: tuple[BacklogItem, ...] = ()
    ever: dict[str, str] = {}
    for number in range(25):
        day = ReviewDay(f"2026-12-{number + 1:02d}T00:00:00Z", f"2026-12-{number + 1:02d}")
        observed = [seen(*group) for group in groups_of(dice)]
        check = dice.choice([NEWER_FIXED, NEWER_WITHOUT, SubjectCheck(()), NEWER_FIXED._replace(reason="no feed")])
        before = items
        items = reviewed(items, *observed, check=check, day=day)
        if dice.random() < 0.5:
            assert reviewed(items, *observed[::-1], check=check, day=day) == items
        claimed = [item for item in items if item.last_seen == day.today]
        # Each vulnerability of the day has exactly one item, and no other item has one of its names.
        assert sorted(item.names for item in claimed) == sorted(observation.names for observation in observed)
        known = {item.id: item for item in items} | {part.item.id: part.item for item in items for part in item.merged}
        assert len(known) == len(items) + sum(len(item.merged) for item in items)
        for key, first_seen in ever.items():
            assert known[key].first_seen <= first_seen
        ever = {key: item.first_seen for key, item in known.items()}
        # What was decided is still there: as the decision of the item, or, of items that became one, in the history.
        histories = {entry.text for item in known.values() for entry in item.history}
        assert {entry.text for item in before for entry in item.history} <= histories
        owned = {item.id for item in before if item.decision.owner}
        assert all(known[key].decision.owner for key in owned)
        items = tuple(
            decided_at(item, dice.choice(["triaged", "in-progress"]), f"owner {number}", day)
            if dice.random() < 0.3
            else item
            for item in items
        )


def decided_at(item: BacklogItem, state: str, owner: str, day: ReviewDay) -> BacklogItem:
    backlog = Backlog(schema="supplier-backlog/1", tenant="t", items=(item,))
    return apply_changes(backlog, {item.id: {"state": state, "owner": owner}}, day).backlog.items[0]


def test_the_decision_of_an_item_is_never_changed_by_a_review() -> None:
    [item] = reviewed((), seen("CVE-1"))
    item = replace(item, decision=BacklogDecision(state=ItemState.IN_PROGRESS, owner="Ann", note="n", revision=4))
    for check in (NEWER_FIXED, NEWER_WITHOUT, SubjectCheck(())):
        for observations in ([], [seen("CVE-1")], [seen("CVE-1", "CVE-7")]):
            [after] = reviewed((item,), *observations, check=check)
            assert after.decision == item.decision

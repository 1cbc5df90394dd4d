from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ops.supply_chain.dependencies.updates.choose import Target, choose
from ops.supply_chain.dependencies.updates.releases import Release
from tests.dependencies.updates.builders import NOW, release, wanted


def inside_and_outside(
    *releases: Release, version: str = "1.0", span: str | None = "<2"
) -> tuple[list[str], list[str]]:
    update = choose(wanted(version, span), releases, now=NOW, cool_down_days=7)
    assert update is not None
    return [target.version for target in update.inside], [target.version for target in update.outside]


CASES = [
    pytest.param(["1.0"], ([], []), id="nothing-newer"),
    pytest.param(["0.9", "1.0", "1.1", "1.2", "2.0", "3.0"], (["1.2"], ["3.0"]), id="both"),
    pytest.param(["1.0", "2.0"], ([], ["2.0"]), id="outside-alone"),
    pytest.param(["1.0", "1.1rc1", "2.0b1"], ([], []), id="pre-releases-are-no-choice"),
    pytest.param(["1.0", "1.1"], (["1.1"], []), id="inside-alone"),
]


@pytest.mark.parametrize(("versions", "expected"), CASES)
def test_the_newest_inside_and_outside(versions: list[str], expected: tuple[list[str], list[str]]) -> None:
    assert inside_and_outside(*map(release, versions)) == expected


def test_who_is_on_a_pre_release_is_told_of_pre_releases() -> None:
    assert inside_and_outside(release("1.0b1"), release("1.0b2"), version="1.0b1") == (["1.0b2"], [])


def test_yanked_ones_and_those_for_other_pythons_are_no_choice() -> None:
    releases = [release("1.0"), release("1.1"), release("1.2", yanked=True), release("1.3", runs=False)]
    assert inside_and_outside(*releases) == (["1.1"], [])


def test_where_the_range_is_not_known_all_is_outside() -> None:
    assert inside_and_outside(release("1.0"), release("1.1"), release("2.0"), span=None) == ([], ["2.0"])


def test_any_range_has_no_outside() -> None:
    assert inside_and_outside(release("1.0"), release("2.0"), span="") == (["2.0"], [])


def test_what_lies_below_the_newest_inside_is_no_outside() -> None:
    releases = [release(one) for one in ("1.0", "1.1", "1.2")]
    assert inside_and_outside(*releases, span="!=1.1") == (["1.2"], [])


def test_the_cool_down_is_told_and_what_is_ready_before_it() -> None:
    releases = [release("1.0", 300), release("1.1", 40), release("1.2", 7), release("1.3", 6), release("1.4", 0)]
    update = choose(wanted(), releases, now=NOW, cool_down_days=7)
    assert update is not None
    assert update.inside == (Target("1.4", 0, "2026-11-27"), Target("1.2", 7, ""))
    assert update.age_days == 300


def test_an_unknown_age_is_said_and_does_not_cool() -> None:
    update = choose(wanted(), [release("1.0", None), release("1.1", None)], now=NOW, cool_down_days=7)
    assert update is not None
    assert (update.age_days, update.inside) == (None, (Target("1.1", None, ""),))


def test_a_moment_in_the_future_has_no_negative_age() -> None:
    update = choose(wanted(), [release("1.1", -3)], now=NOW, cool_down_days=0)
    assert update is not None
    assert update.inside == (Target("1.1", 0, "2026-11-23"),)


def test_the_pinned_version_itself() -> None:
    update = choose(wanted(), [release("1.0.0", 9, yanked=True)], now=NOW, cool_down_days=7)
    assert update is not None
    assert (update.listed, update.yanked, update.yanked_reason, update.age_days) == (True, True, "bad", 9)
    gone = choose(wanted(), [release("2.0")], now=NOW, cool_down_days=7)
    assert gone is not None
    assert (gone.listed, gone.yanked, gone.age_days) == (False, False, None)


def test_a_version_that_cannot_be_compared() -> None:
    assert choose(wanted("latest"), [release("1.0")], now=NOW, cool_down_days=7) is None


versions = st.sampled_from(["0.1", "0.9", "1.0", "1.1", "1.5", "2.0", "2.1", "3.0a1", "3.0"])


@settings(derandomize=True, max_examples=200)
@given(st.sets(versions, min_size=1), versions, st.sampled_from(["", "<2", ">=1,<2.1", "==1.0"]), st.integers(0, 20))
def test_what_is_told_is_newer_and_where_it_is_said_to_be(texts: set[str], pinned: str, span: str, days: int) -> None:
    releases = sorted((release(text, days) for text in texts), key=lambda one: one.version)
    update = choose(wanted(pinned, span), releases, now=NOW, cool_down_days=7)
    assert update is not None
    for target in (*update.inside, *update.outside):
        assert Version(target.version) > Version(pinned)
        assert (target in update.inside) == SpecifierSet(span).contains(target.version, prereleases=True)
        assert bool(target.cooling_until) == (timedelta(days=days) < timedelta(days=7))

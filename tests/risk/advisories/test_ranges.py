"""Range semantics: named cases, then properties against a brute-force oracle over sorted version lists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import Advisory, Event, EventKind, VersionRange, version_key
from ops.supply_chain.risk.advisories.ranges import Decision, decide, fixes
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE

YES, NO, UNKNOWN = Decision.YES, Decision.NO, Decision.UNKNOWN
LETTERS = {"i": EventKind.INTRODUCED, "f": EventKind.FIXED, "a": EventKind.LAST_AFFECTED, "l": EventKind.LIMIT}


def record(*ranges: str, versions: tuple[str, ...] = (), silence: str = "") -> Advisory:
    """Write ranges short: `i0 f1.0` is introduced 0, fixed 1.0."""
    return Advisory(
        id="PYSEC-2026-1",
        package="foo",
        versions=tuple(sorted(map(version_key, versions))),
        ranges=tuple(VersionRange(tuple(Event(LETTERS[e[0]], e[1:]) for e in text.split())) for text in ranges),
        silence=silence,
    )


def answer(advisory: Advisory, version: str) -> Decision:
    return decide(advisory, PYPI_SCALE.check(version))


@pytest.mark.parametrize(
    ("ranges", "version", "expected"),
    [
        pytest.param(("i0 f1.0",), "0.9", YES, id="inside"),
        pytest.param(("i0 f1.0",), "1.0", NO, id="fixed is not affected"),
        pytest.param(("i0 f1.0",), "1.0.0", NO, id="trailing zeros are nothing"),
        pytest.param(("i0 f1.0",), "1.0rc1", YES, id="a pre-release is before its release"),
        pytest.param(("i0 f1.0",), "1.0.dev3", YES, id="so is a development release"),
        pytest.param(("i0 f1.0",), "1.0.post1", NO, id="a post-release is after"),
        pytest.param(("i0",), "0.dev0", YES, id="zero is before everything"),
        pytest.param(("i0 f1.0",), "1!0.1", NO, id="an epoch is after all of the epoch before"),
        pytest.param(("i1!0 f1!2",), "1!1", YES, id="inside an epoch"),
        pytest.param(("i1!0 f1!2",), "9.9", NO, id="before the epoch"),
        pytest.param(("i1.0 a2.0",), "2.0", YES, id="last affected is affected"),
        pytest.param(("i1.0 a2.0",), "2.0.1", NO, id="after the last affected"),
        pytest.param(("i1.0 a2.0",), "2.0.post1", NO, id="a post-release of the last affected is another version"),
        pytest.param(("i1.0 f2.0 i3.0 f4.0",), "2.5", NO, id="between two spans"),
        pytest.param(("i1.0 f2.0 i3.0 f4.0",), "3.0", YES, id="second span"),
        pytest.param(("f4.0 i3.0 f2.0 i1.0",), "3.0", YES, id="events in any order"),
        pytest.param(("i0 f2.0 i2.0 f2.11",), "2.0", YES, id="touching spans (PYSEC-2024-258)"),
        pytest.param(("i0 i2.0 f2.0 f2.11",), "2.5", YES, id="touching spans, listed by kind"),
        pytest.param(("i2.0 a2.0",), "2.0", YES, id="one version only"),
        pytest.param(("i2.0 a2.0",), "2.0.1", NO, id="after one version only"),
        pytest.param(("i0 f1.0", "i2.0 f3.0"), "2.5", YES, id="second range"),
        pytest.param(("i0 f1.0", "i2.0 f3.0"), "1.5", NO, id="between ranges"),
        pytest.param(("i0 l2.0",), "1.9", YES, id="before the limit"),
        pytest.param(("i0 l2.0",), "2.0", NO, id="at the limit"),
        pytest.param(("i0 l1.0 l3.0",), "2.0", YES, id="before some limit is enough"),
        pytest.param(("i0 l1.0 l*",), "9.0", YES, id="a star is no limit"),
        pytest.param(("i0 f1.0 l0.5",), "0.7", NO, id="inside, beyond the limit"),
        pytest.param(("f1.0",), "0.5", YES, id="never introduced is introduced at first"),
        pytest.param(("i0",), "anything-goes", YES, id="all versions needs no order"),
        pytest.param(("i0 f1.0",), "2004b-x", UNKNOWN, id="a legacy version cannot be ordered"),
    ],
)
def test_a_version_in_ranges(ranges: tuple[str, ...], version: str, expected: Decision) -> None:
    assert answer(record(*ranges), version) is expected


@pytest.mark.parametrize(
    ("versions", "version", "expected"),
    [
        (("1.0",), "1.0", YES),
        (("1.0",), "1.0.0", YES),
        (("1.0",), "v1.0", YES),
        (("1.0-1",), "1.0.post1", YES),
        (("1.0RC1",), "1.0rc1", YES),
        (("1.0",), "1.0.post1", NO),
        (("1!1.0",), "1.0", NO),
        (("2004b-x",), "2004B-X", YES),
        (("2004b-x",), "2004c-x", NO),
        (("2.6.0",), "2.6.0+cu124", YES),
        (("2.6.0+cu124",), "2.6.0", NO),
        (("2.6.0+cu124",), "2.6.0+CU124", YES),
        (("2.6.0+cu124",), "2.6.0+cpu", NO),
    ],
)
def test_a_version_in_a_list(versions: tuple[str, ...], version: str, expected: Decision) -> None:
    assert answer(record(versions=versions), version) is expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("i0 a2.6.0", "2.6.0+cu124", YES),
        ("i0 a2.6.0+cu124", "2.6.0+cu124", YES),
        ("i0 a2.6.0+cu124", "2.6.0", YES),
        ("i0 a2.6.0+cu124", "2.6.0+cu126", NO),
        ("i0 f2.6.0", "2.6.0+cpu", NO),
        ("i0 f2.6.0+patched", "2.6.0", YES),
        ("i2.6.0 f2.7", "2.6.0+cpu", YES),
    ],
)
def test_a_local_label_does_not_hide_the_version_that_it_is_of(text: str, version: str, expected: Decision) -> None:
    assert answer(record(text), version) is expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("i0 a2.6.0-NA", "2.5.1", YES),
        ("i0 a2.6.0-NA", "2.6.0", UNKNOWN),
        ("i0 a2.6.0-NA", "2.6.0.1", UNKNOWN),
        ("i0 a2.6.0-NA", "2.6.1", NO),
        ("i0 a2.6.0-NA", "2.10", NO),
        ("i0 f2019-09-12", "2018.1", UNKNOWN),
        ("i0 f2019-09-12", "2019.8", UNKNOWN),
        ("i0 f2019-09-12", "2020.1", UNKNOWN),
        ("i0 a2024-09-19", "20240919", UNKNOWN),
        ("i0 f10.0.2-1.1", "25.0", UNKNOWN),
        ("i0 a1.0-to-2.0", "1.5", UNKNOWN),
        ("i0 a6d9ff08bbe", "10.0", UNKNOWN),
        ("i0 a2.6.0-cu124", "2.6.0", UNKNOWN),
        ("i0 a2.6.0-cu124", "2.7.0", NO),
        ("i0 f4.6.0.stable11", "4.6.0.0", UNKNOWN),
        ("i1.0-final f2.0", "1.5", YES),
        ("i1.0-final f2.0", "1.0", UNKNOWN),
        ("i1.0-final f2.0", "0.9", NO),
        ("i0 ftrunk", "5.0", UNKNOWN),
        ("i1.0 ftrunk", "0.5", NO),
        ("i0 l3.0-x", "3.0", UNKNOWN),
        ("i0 l3.0-x", "4.0", NO),
    ],
)
def test_a_bound_that_cannot_be_ordered_decides_outside_of_its_release(
    text: str, version: str, expected: Decision
) -> None:
    assert answer(record(text), version) is expected


def test_a_silent_record_is_never_a_no() -> None:
    assert answer(record(silence="it gives commits of a repository only, no versions"), "1.0") is UNKNOWN


def test_a_listed_version_outweighs_what_cannot_be_ordered() -> None:
    assert answer(record("i0 ftrunk", versions=("1.0",)), "1.0") is YES


def test_fixes_are_those_that_can_be_ordered() -> None:
    assert sorted(fixes(record("i0 f1.2 i2.0 f2.1", "i0 ftrunk"))) == [Version("1.2"), Version("2.1")]


# --- against packaging: brute force over a sorted list ---------------------------------------------------

# No rung is "0": as the start of a range that is not the version 0 but the beginning.
LADDER = sorted(
    {
        Version(f"{epoch}{release}{suffix}")
        for epoch in ("", "1!")
        for release in ("0.1", "0.9", "1.0", "1.0.1", "1.10", "2.0", "2.1", "10")
        for suffix in (".dev1", "a1", "rc1", "", ".post1")
    }
)
PLACES = st.integers(min_value=0, max_value=len(LADDER) - 1)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int, bool]]:
    """Disjoint spans over the ladder, as (first, end, end belongs to it)."""
    marks = sorted(draw(st.sets(PLACES, min_size=2, max_size=8)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return [(first, end, draw(st.booleans())) for first, end in pairs]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(spans(), st.randoms(use_true_random=False))
def test_ranges_agree_with_brute_force(found: list[tuple[int, int, bool]], chance: object) -> None:
    events = [
        event
        for first, end, closed in found
        for event in (f"i{LADDER[first]}", f"{'a' if closed else 'f'}{LADDER[end]}")
    ]
    chance.shuffle(events)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    advisory = record(" ".join(events))
    expected = {place for first, end, closed in found for place in range(first, end + 1 if closed else end)}
    assert {place for place, version in enumerate(LADDER) if answer(advisory, str(version)) is YES} == expected
    assert not any(answer(advisory, str(version)) is UNKNOWN for version in LADDER)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(spans(), st.sets(PLACES, max_size=4), PLACES)
def test_saying_more_never_affects_less(found: list[tuple[int, int, bool]], listed: set[int], asked: int) -> None:
    ranges = [f"i{LADDER[first]} {'a' if closed else 'f'}{LADDER[end]}" for first, end, closed in found]
    whole = record(*ranges, versions=tuple(str(LADDER[place]) for place in listed))
    for part in (record(*ranges), record(ranges[0]), record(versions=whole.versions)):
        assert answer(whole, str(LADDER[asked])) >= answer(part, str(LADDER[asked]))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_a_decision(bound: str, version: str) -> None:
    item = VersionRange((Event(EventKind.INTRODUCED, "0"), Event(EventKind.FIXED, bound)))
    advisory = Advisory(id="PYSEC-2026-1", package="foo", ranges=(item,))
    assert decide(advisory, PYPI_SCALE.check(version)) in (YES, NO, UNKNOWN)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.sampled_from(LADDER), st.sampled_from(LADDER))
def test_version_keys_are_equal_where_pep_440_says_so(one: Version, other: Version) -> None:
    assert (version_key(str(one)) == version_key(str(other))) == (one == other)

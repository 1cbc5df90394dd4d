"""Aliases joined into vulnerabilities."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.advisory import Advisory
from ops.supply_chain.risk.advisories.groups import DISPLAY_ORDER, display_key, join

NOW = 1_800_000_000


def record(name: str, *aliases: str, withdrawn: int | None = None) -> Advisory:
    return Advisory(id=name, package="foo", aliases=tuple(sorted(aliases)), withdrawn=withdrawn)


def names(*records: Advisory) -> list[tuple[str, ...]]:
    return [group.names for group in join(records, now=NOW)]


def test_one_record_is_one_vulnerability() -> None:
    assert names(record("PYSEC-2026-1")) == [("PYSEC-2026-1",)]


def test_records_that_share_an_alias_are_one() -> None:
    assert names(record("PYSEC-2026-1", "CVE-2026-9"), record("GHSA-aaaa-bbbb-cccc", "CVE-2026-9")) == [
        ("CVE-2026-9", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1")
    ]


def test_aliases_are_symmetric() -> None:
    one = names(record("PYSEC-2026-1", "GHSA-a"), record("GHSA-a"))
    assert one == names(record("PYSEC-2026-1"), record("GHSA-a", "PYSEC-2026-1")) == [("GHSA-a", "PYSEC-2026-1")]


def test_aliases_are_transitive() -> None:
    chain = (record("PYSEC-2026-1", "CVE-1"), record("GHSA-a", "CVE-1", "CVE-2"), record("PYSEC-2026-2", "CVE-2"))
    assert names(*chain) == [("CVE-1", "CVE-2", "GHSA-a", "PYSEC-2026-1", "PYSEC-2026-2")]


def test_unrelated_records_stay_apart() -> None:
    assert names(record("PYSEC-2026-2", "CVE-2"), record("PYSEC-2026-1", "CVE-1")) == [
        ("CVE-1", "PYSEC-2026-1"),
        ("CVE-2", "PYSEC-2026-2"),
    ]


def test_names_are_shown_by_kind() -> None:
    assert names(record("MAL-1", "OSV-1", "PYSEC-1", "GHSA-a", "CVE-1")) == [
        ("CVE-1", "GHSA-a", "PYSEC-1", "MAL-1", "OSV-1")
    ]


def test_a_withdrawn_record_joins_nothing_and_hides_nothing() -> None:
    bridge = record("GHSA-bridge", "CVE-1", "CVE-2", withdrawn=NOW - 1)
    groups = join((record("PYSEC-1", "CVE-1"), bridge, record("PYSEC-2", "CVE-2")), now=NOW)
    assert [group.names for group in groups] == [("CVE-1", "PYSEC-1"), ("CVE-2", "PYSEC-2")]
    assert [group.withdrawn for group in groups] == [("GHSA-bridge",), ("GHSA-bridge",)]


def test_only_withdrawn_records_are_no_vulnerability() -> None:
    assert names(record("PYSEC-1", withdrawn=NOW)) == []


def test_a_withdrawal_that_lies_ahead_has_no_effect_yet() -> None:
    assert names(record("PYSEC-1", withdrawn=NOW + 1)) == [("PYSEC-1",)]


def test_the_same_id_live_and_withdrawn_is_live() -> None:
    groups = join((record("MAL-1"), record("MAL-1", withdrawn=1)), now=NOW)
    assert [(group.names, group.withdrawn) for group in groups] == [(("MAL-1",), ())]


def test_malware_is_known_by_an_alias() -> None:
    (group,) = join((record("PYSEC-1", "MAL-2026-1"),), now=NOW)
    assert group.malware


NAMES = st.integers(min_value=0, max_value=9).map(lambda number: f"CVE-{number}")
RECORDS = st.lists(
    st.builds(
        lambda number, aliases, gone: record(f"PYSEC-{number}", *aliases, withdrawn=1 if gone else None),
        st.integers(min_value=0, max_value=9),
        st.sets(NAMES, max_size=3),
        st.booleans(),
    ),
    max_size=10,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_is_nothing(records: list[Advisory], chance: object) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert names(*records) == names(*shuffled)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(RECORDS)
def test_groups_are_the_connected_parts(records: list[Advisory]) -> None:
    live = [item for item in records if item.withdrawn is None]
    parts: list[set[str]] = []
    for item in live:  # the oracle: merge sets until nothing overlaps
        whole = {item.id, *item.aliases}
        apart = [part for part in parts if not part & whole]
        parts = [*apart, whole.union(*(part for part in parts if part & whole))]
    assert sorted(map(sorted, parts)) == sorted(sorted(found) for found in names(*records))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*DISPLAY_ORDER, *(kind[:-1] for kind in DISPLAY_ORDER), "-", "1", "a", ""]), max_size=3)
)
def test_the_kind_of_a_name_is_its_prefix(parts: list[str]) -> None:
    name = "".join(parts)
    kinds = [place for place, prefix in enumerate(DISPLAY_ORDER) if name.startswith(prefix)]
    assert display_key(name) == ((kinds or [len(DISPLAY_ORDER)])[0], name)

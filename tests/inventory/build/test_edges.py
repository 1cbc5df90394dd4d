"""Edges: what the lock says, else what metadata allows, else unknown."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import LockEntry, Pin, PinSource, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.inventory.build import edges
from ops.supply_chain.inventory.build.edges import NONE, UNKNOWN, Edges, Place, edges_of, merge
from ops.supply_chain.inventory.build.requirements import Need
from tests.inventory.made_locks import entry, pin


def places(*entries: LockEntry) -> list[Place]:
    return [Place(f"{entry.pin.name}@{entry.pin.version}", normalise(entry.pin.name), entry) for entry in entries]


def need(key: str, *, extras: tuple[str, ...] = (), specifier: str = "", marker: str = "") -> Need:
    return Need(key=key, extras=frozenset(extras), specifier=specifier, marker=marker)


def known(*refs: str) -> Edges:
    return Edges(refs, complete=True)


def nobody(_ref: str) -> None:
    return None


def test_a_lock_that_states_edges_is_believed() -> None:
    found = edges_of(places(entry("a", depends_on=(("b", "1.0"),)), entry("b", depends_on=())), lambda _: ())
    assert found == {"a@1.0": known("b@1.0"), "b@1.0": NONE}


def test_the_version_tells_which_of_two_is_meant() -> None:
    two = [entry(pin("b", version), depends_on=()) for version in ("1", "2")]
    found = edges_of(places(entry("a", depends_on=(("b", "2"),)), *two), nobody)
    assert found["a@1.0"] == known("b@2")


def test_a_stated_edge_that_leads_out_of_the_lock_is_not_all() -> None:
    found = edges_of(places(entry("a", depends_on=(("b", "1.0"), ("gone", "1"))), entry("b", depends_on=())), nobody)
    assert found["a@1.0"] == Edges(("b@1.0",), complete=False)


def test_annotations_of_all_entries_tell_all_edges() -> None:
    found = edges_of(
        places(entry("a", required_by=()), entry("b", required_by=("a",)), entry("c", required_by=("a", "b"))),
        lambda _: (need("zzz"),),
    )
    assert found == {"a@1.0": known("b@1.0", "c@1.0"), "b@1.0": known("c@1.0"), "c@1.0": NONE}


def test_annotations_of_some_entries_do_not() -> None:
    found = edges_of(places(entry("a", required_by=()), entry("b", required_by=("a",)), entry("c")), nobody)
    assert found == {"a@1.0": Edges(("b@1.0",), complete=False), "b@1.0": UNKNOWN, "c@1.0": UNKNOWN}


def test_metadata_fills_in_where_the_lock_is_silent() -> None:
    needs = {"a@1.0": (need("b", specifier=">=1"), need("c", specifier=">=2"), need("gone")), "b@1.0": ()}
    found = edges_of(places(entry("a"), entry("b"), entry("c")), needs.get)
    assert found == {"a@1.0": known("b@1.0"), "b@1.0": NONE, "c@1.0": UNKNOWN}


def test_extras_are_followed_from_whoever_asks_for_them() -> None:
    needs = {
        "a@1.0": (need("b", extras=("x",)),),
        "b@1.0": (need("c", marker='extra == "x"'), need("d", marker='extra == "y"'), need("b", extras=("z",))),
        "c@1.0": (),
        "d@1.0": (),
    }
    found = edges_of(places(*map(entry, "abcd")), needs.get)
    assert found["b@1.0"] == known("c@1.0")
    asked = [entry(pin("b", extras=("y",))), *map(entry, "acd")]
    assert edges_of(places(*asked), needs.get)["b@1.0"] == known("c@1.0", "d@1.0")


def test_a_package_does_not_need_itself() -> None:
    assert edges_of(places(entry("a", depends_on=(("a", "1.0"),))), nobody) == {"a@1.0": NONE}


def test_the_order_of_entries_does_not_matter() -> None:
    needs = {"a@1.0": (need("b", extras=("x",)),), "b@1.0": (need("c", marker='extra == "x"'),), "c@1.0": (need("a"),)}
    entries = [entry("a"), entry("b"), entry("c", required_by=("b",))]
    found = [edges_of(places(*order), needs.get) for order in itertools.permutations(entries)]
    assert all(entry == found[0] for entry in found)


def test_merging_is_the_same_in_any_order() -> None:
    statements = [UNKNOWN, NONE, known("x"), known("x", "y"), Edges(("z",), complete=False)]
    for first, second, third in itertools.product(statements, repeat=3):
        assert merge(first, second) == merge(second, first)
        assert merge(merge(first, second), third) == merge(first, merge(second, third))
    assert merge(UNKNOWN, known("x")) == Edges(("x",), complete=False)
    assert merge(known("x"), known("y")) == known("x", "y")


def test_an_edge_that_states_its_source_leads_to_it_alone() -> None:
    index, other = (PinSource(kind=PinSourceKind.INDEX, url=f"https://{name}.example/simple") for name in ("a", "b"))

    def sourced(name: str, source: PinSource) -> Pin:
        return Pin(name=name, written_name=name, version="1", hashes=(), source=source)

    def placed(ref: str, name: str, source: PinSource, **edges: Any) -> Place:
        return Place(ref, name, LockEntry(pin=sourced(name, source), line=1, path="x", required_by=(), **edges))

    stated = {"depends_on": (("accel", "1"),), "depends_on_sources": (("accel", "1", other),)}
    places = [
        placed("first", "accel", index, depends_on=()),
        placed("second", "accel", other, depends_on=()),
        placed("user", "user", index, **stated),
        placed("vague", "vague", index, depends_on=(("accel", "1"),)),
    ]
    found = edges_of(places, lambda _: None)
    assert found["user"] == Edges(("second",), complete=True)
    assert found["vague"] == Edges(("first", "second"), complete=False)


def plainly(lock: list[Place], needs: edges.NeedsOf) -> dict[str, Edges]:
    """Every table made for every lock, and every entry compared with all of them."""
    by_key = edges._refs_by_key(lock)
    said = edges._said_by_requirers(lock, by_key)
    annotated = all(place.entry.required_by is not None for place in lock)
    possible = edges._possible(lock, needs)
    found: dict[str, Edges] = {}
    for place in lock:
        if place.entry.depends_on is not None:
            own = edges._stated(place, place.entry.depends_on, lock, by_key)
        elif annotated:
            own = edges._edges(place.ref, said.get(place.ref, []), complete=True)
        else:
            own = edges._guessed(place.ref, said.get(place.ref), possible.get(place.ref))
        found[place.ref] = edges.merge(found[place.ref], own) if place.ref in found else own
    return found


NAMES = ("a", "b", "c", "d")


@st.composite
def some_locks(draw: st.DrawFn) -> list[Place]:
    # All entries of most real locks state edges in one way.
    states, annotates = draw(st.sampled_from([(True, False), (False, True), (False, False), (True, True)]))
    pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("12")), max_size=3).map(tuple)
    requirers = st.lists(st.sampled_from(NAMES), max_size=3).map(tuple)
    return places(
        *(
            msgspec.structs.replace(
                entry(draw(st.sampled_from(NAMES)), depends_on=draw(pairs if states else st.none() | st.just(()))),
                pin=pin(draw(st.sampled_from(NAMES)), draw(st.sampled_from("12"))),
                required_by=draw(requirers if annotates else st.none() | st.just(())),
            )
            for _ in range(draw(st.integers(0, 6)))
        )
    )


@settings(max_examples=200)
@given(some_locks(), st.booleans())
def test_a_lock_without_edges_needs_no_tables(lock: list[Place], known: bool) -> None:
    def needs(ref: str) -> tuple[Need, ...] | None:
        return (need("a"), need("b", specifier=">=2")) if known and ref.startswith("c") else None

    assert edges_of(lock, needs) == plainly(lock, needs)

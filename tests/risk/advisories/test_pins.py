"""Distinct pins and their places: what many locks come to, and how little of it is listed when there is much."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.contracts.values.lock import (
    DEFAULT_INDEX,
    Lock,
    LockEntry,
    LockKind,
    Pin,
    PinSource,
    PinSourceKind,
)
from ops.supply_chain.risk.advisories import pins as module
from ops.supply_chain.risk.advisories.pins import Locations, PinOrigin, distinct, is_public, locate

PRIVATE = PinSource(kind=PinSourceKind.INDEX, url="https://index.example/simple/")
PUBLIC = PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple")
VCS = PinSource(kind=PinSourceKind.VCS, url="https://git.example/foo", vcs="git")


def pin(name: str, version: str = "1.0", **fields: Any) -> Pin:
    return Pin(name=name, written_name=name, version=version, hashes=(), **fields)


def lock(path: str, *entries: Pin | LockEntry, kind: LockKind = LockKind.REQUIREMENTS) -> Lock:
    placed = tuple(
        one if isinstance(one, LockEntry) else LockEntry(pin=one, line=number, path=path)
        for number, one in enumerate(entries, start=1)
    )
    return Lock(path=path, kind=kind, sha256="0" * 64, size=1, entries=placed)


def test_what_many_locks_come_to() -> None:
    shared = pin("foo")
    locks = [
        lock("a", shared, LockEntry(pin=pin("bar"), line=5, path="a", direct=False)),
        lock("b", shared, pin("foo", source=PRIVATE), pin("own", local=True), pin("mixed", local=True)),
        lock("c", LockEntry(pin=shared, line=1, path="c", direct=False), pin("mixed"), pin("none", "")),
    ]
    assert distinct(locks) == {
        ("bar", "1.0"): PinOrigin(local=False, direct=False, sources=frozenset({DEFAULT_INDEX})),
        ("foo", "1.0"): PinOrigin(local=False, direct=True, sources=frozenset({DEFAULT_INDEX, PRIVATE})),
        ("mixed", "1.0"): PinOrigin(local=False, direct=True, sources=frozenset({DEFAULT_INDEX})),
        ("none", ""): PinOrigin(local=False, direct=True, sources=frozenset({DEFAULT_INDEX})),
        ("own", "1.0"): PinOrigin(local=True, direct=True, sources=frozenset()),
    }


def test_a_pin_that_becomes_direct_later_is_direct() -> None:
    shared = pin("foo")
    first = lock("a", LockEntry(pin=shared, line=1, path="a", direct=False))
    assert not distinct([first])["foo", "1.0"].direct
    assert distinct([first, lock("b", LockEntry(pin=shared, line=1, path="b", direct=True))])["foo", "1.0"].direct


@pytest.mark.parametrize(
    ("sources", "index", "public"),
    [
        ({DEFAULT_INDEX}, "", True),
        ({PUBLIC}, "https://index.example/simple", True),
        ({DEFAULT_INDEX}, "https://index.example/simple", False),
        ({PRIVATE}, "", False),
        ({PRIVATE, DEFAULT_INDEX}, "", True),
        ({VCS}, "", False),
        (set(), "", False),
    ],
)
def test_whose_name_is_public_anyway(sources: set[PinSource], index: str, public: bool) -> None:
    traits = PinOrigin(local=False, direct=True, sources=frozenset(sources))
    assert is_public(traits, index=index, public_index="https://pypi.org/simple/") is public


def test_places_are_sorted_and_each_stands_once() -> None:
    common = LockEntry(pin=pin("foo"), line=7, path="common.txt")
    locks = [
        lock("b", pin("foo")),
        lock("c", common),
        lock("d", common),
        lock("a", pin("x"), pin("foo"), kind=LockKind.UV),
    ]
    found = locate(locks, [("foo", "1.0"), ("absent", "1")], findings=1)
    assert found == {("foo", "1.0"): Locations("a", 2, ("b:1", "common.txt:7"), 3, LockKind.UV, "a")}


def test_the_more_findings_the_fewer_places_each_and_the_number_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PLACES_IN_ALL", 12)
    locks = [lock(f"l{number:03}", pin("foo")) for number in range(150)]
    shown = {findings: locate(locks, [("foo", "1.0")], findings=findings)["foo", "1.0"] for findings in (0, 1, 4, 99)}
    assert {findings: (len(one.also_at), one.total) for findings, one in shown.items()} == {
        0: (11, 150),
        1: (11, 150),
        4: (2, 150),
        99: (0, 150),
    }
    monkeypatch.undo()
    assert len(locate(locks, [("foo", "1.0")], findings=1)["foo", "1.0"].also_at) == module.MOST_PLACES - 1

from __future__ import annotations

from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress
from ops.supply_chain.dependencies.updates.dependencies import Dependency, dependencies_of, folded
from ops.supply_chain.dependencies.updates.ranges import Ranges

PAGE = PageAddress("", "demo")


def entry(
    name: str = "demo", *, direct: bool | None = True, line: int = 1, path: str = "a.txt", **changes: object
) -> LockEntry:
    pin = Pin(**{"name": name, "written_name": name, "version": "1.0", "hashes": (), **changes})  # type: ignore[arg-type]
    return LockEntry(pin=pin, line=line, path=path, direct=direct)


def lock(*entries: LockEntry, path: str = "a.txt", source: str = "a.in") -> Lock:
    return Lock(path=path, kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=0, entries=entries, source=source)


def found(*locks: Lock, ranges: dict[str, Ranges] | None = None, index: str = "") -> dict[Dependency, set[str]]:
    return dependencies_of(locks, lambda path: (ranges or {}).get(path, {}), lambda path: f"p/{path}", index=index)


def test_direct_ones_are_found_with_range_and_places() -> None:
    locks = [lock(entry(), entry("other", direct=False, line=2)), lock(entry(path="b.txt", line=9), path="b.txt")]
    assert found(*locks, ranges={"a.in": {"demo": "<2"}}) == {Dependency(PAGE, "1.0", "<2"): {"p/a.txt:1", "p/b.txt:9"}}


def test_what_the_source_names_is_direct_though_the_lock_does_not_say() -> None:
    assert list(found(lock(entry(direct=None)), ranges={"a.in": {"demo": ""}})) == [Dependency(PAGE, "1.0", "")]
    assert found(lock(entry(direct=None))) == {}


def test_without_source_the_range_is_not_known() -> None:
    assert list(found(lock(entry(), source=""))) == [Dependency(PAGE, "1.0", None)]


def test_a_pin_of_an_included_lock_has_the_range_of_that_locks_source() -> None:
    whole = lock(entry(path="b.txt"), path="all.txt", source="")
    part = lock(path="b.txt", source="b.in")
    assert list(found(whole, part, ranges={"b.in": {"demo": ">1"}})) == [Dependency(PAGE, "1.0", ">1")]


def test_what_comes_from_no_index_or_has_no_version_is_left_out() -> None:
    git = PinSource(kind=PinSourceKind.VCS, url="https://h.example/r")
    assert found(lock(entry(source=git), entry(local=True), entry(version=""))) == {}


def test_each_pin_is_asked_for_at_its_index() -> None:
    private = PinSource(kind=PinSourceKind.INDEX, url="https://private.example/")
    pages = {one.page for one in found(lock(entry(), entry("inner", source=private)), index="https://mirror.example/")}
    assert pages == {("https://mirror.example/", "demo"), ("https://private.example/", "inner")}


def test_an_unknown_range_is_folded_into_the_only_known_one() -> None:
    unknown, known = Dependency(PAGE, "1.0", None), Dependency(PAGE, "1.0", "<2")
    assert folded({unknown: {"b"}, known: {"a"}}) == {known: {"a", "b"}}


def test_among_several_ranges_nothing_is_folded() -> None:
    rows = {Dependency(PAGE, "1.0", span): {str(span)} for span in (None, "<3", "<2")}
    assert list(folded(rows).items()) == [
        (Dependency(PAGE, "1.0", "<2"), {"<2"}),
        (Dependency(PAGE, "1.0", "<3"), {"<3"}),
        (Dependency(PAGE, "1.0", None), {"None"}),
    ]


def test_another_version_is_another_row() -> None:
    rows = {Dependency(PAGE, "1.0", None): {"a"}, Dependency(PAGE, "2.0", "<3"): {"b"}}
    assert folded(rows) == rows

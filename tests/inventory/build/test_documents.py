"""Documents from locks: what each holds, and that the aggregate is the union."""

from __future__ import annotations

import posixpath
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import Lock, LockKind, Pin, PinSource, PinSourceKind
from ops.supply_chain.core.names import normalise
from ops.supply_chain.inventory.build.documents import (
    UNKNOWN_TIMESTAMP,
    DescribedProject,
    LockInventory,
    lock_document,
    subject_name,
)
from ops.supply_chain.inventory.build.packages import OUTSIDE
from ops.supply_chain.inventory.model.document import Document, Element, Licence, Occurrence, TimestampSource
from tests.inventory.made_locks import (
    LOCKS,
    METADATA,
    SUBJECT,
    component,
    digest,
    documents,
    entry,
    lock,
    made_project,
    metadata,
    pin,
)

BARE = DescribedProject(name="acme")
ALPHA = "pkg:pypi/alpha.tools@1%212.0%2Blocal"


def path_source(url: str) -> PinSource:
    return PinSource(kind=PinSourceKind.PATH, url=url)


def test_each_locks_document_holds_its_entries_and_nothing_else() -> None:
    found, _ = documents(made_project())
    assert [[component.package.name for component in document.components] for document in found] == [
        [],
        ["Alpha.Tools", "beta", "epsilon"],
        ["zeta", "Alpha.Tools", "delta", "gamma"],
        ["Alpha.Tools"],
    ]


def test_a_package_is_the_same_object_in_every_document() -> None:
    found, aggregate = documents(made_project())
    held = [component(document, ALPHA).package for document in (*found[1:], aggregate)]
    assert all(entry is held[0] for entry in held)


def test_the_project_itself_in_a_lock_is_the_root() -> None:
    found, aggregate = documents(made_project())
    assert found[3].root.package.ref == "pkg:pypi/acme-shop@2.1.0"
    assert found[3].root.depends_on == (ALPHA,)
    assert found[3].root.depends_complete
    assert "acme-shop" not in [component.package.name for component in aggregate.components]


def test_a_local_package_of_another_name_is_a_component() -> None:
    member = pin("member", source=path_source("."), local=True)
    document = lock_document(lock("uv.lock", entry(member), kind=LockKind.UV), subject=SUBJECT)
    assert [component.package.local for component in document.components] == [True]


def test_the_aggregate_attributes_each_component_to_every_line() -> None:
    _, aggregate = documents(made_project())
    one = component(aggregate, ALPHA)
    assert one.occurrences == (
        Occurrence(lock="functions/one/requirements.txt", path="functions/one/requirements.txt", line=3),
        Occurrence(lock="functions/two.txt", path="functions/two.txt", line=5),
        Occurrence(lock="uv.lock", path="uv.lock", line=9),
    )
    assert one.kinds == (LockKind.REQUIREMENTS, LockKind.UV)
    assert one.groups == ("dev", "main")
    assert one.direct is True
    assert [reference.path for reference in aggregate.locks] == [lock.path for lock in LOCKS]


def test_edges_of_the_aggregate_are_those_of_all_locks() -> None:
    found, aggregate = documents(made_project())
    told = [component(document, ALPHA).depends_on for document in found[1:]]
    assert told == [
        (
            "pkg:pypi/beta@1.0",
            component(aggregate, "pkg:pypi/epsilon@5?download_url=https://files.example/epsilon-5.zip").package.ref,
        ),
        ("pkg:pypi/gamma",),
        (),
    ]
    assert component(aggregate, ALPHA).depends_on == tuple(sorted({ref for refs in told for ref in refs or ()}))
    assert component(aggregate, ALPHA).depends_complete


def test_what_some_locks_do_not_tell_is_not_complete() -> None:
    told = lock("a/requirements.txt", entry("x", required_by=()), entry("y", required_by=("x",)))
    silent = lock("b/requirements.txt", entry("x"))
    _, aggregate = documents(LockInventory([told, silent], BARE))
    x = component(aggregate, "pkg:pypi/x@1.0")
    assert (x.depends_on, x.depends_complete) == (("pkg:pypi/y@1.0",), False)
    assert Element.DEPENDENCIES in x.unknown


def test_the_root_depends_on_what_the_lock_calls_direct() -> None:
    document = lock_document(
        lock("requirements.txt", entry("x", direct=True), entry("y", direct=False), entry("z", direct=True)),
        subject=BARE,
    )
    assert document.root.depends_on == ("pkg:pypi/x@1.0", "pkg:pypi/z@1.0")
    assert document.root.depends_complete


def test_where_no_lock_knows_the_root_depends_on_what_nobody_requires() -> None:
    document = lock_document(
        lock("requirements.txt", entry("x", depends_on=(("y", "1.0"),)), entry("y", depends_on=())), subject=BARE
    )
    assert document.root.depends_on == ("pkg:pypi/x@1.0",)
    assert not document.root.depends_complete


def test_no_lock_at_all_is_a_root_that_needs_nothing() -> None:
    found, aggregate = documents(LockInventory((), SUBJECT))
    assert found == []
    assert (aggregate.components, aggregate.locks, aggregate.root.depends_on) == ((), (), ())
    assert aggregate.root.depends_complete


def test_different_hash_sets_are_one_component_with_all_of_them() -> None:
    one, two = pin("x", hashes=(digest("1"),)), pin("x", hashes=(digest("2"), digest("3")))
    found, aggregate = documents(LockInventory([lock("a.txt", entry(one)), lock("b.txt", entry(two))], BARE))
    assert [component(document, "pkg:pypi/x@1.0").package.hashes for document in found] == [
        one.hashes,
        tuple(sorted(two.hashes)),
    ]
    [both] = aggregate.components
    assert both.package.hashes == tuple(sorted(one.hashes + two.hashes))


def test_one_name_is_spelled_one_way_in_a_project() -> None:
    locks = [lock("a.txt", entry(pin("zope-interface"))), lock("b.txt", entry(pin("Zope.Interface")))]
    found, aggregate = documents(LockInventory(locks, BARE))
    assert [component.package.name for document in (*found, aggregate) for component in document.components] == [
        "Zope.Interface"
    ] * 3
    assert aggregate.components[0].package.purl == "pkg:pypi/zope.interface@1.0"


def test_every_distinct_version_is_kept() -> None:
    locks = [lock("a.txt", entry(pin("x", "1"))), lock("b.txt", entry(pin("x", "2")))]
    assert [component.package.version for component in documents(LockInventory(locks, BARE))[1].components] == [
        "1",
        "2",
    ]


def test_what_comes_from_elsewhere_is_another_component() -> None:
    other = pin("x", source=PinSource(kind=PinSourceKind.INDEX, url="https://index.example/simple/"))
    refs = [
        component.package.ref
        for component in documents(LockInventory([lock("a.txt", entry("x"), entry(other, 2))], BARE))[1].components
    ]
    assert refs == ["pkg:pypi/x@1.0", "pkg:pypi/x@1.0?repository_url=https://index.example/simple/"]


def test_a_path_is_read_from_the_locks_folder() -> None:
    locks = [
        lock("a/b/requirements.txt", entry(pin("x", source=path_source("../../libs/x"), hashes=()))),
        lock("requirements.txt", entry(pin("x", source=path_source("./libs/x"), hashes=()))),
        lock("c/requirements.txt", entry(pin("x", source=path_source("libs/x"), hashes=()))),
    ]
    _, aggregate = documents(LockInventory(locks, BARE))
    assert [(component.package.ref, component.package.source.url) for component in aggregate.components] == [
        ("path:x@1.0", "c/libs/x"),
        ("path:x@1.0#2", "libs/x"),
    ]
    assert Element.IDENTIFIERS in aggregate.components[0].unknown


@pytest.mark.parametrize("url", ["/home/me/x", "file:///home/me/x", "../../x", "C:\\x", "file://../../x"])
def test_a_path_outside_the_project_is_not_shown(url: str) -> None:
    document = lock_document(lock("a/requirements.txt", entry(pin("x", source=path_source(url)))), subject=BARE)
    assert document.components[0].package.source.url == OUTSIDE
    assert "/home" not in repr(document.components)


def test_markers_hold_only_where_every_line_has_one() -> None:
    with_marker, without = pin("x", marker='python_version < "3"'), pin("x")
    found, aggregate = documents(
        LockInventory([lock("a.txt", entry(with_marker)), lock("b.txt", entry(without))], BARE)
    )
    assert found[0].components[0].package.markers == ('python_version < "3"',)
    assert aggregate.components[0].package.markers == ()


def test_metadata_of_one_pin_is_that_of_its_package() -> None:
    one, two = pin("x"), pin("x", extras=("y",))
    facts = {two: metadata("x", author="Ann", licence_expression="MIT", requires_dist=())}
    found, _ = documents(LockInventory([lock("a.txt", entry(one)), lock("b.txt", entry(two))], BARE, facts))
    assert {document.components[0].package.producer for document in found} == {"Ann"}
    assert {document.components[0].package.licence for document in found} == {
        Licence(expression="MIT", source="License-Expression")
    }
    assert all(document.enriched for document in found)


def test_without_metadata_a_document_is_a_pure_function_of_its_lock() -> None:
    alone = lock_document(LOCKS[1], subject=SUBJECT)
    assert not alone.enriched
    assert alone == documents(LockInventory([LOCKS[1]], SUBJECT))[0][0]
    assert {component.package.licence.known for component in alone.components} == {False}


def test_unknown_is_said() -> None:
    _, aggregate = documents(LockInventory([lock("a.txt", entry(pin("x", "", hashes=())))], BARE))
    assert aggregate.components[0].unknown == (
        Element.PRODUCER,
        Element.VERSION,
        Element.HASH,
        Element.LICENCE,
        Element.DEPENDENCIES,
    )
    assert aggregate.unknown == (Element.AUTHOR,)


MOMENTS: dict[str, tuple[dict[str, Any], list[str], tuple[str, TimestampSource]]] = {
    "the project's": (
        {"timestamp": "2026-01-01T00:00:00Z", "timestamp_source": TimestampSource.COMMIT},
        ["2026-02-02T00:00:00Z"],
        ("2026-01-01T00:00:00Z", TimestampSource.COMMIT),
    ),
    "the newest lock's": (
        {},
        ["2026-02-02T02:00:00+02:00", "", "2025-01-01T00:00:00Z"],
        ("2026-02-02T00:00:00Z", TimestampSource.COMPILED_AT),
    ),
    "no one's": ({}, ["yesterday"], (UNKNOWN_TIMESTAMP, TimestampSource.NONE)),
}


@pytest.mark.parametrize(("subject", "compiled", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_timestamp(subject: dict[str, Any], compiled: list[str], expected: tuple[str, TimestampSource]) -> None:
    locks = [lock(f"{number}.txt", compiled_at=moment) for number, moment in enumerate(compiled)]
    _, aggregate = documents(LockInventory(locks, DescribedProject(name="x", **subject)))
    assert (aggregate.timestamp, aggregate.timestamp_source) == expected


NAMES = {
    "top": ("requirements.txt", "soar"),
    "folder": ("functions/a/requirements.txt", "soar/functions/a"),
    "uv": ("libs/uv.lock", "soar/libs"),
    "own name": ("requirements/main.txt", "soar/requirements/main.txt"),
    "own name at the top": ("frozen.txt", "soar/frozen.txt"),
}


@pytest.mark.parametrize(("path", "expected"), NAMES.values(), ids=NAMES)
def test_subject_name(path: str, expected: str) -> None:
    assert subject_name("soar", path) == expected
    assert lock_document(lock(path), subject=DescribedProject(name="soar")).root.package.name == expected


def test_the_root_never_shares_its_reference() -> None:
    _, aggregate = documents(LockInventory([lock("a.txt", entry(pin("acme-shop", "2.1.0")))], SUBJECT))
    assert aggregate.root.package.ref == "pkg:pypi/acme-shop@2.1.0"
    assert aggregate.components[0].package.ref == "pkg:pypi/acme-shop@2.1.0#2"


def test_no_address_of_the_author_is_published() -> None:
    assert documents(made_project())[1].author == "Acme Ltd"


@st.composite
def projects(draw: st.DrawFn) -> list[Lock]:
    pool = [
        pin(name, version, hashes=hashes, marker=marker)
        for name in ("a", "B.b", "b-b", "c")
        for version in ("1", "2", "")
        for hashes, marker in (((digest("h"),), ""), ((digest("i"),), 'python_version < "3"'))
    ]
    found = []
    for number in range(draw(st.integers(0, 4))):
        pins: list[Pin] = draw(st.lists(st.sampled_from(pool), max_size=6))
        required = draw(st.booleans())
        entries = [
            entry(pin, line, required_by=("a",) if required and line % 2 else (() if required else None))
            for line, pin in enumerate(pins, 1)
        ]
        found.append(lock(f"{number}/requirements.txt", *entries))
    return found


def sets(document: Document) -> set[tuple[str, str, str]]:
    return {
        (component.package.key, component.package.version, digest_)
        for component in document.components
        for digest_ in component.package.hashes
    }


@settings(derandomize=True, max_examples=150, deadline=None)
@given(projects(), st.randoms(use_true_random=False))
def test_the_aggregate_is_the_union_in_whatever_order(locks: list[Lock], random: Any) -> None:
    found, aggregate = documents(LockInventory(locks, SUBJECT, METADATA))
    assert sets(aggregate) == {entry for document in found for entry in sets(document)}
    assert {component.package.ref for component in aggregate.components} == {
        component.package.ref for document in found for component in document.components
    }
    for project_lock, document in zip(locks, found, strict=True):
        expected = {(normalise(e.pin.name), e.pin.version, h) for e in project_lock.entries for h in e.pin.hashes}
        assert sets(document) == expected
        held = {(posixpath.dirname(o.lock), o.line) for c in document.components for o in c.occurrences}
        assert held == {(posixpath.dirname(project_lock.path), e.line) for e in project_lock.entries}
    shuffled = [
        msgspec.structs.replace(
            project_lock, entries=tuple(random.sample(project_lock.entries, len(project_lock.entries)))
        )
        for project_lock in locks
    ]
    random.shuffle(shuffled)
    assert documents(LockInventory(shuffled, SUBJECT, METADATA)) == (found, aggregate)

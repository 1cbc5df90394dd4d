"""Received documents as inventories: what counts as removed, as changed, as the same."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.inventory.comparison.compare import ChangeKind, SbomComparison, compare, read_inventory
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.received import received_inventory
from tests.formats.received.documents import ALL, spdx2

A, B = "a" * 64, "b" * 64


def part(name: str, version: str = "1.0", kind: str = "pypi", **fields: Any) -> dict[str, Any]:
    purl = {"purl": f"pkg:{kind}/{name}@{version}"} if kind else {}
    return {
        "type": "library",
        "name": name,
        "version": version,
        "bom-ref": f"{name}-{version}-{kind}",
        **purl,
        **fields,
    }


def sha(value: str) -> dict[str, Any]:
    return {"hashes": [{"alg": "SHA-256", "content": value}]}


def document(*components: Any, **fields: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "product", "version": "1", "bom-ref": "root"}},
        "components": list(components),
        **fields,
    }


def inventory(plain: dict[str, Any]) -> SbomInventory:
    return received_inventory(read_received(json.dumps(plain).encode()))


def compared(before: dict[str, Any], after: dict[str, Any]) -> SbomComparison:
    return compare(inventory(before), inventory(after))


def kinds(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    return [(change.kind.value, change.name, change.before, change.after) for change in compared(before, after).changes]


def about(aggregate: str, **fields: Any) -> dict[str, Any]:
    return {"compositions": [{"aggregate": aggregate, **fields}]}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]]] = {
    "a second version": (
        document(part("foo")),
        document(part("foo"), part("foo", "2.0")),
        [("also-present", "foo", (), ("2.0",))],
    ),
    "a second version, and the first upgraded": (
        document(part("foo", "1.26")),
        document(part("foo", "1.27"), part("foo", "2.0")),
        [("also-present", "foo", (), ("2.0",)), ("upgraded", "foo", ("1.26",), ("1.27",))],
    ),
    "one of two gone": (
        document(part("foo"), part("foo", "2.0")),
        document(part("foo")),
        [("no-longer-present", "foo", ("2.0",), ())],
    ),
    "other bytes": (
        document(part("foo", **sha(A))),
        document(part("foo", **sha(B))),
        [("hash-changed", "foo", (f"sha256:{A}",), (f"sha256:{B}",))],
    ),
    "other bytes behind another spelling of the version": (
        document(part("foo", "1.0", **sha(A))),
        document(part("foo", "1.0.0", **sha(B))),
        [
            ("hash-changed", "foo", (f"sha256:{A}",), (f"sha256:{B}",)),
            ("version-changed", "foo", ("1.0",), ("1.0.0",)),
        ],
    ),
    "a downgrade in npm": (
        document(part("x", "1.10.0", "npm")),
        document(part("x", "1.9.0", "npm")),
        [("downgraded", "x", ("1.10.0",), ("1.9.0",))],
    ),
    "no order": (
        document(part("x", "4.1-1.fc39", "rpm")),
        document(part("x", "4.1-2.fc39", "rpm")),
        [("version-changed", "x", ("4.1-1.fc39",), ("4.1-2.fc39",))],
    ),
    "an epoch that disappeared": (
        document(part("x", "4.1", "rpm", purl="pkg:rpm/fedora/x@4.1?epoch=2")),
        document(part("x", "4.2", "rpm", purl="pkg:rpm/fedora/x@4.2")),
        [("version-changed", "fedora/x", ("2:4.1",), ("4.2",))],
    ),
    "package URL and component with different versions": (
        document(part("foo", "1.0")),
        document(part("foo", "1.0", purl="pkg:pypi/foo@0.9")),
        [("version-changed", "foo", ("1.0",), ("0.9 (component: 1.0)",))],
    ),
    "another supplier": (
        document(part("foo", author="A", supplier={"name": "Acme"})),
        document(part("foo", author="A", supplier={"name": "Mallory"})),
        [("supplier-changed", "foo", ("Acme",), ("Mallory",))],
    ),
    "another publisher": (
        document(part("foo", publisher="Acme")),
        document(part("foo", publisher="Mallory")),
        [("producer-changed", "foo", ("Acme",), ("Mallory",))],
    ),
    "nested": (
        document(part("foo", components=[part("inner", "1.0", "npm")])),
        document(part("foo", components=[part("inner", "2.0", "npm")])),
        [("upgraded", "inner", ("1.0",), ("2.0",))],
    ),
    "moved into another component": (
        document(part("foo", components=[part("inner")])),
        document(part("foo"), part("inner")),
        [],
    ),
    "a duplicate": (document(part("foo")), document(part("foo"), part("foo", **{"bom-ref": "again"})), []),
    "without a package URL": (
        document(part("thing", "1.0", "")),
        document(part("thing", "1.1", "")),
        [("upgraded", "thing", ("1.0",), ("1.1",))],
    ),
    "brackets around a licence": (
        document(part("foo", licenses=[{"expression": "(MIT AND ISC)"}])),
        document(part("foo", licenses=[{"expression": "ISC AND MIT"}])),
        [],
    ),
    "removed": (document(part("foo"), part("bar")), document(part("bar")), [("removed", "foo", ("1.0",), ())]),
    "an empty document": (document(part("foo")), document(), [("not-listed", "foo", ("1.0",), ())]),
    "incomplete about everything": (
        document(part("foo")),
        document(**about("incomplete")),
        [("not-listed", "foo", ("1.0",), ())],
    ),
    "incomplete about the product": (
        document(part("foo")),
        document(**about("incomplete_third_party_only", assemblies=["root"])),
        [("not-listed", "foo", ("1.0",), ())],
    ),
    "unknown about the product's dependencies": (
        document(part("foo")),
        document(**about("unknown", dependencies=["root"])),
        [("not-listed", "foo", ("1.0",), ())],
    ),
    "complete": (
        document(part("foo")),
        document(**about("complete", assemblies=["root"])),
        [("removed", "foo", ("1.0",), ())],
    ),
    "incomplete about a part": (
        document(
            part("foo"),
            part("below"),
            part("other"),
            dependencies=[{"ref": "foo-1.0-pypi", "dependsOn": ["below-1.0-pypi"]}],
        ),
        document(part("foo"), **about("incomplete", dependencies=["foo-1.0-pypi"])),
        [("removed", "other", ("1.0",), ()), ("not-listed", "below", ("1.0",), ())],
    ),
    "a part that was not read": (
        document(part("foo")),
        document(part("bar"), "foo"),
        [("not-listed", "foo", ("1.0",), ()), ("added", "bar", (), ("1.0",))],
    ),
    "one of several versions, incomplete": (
        document(part("foo"), part("foo", "2.0")),
        document(part("foo"), **about("incomplete")),
        [("not-listed", "foo", ("2.0",), ())],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_difference_is_what_it_is(name: str) -> None:
    before, after, expected = CASES[name]
    assert sorted(kinds(before, after)) == sorted(expected)


def test_files_are_not_compared_with_a_document_that_lists_none() -> None:
    files = [{"type": "file", "name": f"src/{name}.py", "bom-ref": name} for name in "ab"]
    found = compared(document(part("foo"), *files), document(part("foo")))
    assert (found.changes, found.accounts.files_before) == ((), 2)
    [change] = compared(document(part("foo"), *files), document(part("foo"), files[0])).changes
    assert (change.kind, change.ecosystem, change.name, change.is_weak) == (
        ChangeKind.REMOVED,
        "file",
        "src/b.py",
        True,
    )


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("second", ALL)
def test_one_product_in_every_serialisation_has_the_same_packages(first: str, second: str) -> None:
    before, after = (received_inventory(read_received(ALL[name])) for name in (first, second))
    found = compare(before, after)
    versions = {
        ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.NOT_LISTED, ChangeKind.ALSO_PRESENT, ChangeKind.NO_LONGER_PRESENT,
        ChangeKind.UPGRADED, ChangeKind.DOWNGRADED, ChangeKind.VERSION_CHANGED, ChangeKind.HASH_CHANGED,
    }  # fmt: skip
    assert [change for change in found.changes if change.kind in versions and change.ecosystem] == []


MIRROR = {
    ChangeKind.UPGRADED: ChangeKind.DOWNGRADED,
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.ALSO_PRESENT: ChangeKind.NO_LONGER_PRESENT,
}
MIRROR |= {other: kind for kind, other in MIRROR.items()}


@pytest.mark.parametrize("own", [False, True], ids=["received", "own"])
def test_a_package_that_loses_its_licence_is_relicensed(own: bool) -> None:
    def read(declared: str) -> SbomInventory:
        packages = spdx2()["packages"]
        packages[1] |= {"licenseDeclared": declared, "licenseConcluded": "NOASSERTION"}
        plain = spdx2(packages=packages)
        return read_inventory(plain, where="x") if own else inventory(plain)

    for before, after in (("MIT", "NONE"), ("NONE", "MIT")):
        [change] = [
            change for change in compare(read(before), read(after)).changes if change.kind is ChangeKind.RELICENSED
        ]
        assert (change.before, change.after) == ((before,), (after,))
    assert not compare(read("NONE"), read("NONE")).changes
    assert compare(read("NONE"), read("NOASSERTION")).changes


ONE_WAY = {ChangeKind.HASH_ADDED, ChangeKind.HASH_CHANGED, ChangeKind.RELICENSED, ChangeKind.PRODUCER_CHANGED}
"""Kinds that depend on which document is the older: a hash that is lost is an alarm, one that is added is not."""


OF_VERSIONS = {*MIRROR, ChangeKind.VERSION_CHANGED, ChangeKind.NOT_LISTED}


def random_document(chance: random.Random) -> dict[str, Any]:
    components: list[dict[str, Any]] = []
    for at in range(chance.randint(1, 14)):
        kind = chance.choice(["pypi", "npm", "deb/debian", "generic", ""])
        version = chance.choice(["1.0", "1.0.0", "1.1", "2.0rc1", "2.0", "next", "", "1:1.0"])
        fields = chance.choice([{}, sha(A), sha(B), {"supplier": {"name": chance.choice("ab")}}])
        found = part(chance.choice(["foo", "bar", "baz"]), version, kind, **fields) | {"bom-ref": f"ref-{at}"}
        if chance.random() < 0.2 and components:
            components[-1].setdefault("components", []).append(found)
        else:
            components.append(found)
    edges = [{"ref": "root", "dependsOn": [entry["bom-ref"] for entry in components[:3]]}]
    return document(*components, dependencies=edges)


@pytest.mark.parametrize("seed", range(150))
def test_everything_is_accounted_for_once_and_the_other_way_round_is_the_mirror(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    before, after = (inventory(random_document(chance)) for _ in range(2))
    assert compare(before, before).changes == ()
    found, back = compare(before, after), compare(after, before)
    accounts = found.accounts
    assert accounts.same + accounts.paired + accounts.gone + accounts.files_before == before.size
    assert accounts.same + accounts.paired + accounts.come + accounts.files_after == after.size
    assert before.components == sum(item.count for versions in before.items.values() for item in versions.values())
    moved = [change for change in found.changes if change.kind in OF_VERSIONS]
    listed = Counter((change.ecosystem, change.name, version) for change in moved for version in change.before)
    gone = Counter(
        (*key, version or "unknown")
        for key in before.items
        for version in before.items[key].keys() - after.items.get(key, {}).keys()
    )
    assert listed == gone
    one = Counter(
        (MIRROR.get(change.kind, change.kind), change.ecosystem, change.name, change.after, change.before)
        for change in found.changes
        if change.kind not in ONE_WAY
    )
    other = Counter(
        (change.kind, change.ecosystem, change.name, change.before, change.after)
        for change in back.changes
        if change.kind not in ONE_WAY
    )
    assert one == other

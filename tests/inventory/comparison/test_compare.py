"""What changed between two SBOMs, in whatever format each is."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import InstallScope, PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind, compare, read_inventory
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.inventory.comparison.received import received_inventory
from ops.supply_chain.inventory.model.contents import ContentPart
from ops.supply_chain.inventory.model.document import Component, Document, Licence, Package
from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from tests.inventory.checks.test_check import HOSTILE, _mutate, _places
from tests.inventory.documents import DOCUMENT, IDNA, LOCAL, SHA256_A, SHA256_B, ZOPE, changed, with_package
from tests.inventory.good import cyclonedx_document, spdx2_document, spdx3_document
from tests.parts import by_steps

WRITERS: dict[str, Callable[[Document], bytes]] = {
    "CycloneDX 1.6": cyclonedx.render,
    "CycloneDX 1.7": lambda document: cyclonedx.render(document, cyclonedx.Version.V1_7),
    "SPDX 2.3": spdx2.render,
    "SPDX 3.0": spdx3.render,
}
PAIRS = [(name, other) for name in WRITERS for other in WRITERS]


def read(document: Document, form: str = "CycloneDX 1.6") -> SbomInventory:
    return read_inventory(json.loads(WRITERS[form](document)), where="x")


def received(document: Document, form: str = "CycloneDX 1.6") -> SbomInventory:
    return received_inventory(read_received(WRITERS[form](document)))


def idna(**fields: Any) -> Document:
    return with_package(DOCUMENT, IDNA.ref, **fields)


def without(ref: str) -> Document:
    return changed(
        DOCUMENT, components=tuple(component for component in DOCUMENT.components if component.package.ref != ref)
    )


def needing(*refs: str) -> Document:
    components = tuple(
        msgspec.structs.replace(component, depends_on=refs) if component.package.ref == IDNA.ref else component
        for component in DOCUMENT.components
    )
    return changed(DOCUMENT, components=components)


def renumbered(version: str) -> Document:
    return idna(version=version, purl=f"pkg:pypi/idna@{version}")


def of(kind: ChangeKind, **fields: Any) -> Change:
    return Change(**{"kind": kind, "ecosystem": "pypi", "name": "idna", **fields})


CASES: dict[str, tuple[Document, Document, list[Change]]] = {
    "nothing": (DOCUMENT, DOCUMENT, []),
    "another moment": (DOCUMENT, changed(DOCUMENT, timestamp="2027-01-01T00:00:00Z"), []),
    "added": (without(ZOPE.ref), DOCUMENT, [of(ChangeKind.ADDED, name="zope-interface", after=("1",))]),
    "removed": (DOCUMENT, without(ZOPE.ref), [of(ChangeKind.REMOVED, name="zope-interface", before=("1",))]),
    "added without version": (
        without(LOCAL.ref),
        DOCUMENT,
        [of(ChangeKind.ADDED, ecosystem="", name="local", after=("unknown",))],
    ),
    "upgraded": (DOCUMENT, renumbered("3.100"), [of(ChangeKind.UPGRADED, before=("3.20",), after=("3.100",))]),
    "downgraded": (DOCUMENT, renumbered("3.9"), [of(ChangeKind.DOWNGRADED, before=("3.20",), after=("3.9",))]),
    "downgraded to a pre-release": (
        DOCUMENT,
        renumbered("3.20rc1"),
        [of(ChangeKind.DOWNGRADED, before=("3.20",), after=("3.20rc1",))],
    ),
    "a version that no order knows": (
        DOCUMENT,
        renumbered("next"),
        [of(ChangeKind.VERSION_CHANGED, before=("3.20",), after=("next",))],
    ),
    "relicensed": (
        DOCUMENT,
        idna(licence=Licence(expression="GPL-3.0-only")),
        [
            of(
                ChangeKind.RELICENSED,
                version="3.20",
                before=("BSD License", "BSD-3-Clause", "MIT"),
                after=("GPL-3.0-only",),
            )
        ],
    ),
    "a licence lost": (
        idna(licence=Licence(expression="MIT OR ISC")),
        idna(licence=Licence()),
        [of(ChangeKind.RELICENSED, version="3.20", before=("MIT OR ISC",), after=("unknown",))],
    ),
    "a licence found": (idna(licence=Licence()), DOCUMENT, []),
    "other bytes": (
        DOCUMENT,
        idna(hashes=(SHA256_A, "sha256:" + "d" * 64)),
        [of(ChangeKind.HASH_CHANGED, version="3.20", before=(SHA256_B,), after=("sha256:" + "d" * 64,))],
    ),
    "a hash gone": (
        idna(hashes=(SHA256_A, SHA256_B)),
        idna(hashes=(SHA256_A,)),
        [of(ChangeKind.HASH_CHANGED, version="3.20", before=(SHA256_B,))],
    ),
    "a hash more": (
        idna(hashes=(SHA256_A,)),
        idna(hashes=(SHA256_A, SHA256_B)),
        [of(ChangeKind.HASH_ADDED, version="3.20", after=(SHA256_B,))],
    ),
    "another producer": (
        DOCUMENT,
        idna(producer="Mallory"),
        [of(ChangeKind.PRODUCER_CHANGED, version="3.20", before=("Kim Davies",), after=("Mallory",))],
    ),
    "the same producer, spelled otherwise": (idna(producer="Kim (D.)"), idna(producer="kim [d.]"), []),
    "another edge": (
        needing(LOCAL.ref),
        needing(ZOPE.ref),
        [of(ChangeKind.EDGES_CHANGED, version="3.20", before=("local",), after=("zope-interface",))],
    ),
    "an edge that became unknown": (
        DOCUMENT,
        changed(
            DOCUMENT,
            components=tuple(Component(package=component.package) for component in DOCUMENT.components),
        ),
        [],
    ),
    "upgraded and relicensed": (
        DOCUMENT,
        idna(version="4", purl="pkg:pypi/idna@4", licence=Licence(expression="ISC"), hashes=()),
        [
            of(
                ChangeKind.RELICENSED,
                version="4",
                before=("BSD License", "BSD-3-Clause", "MIT"),
                after=("ISC",),
            ),
            of(ChangeKind.UPGRADED, before=("3.20",), after=("4",)),
        ],
    ),
    "from the index to a path": (
        DOCUMENT,
        idna(purl="", source=PinSource(kind=PinSourceKind.PATH, url="./idna")),
        [of(ChangeKind.ADDED, ecosystem="", after=("3.20",)), of(ChangeKind.REMOVED, before=("3.20",))],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{first} to {second}" for first, second in PAIRS])
def test_a_change_is_found_whatever_the_formats(name: str, first: str, second: str) -> None:
    before, after, expected = CASES[name]
    assert list(compare(read(before, first), read(after, second)).changes) == expected
    assert list(compare(received(before, first), received(after, second)).changes) == expected


def test_the_other_way_round_is_the_opposite() -> None:
    found = compare(read(renumbered("4")), read(DOCUMENT))
    assert [(change.kind, change.before, change.after) for change in found.changes] == [
        (ChangeKind.DOWNGRADED, ("4",), ("3.20",))
    ]


def test_the_worst_comes_first() -> None:
    after = idna(hashes=("sha256:" + "d" * 64,), producer="Mallory", licence=Licence(expression="ISC"))
    after = changed(
        after, components=tuple(component for component in after.components if component.package.ref != ZOPE.ref)
    )
    kinds = [change.kind for change in compare(read(DOCUMENT), read(after)).changes]
    assert kinds == [ChangeKind.HASH_CHANGED, ChangeKind.PRODUCER_CHANGED, ChangeKind.RELICENSED, ChangeKind.REMOVED]


def test_hashes_that_cannot_be_compared_are_counted_and_not_called_equal() -> None:
    found = compare(read(DOCUMENT), read(idna(hashes=("sha512:" + "c" * 128,))))
    assert [change.kind for change in found.changes] == []  # the sha512 is the same
    found = compare(read(idna(hashes=(SHA256_A,))), read(idna(hashes=("sha512:" + "c" * 128,))))
    assert (found.changes, found.hashes_not_compared) == ((), 3)


def test_every_version_of_an_aggregate_counts() -> None:
    second = msgspec.structs.replace(
        DOCUMENT.components[1],
        package=msgspec.structs.replace(IDNA, ref="pkg:pypi/idna@2", version="2", purl="pkg:pypi/idna@2"),
    )
    both = changed(DOCUMENT, components=(*DOCUMENT.components, second))
    assert read(both).size == 4
    [change] = compare(read(DOCUMENT), read(both)).changes
    assert (change.kind, change.before, change.after) == (ChangeKind.ALSO_PRESENT, (), ("2",))
    [change] = compare(read(both), read(DOCUMENT)).changes
    assert (change.kind, change.before, change.after) == (ChangeKind.NO_LONGER_PRESENT, ("2",), ())


def test_names_are_compared_as_pep_503_has_them() -> None:
    one, other = cyclonedx_document(), cyclonedx_document()
    other["components"][0] |= {"name": "IDNA", "purl": "pkg:PyPI/IDNA@3.20"}
    assert compare(read_inventory(one, where="x"), read_inventory(other, where="x")).changes == ()


@pytest.mark.parametrize(
    ("plain", "found"),
    [
        ({"bomFormat": "CycloneDX", "specVersion": "1.3"}, "CycloneDX, version '1.3'"),
        ({"bomFormat": "CycloneDX", "specVersion": "2.0"}, "CycloneDX, version '2.0'"),
        ({"spdxVersion": "SPDX-2.1"}, "SPDX 2, version 'SPDX-2.1'"),
        (
            {"@context": "https://spdx.org/rdf/3.1/spdx-context.jsonld"},
            "SPDX 3, version 'https://spdx.org/rdf/3.1/spdx-context.jsonld'",
        ),
        ([], "no SBOM"),
    ],
)
def test_what_is_not_read_is_refused(plain: object, found: str) -> None:
    with pytest.raises(InputError) as caught:
        read_inventory(plain, where="f.json")
    assert caught.value.message == (
        f"f.json: expected CycloneDX 1.4 to 1.7, SPDX 2.2, 2.3 or 3.0 in JSON; found {found}"
    )


GOOD = (cyclonedx_document, spdx2_document, spdx3_document)


@by_steps(7)
@pytest.mark.parametrize("make", GOOD)
def test_no_wrong_type_at_any_place_is_a_crash(make: Callable[[], dict[str, Any]], step: int) -> None:
    good = read_inventory(make(), where="x")
    document = make()
    for place, value in list(itertools.product(_places(document), HOSTILE))[::step]:
        node: Any = document
        for word in place[:-1]:
            node = node[word]
        kept, node[place[-1]] = node[place[-1]], value
        _compare_unless_refused(good, document)
        node[place[-1]] = kept


@pytest.mark.parametrize("make", GOOD)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=80, derandomize=True, deadline=None)
def test_no_pile_of_random_changes_is_a_crash(make: Callable[[], dict[str, Any]], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    document = make()
    for _ in range(chance.randint(1, 6)):
        place = chance.choice(_places(document))
        node: Any = document
        for step in place[:-1]:
            node = node[step]
        _mutate(node, place[-1], {"x": ["y"]}, chance)
    _compare_unless_refused(read_inventory(make(), where="x"), document)


def _compare_unless_refused(good: SbomInventory, document: Any) -> None:
    try:
        other = read_inventory(document, where="x")
    except InputError:
        return
    compare(good, other)
    compare(other, good)


def test_each_real_document_equals_itself_and_holds_packages(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "sbom" / "real").rglob("*.json")):
        try:
            found = read_inventory(json.loads(path.read_text("utf-8-sig")), where=path.name)
        except InputError:
            continue
        seen += 1
        assert found.size
        assert compare(found, found).changes == ()
    assert seen == 11


def test_committed_sboms_of_other_tools_are_read_as_their_locks_are(shared_data: Path) -> None:
    """`cyclonedx-py requirements` keeps hashes in links: they count as the package's."""
    paths = sorted((shared_data / "projects" / "soar").rglob("requirements.cdx.json"))
    assert len(paths) == 76
    for path in paths:
        plain = json.loads(path.read_text())
        found = read_inventory(plain, where=path.name)
        assert found.size == len(plain.get("components", []))
        assert all(item.hashes for versions in found.items.values() for item in versions.values())


def in_scope(scope: InstallScope | None, *further: Component) -> Document:
    components = tuple(
        msgspec.structs.replace(component, scope=scope) if component.package.ref == IDNA.ref else component
        for component in DOCUMENT.components
    )
    return changed(DOCUMENT, components=(*components, *further))


def test_a_package_that_moves_from_development_to_the_product_is_named() -> None:
    before, after = read(in_scope(InstallScope.EXCLUDED)), read(in_scope(InstallScope.REQUIRED))
    (change,) = compare(before, after).changes
    assert (change.kind, change.before, change.after) == (ChangeKind.SCOPE_CHANGED, ("excluded",), ("required",))
    assert change_line(change) == "scope-changed: idna 3.20: excluded -> required"


def test_a_scope_that_one_side_does_not_state_is_no_change() -> None:
    assert compare(read(in_scope(None)), read(in_scope(InstallScope.EXCLUDED))).changes == ()
    spdx = read(in_scope(InstallScope.EXCLUDED), "SPDX 2.3")
    assert compare(spdx, read(in_scope(InstallScope.REQUIRED))).count(ChangeKind.SCOPE_CHANGED) == 0


def test_what_came_inside_a_wheel_is_named_with_the_wheel() -> None:
    purl = "pkg:generic/openssl@4.0.3"
    openssl = Component(
        package=Package(ref=f"in-wheel:{purl}", name="openssl", key="openssl", version="4.0.3", purl=purl),
        part=ContentPart.BUNDLED,
        notes=(("bundled-in", "crypt-2.0.whl"), ("linked", "static")),
    )
    after = read(in_scope(None, openssl))
    (change,) = compare(read(in_scope(None)), after).changes
    assert change_line(change) == "added: generic:openssl 4.0.3 (inside crypt-2.0.whl)"
    assert after.inside == 1

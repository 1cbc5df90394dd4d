"""What the registry stores of an SBOM: identities folded by their type, weak ones where there is no package URL."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.contracts.values.registry import DocumentKind, PackageName, RegisteredComponent, listed_once
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.documents import DocumentSignature, ReadDocument, SignatureState, covers, named_supplier
from ops.supply_chain.suppliers.entries import (
    components_of,
    digests_of,
    listed_in,
    product_of,
    qualifiers_in,
    utc,
)
from ops.supply_chain.suppliers.products import names_ecosystem, owns


def sbom(*components: dict[str, Any], **head: Any) -> ReceivedSbom:
    parts = [{"type": "library", "bom-ref": f"c{place}", **part} for place, part in enumerate(components)]
    plain = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, **head, "components": parts}
    return read_received(json.dumps(plain).encode())


CASES: dict[str, tuple[dict[str, Any], list[RegisteredComponent]]] = {
    "a package URL is folded by its type": (
        {"name": "Foo.Bar", "version": "1.0", "purl": "pkg:pypi/Foo.Bar@1.0"},
        [RegisteredComponent(0, PackageName("pypi", "", "foo-bar"), "1.0")],
    ),
    "two versions that differ are two": (
        {"name": "a", "version": "2", "purl": "pkg:npm/%40S/A@1"},
        [RegisteredComponent(0, PackageName("npm", "@S", "A"), version) for version in ("1", "2")],
    ),
    "a package URL without a version takes the component's": (
        {"name": "a", "version": "2", "purl": "pkg:npm/a"},
        [RegisteredComponent(0, PackageName("npm", "", "a"), "2")],
    ),
    "distribution and source package belong to the identity": (
        {
            "name": "libssl3",
            "purl": "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=Debian-12&upstream=openssl%403.0.11-1",
        },
        [
            RegisteredComponent(
                0, PackageName("deb", "debian", "libssl3"), "3.0.11-1", "debian-12", "openssl", "arch=amd64"
            )
        ],
    ),
    "without a package URL the CPE counts, and the name that it does not have": (
        {"name": "X", "version": "1", "cpe": "cpe:2.3:a:Acme:Thing:1:*:*:*:*:*:*:*"},
        [
            RegisteredComponent(0, PackageName(":cpe", "acme", "thing"), "1"),
            RegisteredComponent(0, PackageName(":name", "", "x"), "1"),
        ],
    ),
    "a CPE that has the name is enough": (
        {"name": "Thing", "version": "1", "cpe": "cpe:2.3:a:Acme:Thing:1:*:*:*:*:*:*:*"},
        [RegisteredComponent(0, PackageName(":cpe", "acme", "thing"), "1")],
    ),
    "an epoch that is a qualifier is part of the version": (
        {"name": "a", "purl": "pkg:deb/debian/a@2.0-1?epoch=1"},
        [RegisteredComponent(0, PackageName("deb", "debian", "a"), "1:2.0-1", "", "", "epoch=1")],
    ),
    "a CPE that stands for any vendor does not": (
        {"name": "x", "version": "1", "cpe": "cpe:2.3:a:*:thing:1:*:*:*:*:*:*:*", "supplier": {"name": "Acme"}},
        [RegisteredComponent(0, PackageName(":name", "Acme", "x"), "1")],
    ),
    "a group is part of a weak name": (
        {"group": "org.x", "name": "y", "version": "1"},
        [RegisteredComponent(0, PackageName(":name", "org.x", "y"), "1")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_component_has_its_identity(name: str) -> None:
    part, expected = CASES[name]
    assert list(components_of(sbom(part))) == expected


def test_the_product_is_what_the_document_describes() -> None:
    root = {"type": "application", "bom-ref": "root", "name": "Thing", "version": "2.0"}
    assert product_of(sbom(metadata={"component": root})) == ("Thing", "2.0")
    assert product_of(sbom(metadata={"component": {**root, "group": "g"}})) == ("g/Thing", "2.0")
    purl = {**root, "purl": "pkg:PyPI/The.Thing@2.0?x=y"}
    assert product_of(sbom(metadata={"component": purl})) == ("pkg:pypi/the-thing", "2.0")
    assert product_of(sbom()) == ("", "")


def test_digests_are_hexadecimal() -> None:
    part = {"name": "a", "hashes": [{"alg": "SHA-256", "content": "AB" * 32}, {"alg": "MD5", "content": "no"}]}
    assert [(digest.place, digest.algorithm, digest.value) for digest in digests_of(sbom(part))] == [
        (0, "sha-256", "ab" * 32)
    ]


TIMES = {
    "2026-11-29T01:02:03Z": "2026-11-29T01:02:03Z",
    "2026-11-29T01:02:03.924921Z": "2026-11-29T01:02:03Z",
    "2026-11-29T01:02:03+02:00": "2026-11-28T23:02:03Z",
    "2026-11-29T01:02:03": "",
    "0001-01-01T00:00:00+14:00": "",
    "yesterday": "",
    "": "",
}


@pytest.mark.parametrize("text", TIMES)
def test_times_are_in_utc_or_absent(text: str) -> None:
    assert utc(text) == TIMES[text]


def test_a_document_is_its_signers_then_the_stated_suppliers_then_that_of_its_product() -> None:
    acme = SupplierEntry(name="Acme", products=("pkg:pypi/acme-*",))
    other = SupplierEntry(name="Other", products=("pkg:npm/@other/*", "pkg:pypi/acme-b"))
    anyone = SupplierEntry(name="Any")
    entries = (acme, other, anyone)
    none, by_other = DocumentSignature(SignatureState.NONE), DocumentSignature(SignatureState.VALID, supplier="Other")
    read = ReadDocument(product="pkg:pypi/acme-a")
    assert named_supplier(entries, read, by_other, "Acme") is other
    assert named_supplier(entries, read, none, "Any") is anyone
    assert named_supplier(entries, read, none, "Nemo") is None
    assert named_supplier(entries, read, none, "") is acme
    assert named_supplier(entries, ReadDocument(product="pkg:pypi/acme-b"), none, "") is None  # two may be meant
    assert named_supplier(entries, ReadDocument(product="pkg:gem/x"), none, "") is None


def test_a_pattern_is_the_whole_product() -> None:
    rng = random.Random(7)  # noqa: S311 - cases, no secret
    for _ in range(500):
        text = "".join(rng.choices("ab", k=rng.randint(0, 6)))
        pattern = "".join(rng.choices("ab*", k=rng.randint(1, 5)))
        expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
        entry = SupplierEntry(name="A", products=(pattern,))
        assert covers(entry, ReadDocument(product=text)) is expected, (pattern, text)


def test_a_vex_document_must_be_about_products_of_its_supplier_alone() -> None:
    entry = SupplierEntry(name="A", products=("pkg:npm/a",))
    for subjects, expected in ((("pkg:npm/a",), True), (("pkg:npm/a", "pkg:npm/b"), False), ((), True)):
        assert covers(entry, ReadDocument(kind=DocumentKind.VEX, product="id", subjects=subjects)) is expected


WHOLE = (
    "pkg:npm/*", "pkg:npm/**", "pkg:NPM/*", "PKG:npm/*", "pkg:npm/%2A", "pkg:npm/@*/*", "pkg:npm/%40*/*", "pkg:npm*", "pkg:n*", "pkg:*", "pkg*", "p*",
    "*/*", "*:*/*", "pkg://npm/*", "pkg:maven/*/*", "pkg:golang/github.com/*", "pkg:golang/github.com/*/*", "pkg:swift/GitHub.com/*", "pkg:github/*", "pkg:generic*",
    "pkg:deb/*", " pkg:pypi/* ", "*npm/*", "*:npm/*", "*pkg:npm/*", "p*npm/*", "*pypi*", "pkg:maven/org.*", "pkg:maven/com*", "pkg:golang/*.com/*", "pkg:golang/g*",
)  # fmt: skip
NOT_WHOLE = (
    "*", "**", "", "Thing", "T-*", "pkg:generic/*", "pkg:generic/a*", "pkg:npm/left-pad", "pkg:npm/@acme/*", "pkg:npm/acme-*", "pkg:npm/*-acme", "pkg:deb/debian/*",
    "pkg:golang/github.com/acme/*", "pkg:golang/go.acme.example/*", "*acme*", "pkg:*/acme", "product *",
)  # fmt: skip


def test_no_supplier_speaks_for_a_whole_ecosystem() -> None:
    assert [pattern for pattern in (*WHOLE, *NOT_WHOLE) if names_ecosystem(pattern)] == list(WHOLE)


def test_a_pattern_for_everyones_packages_makes_no_vendor() -> None:
    draw = random.Random(11)  # noqa: S311 - cases, no secret
    for kind in ("npm", "pypi", "cargo", "golang", "maven"):
        for _ in range(100):
            pattern = f"pkg:{kind}/" + "".join(draw.choices("*/@", k=draw.randint(1, 4)))
            text = f"pkg:{kind}/{draw.choice(['a', '@b/c', 'github.com/d/e'])}"
            assert not owns((pattern, "*"), text), (pattern, text)
    assert owns(("pkg:npm/*", "pkg:npm/@acme/*"), "pkg:npm/@acme/a")


def test_a_pattern_is_percent_encoded_or_not() -> None:
    for pattern in ("pkg:npm/%40acme/*", "pkg:npm/@acme/*"):
        assert covers(SupplierEntry(name="A", products=(pattern,)), ReadDocument(product="pkg:npm/@acme/a"))


def test_qualifiers_that_are_no_identity_are_kept_for_each_occurrence() -> None:
    purl = "pkg:deb/debian/a@1?distro=debian-12&arch=amd64&vcs_url=git%2Bhttps%3A%2F%2Fx%2F%3Fa%3D1%26b"
    (found,) = components_of(sbom({"name": "a", "purl": purl}))
    assert found.qualifiers is not None
    assert qualifiers_in(found.qualifiers) == ({"arch": "amd64", "vcs_url": "git+https://x/?a=1&b"},)
    assert qualifiers_in("") == ({},)
    assert qualifiers_in("\na=1") == ({}, {"a": "1"})


def test_what_is_listed_of_shared_components_is_what_is_listed_of_each() -> None:
    chance = random.Random(37)  # noqa: S311 - seeded
    parts: list[dict[str, Any]] = [part for part, _ in CASES.values()]
    parts += [{"name": "a", "version": "1", "purl": f"pkg:deb/debian/a@1?arch={arch}"} for arch in ("amd64", "arm64")]
    parts += [{"name": f"n{number}", "version": "1", "purl": f"pkg:npm/n{number}@1"} for number in range(40)]
    documents = [sbom(*chance.sample(parts, chance.choice((0, 1, 2, 9, 30)))) for _ in range(60)]
    shared = tuple(component for document in documents for component in document.components)
    documents += [replace(documents[0], components=tuple(chance.sample(shared, 12))) for _ in range(60)]
    for document in documents * 2:
        assert listed_in(document) == listed_once(components_of(document))
    alone = sbom({"name": "n1", "version": "1", "purl": "pkg:npm/n1@1"})
    assert listed_in(alone)[0][0][0] is listed_in(sbom({"name": "n1", "version": "1", "purl": "pkg:npm/n1@1"}))[0][0][0]

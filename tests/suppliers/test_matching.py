"""What a statement is about: qualifiers, digests, CPEs, names, BOM-Links, and who may speak for what."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from ops.supply_chain.contracts.values.registry import (
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.contracts.values.vex import VexBinding, VexSubject
from ops.supply_chain.suppliers.matching import Author, Located, SupplierStatement, applies
from ops.supply_chain.suppliers.statement_entries import identity_of
from ops.supply_chain.suppliers.statement_set import StatementSet
from tests.suppliers.test_statements import document

HEX = f"sha-256:{'ab' * 32}"
CPE = "cpe:2.3:a:acme:thing:1.0:*:*:*:*:*:*:*"
LINK = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1"
DEB = PackageName("deb", "debian", "libssl3")

PRODUCT = replace(
    document(version="1.0", name="sbom"), identifiers=(LINK, "pkg:generic/thing@1.0?arch=arm64&os=linux", CPE, HEX)
)


def component(qualifiers: str | None = "arch=amd64", package: PackageName = DEB, version: str = "3.0") -> RegistryHit:
    part = RegisteredComponent(1, package, version, "debian-12", "openssl", qualifiers)
    return RegistryHit(PRODUCT, part, ordered=True)


def item(binding: VexBinding, by: str = "Acme", speaks_for: tuple[str, ...] = (), **more: Any) -> SupplierStatement:
    package, version = identity_of(binding)
    statement = RegisteredStatement(0, "CVE-1", (), "fixed", "", "", "", "", package, version, binding)
    return SupplierStatement(document(by, "vex", "", "vex"), statement, speaks_for, **more)


def of(*purls: str, **more: Any) -> VexBinding:
    return VexBinding(product=VexSubject(label="x", purls=purls, **more))


def inside(*purls: str, product: VexSubject | None = None, **more: Any) -> VexBinding:
    whole = product or VexSubject(purls=("pkg:generic/thing@1.0",))
    return VexBinding(product=whole, component=VexSubject(purls=purls, **more))


class Case(NamedTuple):
    binding: VexBinding
    expected: bool | None
    hit: RegistryHit = component()


PLACE = ("sbom", DEB, "3.0")
CASES: dict[str, Case] = {
    "all qualifiers that it names": Case(inside("pkg:deb/debian/libssl3@3.0?arch=amd64&distro=Debian-12"), True),
    "another architecture": Case(inside("pkg:deb/debian/libssl3@3.0?arch=arm64"), False),
    "another release": Case(inside("pkg:deb/debian/libssl3@3.0?distro=debian-11"), False),
    "a qualifier that the component has not": Case(inside("pkg:deb/debian/libssl3@3.0?vcs_url=x"), False),
    "the source package": Case(inside("pkg:deb/debian/libssl3@3.0?upstream=openssl%403.0"), True),
    "another source package": Case(inside("pkg:deb/debian/libssl3@3.0?upstream=gnutls"), False),
    "no qualifier": Case(inside("pkg:deb/debian/libssl3@3.0"), True),
    "one of two occurrences": Case(
        inside("pkg:deb/debian/libssl3@3.0?arch=amd64"), None, component("arch=amd64\narch=arm64")
    ),
    "both occurrences": Case(inside("pkg:deb/debian/libssl3@3.0"), True, component("arch=amd64\narch=arm64")),
    "qualifiers that were not registered": Case(inside("pkg:deb/debian/libssl3@3.0?arch=amd64"), None, component(None)),
    "a part of the package": Case(inside("pkg:deb/debian/libssl3@3.0#usr/lib"), None),
    "one of several package URLs": Case(inside("pkg:npm/a@1", "pkg:deb/debian/libssl3@3.0"), True),
    "qualifiers of the product": Case(
        inside("pkg:deb/debian/libssl3@3.0", product=VexSubject(purls=("pkg:generic/thing@1.0?arch=arm64",))), True
    ),
    "other qualifiers of the product": Case(of("pkg:generic/thing@1.0?arch=amd64"), False),
    "qualifiers of a product that has none registered": Case(
        of("pkg:generic/thing@1.0?arch=amd64"), None, RegistryHit(replace(PRODUCT, identifiers=()), component()[1], ordered=True)
    ),
    "the digest of the product": Case(of(digests=(HEX,)), True),
    "another digest proves nothing": Case(of("pkg:generic/thing@1.0", digests=("sha-256:00",)), True),
    "another digest alone": Case(of(digests=("sha-256:00",)), False),
    "the CPE of the product is possible": Case(of(cpes=(CPE,)), None),
    "another CPE": Case(of(cpes=("cpe:2.3:a:acme:thing:2.0:*:*:*:*:*:*:*",)), False),
    "the CPE of the component is possible": Case(
        inside(cpes=("cpe:/a:openssl:openssl:3.0",)), None, component(package=PackageName(":cpe", "openssl", "openssl"))
    ),
    "the CPE of a component of another version": Case(
        inside(cpes=("cpe:/a:openssl:openssl:3.1",), version="3.1"), False,
        component(package=PackageName(":cpe", "openssl", "openssl")),
    ),
    "a product by its name is possible": Case(
        VexBinding(product=VexSubject(label="pkg:generic/thing", version="1.0")), None
    ),
    "a product by its name in another version": Case(
        VexBinding(product=VexSubject(label="pkg:generic/thing", version="2.0")), False
    ),
    "what is bound to nothing": Case(VexBinding(product=VexSubject(purls=("pkg:generic/thing@1.0",)), problem="x"), False),
    "no product": Case(VexBinding(), False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_whether_a_statement_is_about_a_component(case: Case) -> None:
    statement = item(case.binding)
    assert applies(statement, case.hit)[1] is case.expected
    assert case.expected is False or [*StatementSet([statement]).about(case.hit, ["cve-1"])] == [statement]


LINKED = VexBinding(product=VexSubject(links=(LINK,)))
LOCATED: dict[str, tuple[SupplierStatement, bool | None]] = {
    "a link to the product": (item(LINKED, product_at=Located(frozenset({"sbom"}))), True),
    "a link to another product": (item(LINKED, product_at=Located(frozenset({"other"}))), False),
    "a link that leads nowhere": (item(LINKED, product_at=Located(problem="refers to a BOM")), False),
    "a link to the component": (item(LINKED, product_at=Located(components=frozenset({PLACE}))), True),
    "a link to a component of another document": (
        item(LINKED, product_at=Located(components=frozenset({("other", DEB, "3.0")}))), False,
    ),
    "a link to the product, a component of it": (
        item(
            inside("pkg:deb/debian/libssl3@3.0", product=VexSubject(links=(LINK,))), product_at=Located(frozenset({"sbom"}))
        ), True,
    ),
    "a link to the component of a named product": (
        item(inside(links=(LINK,)), component_at=Located(components=frozenset({PLACE}))), True,
    ),
    "a component of a component cannot be found": (
        item(
            inside("pkg:deb/debian/libssl3@3.0", product=VexSubject(links=(LINK,))),
            product_at=Located(components=frozenset({PLACE})),
        ), False,
    ),
    "versions besides the link": (
        item(VexBinding(product=VexSubject(links=(LINK,), version="1.0")), product_at=Located(frozenset({"sbom"}))), True,
    ),
    "other versions besides the link": (
        item(VexBinding(product=VexSubject(links=(LINK,), version="2.0")), product_at=Located(frozenset({"sbom"}))), False,
    ),
    "the digest of the component": (item(of(digests=("sha-256:00",)), product_at=Located(components=frozenset({PLACE}))), True),
}  # fmt: skip


@pytest.mark.parametrize("name", LOCATED)
def test_where_links_and_digests_lead(name: str) -> None:
    statement, expected = LOCATED[name]
    assert applies(statement, component())[1] is expected
    assert not expected or [*StatementSet([statement]).about(component(), ["CVE-1"])] == [statement]


SPEAKERS: list[tuple[str, tuple[str, ...], VexBinding, Author, bool | None]] = [
    ("Acme", ("pkg:generic/thing",), of("pkg:generic/thing@1.0"), Author.PRODUCT_VENDOR, True),
    ("Acme", ("pkg:generic/thing",), of("pkg:deb/debian/libssl3@3.0"), Author.PRODUCT_VENDOR_IN_GENERAL, True),
    ("Debian", ("pkg:deb/debian/*",), of("pkg:deb/debian/libssl3@3.0"), Author.COMPONENT_VENDOR, True),
    ("Debian", ("pkg:deb/debian/*",), of("pkg:deb/debian/libssl3"), Author.COMPONENT_VENDOR, True),
    ("Debian", ("pkg:deb/debian/*",), of("pkg:generic/thing@1.0"), Author.THIRD_PARTY, False),
    ("Maker", ("pkg:generic/thing",), of("pkg:generic/thing@1.0"), Author.PRODUCT_VENDOR, True),
    ("Auditor", (), of("pkg:generic/thing@1.0"), Author.THIRD_PARTY, True),
    ("Auditor", (), of("pkg:generic/thing"), Author.THIRD_PARTY, None),
    ("Auditor", (), of("pkg:deb/debian/libssl3@3.0"), Author.THIRD_PARTY, True),
    ("Auditor", ("pkg:npm/*",), of("pkg:deb/debian/libssl3@3.0"), Author.THIRD_PARTY, False),
    ("Auditor", ("pkg:npm/*",), of(digests=(HEX,)), Author.THIRD_PARTY, False),
]


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_who_may_speak_for_what(
    speaker: tuple[str, tuple[str, ...], VexBinding, Author, bool | None],
) -> None:
    by, products, binding, author, expected = speaker
    found, about = applies(item(binding, by, products), component())
    assert about is expected
    assert not about or found is author


def test_a_third_party_speaks_for_the_component_of_a_link_where_it_may_speak_for_its_product() -> None:
    located = Located(components=frozenset({PLACE}))
    for products, expected in ((("pkg:generic/thing",), True), ((), True), (("pkg:deb/*",), False)):
        assert applies(item(LINKED, "Auditor", products, product_at=located), component())[1] is expected


def test_in_its_own_document_a_component_is_known_however_it_is_identified() -> None:
    package = PackageName(":name", "g", "plain")
    own = RegistryHit(PRODUCT, RegisteredComponent(1, package, "7"), ordered=False)
    other = RegistryHit(replace(PRODUCT, digest="other"), RegisteredComponent(1, package, "7"), ordered=False)
    binding = VexBinding(
        product=VexSubject(label="x", version="1.0"), component=VexSubject(label="g/plain", version="7")
    )
    statement = item(binding)
    statement = statement._replace(
        document=PRODUCT, statement=statement.statement._replace(package=package, version="7")
    )
    assert applies(statement, own) == (Author.PRODUCT_VENDOR, True)
    assert applies(statement, other)[1] is False


def test_what_an_own_release_states_counts_for_it() -> None:
    ours: RegisteredDocument = document("", "pkg:pypi/ours", own=True)
    hit = RegistryHit(ours, RegisteredComponent(1, PackageName("npm", "", "a"), "1"), ordered=True)
    statement = item(VexBinding(product=VexSubject(purls=("pkg:pypi/ours@1.0",))))._replace(document=ours)
    assert applies(statement, hit) == (Author.PRODUCT_VENDOR, True)

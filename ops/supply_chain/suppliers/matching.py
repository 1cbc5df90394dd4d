"""Whether a statement is about a component of a product: exactly, perhaps, or not at all.

Exactly: by package URL (type, namespace, name, version or range, and every qualifier that the statement has), by a digest, by
a BOM-Link. Perhaps: by a CPE, by a name, or where a version cannot be compared. A component in the same document as its analysis is
exact, however it is identified.

Source: https://github.com/openvex/go-vex (how products match), docs/suppliers.md
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.contracts.values.registry import (
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.contracts.values.vex import VexBinding, VexSubject
from ops.supply_chain.formats.bom_links import split_link
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ranges import is_everything, is_range
from ops.supply_chain.suppliers.entries import cpe_name, purl_of, qualifiers_in
from ops.supply_chain.suppliers.products import matches_product, owns
from ops.supply_chain.suppliers.statement_entries import package_of, same_version


class Author(IntEnum):
    """What the author of a statement is to a component in a product; the first one counts."""

    PRODUCT_VENDOR = 0
    PRODUCT_VENDOR_IN_GENERAL = 1
    """The vendor of the product, about the component wherever it is."""
    COMPONENT_VENDOR = 2
    THIRD_PARTY = 3


class Located(NamedTuple):
    """Where BOM-Links and digests of a subject lead in the registry.

    `products` are the documents whose product it is, by their digest. `components` are its places: digest of the document,
    package, version. `problem` is why a link leads nowhere.
    """

    products: frozenset[str] = frozenset()
    components: frozenset[tuple[str, PackageName, str]] = frozenset()
    problem: str = ""


class SupplierStatement(NamedTuple):
    """A statement that may count: its document is accepted and current, its supplier configured.

    `speaks_for` are the products that its supplier may speak for, as `[[suppliers]].products` has them; empty for any.
    `product_at` and `component_at` are where product and component of its binding lead.
    """

    document: RegisteredDocument
    statement: RegisteredStatement
    speaks_for: tuple[str, ...] = ()
    product_at: Located = Located()
    component_at: Located = Located()


class _Match(NamedTuple):
    author: Author
    applies: bool | None


def applies(item: SupplierStatement, hit: RegistryHit) -> tuple[Author, bool | None]:
    """Return what a statement's author is to a component, and whether the statement is about it; None if it may be."""
    binding = binding_of(item.statement)
    vendor = _is_vendor(item.document, hit.document)
    general = Author.PRODUCT_VENDOR_IN_GENERAL if vendor else Author.THIRD_PARTY
    if binding.problem or binding.product is None:
        return general, False
    in_product = _in_product(item, binding.product, hit.document, vendor=vendor)
    if (
        binding.product.links and _place(hit) in item.product_at.components
    ):  # an element of a BOM is a component in its product
        return in_product.author, binding.component is None and (vendor or _may_speak(item, hit.document.product))
    if binding.component is not None:
        ours = item.document.digest == hit.document.digest
        inside = _is_component(item, binding.component, item.component_at, hit, ours=ours, owned=True)
        return in_product.author, _both(in_product.applies, inside)
    alone = _alone(item, binding.product, hit, vendor=vendor)
    return in_product if in_product.applies or (not alone.applies and in_product.applies is None) else alone


def is_about_product(item: SupplierStatement, document: RegisteredDocument) -> bool:
    """Return whether a statement is about the product of a document, in its version, or about a component of it.

    A BOM-Link to the document counts before the document is accepted, when it leads nowhere yet.
    """
    binding = binding_of(item.statement)
    if binding.problem or binding.product is None:
        return False
    links = (link for link in map(split_link, binding.product.links) if link is not None)
    if any(link.document in document.identifiers for link in links):
        return True
    vendor = _is_vendor(item.document, document)
    return _in_product(item, binding.product, document, vendor=vendor).applies is True


def binding_of(statement: RegisteredStatement) -> VexBinding:
    """Return what a statement is bound to; of one that an earlier version registered, from what that kept."""
    if statement.binding is not None:
        return statement.binding
    if statement.package is None:
        return VexBinding(problem="is about what was not identified")
    ranged = is_range(statement.version)
    subject = VexSubject(
        label=purl_text(statement.package),
        purls=() if statement.package.weak else (purl_text(statement.package),),
        version="" if ranged else statement.version,
        versions=statement.version if ranged else "",
    )
    product = read_purl(statement.product)
    if product is None or package_of(product) == statement.package:
        return VexBinding(product=subject)
    whole = VexSubject(label=statement.product, purls=(statement.product,))
    return VexBinding(product=whole, component=subject)


def purl_text(package: PackageName) -> str:
    """Return the package URL of a package, without a version."""
    parts = (*package.namespace.split("/"), package.name)
    return "/".join((f"pkg:{package.type}", *(quote(part, safe="") for part in parts if part)))


def shown(package: PackageName) -> str:
    """Return a package as `[[suppliers]].products` has it."""
    return "/".join(part for part in (f"pkg:{package.type}", package.namespace, package.name) if part)


def _in_product(item: SupplierStatement, subject: VexSubject, document: RegisteredDocument, *, vendor: bool) -> _Match:
    """Return whether a document describes the product of a statement."""
    owned = item.document.own or owns(item.speaks_for, document.product)
    author = Author.PRODUCT_VENDOR if vendor or owned else Author.THIRD_PARTY
    if not (vendor or _may_speak(item, document.product)):
        return _Match(author, applies=False)
    if item.document.digest == document.digest and not item.product_at.products and not subject.links:
        return _Match(author, applies=True)
    if document.digest in item.product_at.products:
        return _Match(author, _is_own_version(subject, item, document))
    if not set(subject.digests).isdisjoint(document.identifiers):
        return _Match(author, applies=True)
    purls = [purl for purl in map(read_purl, document.identifiers) if purl is not None]
    found = [
        _both(
            _is_version(package_of(purl), "", _stated(purl, subject), document.product_version, owned=owned),
            _has_qualifiers(purl, [dict(own.qualifiers) for own in purls] or None),
        )
        for purl in map(read_purl, subject.purls)
        if purl is not None and purl_of(purl) == document.product
    ]
    perhaps = not set(subject.cpes).isdisjoint(document.identifiers) or (
        vendor and not subject.purls and _is_named(subject, document)
    )
    return _Match(author, _any([*found, None if perhaps else False]))


def _is_named(subject: VexSubject, document: RegisteredDocument) -> bool:
    """Return whether a product has a document's name, and not another version."""
    package = PackageName("", "", subject.label)
    stated = subject.version or subject.versions
    same = not stated or not document.product_version or same_version(package, "", stated, document.product_version)
    return subject.label == document.product != "" and same is not False


def _is_own_version(subject: VexSubject, item: SupplierStatement, document: RegisteredDocument) -> bool | None:
    """Return whether the version that a statement gives besides a BOM-Link is the product's."""
    stated = subject.version or subject.versions
    if not stated:
        return True
    purl = next(filter(None, map(read_purl, document.identifiers)), None)
    package = package_of(purl) if purl else PackageName("", "", document.product)
    return _is_version(package, "", stated, document.product_version, owned=item.document.own)


def _alone(item: SupplierStatement, subject: VexSubject, hit: RegistryHit, *, vendor: bool) -> _Match:
    """Return whether a statement about a package, in whatever product it is, is about a component."""
    product = shown(hit.component.package)
    owned = item.document.own or owns(item.speaks_for, product)
    general = Author.PRODUCT_VENDOR_IN_GENERAL if vendor else Author.THIRD_PARTY
    author = Author.COMPONENT_VENDOR if owned and not vendor else general
    ours = item.document.digest == hit.document.digest
    if not (vendor or _may_speak(item, product)):
        return _Match(author, applies=False)
    return _Match(author, _is_component(item, subject, item.product_at, hit, ours=ours, owned=owned))


def _is_component(
    item: SupplierStatement, subject: VexSubject, located: Located, hit: RegistryHit, *, ours: bool, owned: bool
) -> bool | None:
    component = hit.component
    if _place(hit) in located.components:
        return True
    found: list[bool | None] = []
    for purl in map(read_purl, subject.purls):
        if purl is not None and package_of(purl) == component.package:
            version = _is_version(
                component.package, component.distribution, _stated(purl, subject), component.version, owned=owned
            )
            found.append(_both(version, _has_qualifiers(purl, _qualifiers(component))))
    weak = item.statement.package
    if not subject.purls and weak is not None and weak == component.package:
        stated = subject.version or subject.versions
        same = _is_version(component.package, "", stated, component.version, owned=ours)
        found.append(same if ours else _both(same, None))
    elif any(cpe_name(cpe) == component.package for cpe in subject.cpes):
        found.append(None)
    return _any(found)


def _place(hit: RegistryHit) -> tuple[str, PackageName, str]:
    return hit.document.digest, hit.component.package, hit.component.version


def _stated(purl: PackageIdentity, subject: VexSubject) -> str:
    return purl.version or subject.version or subject.versions


def _is_vendor(document: RegisteredDocument, of: RegisteredDocument) -> bool:
    return document.own == of.own and document.supplier == of.supplier and (document.own or document.supplier != "")


def _may_speak(item: SupplierStatement, product: str) -> bool:
    return (
        item.document.own
        or not item.speaks_for
        or any(matches_product(pattern, product) for pattern in item.speaks_for)
    )


def _is_version(package: PackageName, distribution: str, stated: str, version: str, *, owned: bool) -> bool | None:
    """Return whether a stated version, a range or every version is a version; None if that cannot be decided.

    Args:
        package: Whose versions they are.
        distribution: The release of a distribution that it belongs to; empty for none.
        stated: In the statement; empty for every version.
        version: Of the component; empty if it is unknown.
        owned: True if a statement about every version counts.
    """
    if not owned and (not stated or is_everything(stated)):
        return None
    if not stated or stated.endswith("/*"):
        return True
    if not version:
        return None
    return same_version(package, distribution, stated, version)


def _qualifiers(component: RegisteredComponent) -> list[dict[str, str]] | None:
    """Return the qualifiers of each occurrence of a component; None if they were not registered."""
    if component.qualifiers is None:
        return None
    own = {"distro": component.distribution, "upstream": component.source}
    return [{**own, **others} for others in qualifiers_in(component.qualifiers)]


def _has_qualifiers(purl: PackageIdentity, of: list[dict[str, str]] | None) -> bool | None:
    """Return whether something has all qualifiers that a package URL names: each of its occurrences, or only some (None)."""
    if purl.subpath:
        return None
    if not purl.qualifiers:
        return True
    if of is None:
        return None
    found = {all(_same_qualifier(key, value, own.get(key, "")) for key, value in purl.qualifiers) for own in of}
    return None if len(found) > 1 else found == {True}


def _same_qualifier(key: str, value: str, own: str) -> bool:
    if key == "upstream":  # the registry keeps its name alone
        value, own = value.partition("@")[0], own.partition("@")[0]
    return value.lower() == own.lower() if key in ("distro", "upstream") else value == own


def _both(*found: bool | None) -> bool | None:
    return False if False in found else None if None in found else True


def _any(found: Iterable[bool | None]) -> bool | None:
    found = tuple(found)
    return True if True in found else None if None in found else False

"""Which of suppliers' statements about a vulnerability counts for a component of a product.

- A statement about a component of a product counts in that product and version only; one about a product counts for all of
  its components; one about a package alone counts where its author may speak for that package.
- Of one author, the latest statement about the same thing counts. Where two are of the same time, or one has none, the one
  that leaves more open does: affected, under investigation, fixed, not affected.
- Of several authors, the vendor of the product counts before the vendor of the component, and that one before anyone else.
- A statement that can be about the component, and is not known to be (a CPE, a version that cannot be compared), never counts:
  it is possible, and shown. So are those that lose.

Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, docs/suppliers.md
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from ops.supply_chain.contracts.values.registry import (
    PackageName,
    RegisteredDocument,
    RegisteredStatement,
    RegistryHit,
)
from ops.supply_chain.contracts.values.vex import VexStatus
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.formats.version_orders.purl_types import ecosystem_of
from ops.supply_chain.formats.version_orders.ranges import in_range, is_range
from ops.supply_chain.suppliers.entries import purl_of
from ops.supply_chain.suppliers.products import owns

_CLOSED = (VexStatus.FIXED.value, VexStatus.NOT_AFFECTED.value)


class Author(IntEnum):
    """What the author of a statement is to a component in a product; the first one counts."""

    PRODUCT_VENDOR = 0
    PRODUCT_VENDOR_IN_GENERAL = 1
    """The vendor of the product, about the component wherever it is."""
    COMPONENT_VENDOR = 2
    THIRD_PARTY = 3


class SupplierStatement(NamedTuple):
    """A statement that may count: its document is accepted and current, its supplier configured.

    `speaks_for` are the products that its supplier may speak for, as `[[suppliers]].products` has them; empty for any.
    """

    document: RegisteredDocument
    statement: RegisteredStatement
    speaks_for: tuple[str, ...] = ()


class Effective(NamedTuple):
    """What counts for a component about a vulnerability.

    `status` is OpenVEX's, empty if no statement counts; then `statement` and `document` are None. `overridden` are earlier
    statements of the same author, `conflicts` statements that state another status and lose, `possible` those that may be
    about the component; each in a fixed order.
    """

    status: str = ""
    statement: RegisteredStatement | None = None
    document: RegisteredDocument | None = None
    overridden: tuple[SupplierStatement, ...] = ()
    conflicts: tuple[SupplierStatement, ...] = ()
    possible: tuple[SupplierStatement, ...] = ()

    @property
    def closes(self) -> bool:
        """True if the component need not be dealt with: it is fixed, or not affected for a reason that is stated."""
        return self.statement is not None and _closes(self.statement)


def effective(hit: RegistryHit, names: Iterable[str], statements: Sequence[SupplierStatement]) -> Effective:
    """Return what counts for a component about a vulnerability.

    Args:
        hit: The component in its document.
        names: All identifiers of the vulnerability, in any case.
        statements: Those that may count, in any order; others than about the vulnerability are left out.
    """
    wanted = {name.upper() for name in names}
    by_author: defaultdict[tuple[Author, str], list[SupplierStatement]] = defaultdict(list)
    possible: list[SupplierStatement] = []
    for item in sorted(statements, key=_in_order):
        statement = item.statement
        if wanted.isdisjoint(name.upper() for name in (statement.vulnerability, *statement.aliases)):
            continue
        author, applies = _applies(item, hit)
        if applies:
            by_author[author, "" if item.document.own else item.document.supplier].append(item)
        elif applies is None:
            possible.append(item)
    if not by_author:
        return Effective(possible=tuple(possible))
    overridden: list[SupplierStatement] = []
    lasting: list[tuple[Author, SupplierStatement]] = []
    for (author, _), items in sorted(by_author.items()):
        for item in items:
            if any(_later(other, item) for other in items):
                overridden.append(item)
            else:
                lasting.append((author, item))
    _, counts = min(lasting, key=lambda pair: (pair[0], _openness(pair[1].statement), _newest(pair[1])))
    conflicts = [item for _, item in lasting if item.statement.status != counts.statement.status]
    return Effective(
        counts.statement.status,
        counts.statement,
        counts.document,
        tuple(overridden),
        tuple(conflicts),
        tuple(possible),
    )


def _applies(item: SupplierStatement, hit: RegistryHit) -> tuple[Author, bool | None]:
    """Return what a statement's author is to a component, and whether the statement is about it; None if it may be."""
    document, statement = item.document, item.statement
    vendor = _is_vendor(document, hit.document)
    general = Author.PRODUCT_VENDOR_IN_GENERAL if vendor else Author.THIRD_PARTY
    if statement.package is None:
        return general, False
    ours = document.digest == hit.document.digest
    if _is_about_product(statement) and not ours:
        about = _is_product(statement.product, statement.version, hit.document, item)
        if about is not False:
            return (Author.PRODUCT_VENDOR if vendor or _owns(item, hit.document.product) else general), about
        owned = _owns(item, _shown(statement.package))
        return (Author.COMPONENT_VENDOR if owned and not vendor else general), _is_component(
            statement, hit, owned=owned
        )
    about = True if ours else _is_product(statement.product, "", hit.document, item)
    if about is False:
        return general, False
    inside = (ours and _is_root(statement, hit.document)) or _is_component(statement, hit, owned=True, exact=ours)
    author = Author.PRODUCT_VENDOR if vendor or _owns(item, hit.document.product) else general
    return author, inside if about else (None if inside is not False else False)


def _is_vendor(document: RegisteredDocument, of: RegisteredDocument) -> bool:
    return document.own == of.own and document.supplier == of.supplier and (document.own or document.supplier != "")


def _owns(item: SupplierStatement, product: str) -> bool:
    return item.document.own or owns(item.speaks_for, product)


def _is_about_product(statement: RegisteredStatement) -> bool:
    """Return whether a statement names a package by itself, and not as a component of a product."""
    product = read_purl(statement.product)
    return product is not None and (product.type, product.namespace, product.name) == statement.package


def _is_root(statement: RegisteredStatement, document: RegisteredDocument) -> bool:
    return statement.package is not None and _shown(statement.package) == document.product


def _is_product(text: str, version: str, document: RegisteredDocument, item: SupplierStatement) -> bool | None:
    """Return whether a product, as a statement writes it, is the one that a document describes."""
    product = read_purl(text)
    if product is None:  # a name identifies a product among those of its own supplier
        named = f"{document.product}@{document.product_version}" if document.product_version else document.product
        return text == named and bool(text) and _is_vendor(item.document, document)
    if purl_of(product) != document.product:
        return False
    package = PackageName(product.type, product.namespace, product.name)
    owned = _owns(item, document.product)
    return _is_version(package, "", product.version or version, document.product_version, owned=owned)


def _is_component(statement: RegisteredStatement, hit: RegistryHit, *, owned: bool, exact: bool = False) -> bool | None:
    component = hit.component
    if statement.package != component.package:
        return False
    about = _is_version(component.package, component.distribution, statement.version, component.version, owned=owned)
    return None if about and component.package.weak and not exact else about


def _is_version(package: PackageName, distribution: str, stated: str, version: str, *, owned: bool) -> bool | None:
    """Return whether a stated version, a range or every version is a version; None if that cannot be decided.

    Args:
        package: Whose versions they are.
        distribution: The release of a distribution that it belongs to; empty for none.
        stated: In the statement; empty for every version.
        version: Of the component; empty if it is unknown.
        owned: True if a statement about every version counts.
    """
    if not stated:
        return True if owned else None
    if not version:
        return None
    ecosystem = ecosystem_of(package, distribution)
    if is_range(stated):
        return in_range(package.type, ecosystem, version, stated)
    return stated == version or compare(ecosystem, stated, version) == 0


def _shown(package: PackageName) -> str:
    return "/".join(part for part in (f"pkg:{package.type}", package.namespace, package.name) if part)


def _closes(statement: RegisteredStatement) -> bool:
    if statement.status == VexStatus.NOT_AFFECTED.value:
        return bool(statement.justification or statement.detail)
    return statement.status == VexStatus.FIXED.value


def _openness(statement: RegisteredStatement) -> int:
    """Return the place of a status among those of the same time: what leaves more open comes first."""
    if statement.status == VexStatus.AFFECTED.value:
        return 0
    if not _closes(statement):
        return 1
    return 2 + _CLOSED.index(statement.status)


def _later(statement: SupplierStatement, other: SupplierStatement) -> bool:
    first, second = statement.statement.stated, other.statement.stated
    return bool(first and second) and first > second


def _newest(item: SupplierStatement) -> tuple[list[int], str, int]:
    return [-ord(sign) for sign in item.statement.stated], item.document.digest, item.statement.place


def _in_order(item: SupplierStatement) -> tuple[str, str, int, tuple[str, ...]]:
    package = item.statement.package or PackageName("", "", "")
    return item.statement.stated, item.document.digest, item.statement.place, (*package, item.statement.version)

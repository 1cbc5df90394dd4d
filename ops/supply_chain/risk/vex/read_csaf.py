"""Reading CSAF 2.0 documents of the profile VEX.

A product is found by the purl of its `product_identification_helper`; a relationship makes it a part of
another product, and what is said of it holds for that product alone. A draft states nothing yet.

Source: CSAF 2.0, sections 3.2.2 (product tree), 3.2.3 (vulnerabilities) and 4.5 (profile 5, VEX).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from ops.supply_chain.contracts.values.vex import Justification, VexDocument, VexStatement, VexStatus, VexTarget
from ops.supply_chain.risk.vex.moments import moment_of
from ops.supply_chain.risk.vex.node import Node
from ops.supply_chain.risk.vex.packages import target_of

VERSION = "2.0"
CATEGORY = "csaf_vex"
DRAFT = "are in a draft"
UNDESCRIBED = "name a product that the document does not describe"

_STATUSES = {
    "fixed": VexStatus.FIXED,
    "first_fixed": VexStatus.FIXED,
    "known_not_affected": VexStatus.NOT_AFFECTED,
    "known_affected": VexStatus.AFFECTED,
    "first_affected": VexStatus.AFFECTED,
    "last_affected": VexStatus.AFFECTED,
    "under_investigation": VexStatus.UNDER_INVESTIGATION,
}


def read_csaf(root: Node) -> VexDocument:
    """Read a document.

    Raises:
        InputError: Of another version or profile, or broken; the message has the JSON path.
    """
    document = root.need("document")
    for field, expected in (("csaf_version", VERSION), ("category", CATEGORY)):
        given = document.need(field)
        if given.text() != expected:
            raise given.broken(f"expected {expected!r}, found {given.text()!r}")
    tracking = document.need("tracking")
    tree = root.need("product_tree")
    products = dict(_products(tree))
    if tracking.need("status").text() == "draft":
        products = {key: VexTarget(label=target.label, problem=DRAFT) for key, target in products.items()}
    reader = _Reader(products, _groups(tree), moment_of(tracking.need("current_release_date")))
    return VexDocument(
        file=root.file,
        id=tracking.need("id").text(),
        format="CSAF VEX",
        statements=tuple(one for node in root.need("vulnerabilities").items() for one in reader.statements(node)),
    )


class _Reader:
    def __init__(
        self, products: Mapping[str, VexTarget], groups: Mapping[str, tuple[str, ...]], moment: datetime | None
    ) -> None:
        self._products = products
        self._groups = groups
        self._moment = moment

    def statements(self, node: Node) -> Iterator[VexStatement]:
        """Yield one statement for each status, and for each justification of `known_not_affected`."""
        names = _names(node)
        flags = dict(self._flags(node))
        told = node.need("product_status")
        for field, status in _STATUSES.items():
            sorted_by: dict[Justification | None, list[VexTarget]] = {}
            for product in told.list_of(field):
                why = flags.get(product.text()) if status is VexStatus.NOT_AFFECTED else None
                sorted_by.setdefault(why, []).append(self._target(product.text()))
            for why, targets in sorted_by.items():
                yield VexStatement(
                    names=names,
                    status=status,
                    place=f"{told.path}.{field}",
                    justification=why,
                    timestamp=self._moment,
                    targets=tuple(targets),
                )

    def _flags(self, node: Node) -> Iterator[tuple[str, Justification]]:
        for flag in node.list_of("flags"):
            label = flag.need("label")
            if label.text() not in set(Justification):
                raise label.broken(f"expected one of {', '.join(Justification)}, found {label.text()!r}")
            grouped = [self._groups.get(group.text(), ()) for group in flag.list_of("group_ids")]
            products = [one.text() for one in flag.list_of("product_ids")]
            for product in [*products, *(one for group in grouped for one in group)]:
                yield product, Justification(label.text())

    def _target(self, product: str) -> VexTarget:
        return self._products.get(product, VexTarget(label=product, problem=UNDESCRIBED))


def _names(node: Node) -> tuple[str, ...]:
    names = [node.text_of("cve"), *(one.need("text").text() for one in node.list_of("ids"))]
    found = tuple(dict.fromkeys(filter(None, names)))
    if not found:
        raise node.broken("has neither 'cve' nor 'ids'")
    return found


def _groups(tree: Node) -> dict[str, tuple[str, ...]]:
    return {
        group.need("group_id").text(): tuple(one.text() for one in group.need("product_ids").items())
        for group in tree.list_of("product_groups")
    }


def _products(tree: Node) -> Iterator[tuple[str, VexTarget]]:
    """Yield product id -> target: of the branches, the plain list and the relationships."""
    found = dict(_described(tree))
    purls = {key: purl for key, (purl, _) in found.items()}
    yield from ((key, target) for key, (_, target) in found.items())
    for relation in tree.list_of("relationships"):
        part = relation.need("product_reference").text()
        whole = relation.need("relates_to_product_reference").text()
        key = relation.need("full_product_name").need("product_id").text()
        # A product without a purl is none of ours, whatever its name is.
        yield key, target_of(purls.get(part, ""), within=purls.get(whole) or f"product {whole}")


def _described(tree: Node) -> Iterator[tuple[str, tuple[str, VexTarget]]]:
    for product in tree.list_of("full_product_names"):
        yield _product(product, None)
    waiting = list(reversed(tree.list_of("branches")))
    while waiting:
        branch = waiting.pop()
        product = branch.get("product")
        if product is not None:
            yield _product(product, branch)
        waiting += reversed(branch.list_of("branches"))


def _product(node: Node, branch: Node | None) -> tuple[str, tuple[str, VexTarget]]:
    helper = node.get("product_identification_helper")
    purl = helper.text_of("purl") if helper else ""
    category = branch.text_of("category") if branch else ""
    name = branch.text_of("name") if branch else ""
    target = target_of(
        purl,
        version=name if category == "product_version" else "",
        versions=name if category == "product_version_range" else "",
    )
    label = purl or node.need("name").text()
    return node.need("product_id").text(), (purl, msgspec.structs.replace(target, label=label))

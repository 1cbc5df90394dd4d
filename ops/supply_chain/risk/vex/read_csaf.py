"""Read CSAF 2.0 documents of the VEX profile.

A product is found by the purl of its `product_identification_helper`; a relationship makes it a component
of another product, and statements about it apply to that product only. A draft states nothing yet.

Source: CSAF 2.0, https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html, sections 3.2.2 (product tree), 3.2.3 (vulnerabilities) and 4.5 (profile 5, VEX).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ops.supply_chain.contracts.values.vex import Justification, VexDocument, VexStatement, VexStatus, VexTarget
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.packages import target_of, with_version
from ops.supply_chain.risk.vex.vocabulary import latest_of, timestamp_of

VERSION = "2.0"
CATEGORY = "csaf_vex"
DRAFT = "are in a draft"
NO_PRODUCT = VexTarget(label="")
UNDESCRIBED = "name a product that the document does not describe"

FINAL = "Wait for the final document, or ask the issuer for it: a draft states nothing."
COMPLETE = "Ask the issuer for a document whose product_tree describes each product that it names."

_STATUSES = {
    "fixed": VexStatus.FIXED,
    "first_fixed": VexStatus.FIXED,
    "known_not_affected": VexStatus.NOT_AFFECTED,
    "known_affected": VexStatus.AFFECTED,
    "first_affected": VexStatus.AFFECTED,
    "last_affected": VexStatus.AFFECTED,
    "under_investigation": VexStatus.UNDER_INVESTIGATION,
}


def read_csaf(root: Node, *, file: str) -> VexDocument:
    """Read a document.

    Raises:
        UnexpectedShapeError: Of another version or profile, or broken; the message has the JSON path.
    """
    document = root["document"]
    for field, expected in (("csaf_version", VERSION), ("category", CATEGORY)):
        given = document[field]
        if given.text() != expected:
            raise given.broken(f"expected {expected!r}, found {given.text()!r}")
    tracking = document["tracking"]
    tree = root["product_tree"]
    products = dict(_products(tree))
    if tracking["status"].text() == "draft":
        products = {key: VexTarget(label=target.label, problem=DRAFT, step=FINAL) for key, target in products.items()}
    reader = _Reader(products, _groups(tree), tracking)
    publisher = document.get("publisher")
    return VexDocument(
        file=file,
        id=tracking["id"].text(),
        format="CSAF VEX",
        statements=tuple(statement for node in root["vulnerabilities"].rows() for statement in reader.statements(node)),
        authors=tuple(filter(str.strip, [publisher.text_of("name") if publisher else ""])),
        role=publisher.text_of("category") if publisher else "",
    )


class _Reader:
    def __init__(
        self, products: Mapping[str, VexTarget], groups: Mapping[str, tuple[str, ...]], tracking: Node
    ) -> None:
        self._products = products
        self._groups = groups
        self._time = timestamp_of(tracking["current_release_date"])
        self._latest = latest_of(tracking["current_release_date"], tracking.get("initial_release_date"))

    def statements(self, node: Node) -> Iterator[VexStatement]:
        """Yield one statement for each status, and for each justification of `known_not_affected`."""
        names = _names(node)
        flags = dict(self._flags(node))
        stated = node["product_status"]
        for field, status in _STATUSES.items():
            sorted_by: dict[Justification | None, list[VexTarget]] = {}
            for product in stated.rows_of(field):
                why = flags.get(product.text()) if status is VexStatus.NOT_AFFECTED else None
                sorted_by.setdefault(why, []).append(self._target(product.text()))
            for why, targets in sorted_by.items():
                yield VexStatement(
                    names=names,
                    status=status,
                    place=f"{stated.path}.{field}",
                    justification=why,
                    timestamp=self._time,
                    latest=self._latest,
                    targets=tuple(targets),
                )

    def _flags(self, node: Node) -> Iterator[tuple[str, Justification]]:
        for flag in node.rows_of("flags"):
            label = flag["label"]
            if label.text() not in set(Justification):
                raise label.broken(f"expected one of {', '.join(Justification)}, found {label.text()!r}")
            grouped = [self._groups.get(group.text(), ()) for group in flag.rows_of("group_ids")]
            products = [product.text() for product in flag.rows_of("product_ids")]
            for product in [*products, *(member for group in grouped for member in group)]:
                yield product, Justification(label.text())

    def _target(self, product: str) -> VexTarget:
        return self._products.get(product, VexTarget(label=product, problem=UNDESCRIBED, step=COMPLETE))


def _names(node: Node) -> tuple[str, ...]:
    names = [node.text_of("cve"), *(identifier["text"].text() for identifier in node.rows_of("ids"))]
    found = tuple(dict.fromkeys(filter(None, names)))
    if not found:
        raise node.broken("has neither 'cve' nor 'ids'")
    return found


def _groups(tree: Node) -> dict[str, tuple[str, ...]]:
    return {
        group["group_id"].text(): tuple(product.text() for product in group["product_ids"].rows())
        for group in tree.rows_of("product_groups")
    }


def _products(tree: Node) -> Iterator[tuple[str, VexTarget]]:
    """Yield product id -> target: of the branches, the plain list and the relationships."""
    found = dict(_described(tree))
    purls = {key: purl for key, (purl, _) in found.items()}
    yield from ((key, target) for key, (_, target) in found.items())
    for relation in tree.rows_of("relationships"):
        part = relation["product_reference"].text()
        whole = relation["relates_to_product_reference"].text()
        key = relation["full_product_name"]["product_id"].text()
        # A product without a purl matches none of the project's packages, whatever its name is.
        yield key, target_of(purls.get(part, ""), within=_product_purl(*found.get(whole, ("", NO_PRODUCT)), whole))


def _product_purl(purl: str, target: VexTarget, product: str) -> str:
    """Return the purl of a product with the version that its branch gives; another name if that is a range."""
    return f"product {product}" if not purl or target.versions else with_version(purl, target.version)


def _described(tree: Node) -> Iterator[tuple[str, tuple[str, VexTarget]]]:
    for named in tree.rows_of("full_product_names"):
        yield _product(named, None)
    waiting = list(reversed(tree.rows_of("branches")))
    while waiting:
        branch = waiting.pop()
        product = branch.get("product")
        if product is not None:
            yield _product(product, branch)
        waiting += reversed(branch.rows_of("branches"))


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
    label = purl or node["name"].text()
    return node["product_id"].text(), (purl, msgspec.structs.replace(target, label=label))

"""Read CSAF 2.0 and 2.1 documents of the profiles VEX and security advisory.

A product is found by its `product_identification_helper`; a relationship makes it a component of another product, and
statements about it apply to that product only. A draft states nothing yet. A document of the profiles withdrawn and
superseded (2.1) states nothing any more.

Source: CSAF 2.0, https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html, sections 3.2.2 (product tree), 3.2.3
(vulnerabilities), 4.4 and 4.5 (profiles); CSAF 2.1, https://github.com/oasis-tcs/csaf/tree/master/csaf_2.1/prose/edit/src
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ops.supply_chain.contracts.values.vex import (
    Justification,
    VexBinding,
    VexDocument,
    VexStatement,
    VexStatus,
    VexSubject,
    VexTarget,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.bom_links import is_link
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.packages import target_of, with_version
from ops.supply_chain.risk.vex.subjects import Multiplication, digest_of, subject_problem
from ops.supply_chain.risk.vex.vocabulary import latest_of, timestamp_of

VERSIONS = ("2.0", "2.1")
CATEGORIES = ("csaf_vex", "csaf_security_advisory", "csaf_deprecated_security_advisory")
WITHDRAWN = ("csaf_withdrawn", "csaf_superseded")
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
    for field, expected in (("csaf_version", VERSIONS), ("category", CATEGORIES + WITHDRAWN)):
        given = document[field]
        if given.text() not in expected:
            raise given.broken(f"expected one of {', '.join(expected)}, found {given.text()!r}")
    tracking = document["tracking"]
    draft = tracking["status"].text() == "draft"
    withdrawn = document["category"].text() in WITHDRAWN
    publisher = document.get("publisher")
    return VexDocument(
        file=file,
        id=tracking["id"].text(),
        format="CSAF VEX",
        statements=() if withdrawn else tuple(_statements(root, tracking, draft=draft)),
        issued=timestamp_of(tracking["current_release_date"]),
        revision=tracking.text_of("version"),
        draft=draft,
        withdrawn=withdrawn,
        authors=tuple(filter(str.strip, [publisher.text_of("name") if publisher else ""])),
        role=publisher.text_of("category") if publisher else "",
    )


def _statements(root: Node, tracking: Node, *, draft: bool) -> Iterator[VexStatement]:
    tree = root["product_tree"]
    products = dict(_products(tree))
    if draft:
        problem = VexBinding(problem="is in a draft")
        products = {
            key: VexTarget(label=target.label, problem=DRAFT, step=FINAL, binding=problem)
            for key, target in products.items()
        }
    reader = _Reader(products, _groups(tree), tracking)
    for node in root["vulnerabilities"].rows():
        yield from reader.statements(node)


class _Reader:
    def __init__(
        self, products: Mapping[str, VexTarget], groups: Mapping[str, tuple[str, ...]], tracking: Node
    ) -> None:
        self._products = products
        self._groups = groups
        self._counted = Multiplication()
        self._time = timestamp_of(tracking["current_release_date"])
        self._latest = latest_of(tracking["current_release_date"], tracking.get("initial_release_date"))

    def statements(self, node: Node) -> Iterator[VexStatement]:
        """Yield one statement for each status, and for each justification of `known_not_affected`."""
        names = _names(node)
        flags, words = dict(self._flags(node)), dict(self._words(node))
        stated = node["product_status"]
        for field, status in _STATUSES.items():
            sorted_by: dict[Justification | None, list[VexTarget]] = {}
            for product in stated.rows_of(field):
                why = flags.get(product.text()) if status is VexStatus.NOT_AFFECTED else None
                target = self._target(product.text())
                detail = words.get((status, product.text()), "")
                sorted_by.setdefault(why, []).append(msgspec.structs.replace(target, detail=detail))
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

    def _words(self, node: Node) -> Iterator[tuple[tuple[VexStatus, str], str]]:
        """Yield the impact (of a product that is not affected) and the remediation (of one that is), product by product."""
        for status, field, kind in (
            (VexStatus.NOT_AFFECTED, "threats", "impact"),
            (VexStatus.AFFECTED, "remediations", ""),
        ):
            for entry in reversed(node.rows_of(field)):  # the first one counts
                if entry.text_of("category") == kind or not kind:
                    for product in self._products_of(entry):
                        yield (status, product), entry.text_of("details")

    def _flags(self, node: Node) -> Iterator[tuple[str, Justification]]:
        for flag in node.rows_of("flags"):
            label = flag["label"]
            if label.text() not in set(Justification):
                raise label.broken(f"expected one of {', '.join(Justification)}, found {label.text()!r}")
            for product in self._products_of(flag):
                yield product, Justification(label.text())

    def _products_of(self, entry: Node) -> Iterator[str]:
        """Yield the products of a flag, a threat or a remediation, those of its groups too."""
        yield from (product.text() for product in entry.rows_of("product_ids"))
        for group in entry.rows_of("group_ids"):
            members = self._groups.get(group.text(), ())
            self._counted.take(len(members), group)
            yield from members

    def _target(self, product: str) -> VexTarget:
        if product in self._products:
            return self._products[product]
        unknown = VexBinding(problem=f"names the product {excerpt(product)}, which the document does not describe")
        return VexTarget(label=product, problem=UNDESCRIBED, step=COMPLETE, binding=unknown)


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
        target = target_of(purls.get(part, ""), within=_product_purl(*found.get(whole, ("", NO_PRODUCT)), whole))
        yield key, msgspec.structs.replace(target, binding=_combined(found, part, whole))


def _combined(found: Mapping[str, tuple[str, VexTarget]], part: str, whole: str) -> VexBinding:
    """Return what a relationship binds to: a component in a product. One of another relationship is not followed."""
    for key in (part, whole):
        if key not in found:
            return VexBinding(
                problem=f"relates to the product {excerpt(key)}, which the document describes by no branch"
            )
    component, product = (found[key][1].binding for key in (part, whole))
    return VexBinding(
        product=product.product, component=component.product, problem=component.problem or product.problem
    )


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
    purls = _purls(helper) if helper else ()
    purl = purls[0] if purls else ""
    category = branch.text_of("category") if branch else ""
    name = branch.text_of("name") if branch else ""
    version = name if category == "product_version" else ""
    versions = name if category == "product_version_range" else ""
    target = target_of(purl, version=version, versions=versions)
    label = purl or node["name"].text()
    subject = VexSubject(
        label=label,
        purls=purls,
        cpes=tuple(filter(None, [helper.text_of("cpe")])) if helper else (),
        digests=tuple(_digests(helper)) if helper else (),
        links=tuple(url.text() for url in helper.rows_of("sbom_urls") if is_link(url.text())) if helper else (),
        version=version,
        versions=versions,
    )
    binding = VexBinding(product=subject, problem=subject_problem(subject))
    return node["product_id"].text(), (purl, msgspec.structs.replace(target, label=label, binding=binding))


def _purls(helper: Node) -> tuple[str, ...]:
    """Return the package URLs of a helper: 2.0 has one, 2.1 a list."""
    return tuple(filter(None, [helper.text_of("purl"), *(purl.text() for purl in helper.rows_of("purls"))]))


def _digests(helper: Node) -> Iterator[str]:
    """Yield the digests of a product that is one file; those of several files identify none of them as the product."""
    files = helper.rows_of("hashes")
    for entry in files[0].rows_of("file_hashes") if len(files) == 1 else ():
        found = digest_of(entry["algorithm"].text(), entry["value"].text())
        if found:
            yield found

"""Read OpenVEX 0.2.0 and 0.0.1.

- A product without subcomponents is the package itself: the statement applies wherever it is used.
- A subcomponent is the package within that product: the statement applies to that product only.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md; v0.0.1 had strings in place of
objects.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec.structs import replace

from ops.supply_chain.contracts.values.vex import (
    Justification,
    VexBinding,
    VexDocument,
    VexStatement,
    VexStatus,
    VexSubject,
    VexTarget,
)
from ops.supply_chain.formats.bom_links import is_link
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.packages import purl_key, target_of
from ops.supply_chain.risk.vex.subjects import Multiplication, digest_of, subject_problem
from ops.supply_chain.risk.vex.vocabulary import latest_of, timestamp_of

CONTEXT = "https://openvex.dev/ns"
CONTRADICTION = "name a package by two purls that differ"
STEP = "Ask the issuer which of the two purls is meant, and for a document that gives that one alone."

_DETAILS = {
    VexStatus.NOT_AFFECTED: ("impact_statement", "status_notes"),
    VexStatus.AFFECTED: ("action_statement", "status_notes"),
    VexStatus.FIXED: ("status_notes",),
    VexStatus.UNDER_INVESTIGATION: ("status_notes",),
}
"""Where a statement has its words, by its status."""

_KNOWN_CONTEXT = re.compile(rf"{re.escape(CONTEXT)}(?:/v0\.(?:0|2)\.\d+)?")


def read_openvex(root: Node, *, file: str) -> VexDocument:
    """Read a document.

    Raises:
        UnexpectedShapeError: Of another version, or broken; the message has the JSON path.
    """
    context = root["@context"]
    if not _KNOWN_CONTEXT.fullmatch(context.text()):
        raise context.broken(f"expected {CONTEXT}/v0.2.0 or v0.0.1, found {context.text()!r}")
    statements, counted = root["statements"], Multiplication()
    return VexDocument(
        file=file,
        id=root["@id"].text(),
        format="OpenVEX",
        statements=tuple(_statement(statement, root, counted) for statement in statements.rows()),
        authors=tuple(filter(str.strip, [root.text_of("author")])),
        role=root.text_of("role"),
        issued=latest_of(*(timed(root, field) for field in ("timestamp", "last_updated"))),
        revision=str(root.value.get("version", "")),
    )


def timed(node: Node, field: str) -> Node | None:
    """Return a field with a timestamp that can be ordered; None if it is absent or has no time zone."""
    found = node.get(field)
    return None if found is None or timestamp_of(found) is None else found


def _statement(node: Node, root: Node, counted: Multiplication) -> VexStatement:
    status = _status(node["status"])
    detail = next(filter(None, (node.text_of(field) for field in _DETAILS[status])), "")
    # "statement timestamp ... if not set, is inherited from the document"; it overrides if it is set.
    given = node.get("timestamp")
    time = timestamp_of(root.get("timestamp") if given is None else given)
    return VexStatement(
        names=_names(node["vulnerability"]),
        status=status,
        place=node.path,
        justification=_justification(node) if status is VexStatus.NOT_AFFECTED else None,
        timestamp=time if status in (VexStatus.NOT_AFFECTED, VexStatus.FIXED) else _updated(time, node),
        latest=latest_of(*(place.get(field) for place in (root, node) for field in ("timestamp", "last_updated"))),
        targets=tuple(
            replace(target, detail=detail)
            for product in node.rows_of("products")
            for target in _targets(product, node, counted)
        ),
    )


def _updated(time: datetime | None, node: Node) -> datetime | None:
    """Return when a statement that leaves a finding open was last changed: one that was updated is not overridden."""
    changed = node.get("last_updated")
    later = None if changed is None else timestamp_of(changed)
    if changed is None or time is None or later is None:
        return time if changed is None else None
    return max(time, later)


def _status(node: Node) -> VexStatus:
    try:
        return VexStatus(node.text())
    except ValueError as error:
        raise node.broken(f"expected one of {', '.join(VexStatus)}, found {node.text()!r}") from error


def _justification(node: Node) -> Justification | None:
    given = node.get("justification")
    if given is None or given.value == "":
        return None
    try:
        return Justification(given.text())
    except ValueError as error:
        raise given.broken(f"expected one of {', '.join(Justification)}, found {given.text()!r}") from error


def _names(node: Node) -> tuple[str, ...]:
    if isinstance(node.value, str):
        return (node.text(),)
    aliases = [alias.text() for alias in node.rows_of("aliases")]
    return tuple(dict.fromkeys([node["name"].text(), *aliases]))


def _targets(product: Node, statement: Node, counted: Multiplication) -> list[VexTarget]:
    shared = statement.rows_of("subcomponents")
    if isinstance(product.value, str):
        purl, parts = product.text(), shared
    else:
        purl, parts = _purl(product), product.rows_of("subcomponents") or shared
    counted.take(len(shared), product)
    whole = _subject(product)
    if not parts:
        return [_target(purl, within="", binding=_bound(whole, None))]
    return [
        _target(
            part.text() if isinstance(part.value, str) else _purl(part),
            within=purl,
            binding=_bound(whole, _subject(part)),
        )
        for part in parts
    ]


def _target(purl: str, *, within: str, binding: VexBinding) -> VexTarget:
    contradicting = next((text for text in (within, purl) if " and " in text), "")
    if contradicting:
        problem = binding.problem or CONTRADICTION
        return VexTarget(
            label=contradicting, problem=CONTRADICTION, step=STEP, binding=replace(binding, problem=problem)
        )
    return replace(target_of(purl, within=within), binding=binding)


def _bound(product: VexSubject, component: VexSubject | None) -> VexBinding:
    problem = subject_problem(product) or (subject_problem(component) if component else "")
    return VexBinding(product=product, component=component, problem=problem)


def _subject(node: Node) -> VexSubject:
    """Return a product or a subcomponent by its `@id`, its identifiers and its hashes."""
    if isinstance(node.value, str):
        names, identifiers, hashes = [node.text()], None, None
    else:
        names, identifiers, hashes = [node.text_of("@id")], node.get("identifiers"), node.get("hashes")
    if identifiers is not None:
        names += [identifiers.text_of(kind) for kind in ("purl", "cpe23", "cpe22")]
    names = list(dict.fromkeys(filter(None, names)))
    return VexSubject(
        label=names[0] if names else "",
        purls=tuple(name for name in names if name.startswith("pkg:")),
        cpes=tuple(name for name in names if name.lower().startswith("cpe:")),
        links=tuple(filter(is_link, names)),
        digests=tuple(filter(None, (digest_of(key, value.text()) for key, value in hashes.fields()))) if hashes else (),
    )


def _purl(node: Node) -> str:
    """Return how a component is named: its purl where it has one; two that differ, joined by ` and `."""
    identifiers = node.get("identifiers")
    purl, name = (identifiers.text_of("purl") if identifiers else ""), node.text_of("@id")
    if purl and purl_key(name) and purl_key(name) != purl_key(purl):
        return f"{name} and {purl}"
    return purl or name

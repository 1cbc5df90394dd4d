"""Read OpenVEX 0.2.0 and 0.0.1.

- A product without subcomponents is the package itself: the statement applies wherever it is used.
- A subcomponent is the package within that product: the statement applies to that product only.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md; v0.0.1 had strings in place of
objects.
"""

from __future__ import annotations

import re
from datetime import datetime

from ops.supply_chain.contracts.values.vex import Justification, VexDocument, VexStatement, VexStatus, VexTarget
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.packages import purl_key, target_of
from ops.supply_chain.risk.vex.vocabulary import latest_of, timestamp_of

CONTEXT = "https://openvex.dev/ns"
CONTRADICTION = "name a package by two purls that differ"
STEP = "Ask the issuer which of the two purls is meant, and for a document that gives that one alone."

_KNOWN_CONTEXT = re.compile(rf"{re.escape(CONTEXT)}(?:/v0\.(?:0|2)\.\d+)?")


def read_openvex(root: Node, *, file: str) -> VexDocument:
    """Read a document.

    Raises:
        UnexpectedShapeError: Of another version, or broken; the message has the JSON path.
    """
    context = root["@context"]
    if not _KNOWN_CONTEXT.fullmatch(context.text()):
        raise context.broken(f"expected {CONTEXT}/v0.2.0 or v0.0.1, found {context.text()!r}")
    statements = root["statements"]
    return VexDocument(
        file=file,
        id=root["@id"].text(),
        format="OpenVEX",
        statements=tuple(_statement(statement, root) for statement in statements.rows()),
        authors=tuple(filter(str.strip, [root.text_of("author")])),
        role=root.text_of("role"),
    )


def _statement(node: Node, root: Node) -> VexStatement:
    status = _status(node["status"])
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
        targets=tuple(target for product in node.rows_of("products") for target in _targets(product, node)),
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


def _targets(product: Node, statement: Node) -> list[VexTarget]:
    if isinstance(product.value, str):
        purl, parts = product.text(), statement.rows_of("subcomponents")
    else:
        purl, parts = _purl(product), product.rows_of("subcomponents")
    if not parts:
        return [_target(purl, within="")]
    return [_target(part.text() if isinstance(part.value, str) else _purl(part), within=purl) for part in parts]


def _target(purl: str, *, within: str) -> VexTarget:
    contradicting = next((text for text in (within, purl) if " and " in text), "")
    if contradicting:
        return VexTarget(label=contradicting, problem=CONTRADICTION, step=STEP)
    return target_of(purl, within=within)


def _purl(node: Node) -> str:
    """Return how a component is named: its purl where it has one; two that differ, joined by ` and `."""
    identifiers = node.get("identifiers")
    purl, name = (identifiers.text_of("purl") if identifiers else ""), node.text_of("@id")
    if purl and purl_key(name) and purl_key(name) != purl_key(purl):
        return f"{name} and {purl}"
    return purl or name

"""What we state, as OpenVEX 0.2.0: our product, and the dependency that carries the vulnerability.

Source: OpenVEX v0.2.0 and its JSON schema; facts/standards.md sections 4 and 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.vex import Assessment, VexStatus
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.formats.cyclonedx import BomComponent
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.serial import with_identifier

CONTEXT = "https://openvex.dev/ns/v0.2.0"


def openvex(assessments: Sequence[Assessment], bom: Bom, *, author: str, tooling: str, moment: str) -> dict[str, Any]:
    """Return the document.

    Args:
        assessments: At least one; OpenVEX has no empty document. Sorted.
        bom: Our SBOM, which holds each assessed package.
        author: Who states it.
        tooling: Name and version of what wrote it.
        moment: RFC 3339; that of the release.
    """
    document = {
        "@context": CONTEXT,
        "author": author,
        "statements": [_statement(one, bom) for one in assessments],
        "timestamp": moment,
        "tooling": tooling,
        "version": 1,
    }
    return with_identifier(document, "@id")


def _statement(one: Assessment, bom: Bom) -> dict[str, Any]:
    vulnerability: dict[str, Any] = {"name": one.name}
    if one.aliases:
        vulnerability["aliases"] = list(one.aliases)
    product: dict[str, Any] = {"@id": _name(bom.root, bom)} if bom.root else {}
    parts = [{"@id": _name(component, bom)} for component in bom.holding(one.package, one.version)]
    statement: dict[str, Any] = {
        "products": [{**product, "subcomponents": parts}],
        "status": one.status.value,
        "vulnerability": vulnerability,
    }
    if one.since is not None:
        statement["timestamp"] = timestamp(one.since)
    return {**statement, **_details(one)}


def _details(one: Assessment) -> dict[str, str]:
    # "For not_affected, a justification or an impact statement MUST be provided"; for affected, an action statement.
    if one.status is VexStatus.NOT_AFFECTED and one.justification is not None:
        return {"justification": one.justification.value, "impact_statement": one.detail}
    return {"action_statement" if one.status is VexStatus.AFFECTED else "status_notes": one.detail}


def _name(component: BomComponent, bom: Bom) -> str:
    """Return a component's purl; one that is in no package repository goes by its BOM-Link."""
    return component.purl or bom.link(component)

"""Write the project's VEX as OpenVEX 0.2.0: the product, and the dependency with the vulnerability.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, and its JSON schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.vex import Assessment, VexStatus
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.formats.cyclonedx import BomComponent
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.vocabulary import with_identifier

CONTEXT = "https://openvex.dev/ns/v0.2.0"


def openvex(assessments: Sequence[Assessment], bom: Bom, *, author: str, tooling: str, issued: str) -> dict[str, Any]:
    """Return the document.

    Args:
        assessments: At least one; OpenVEX has no empty document. Sorted.
        bom: The project's SBOM, which has each assessed package.
        author: The author of the statements.
        tooling: Name and version of the program.
        issued: Timestamp of the release, RFC 3339.
    """
    document = {
        "@context": CONTEXT,
        "author": author,
        "statements": [_statement(assessment, bom) for assessment in assessments],
        "timestamp": issued,
        "tooling": tooling,
        "version": 1,
    }
    return with_identifier(document, "@id")


def _statement(assessment: Assessment, bom: Bom) -> dict[str, Any]:
    vulnerability: dict[str, Any] = {"name": assessment.name}
    if assessment.aliases:
        vulnerability["aliases"] = list(assessment.aliases)
    product: dict[str, Any] = {"@id": _name(bom.root, bom)} if bom.root else {}
    parts = [{"@id": _name(component, bom)} for component in bom.holding(assessment.package, assessment.version)]
    statement: dict[str, Any] = {
        "products": [{**product, "subcomponents": parts}],
        "status": assessment.status.value,
        "vulnerability": vulnerability,
    }
    if assessment.since is not None:
        statement["timestamp"] = timestamp(assessment.since)
    return {**statement, **_details(assessment)}


def _details(assessment: Assessment) -> dict[str, str]:
    # "For not_affected, a justification or an impact statement MUST be provided"; for affected, an action statement.
    if assessment.status is VexStatus.NOT_AFFECTED and assessment.justification is not None:
        return {"justification": assessment.justification.value, "impact_statement": assessment.detail}
    return {"action_statement" if assessment.status is VexStatus.AFFECTED else "status_notes": assessment.detail}


def _name(component: BomComponent, bom: Bom) -> str:
    """Return a component's purl; assessment that is in no package repository goes by its BOM-Link."""
    return component.purl or bom.link(component)

"""Write the project's VEX as CycloneDX 1.6; it refers to the components of the SBOM by BOM-Link.

Source: CycloneDX 1.6, `vulnerability`, `bomLinkElementType`, https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.vex import Assessment, VexStatus
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.formats.advisory_ids import authority_of
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.vocabulary import (
    CYCLONEDX_OF,
    JUSTIFICATION_PROPERTY,
    STATE_OF,
    with_identifier,
)

SPEC_VERSION = "1.6"
EXAMINED_PROPERTY = "sealwright:vulnerabilities-examined"


def cyclonedx_vex(
    assessments: Sequence[Assessment], bom: Bom, *, generator: tuple[str, str], issued: str, complete: bool
) -> dict[str, Any]:
    """Return the document.

    Args:
        assessments: Sorted; empty if no vulnerability is open.
        bom: The project's SBOM, which has each assessed package.
        generator: Name and version of the program.
        issued: Timestamp of the release, RFC 3339.
        complete: True if every locked package was examined.
    """
    name, version = generator
    metadata: dict[str, Any] = {
        "properties": [{"name": EXAMINED_PROPERTY, "value": "all" if complete else "not-all"}],
        "timestamp": issued,
        "tools": {"components": [{"name": name, "type": "application", "version": version}]},
    }
    if bom.root:
        metadata["component"] = _root(bom)
    if bom.author:
        metadata["manufacturer"] = {"name": bom.author}
    document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "metadata": metadata,
        "specVersion": SPEC_VERSION,
        "version": 1,
        "vulnerabilities": [_vulnerability(assessment, bom) for assessment in assessments],
    }
    return with_identifier(document, "serialNumber")


def _root(bom: Bom) -> dict[str, Any]:
    root = bom.root
    fields = {"bom-ref": root.ref, "name": root.name, "purl": root.purl, "version": root.version} if root else {}
    return {**{key: value for key, value in fields.items() if value}, "type": "application"}


def _vulnerability(assessment: Assessment, bom: Bom) -> dict[str, Any]:
    links = [bom.link(component) for component in bom.holding(assessment.package, assessment.version)]
    found: dict[str, Any] = {
        "affects": [{"ref": link} for link in dict.fromkeys(links)],
        "analysis": _analysis(assessment),
        "bom-ref": f"{assessment.package}@{assessment.version}/{assessment.name}",
        "id": assessment.name,
        "source": _source(assessment.name),
    }
    if assessment.aliases:
        found["references"] = [{"id": alias, "source": _source(alias)} for alias in assessment.aliases]
    if assessment.severity is not Severity.INFO:
        found["ratings"] = [{"severity": assessment.severity.value}]
    if assessment.justification is not None:
        found["properties"] = [{"name": JUSTIFICATION_PROPERTY, "value": assessment.justification.value}]
    if assessment.status is VexStatus.AFFECTED:
        found["recommendation"] = assessment.detail
    return found


def _analysis(assessment: Assessment) -> dict[str, Any]:
    found: dict[str, Any] = {"detail": assessment.detail, "state": STATE_OF[assessment.status]}
    if assessment.justification is not None:
        found["justification"] = CYCLONEDX_OF[assessment.justification]
    if assessment.since is not None:
        found["firstIssued"] = timestamp(assessment.since)
    return found


def _source(name: str) -> dict[str, str]:
    authority = authority_of(name)
    return {"name": authority.name, "url": f"{authority.url}{name}"}

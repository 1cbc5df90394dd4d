"""What we state, as a CycloneDX 1.6 VEX beside our SBOM, whose components it names by BOM-Link.

Source: CycloneDX 1.6, `vulnerability`, `bomLinkElementType`; facts/standards.md section 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.vex import Assessment, VexStatus
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.risk.vex.bom import Bom
from ops.supply_chain.risk.vex.serial import with_identifier
from ops.supply_chain.risk.vex.vocabulary import CYCLONEDX_OF, JUSTIFICATION_PROPERTY, STATE_OF, authority_of

SPEC_VERSION = "1.6"
EXAMINED_PROPERTY = "sealwright:vulnerabilities-examined"


def cyclonedx_vex(
    assessments: Sequence[Assessment], bom: Bom, *, generator: tuple[str, str], moment: str, complete: bool
) -> dict[str, Any]:
    """Return the document.

    Args:
        assessments: Sorted; none where no vulnerability is open.
        bom: Our SBOM, which holds each assessed package.
        generator: Name and version of what wrote it.
        moment: RFC 3339; that of the release.
        complete: Whether every locked package was looked at.
    """
    name, version = generator
    metadata: dict[str, Any] = {
        "properties": [{"name": EXAMINED_PROPERTY, "value": "all" if complete else "not-all"}],
        "timestamp": moment,
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
        "vulnerabilities": [_vulnerability(one, bom) for one in assessments],
    }
    return with_identifier(document, "serialNumber")


def _root(bom: Bom) -> dict[str, Any]:
    root = bom.root
    fields = {"bom-ref": root.ref, "name": root.name, "purl": root.purl, "version": root.version} if root else {}
    return {**{key: value for key, value in fields.items() if value}, "type": "application"}


def _vulnerability(one: Assessment, bom: Bom) -> dict[str, Any]:
    links = [bom.link(component) for component in bom.holding(one.package, one.version)]
    found: dict[str, Any] = {
        "affects": [{"ref": link} for link in dict.fromkeys(links)],
        "analysis": _analysis(one),
        "bom-ref": f"{one.package}@{one.version}/{one.name}",
        "id": one.name,
        "source": _source(one.name),
    }
    if one.aliases:
        found["references"] = [{"id": alias, "source": _source(alias)} for alias in one.aliases]
    if one.severity is not Severity.INFO:
        found["ratings"] = [{"severity": one.severity.value}]
    if one.justification is not None:
        found["properties"] = [{"name": JUSTIFICATION_PROPERTY, "value": one.justification.value}]
    if one.status is VexStatus.AFFECTED:
        found["recommendation"] = one.detail
    return found


def _analysis(one: Assessment) -> dict[str, Any]:
    found: dict[str, Any] = {"detail": one.detail, "state": STATE_OF[one.status]}
    if one.justification is not None:
        found["justification"] = CYCLONEDX_OF[one.justification]
    if one.since is not None:
        found["firstIssued"] = timestamp(one.since)
    return found


def _source(name: str) -> dict[str, str]:
    authority = authority_of(name)
    return {"name": authority.name, "url": f"{authority.url}{name}"}

"""Findings, a BOM and statements made by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.vex import Acceptance, VexDocument, VexTrust
from ops.supply_chain.risk.vex.bom import Bom, read_bom
from ops.supply_chain.risk.vex.read import read_vex

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ROOT = "pkg:pypi/acme-shop@2.1.0"
SERIAL = "f17c87ef-9d62-53e3-bc60-78690afe3080"


def finding(package: str = "idna", version: str = "3.20", *aliases: str, **more: Any) -> Finding:
    fields: dict[str, Any] = {
        "code": "vulnerability.known",
        "severity": Severity.HIGH,
        "message": f"{package} {version} has a flaw",
        "next_step": f"Move {package} to 4.0 or later: nox -s lock -- --upgrade-package {package}",
        "path": "functions/one/requirements.txt",
        "line": 3,
    }
    return Finding(package=package, version=version, aliases=aliases or ("CVE-2026-1",), **{**fields, **more})


def component(purl: str, name: str, version: str, ref: str = "") -> dict[str, str]:
    told = {"bom-ref": ref or purl, "name": name, "purl": purl, "type": "library", "version": version}
    return {key: value for key, value in told.items() if value}


def bom_json(*components: dict[str, str], root: str = ROOT) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{SERIAL}",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": root,
                "name": "acme-shop",
                "purl": root,
                "type": "application",
                "version": "v2.1.0",
            },
            "manufacturer": {"name": "Acme Ltd"},
        },
        "components": list(components),
    }


COMPONENTS = (
    component("pkg:pypi/idna@3.20", "idna", "3.20"),
    component("pkg:pypi/zope.interface@5.0", "Zope.Interface", "5.0"),
    component("pkg:pypi/local-build@1%212.0%2Bcu1", "local_build", "1!2.0+cu1"),
    component("", "zeta", "0.1", ref="path:zeta@0.1"),
)


def bom(*components: dict[str, str]) -> Bom:
    return read_bom(bom_json(*(components or COMPONENTS)))


def acceptance(name: str = "CVE-2026-1", **more: Any) -> Acceptance:
    fields: dict[str, Any] = {
        "reason": "Only used on our own input.",
        "since": datetime(2026, 11, 1, tzinfo=UTC),
        "until": date(2026, 12, 31),
        "ends": datetime(2027, 1, 1, tzinfo=UTC),
    }
    return Acceptance(id=name, **{**fields, **more})


def openvex(*statements: dict[str, Any], **more: Any) -> VexDocument:
    return trusted(read_vex(openvex_json(*statements, **more), file="theirs.json"))


def trusted(document: VexDocument) -> VexDocument:
    """Return a document whose author is in `[[vex_authors]]`."""
    return msgspec.structs.replace(document, trust=VexTrust(basis="digest", problem=""))


def openvex_json(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://theirs.example/vex/1",
        "author": "Them",
        "timestamp": "2026-11-20T00:00:00Z",
        "version": 1,
        "statements": list(statements),
        **more,
    }


def statement(
    status: str = "not_affected", product: str = "pkg:pypi/idna@3.20", *parts: str, **more: Any
) -> dict[str, Any]:
    told: dict[str, Any] = {"@id": product}
    if parts:
        told["subcomponents"] = [{"@id": part} for part in parts]
    given: dict[str, Any] = {"vulnerability": {"name": "CVE-2026-1"}, "products": [told], "status": status}
    if status == "not_affected" and "justification" not in more:
        given["justification"] = "vulnerable_code_not_in_execute_path"
    if status == "affected":
        given["action_statement"] = "Upgrade."
    return {key: value for key, value in {**given, **more}.items() if value is not None}


def copy(document: Any) -> Any:
    return json.loads(json.dumps(document))

"""Documents as suppliers send them, and their entries in the registry."""

from __future__ import annotations

import base64
import json
from typing import Any

from ops.supply_chain.contracts.values.registry import IntakeDecision, RegisteredDocument, RegistryEntry
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.suppliers.read import read_document

SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
THING, PART = "pkg:generic/thing@1.0", "pkg:npm/left-pad@1.3.0"


def sbom(purl: str = THING, *parts: str, serial: str = SERIAL, revision: int = 1, **more: Any) -> bytes:
    """Return an SBOM of a product; the reference of each part is `part-N`."""
    name, _, version = purl.rpartition("/")[2].partition("@")
    root = {"type": "application", "bom-ref": "root", "name": name, "version": version, "purl": purl}
    components = [
        {
            "type": "library",
            "bom-ref": f"part-{place}",
            "name": "x",
            "version": part.rpartition("@")[2],
            "purl": part,
            **more,
        }
        for place, part in enumerate(parts or (PART,))
    ]
    return json.dumps(
        {
            "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": revision,
            "metadata": {"timestamp": "2026-11-01T00:00:00Z", "component": root}, "components": components,
        }
    ).encode()  # fmt: skip


def openvex(*statements: dict[str, Any], name: str = "https://acme.example/vex/1", **more: Any) -> bytes:
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": name, "author": "Acme", "version": 1,
            "timestamp": "2026-11-02T00:00:00Z", "statements": list(statements), **more,
        }
    ).encode()  # fmt: skip


def stated(status: str, *products: Any, vulnerability: str = "CVE-2026-1", **more: Any) -> dict[str, Any]:
    words = {
        "not_affected": {"justification": "component_not_present"},
        "affected": {"action_statement": "Update."},
    }.get(status, {})
    named = [{"@id": product} if isinstance(product, str) else product for product in products]
    return {"vulnerability": {"name": vulnerability}, "status": status, "products": named, **words, **more}


def linked(link: str, state: str = "not_affected", *, versions: Any = None, serial: str = "", **more: Any) -> bytes:
    """Return a CycloneDX VEX about what a BOM-Link leads to."""
    affected = {"ref": link, **({"versions": versions} if versions else {})}
    analysis = {"state": state, "justification": "code_not_reachable"}
    return json.dumps(
        {
            "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"timestamp": "2026-11-02T00:00:00Z"},
            **({"serialNumber": f"urn:uuid:{serial}"} if serial else {}),
            "vulnerabilities": [{"id": "CVE-2026-1", "analysis": analysis, "affects": [affected]}], **more,
        }
    ).encode()  # fmt: skip


def attested(document: bytes, *subjects: dict[str, Any]) -> bytes:
    """Return a DSSE envelope of an in-toto statement with a document as its predicate."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1", "subject": list(subjects),
        "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": json.loads(document),
    }  # fmt: skip
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return json.dumps({"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": []}).encode()


def registered(
    data: bytes,
    supplier: str = "Acme",
    *,
    decision: IntakeDecision = IntakeDecision.ACCEPTED,
    ingested: str = "2026-11-29T00:00:00Z",
) -> RegistryEntry:
    """Return a document as the registry stores it, with a decision of the test's."""
    read = read_document(data, "document.json")
    assert not read.problem, read.problem
    document = RegisteredDocument(
        digest=sha256_bytes(data), kind=read.kind, format=read.format, supplier=supplier, product=read.product,
        product_version=read.product_version, ingested=ingested, decision=decision, name="document.json", size=len(data),
        stated=read.stated, revision=read.revision, identifiers=read.identifiers,
    )  # fmt: skip
    return RegistryEntry(document=document, listed=read.listed, digests=read.digests, statements=read.statements)

"""A small good document of each format, to be broken in one place each."""

from __future__ import annotations

import json
from typing import Any

from ops.supply_chain.inventory.writers import cyclonedx, spdx2, spdx3
from tests.inventory.documents import DOCUMENT

SHA256 = "a" * 64


def cyclonedx_document() -> dict[str, Any]:
    """Return a CycloneDX 1.6 document with one of everything that our checks cover."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-20T00:00:00Z",
            "component": {"type": "application", "name": "acme", "version": "1", "bom-ref": "root"},
        },
        "components": [
            {
                "type": "library",
                "name": "idna",
                "version": "3.20",
                "bom-ref": "idna",
                "purl": "pkg:pypi/idna@3.20",
                "hashes": [{"alg": "SHA-256", "content": SHA256}],
                "licenses": [{"license": {"id": "BSD-3-Clause"}}],
                "externalReferences": [
                    {"type": "distribution", "url": "https://x.org", "hashes": [{"alg": "MD5", "content": "0" * 32}]}
                ],
                "evidence": {"identity": [{"field": "purl", "tools": ["root"]}]},
                "components": [{"type": "library", "name": "inner", "version": "1", "bom-ref": "inner"}],
            },
            {
                "type": "library",
                "name": "local",
                "bom-ref": "local",
                "licenses": [{"expression": "MIT OR ISC"}],
                "properties": [{"name": "sealwright:unknown", "value": "Component Version"}],
            },
        ],
        "dependencies": [
            {"ref": "root", "dependsOn": ["idna", "local"]},
            {"ref": "idna", "provides": ["inner"]},
        ],
        "compositions": [{"aggregate": "complete", "assemblies": ["root"], "dependencies": ["idna"]}],
        "vulnerabilities": [
            {
                "bom-ref": "v",
                "id": "CVE-2026-0001",
                "published": "2026-11-20T00:00:00Z",
                "affects": [
                    {"ref": "idna"},
                    {"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#idna"},
                    {"ref": "urn:cdx:ffffffff-395b-41f5-a30f-a58921a69b79/1#elsewhere"},
                ],
            }
        ],
        "annotations": [
            {
                "subjects": ["idna"],
                "annotator": {"individual": {"name": "A"}},
                "timestamp": "2026-11-20T00:00:00Z",
                "text": "t",
            }
        ],
    }


def spdx2_document() -> dict[str, Any]:
    """Return our SPDX 2.3 document, with a file that is in a package added."""
    made: dict[str, Any] = json.loads(spdx2.render(DOCUMENT))
    made["files"] = [
        {
            "SPDXID": "SPDXRef-file",
            "fileName": "./x",
            "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}],
            "licenseConcluded": "MIT",
            "licenseInfoInFiles": ["MIT"],
        }
    ]
    made["snippets"] = [{"SPDXID": "SPDXRef-snippet", "snippetFromFile": "SPDXRef-file"}]
    made["externalDocumentRefs"] = [{"externalDocumentId": "DocumentRef-other", "spdxDocument": "urn:x"}]
    made["relationships"] += [
        {
            "spdxElementId": "SPDXRef-file",
            "relationshipType": "OTHER",
            "relatedSpdxElement": "DocumentRef-other:SPDXRef-a",
        }
    ]
    made["documentDescribes"] = [made["packages"][0]["SPDXID"]]
    return made


def spdx3_document() -> dict[str, Any]:
    """Return our SPDX 3.0.1 document, with an imported element added."""
    made: dict[str, Any] = json.loads(spdx3.render(DOCUMENT))
    [document] = [entry for entry in made["@graph"] if entry["type"] == "SpdxDocument"]
    document["import"] = [{"type": "ExternalMap", "externalSpdxId": "urn:elsewhere"}]
    return made


def our_cyclonedx() -> dict[str, Any]:
    """Return our CycloneDX 1.6 document of the same model."""
    made: dict[str, Any] = json.loads(cyclonedx.render(DOCUMENT))
    return made

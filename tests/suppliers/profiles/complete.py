"""Documents that have every element of every profile, in each standard, and what is removed to take one element away.

The product is an application without a file of its own, with one library, which is a wheel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SHA256, SHA512 = "1" * 64, "2" * 128

Json = dict[str, Any]
Change = Callable[[Json], object]


def cyclonedx(version: str = "1.6") -> Json:
    """Return a CycloneDX document."""
    maker = {"name": "Acme", "url": ["https://acme.example"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-20T00:00:00Z",
            "lifecycles": [{"phase": "build"}],
            "manufacturer": dict(maker),
            "tools": {"components": [{"type": "application", "name": "gen", "version": "1.0"}]},
            "component": {
                "type": "application",
                "bom-ref": "product",
                "name": "product",
                "version": "1.0",
                "purl": "pkg:generic/product@1.0",
                "manufacturer": dict(maker),
                "licenses": [{"license": {"id": "MIT", "acknowledgement": "declared"}}],
                "externalReferences": [{"type": "rfc-9116", "url": "https://acme.example/.well-known/security.txt"}],
                "properties": [{"name": "bsi:component:effectiveLicense", "value": "MIT"}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "left",
                "name": "left",
                "version": "2.0",
                "purl": "pkg:pypi/left@2.0",
                "manufacturer": dict(maker),
                "hashes": [{"alg": "SHA-256", "content": SHA256}],
                "licenses": [
                    {"license": {"id": "MIT", "acknowledgement": "concluded"}},
                    {"license": {"id": "MIT", "acknowledgement": "declared"}},
                ],
                "externalReferences": [
                    {
                        "type": "distribution",
                        "url": "https://files.example/left-2.0-py3-none-any.whl",
                        "hashes": [{"alg": "SHA-512", "content": SHA512}],
                    },
                    {
                        "type": "source-distribution",
                        "url": "https://files.example/left-2.0.tar.gz",
                        "hashes": [{"alg": "SHA-512", "content": SHA512}],
                    },
                    {"type": "rfc-9116", "url": "https://left.example/.well-known/security.txt"},
                ],
                "properties": [
                    {"name": "bsi:component:filename", "value": "left-2.0-py3-none-any.whl"},
                    {"name": "bsi:component:executable", "value": "false"},
                    {"name": "bsi:component:archive", "value": "true"},
                    {"name": "bsi:component:structured", "value": "true"},
                    {"name": "bsi:component:effectiveLicense", "value": "MIT"},
                ],
            }
        ],
        "dependencies": [{"ref": "product", "dependsOn": ["left"]}, {"ref": "left"}],
        "compositions": [
            {"aggregate": "complete", "assemblies": ["product"], "dependencies": ["product", "left"]},
        ],
        "signature": {"algorithm": "ES256", "publicKey": {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}, "value": "v"},
    }  # fmt: skip


def spdx2() -> Json:
    """Return an SPDX 2.3 document; what BSI TR-03183-2 asks of a file has no field in it."""
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "product",
        "documentNamespace": "https://acme.example/product",
        "creationInfo": {
            "created": "2026-11-20T00:00:00Z",
            "creators": ["Tool: gen-1.0", "Organization: Acme (sbom@acme.example)"],
            "comment": "Generation context: build.",
        },
        "packages": [
            {
                "SPDXID": "SPDXRef-product",
                "name": "product",
                "versionInfo": "1.0",
                "supplier": "Organization: Acme (sbom@acme.example)",
                "originator": "Organization: Acme (sbom@acme.example)",
                "downloadLocation": "NOASSERTION",
                "licenseDeclared": "MIT",
                "licenseConcluded": "MIT",
                "primaryPackagePurpose": "APPLICATION",
                "checksums": [{"algorithm": "SHA256", "checksumValue": SHA256}],
                "externalRefs": [_purl("pkg:generic/product@1.0")],
            },
            {
                "SPDXID": "SPDXRef-left",
                "name": "left",
                "versionInfo": "2.0",
                "supplier": "Organization: Left (l@left.example)",
                "originator": "Organization: Left (l@left.example)",
                "downloadLocation": "https://files.example/left-2.0-py3-none-any.whl",
                "packageFileName": "left-2.0-py3-none-any.whl",
                "licenseDeclared": "MIT",
                "licenseConcluded": "MIT",
                "primaryPackagePurpose": "LIBRARY",
                "checksums": [
                    {"algorithm": "SHA256", "checksumValue": SHA256},
                    {"algorithm": "SHA512", "checksumValue": SHA512},
                ],
                "externalRefs": [_purl("pkg:pypi/left@2.0")],
            },
        ],
        "relationships": [
            _relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-product"),
            _relationship("SPDXRef-product", "DEPENDS_ON", "SPDXRef-left"),
            _relationship("SPDXRef-left", "DEPENDS_ON", "NONE"),
        ],
    }


def _purl(text: str) -> Json:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": text}


def _relationship(source: str, kind: str, target: str) -> Json:
    return {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}


def spdx3() -> Json:
    """Return an SPDX 3.0.1 document."""
    elements: list[Json] = [
        {
            "type": "CreationInfo",
            "@id": "_:creation",
            "specVersion": "3.0.1",
            "created": "2026-11-20T00:00:00Z",
            "createdBy": ["urn:x:acme"],
            "createdUsing": ["urn:x:tool"],
        },
        _element(
            "Organization", "acme", name="Acme",
            externalIdentifier=[_identifier("email", "sbom@acme.example")],
        ),
        _element("Tool", "tool", name="gen-1.0"),
        _element("SpdxDocument", "document", name="product", rootElement=["urn:x:sbom"], profileConformance=["core", "software"]),
        _element("software_Sbom", "sbom", rootElement=["urn:x:product"], software_sbomType=["build"]),
        _element(
            "software_Package", "product", name="product", software_packageVersion="1.0",
            software_packageUrl="pkg:generic/product@1.0", software_primaryPurpose="application",
            verifiedUsing=[_hash("sha256", SHA256)],
            originatedBy=["urn:x:acme"], suppliedBy="urn:x:acme",
            externalRef=[_reference("securityOther", "https://acme.example/.well-known/security.txt")],
        ),
        _element(
            "software_Package", "left", name="left", software_packageVersion="2.0",
            software_packageUrl="pkg:pypi/left@2.0", software_primaryPurpose="library",
            originatedBy=["urn:x:acme"], suppliedBy="urn:x:acme",
            verifiedUsing=[_hash("sha256", SHA256)],
            externalRef=[_reference("securityOther", "https://left.example/.well-known/security.txt")],
        ),
        _element(
            "software_File", "file", name="left-2.0-py3-none-any.whl", verifiedUsing=[_hash("sha512", SHA512)],
            software_additionalPurpose=["archive", "container"],
            comment="software_additionalPurpose field is used to indicate the properties of BSI TR-03183-2",
            externalRef=[_reference("binaryArtifact", "https://files.example/left-2.0-py3-none-any.whl")],
        ),
        _element(
            "software_File", "source", name="left-2.0.tar.gz", software_primaryPurpose="source",
            verifiedUsing=[_hash("sha512", SHA512)],
            externalRef=[_reference("sourceArtifact", "https://files.example/left-2.0.tar.gz")],
        ),
        _element("simplelicensing_LicenseExpression", "mit", simplelicensing_licenseExpression="MIT"),
        _edge("needs-product", "product", "dependsOn", "left"),
        _edge("needs-left", "left", "dependsOn", "NoneElement"),
        _edge("file-of", "left", "hasDistributionArtifact", "file"),
        _edge("source-of", "source", "generates", "left"),
    ]  # fmt: skip
    for package in ("product", "left"):
        elements += [
            _edge(f"declared-{package}", package, "hasDeclaredLicense", "mit"),
            _edge(f"concluded-{package}", package, "hasConcludedLicense", "mit"),
            _edge(f"effective-{package}", package, "other", "mit", comment="hasEffectiveLicense"),
        ]
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": elements}


def _element(kind: str, ref: str, /, **fields: Any) -> Json:
    return {"type": kind, "spdxId": f"urn:x:{ref}", "creationInfo": "_:creation", **fields}


def _edge(name: str, source: str, kind: str, target: str, /, **fields: Any) -> Json:
    to = target if target.endswith("Element") else f"urn:x:{target}"
    edge = {"from": f"urn:x:{source}", "to": [to], "relationshipType": kind, "completeness": "complete"}
    return _element("Relationship", name, **edge, **fields)


def _identifier(kind: str, text: str) -> Json:
    return {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": text}


def _reference(kind: str, url: str) -> Json:
    return {"type": "ExternalRef", "externalRefType": kind, "locator": [url]}


def _hash(algorithm: str, value: str) -> Json:
    return {"type": "Hash", "algorithm": algorithm, "hashValue": value}

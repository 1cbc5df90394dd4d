"""The same small product in every format: two packages, a file, an edge; and what each test breaks of it."""

from __future__ import annotations

import json
from typing import Any

DIGEST = "0" * 63 + "1"


def cyclonedx(**more: Any) -> dict[str, Any]:
    """Return a CycloneDX document of a product that depends on one package."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 2,
        "metadata": {
            "timestamp": "2026-11-20T00:00:00Z",
            "manufacturer": {"name": "Acme", "url": ["https://acme.example"]},
            "tools": {"components": [{"type": "application", "name": "gen", "version": "1.0"}]},
            "component": {"type": "application", "bom-ref": "product", "name": "product", "version": "1.0"},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "left",
                "name": "left",
                "version": "2.0",
                "purl": "pkg:pypi/Left@2.0",
                "cpe": "cpe:2.3:a:acme:left:2.0:*:*:*:*:*:*:*",
                "hashes": [{"alg": "SHA-256", "content": DIGEST.upper()}],
                "licenses": [{"license": {"id": "MIT"}}],
                "supplier": {"name": "Acme", "contact": [{"email": "a@acme.example"}]},
            }
        ],
        "dependencies": [{"ref": "product", "dependsOn": ["left"]}, {"ref": "left"}],
        **more,
    }


def spdx2(**more: Any) -> dict[str, Any]:
    """Return an SPDX 2.3 document of the same."""
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "product",
        "documentNamespace": "https://acme.example/product",
        "creationInfo": {"created": "2026-11-20T00:00:00Z", "creators": ["Tool: gen-1.0", "Organization: Acme"]},
        "packages": [
            {"SPDXID": "SPDXRef-product", "name": "product", "versionInfo": "1.0", "downloadLocation": "NOASSERTION"},
            {
                "SPDXID": "SPDXRef-left",
                "name": "left",
                "versionInfo": "2.0",
                "downloadLocation": "NOASSERTION",
                "supplier": "Organization: Acme (a@acme.example)",
                "licenseDeclared": "MIT",
                "licenseConcluded": "NOASSERTION",
                "checksums": [{"algorithm": "SHA256", "checksumValue": DIGEST}],
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:pypi/Left@2.0",
                    }
                ],
            },
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-product",
            },
            {
                "spdxElementId": "SPDXRef-product",
                "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": "SPDXRef-left",
            },
        ],
        **more,
    }


TAGS = f"""SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: product
DocumentNamespace: https://acme.example/product
Creator: Tool: gen-1.0
Creator: Organization: Acme
Created: 2026-11-20T00:00:00Z
# the product
PackageName: product
SPDXID: SPDXRef-product
PackageVersion: 1.0
PackageDownloadLocation: NOASSERTION

PackageName: left
SPDXID: SPDXRef-left
PackageVersion: 2.0
PackageSupplier: Organization: Acme (a@acme.example)
PackageDownloadLocation: NOASSERTION
PackageLicenseDeclared: MIT
PackageLicenseConcluded: NOASSERTION
PackageChecksum: SHA256: {DIGEST}
PackageComment: <text>several
Relationship: lines are no relationship</text>
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/Left@2.0
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-product
Relationship: SPDXRef-product DEPENDS_ON SPDXRef-left
"""

YAML = f"""spdxVersion: SPDX-2.3
dataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
name: product
documentNamespace: https://acme.example/product
creationInfo:
  created: 2026-11-20T00:00:00Z
  creators: ['Tool: gen-1.0', 'Organization: Acme']
packages:
- SPDXID: SPDXRef-product
  name: product
  versionInfo: 1.0
  downloadLocation: NOASSERTION
- SPDXID: SPDXRef-left
  name: left
  versionInfo: 2.0
  downloadLocation: NOASSERTION
  supplier: Organization: Acme (a@acme.example)
  licenseDeclared: MIT
  licenseConcluded: NOASSERTION
  checksums:
  - {{algorithm: SHA256, checksumValue: "{DIGEST}"}}
  externalRefs:
  - referenceCategory: PACKAGE-MANAGER
    referenceType: purl
    referenceLocator: pkg:pypi/Left@2.0
relationships:
- {{spdxElementId: SPDXRef-DOCUMENT, relationshipType: DESCRIBES, relatedSpdxElement: SPDXRef-product}}
- {{spdxElementId: SPDXRef-product, relationshipType: DEPENDS_ON, relatedSpdxElement: SPDXRef-left}}
""".replace("supplier: Organization: Acme (a@acme.example)", 'supplier: "Organization: Acme (a@acme.example)"')

RDF = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="http://spdx.org/rdf/terms#">
 <s:SpdxDocument rdf:about="https://acme.example/product#SPDXRef-DOCUMENT">
  <s:specVersion>SPDX-2.3</s:specVersion>
  <s:name>product</s:name>
  <s:creationInfo><s:CreationInfo>
    <s:created>2026-11-20T00:00:00Z</s:created>
    <s:creator>Tool: gen-1.0</s:creator><s:creator>Organization: Acme</s:creator>
  </s:CreationInfo></s:creationInfo>
  <s:relationship><s:Relationship>
    <s:relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_describes"/>
    <s:relatedSpdxElement><s:Package rdf:about="https://acme.example/product#SPDXRef-product">
      <s:name>product</s:name><s:versionInfo>1.0</s:versionInfo>
      <s:downloadLocation rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
      <s:relationship><s:Relationship>
        <s:relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_dependsOn"/>
        <s:relatedSpdxElement rdf:resource="https://acme.example/product#SPDXRef-left"/>
      </s:Relationship></s:relationship>
    </s:Package></s:relatedSpdxElement>
  </s:Relationship></s:relationship>
 </s:SpdxDocument>
 <rdf:Description rdf:about="https://acme.example/product#SPDXRef-left" s:name="left">
  <rdf:type rdf:resource="http://spdx.org/rdf/terms#Package"/>
  <s:versionInfo>2.0</s:versionInfo>
  <s:downloadLocation rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
  <s:supplier>Organization: Acme (a@acme.example)</s:supplier>
  <s:licenseDeclared rdf:resource="http://spdx.org/licenses/MIT"/>
  <s:licenseConcluded rdf:resource="http://spdx.org/rdf/terms#noassertion"/>
  <s:checksum rdf:nodeID="sum"/>
  <s:externalRef><s:ExternalRef>
    <s:referenceCategory rdf:resource="http://spdx.org/rdf/terms#referenceCategory_packageManager"/>
    <s:referenceType rdf:resource="http://spdx.org/rdf/references/purl"/>
    <s:referenceLocator>pkg:pypi/Left@2.0</s:referenceLocator>
  </s:ExternalRef></s:externalRef>
 </rdf:Description>
 <s:Checksum rdf:nodeID="sum">
  <s:algorithm rdf:resource="http://spdx.org/rdf/terms#checksumAlgorithm_sha256"/>
  <s:checksumValue>{DIGEST}</s:checksumValue>
 </s:Checksum>
</rdf:RDF>
"""

XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79" version="2">
  <metadata>
    <timestamp>2026-11-20T00:00:00Z</timestamp>
    <tools><components><component type="application"><name>gen</name><version>1.0</version></component></components></tools>
    <component type="application" bom-ref="product"><name>product</name><version>1.0</version></component>
    <manufacturer><name>Acme</name><url>https://acme.example</url></manufacturer>
  </metadata>
  <components>
    <component type="library" bom-ref="left">
      <supplier><name>Acme</name><contact><email>a@acme.example</email></contact></supplier>
      <name>left</name>
      <version>2.0</version>
      <hashes><hash alg="SHA-256">{DIGEST}</hash></hashes>
      <licenses><license><id>MIT</id></license></licenses>
      <cpe>cpe:2.3:a:acme:left:2.0:*:*:*:*:*:*:*</cpe>
      <purl>pkg:pypi/Left@2.0</purl>
    </component>
  </components>
  <dependencies>
    <dependency ref="product"><dependency ref="left"/></dependency>
    <dependency ref="left"/>
  </dependencies>
</bom>
"""

SPDX3: dict[str, Any] = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {
            "type": "software_Package",
            "spdxId": "https://acme.example/left",
            "creationInfo": "_:c",
            "name": "left",
            "software_packageVersion": "2.0",
            "suppliedBy": "https://acme.example/acme",
            "externalIdentifier": [
                {
                    "type": "ExternalIdentifier",
                    "externalIdentifierType": "packageURL",
                    "identifier": "pkg:pypi/Left@2.0",
                }
            ],
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": DIGEST}],
        },
        {
            "type": "software_Package",
            "spdxId": "https://acme.example/product-1",
            "creationInfo": "_:c",
            "name": "product",
            "software_packageVersion": "1.0",
        },
        {
            "type": "Relationship",
            "spdxId": "https://acme.example/r1",
            "creationInfo": "_:c",
            "relationshipType": "dependsOn",
            "from": "https://acme.example/product-1",
            "to": ["https://acme.example/left"],
        },
        {
            "type": "Relationship",
            "spdxId": "https://acme.example/r2",
            "creationInfo": "_:c",
            "relationshipType": "hasDeclaredLicense",
            "from": "https://acme.example/left",
            "to": [
                {
                    "type": "simplelicensing_LicenseExpression",
                    "spdxId": "https://acme.example/mit",
                    "simplelicensing_licenseExpression": "MIT",
                }
            ],
        },
        {
            "type": "SpdxDocument",
            "spdxId": "https://acme.example/product",
            "creationInfo": "_:c",
            "name": "product",
            "rootElement": ["https://acme.example/sbom"],
        },
        {
            "type": "software_Sbom",
            "spdxId": "https://acme.example/sbom",
            "creationInfo": "_:c",
            "software_sbomType": ["build"],
            "rootElement": ["https://acme.example/product-1"],
        },
        {
            "type": "Organization",
            "spdxId": "https://acme.example/acme",
            "name": "Acme",
            "externalIdentifier": [
                {"type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": "a@acme.example"}
            ],
        },
        {"type": "Tool", "spdxId": "https://acme.example/gen", "name": "gen"},
        {
            "type": "CreationInfo",
            "@id": "_:c",
            "specVersion": "3.0.1",
            "created": "2026-11-20T00:00:00Z",
            "createdBy": ["https://acme.example/acme"],
            "createdUsing": ["https://acme.example/gen"],
        },
    ],
}


def encoded(document: dict[str, Any]) -> bytes:
    """Return a document as JSON."""
    return json.dumps(document).encode()


ALL: dict[str, bytes] = {
    "CycloneDX JSON": encoded(cyclonedx()),
    "CycloneDX XML": XML.encode(),
    "SPDX 2 JSON": encoded(spdx2()),
    "SPDX 2 tag-value": TAGS.encode(),
    "SPDX 2 YAML": YAML.encode(),
    "SPDX 2 RDF/XML": RDF.encode(),
    "SPDX 3 JSON-LD": encoded(SPDX3),
}

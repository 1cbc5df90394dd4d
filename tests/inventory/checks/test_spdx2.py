"""Each defect that the SPDX 2.3 schema lets pass is found, and only it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.inventory.checks.spdx2 import check_spdx2
from tests.inventory.checks.test_cyclonedx import add, drop, put
from tests.inventory.good import spdx2_document

IDNA = ("packages", 2)
DEFECTS: dict[str, tuple[Callable[[dict[str, Any]], None], str, str, str]] = {
    "unknown version": (
        put("SPDX-2.9", "spdxVersion"),
        "$.spdxVersion",
        "sbom.spec-version",
        "expected one of SPDX-2.2, SPDX-2.3; found 'SPDX-2.9'",
    ),
    "another document id": (
        put("SPDXRef-X", "SPDXID"),
        "$.SPDXID",
        "sbom.ref-form",
        "expected 'SPDXRef-DOCUMENT', found 'SPDXRef-X'",
    ),
    "another data licence": (
        put("MIT", "dataLicense"),
        "$.dataLicense",
        "sbom.licence",
        "expected 'CC0-1.0', found 'MIT'",
    ),
    "no namespace": (
        drop("documentNamespace"),
        "$.documentNamespace",
        "sbom.namespace",
        "expected a unique absolute URI without '#', found None",
    ),
    "namespace with a fragment": (
        put("https://x.org/a#b", "documentNamespace"),
        "$.documentNamespace",
        "sbom.namespace",
        "expected a unique absolute URI without '#', found 'https://x.org/a#b'",
    ),
    "no document name": (put(" ", "name"), "$.name", "sbom.name-missing", "expected a document name, found none"),
    "a moment with fractions": (
        put("2026-11-20T00:00:00.1Z", "creationInfo", "created"),
        "$.creationInfo.created",
        "sbom.timestamp",
        "expected YYYY-MM-DDThh:mm:ssZ, found '2026-11-20T00:00:00.1Z'",
    ),
    "no creator": (
        put([], "creationInfo", "creators"),
        "$.creationInfo.creators",
        "sbom.creator",
        "expected at least one creator, found none",
    ),
    "a creator of no kind": (
        put("Acme", "creationInfo", "creators", 0),
        "$.creationInfo.creators[0]",
        "sbom.creator",
        "expected 'Tool: ', 'Person: ' or 'Organization: ' and a name, found 'Acme'",
    ),
    "an id with an underscore": (
        add({"SPDXID": "SPDXRef-a_b", "name": "x", "downloadLocation": "NONE"}, "packages"),
        "$.packages[4].SPDXID",
        "sbom.ref-form",
        "expected SPDXRef- and letters, digits, '.' or '-'; found 'SPDXRef-a_b'",
    ),
    "two of one id": (
        add({"SPDXID": "SPDXRef-file", "name": "x", "downloadLocation": "NONE"}, "packages"),
        "$.files[0].SPDXID",
        "sbom.ref-duplicate",
        "expected an id of its own, found 'SPDXRef-file' as at $.packages[4].SPDXID",
    ),
    "a package without name": (
        put("", "packages", 1, "name"),
        "$.packages[1].name",
        "sbom.name-missing",
        "expected a package name, found none",
    ),
    "a package without location": (
        drop(*IDNA, "downloadLocation"),
        "$.packages[2].downloadLocation",
        "sbom.download-location-missing",
        "expected an address, NOASSERTION or NONE; found nothing",
    ),
    "a code where no file was analysed": (
        put({"packageVerificationCodeValue": "0" * 40}, *IDNA, "packageVerificationCode"),
        "$.packages[2].packageVerificationCode",
        "sbom.verification-code",
        "expected no code where filesAnalyzed is false, found one",
    ),
    "a hash of another algorithm": (
        put("SHA512", *IDNA, "checksums", 0, "algorithm"),
        "$.packages[2].checksums[0].checksumValue",
        "sbom.hash",
        "expected 128 hexadecimal digits for SHA512, found 64",
    ),
    "a file's hash": (
        put("x", "files", 0, "checksums", 0, "checksumValue"),
        "$.files[0].checksums[0].checksumValue",
        "sbom.hash",
        "expected hexadecimal digits, found 'x'",
    ),
    "a file without name": (
        drop("files", 0, "fileName"),
        "$.files[0].fileName",
        "sbom.name-missing",
        "expected a file name, found none",
    ),
    "another package's purl": (
        put("pkg:pypi/idna2@3.20", *IDNA, "externalRefs", 0, "referenceLocator"),
        "$.packages[2].externalRefs[0].referenceLocator",
        "sbom.purl",
        "expected the purl of 'idna', found 'pkg:pypi/idna2@3.20'",
    ),
    "a nonsense expression": (
        put("MIT OR", *IDNA, "licenseDeclared"),
        "$.packages[2].licenseDeclared",
        "sbom.licence",
        "expected an SPDX licence expression, found 'MIT OR': Invalid license expression: 'MIT OR'",
    ),
    "a reference that is not declared": (
        put("LicenseRef-nowhere", *IDNA, "licenseDeclared"),
        "$.packages[2].licenseDeclared",
        "sbom.licence",
        "expected 'LicenseRef-nowhere' in hasExtractedLicensingInfos, found none",
    ),
    "a licence of a file": (
        put(["LicenseRef-nowhere"], "files", 0, "licenseInfoInFiles"),
        "$.files[0].licenseInfoInFiles[0]",
        "sbom.licence",
        "expected 'LicenseRef-nowhere' in hasExtractedLicensingInfos, found none",
    ),
    "a declared licence of another form": (
        add({"licenseId": "MyLicence", "extractedText": "x"}, "hasExtractedLicensingInfos"),
        "$.hasExtractedLicensingInfos[2].licenseId",
        "sbom.licence",
        "expected LicenseRef- and a name, found 'MyLicence'",
    ),
    "a licence declared twice": (
        add({"licenseId": "LicenseRef-Proprietary", "extractedText": "x"}, "hasExtractedLicensingInfos"),
        "$.hasExtractedLicensingInfos[2].licenseId",
        "sbom.ref-duplicate",
        "expected an id of its own, found 'LicenseRef-Proprietary' again",
    ),
    "a declared licence without text": (
        drop("hasExtractedLicensingInfos", 0, "extractedText"),
        "$.hasExtractedLicensingInfos[0].extractedText",
        "sbom.licence",
        "expected the text of 'LicenseRef-BSD-License-170c0f4c', found none",
    ),
    "a dangling relationship": (
        put("SPDXRef-nowhere", "relationships", 1, "relatedSpdxElement"),
        "$.relationships[1].relatedSpdxElement",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'SPDXRef-nowhere'",
    ),
    "a relationship of nothing": (
        put("NONE", "relationships", 1, "spdxElementId"),
        "$.relationships[1].spdxElementId",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'NONE'",
    ),
    "a document that is not declared": (
        put([], "externalDocumentRefs"),
        "$.relationships[7].relatedSpdxElement",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'DocumentRef-other:SPDXRef-a'",
    ),
    "a dangling description": (
        put(["SPDXRef-nowhere"], "documentDescribes"),
        "$.documentDescribes[0]",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'SPDXRef-nowhere'",
    ),
    "a dangling file of a package": (
        put(["SPDXRef-nowhere"], *IDNA, "hasFiles"),
        "$.packages[2].hasFiles[0]",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'SPDXRef-nowhere'",
    ),
    "a dangling file of a snippet": (
        put("SPDXRef-nowhere", "snippets", 0, "snippetFromFile"),
        "$.snippets[0].snippetFromFile",
        "sbom.ref-dangling",
        "expected an SPDXID of this document, found 'SPDXRef-nowhere'",
    ),
    "a package that needs itself": (
        add(
            {
                "spdxElementId": "SPDXRef-file",
                "relationshipType": "DEPENDS_ON",
                "relatedSpdxElement": "SPDXRef-file",
            },
            "relationships",
        ),
        "$.relationships[8]",
        "sbom.dependency-self",
        "expected another element, found 'SPDXRef-file' itself",
    ),
}


def test_the_good_document_is_good() -> None:
    assert check_spdx2(spdx2_document()) == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_one_problem(name: str) -> None:
    change, path, code, message = DEFECTS[name]
    document = spdx2_document()
    change(document)
    assert [(problem.path, problem.code, problem.message) for problem in check_spdx2(document)] == [
        (path, code, message)
    ]


def test_a_document_that_describes_nothing_is_found() -> None:
    document = spdx2_document()
    del document["documentDescribes"]
    document["relationships"] = document["relationships"][1:]
    assert [(problem.path, problem.code) for problem in check_spdx2(document)] == [("$", "sbom.root-missing")]


def test_a_relationship_the_other_way_round_describes_too() -> None:
    document = spdx2_document()
    del document["documentDescribes"]
    one = document["relationships"][0]
    document["relationships"][0] = {
        "spdxElementId": one["relatedSpdxElement"],
        "relationshipType": "DESCRIBED_BY",
        "relatedSpdxElement": "SPDXRef-DOCUMENT",
    }
    assert check_spdx2(document) == ()

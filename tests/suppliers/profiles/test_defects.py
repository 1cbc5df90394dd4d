"""Documents of the shared corpus that have one defect each: it is named, by its element and at its place.

The documents are those of https://github.com/interlynk-io/sbomqs/tree/main/testdata; a file's name states its defect.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.profiles.elements import ElementScore
from ops.supply_chain.suppliers.profiles.score import score
from tests.conftest import REPOSITORY

SHARED = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
QUALITY = SHARED / "sbom" / "supplier-quality"
CISA, BSI = QualityProfile.CISA_2026, QualityProfile.BSI_TR_03183_2

pytestmark = pytest.mark.skipif(not QUALITY.is_dir(), reason="the shared documents are not there")

NOTHING = "not even that it is nothing"
DEFECTS: dict[str, tuple[str, str]] = {
    "absentComponentDeployableHash": ("deployable_hash", "found no hash"),
    "absentMetadataAuthor": ("sbom_creator", "is not given"),
    "brokenSourceComponentDependencies": ("dependencies", "/dependencies/1: refers to 'pkg:generic/nonexistent-source@9.9.9'"),
    "brokenTargetComponentDependencies": ("dependencies", "/dependencies/1: refers to 'pkg:generic/nonexistent-lib@9.9.9'"),
    "invalidComponentAuthorEmail": ("component_creator", "found 'ironman'"),
    "invalidComponentDeployableHashComponentLevelOnly": ("deployable_hash", "the SHA-512 is in its hashes"),
    "invalidComponentDownloadURL": ("deployable_uri", "found 'not-a-valid-url'"),
    "invalidComponentHashMD5": ("deployable_hash", "found md5"),
    "invalidComponentLicenseExpression": ("distribution_licences", "found 'Apache-2.0 OR'"),
    "invalidComponentLicenseExpressionNoAssertion": ("distribution_licences", "NOASSERTION is no licence"),
    "invalidComponentLicenseExpressionNone": ("distribution_licences", "NONE is no licence"),
    "invalidComponentLicenseID": ("distribution_licences", "found 'Apache-9999'"),
    "invalidComponentLicenseNoAssertion": ("distribution_licences", "NOASSERTION is no licence"),
    "invalidComponentLicenseNone": ("original_licences", "NONE is no licence"),
    "invalidComponentManufacturerEmail": ("component_creator", "found 'professional.services'"),
    "invalidComponentManufacturerURL": ("component_creator", "found 'invalid-url-repo'"),
    "invalidComponentSecurityTxtURL": ("security_txt", "found 'not-a-valid-url/.well-known/security.txt'"),
    "invalidComponentSourceCodeURL": ("source_uri", "found 'not-a-valid-urlomqs'"),
    "invalidComponentSourceHash": ("source_hash", "found md5"),
    "invalidMetadataAuthorEmail": ("sbom_creator", "found 'notanemail'"),
    "invalidMetadataManufacturerURL": ("sbom_creator", "found 'not-a-valid-url'"),
    "invalidMetadataTimestamp": ("timestamp", "/metadata/timestamp: expected a time with its offset"),
    "leafComponentNoDependencies": ("dependencies", f"(acme-library 1.0.0): what it depends on is not stated, {NOTHING}"),
    "missingComponentAuthorEmail": ("component_creator", "(Anthony Edward Stark) has no e-mail address and no URL"),
    "missingComponentBsiArchive": ("archive_property", "is not given"),
    "missingComponentBsiEffectiveLicense": ("effective_licence", "is not given"),
    "missingComponentBsiExecutable": ("executable_property", "is not given"),
    "missingComponentBsiFilename": ("file_name", "is not given"),
    "missingComponentBsiStructured": ("structured_property", "is not given"),
    "missingComponentDeployableHash": ("deployable_hash", "found no hash"),
    "missingComponentDownloadURL": ("deployable_uri", "is not given"),
    "missingComponentHash": ("deployable_hash", "found no hash"),
    "missingComponentLicense": ("distribution_licences", "it has no distribution licence"),
    "missingComponentManufacturerEmailAndURL": ("component_creator", "(Acme, Inc.) has no e-mail address and no URL"),
    "missingComponentName": ("component_name", "it has no name"),
    "missingComponentOtherUniqueIDs": ("unique_identifiers", "it has no package URL"),
    "missingComponentSecurityTxtURL": ("security_txt", "is not given"),
    "missingComponentSourceCodeURL": ("source_uri", "is not given"),
    "missingComponentSourceHash": ("source_hash", "found no hash"),
    "missingComponentSupplierEmailAndURL": ("component_creator", "(Acme, Inc.) has no e-mail address and no URL"),
    "missingComponentVersion": ("component_version", "it has no version"),
    "missingDependencyInfo": ("dependencies", f"(acme-app 2.0.0): what it depends on is not stated, {NOTHING}"),
    "missingMetadataAuthorEmail": ("sbom_creator", "(Samantha Wright) has no e-mail address and no URL"),
    "missingMetadataManufacturerEmailAndURL": ("sbom_creator", "(Acme, Inc.) has no e-mail address and no URL"),
    "missingMetadataSupplierEmailAndURL": ("sbom_creator", "(Acme, Inc.) has no e-mail address and no URL"),
    "missingMetadataTimestamp": ("timestamp", "it has no time"),
    "missingPrimaryComponent": ("primary_component", "does not state which component is the product"),
    "missingSerialNumber": ("sbom_uri", "it has no URI"),
    "mixComponentLicenses": ("distribution_licences", "found 'FakeLicense-1.0'"),
    "noneComponentLicense": ("distribution_licences", "NONE is no licence"),
    "orphanComponentDependencies": ("dependencies", f"(orphan-lib 1.0.0): what it depends on is not stated, {NOTHING}"),
    "partialComponentDeployableHash": ("deployable_hash", "found sha-256"),
    "primaryNoDependencies": ("dependencies", f"(acme-app 2.0.0): what it depends on is not stated, {NOTHING}"),
    "withVulnerabilities": ("no_vulnerabilities", "/vulnerabilities/0: it lists the vulnerability CVE-2021-44228"),
}  # fmt: skip
"""Document of bsi/cdx -> the element that it lacks, and what is said of it."""

VALID: dict[str, str] = {
    "noVulnerabilities": "no_vulnerabilities",
    "validComponentAuthorEmail": "component_creator",
    "validComponentBsiArchive": "archive_property",
    "validComponentBsiEffectiveLicense": "effective_licence",
    "validComponentBsiExecutable": "executable_property",
    "validComponentBsiFilename": "file_name",
    "validComponentBsiStructured": "structured_property",
    "validComponentCPE": "unique_identifiers",
    "validComponentDependencies": "dependencies",
    "validComponentDownloadURL": "deployable_uri",
    "validComponentExtRefDistributionHashSHA512": "deployable_hash",
    "validComponentExtRefDistributionIntakeHashSHA512": "deployable_hash",
    "validComponentLicenseConcluded": "distribution_licences",
    "validComponentLicenseCustomRef": "distribution_licences",
    "validComponentLicenseDeclared": "original_licences",
    "validComponentManufacturerEmail": "component_creator",
    "validComponentManufacturerEmailAndURL": "component_creator",
    "validComponentManufacturerURL": "component_creator",
    "validComponentName": "component_name",
    "validComponentPURL": "unique_identifiers",
    "validComponentSWID": "unique_identifiers",
    "validComponentSecurityTxtURL": "security_txt",
    "validComponentSourceCodeURL": "source_uri",
    "validComponentSupplierEmail": "component_creator",
    "validComponentSupplierEmailAndURL": "component_creator",
    "validComponentSupplierURL": "component_creator",
    "validComponentVersion": "component_version",
    "validMetadataAuthorEmail": "sbom_creator",
    "validMetadataManufacturerEmail": "sbom_creator",
    "validMetadataManufacturerEmailAndURL": "sbom_creator",
    "validMetadataManufacturerURL": "sbom_creator",
    "validMetadataSupplierEmail": "sbom_creator",
    "validMetadataSupplierEmailAndURL": "sbom_creator",
    "validMetadataSupplierURL": "sbom_creator",
    "validMetadataTimestamp": "timestamp",
    "validSerialNumber": "sbom_uri",
}
"""Document of bsi/cdx -> the element that it has."""

NOT_BSI = {
    "validComponentDeployableHashDistributionIntake": "the digest is too short for a SHA-512",
    "validComponentExtRefDistributionHashEmpty": "the digest is empty",
    "validComponentExtRefDistributionHashMD5": "the guideline asks for SHA-512",
    "validComponentExtRefDistributionHashSHA1": "the guideline asks for SHA-512",
    "validComponentExtRefDistributionHashSHA256": "the guideline asks for SHA-512",
    "validComponentExtRefDistributionIntakeHashEmpty": "the digest is empty",
    "validComponentExtRefDistributionIntakeHashMD5": "the guideline asks for SHA-512",
    "validComponentExtRefDistributionIntakeHashSHA1": "the guideline asks for SHA-512",
    "validComponentExtRefDistributionIntakeHashSHA256": "the guideline asks for SHA-512",
    "validComponentHashSHA256": "the guideline asks for SHA-512, at the file",
    "validComponentLicenseExp": "the expression does not state that it is concluded",
    "validComponentSourceHash": "the guideline asks for SHA-512",
}
"""Documents with values that are well-formed and not what BSI TR-03183-2 2.1.0 asks for: the element is named as missing."""

FIXTURES: dict[str, tuple[str, str]] = {
    "cdx-invalid-licenses.json": ("licence_identifiers", "the licence 'MyCustomLicense' is given by a free name"),
    "cdx-minimal.json": ("tool_name", "no tool is named"),
    "cdx-no-authors.json": ("sbom_author", "no person or organisation"),
    "cdx-no-checksums.json": ("hash_value", "it has no hash"),
    "cdx-no-dependencies.json": ("dependency_relationship", NOTHING),
    "cdx-no-timestamp.json": ("timestamp", "it has no time"),
    "cdx-no-version.json": ("component_version", "it has no version"),
    "cdx-old-version.json": ("current_format", "expected CycloneDX 1.5 or later, found 1.2"),
    "cdx-weak-checksums.json": ("hash_algorithm", "it has hashes of md5 only"),
    "cdx-with-all-deprecated-licenses.json": ("licence_identifiers", "the identifier GPL-1.0 is deprecated"),
    "cdx-with-all-restricted-licenses.json": ("licence_identifiers", "the identifier GPL-1.0 is deprecated"),
    "cdx-with-incomplete-signature.json": ("sbom_author_signature", "the signature has no value"),
    "cdx-with-signature-no-key.json": ("sbom_author_signature", "has no publicKey"),
    "spdx-invalid-licenses.json": ("component_licence", "found 'MyCustomLicense'"),
    "spdx-minimal.json": ("component_version", "it has no version"),
    "spdx-no-authors.json": ("sbom_author", "no person or organisation"),
    "spdx-no-checksums.json": ("hash_value", "it has no hash"),
    "spdx-no-dependencies.json": ("dependency_relationship", NOTHING),
    "spdx-no-timestamp.json": ("timestamp", "it has no time"),
    "spdx-no-version.json": ("component_version", "it has no version"),
    "spdx-old-version.json": ("current_format", "expected SPDX 2.3 or later, found 2.1"),
    "spdx-weak-checksums.json": ("hash_algorithm", "it has hashes of md5 only"),
}
"""Document of fixtures -> the element of cisa-2026 that it lacks, and what is said of it."""

WITHOUT_DEFECT = {
    "cdx-custom-license.cdx.json", "cdx-expression.cdx.json", "cdx-mixed-licenses.cdx.json", "cdx-perfect-score.json",
    "cdx-standard-license.cdx.json", "cdx-with-complete-signature.json", "cdx-with-ec-signature.json",
    "cdx-with-multiple-signers.json", "spdx-compound-expression.json", "spdx-custom-license.json",
    "spdx-mixed-licenses.json", "spdx-perfect-score.json", "spdx-standard-license.json",
}  # fmt: skip
"""Documents with one property each, which is no defect: a form of licences, a whole signature."""


@cache
def read(path: str) -> ReceivedSbom:
    return read_received((QUALITY / path).read_bytes(), schema_defects)


def element(path: str, profile: QualityProfile, key: str) -> ElementScore:
    [found] = [entry for entry in score(read(path), profile).elements if entry.element.key == key]
    return found


def bsi(name: str) -> str:
    return f"bsi/cdx/{name}.cdx16.json"


def test_every_document_is_in_a_table() -> None:
    found = {path.name.removesuffix(".cdx16.json") for path in (QUALITY / "bsi" / "cdx").glob("*.json")}
    assert found == {*DEFECTS, *VALID, *NOT_BSI, "validFullyCompliantBsiV21"}
    assert {path.name for path in (QUALITY / "fixtures").glob("*.json")} == {*FIXTURES, *WITHOUT_DEFECT}


def test_each_defect_is_named_at_its_place() -> None:
    cases = [(bsi(name), BSI, *DEFECTS[name]) for name in DEFECTS]
    cases += [(f"fixtures/{name}", CISA, *FIXTURES[name]) for name in FIXTURES]
    for path, profile, key, expected in cases:
        texts = [str(gap) for gap in element(path, profile, key).tally.gaps]
        assert any(expected in text for text in texts), (path, key, texts)
        assert all(text.startswith("/") for text in texts), path


def test_what_a_document_is_made_to_have_is_found() -> None:
    for name, key in VALID.items():
        found = element(bsi(name), BSI, key)
        assert (found.tally.gap_count, found.tally.met) == (0, max(found.tally.met, 1)), (name, key)
    assert score(read(bsi("validFullyCompliantBsiV21")), BSI).passes


@pytest.mark.parametrize("name", NOT_BSI)
def test_values_of_another_kind_are_named(name: str) -> None:
    keys = ("deployable_hash", "source_hash", "distribution_licences")
    assert any(element(bsi(name), BSI, key).tally.gap_count for key in keys), NOT_BSI[name]


def test_whole_signatures_have_no_gap() -> None:
    for name in ("complete-signature", "ec-signature", "multiple-signers"):
        assert not element(f"fixtures/cdx-with-{name}.json", CISA, "sbom_author_signature").tally.gap_count
    assert element("samples/sbom.cdx.signed.json", CISA, "sbom_author_signature").tally.gap_count

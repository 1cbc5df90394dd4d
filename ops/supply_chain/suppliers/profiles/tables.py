"""The profiles: the elements of each, in the order of its source, by the name that it gives them."""

from __future__ import annotations

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.suppliers.profiles import bsi_checks as bsi
from ops.supply_chain.suppliers.profiles import component_checks as component
from ops.supply_chain.suppliers.profiles import document_checks as document
from ops.supply_chain.suppliers.profiles.bsi_checks import at_most
from ops.supply_chain.suppliers.profiles.elements import ProfileElement, Strength, of_components, of_document
from ops.supply_chain.suppliers.profiles.levels import DEPLOYABLE, DetailLevel

_REQUIRED, _RECOMMENDED, _OPTIONAL = Strength.REQUIRED, Strength.RECOMMENDED, Strength.OPTIONAL

_AUTHOR = (
    "CycloneDX: metadata.manufacturer or metadata.authors; SPDX 2: Creator Person: or Organization:; SPDX 3: createdBy"
)
_TIMESTAMP = "CycloneDX: metadata.timestamp; SPDX 2: created; SPDX 3: CreationInfo.created"
_PRIMARY = "CycloneDX: metadata.component; SPDX 2: DESCRIBES; SPDX 3: rootElement"
_NAME = "name of the component"
_VERSION = "CycloneDX: version; SPDX 2: versionInfo; SPDX 3: software_packageVersion"
_IDENTIFIERS = "CycloneDX: purl, cpe or swid; SPDX 2: externalRefs; SPDX 3: software_packageUrl or externalIdentifier"
_HASH = "CycloneDX: hashes; SPDX 2: checksums; SPDX 3: verifiedUsing"
_LICENCE = "CycloneDX: licenses; SPDX 2: licenseDeclared; SPDX 3: hasDeclaredLicense"
_DEPENDENCIES = (
    "CycloneDX: an entry of dependencies for each component, empty if it needs none; SPDX 2: DEPENDS_ON, to NONE if it needs "
    "none; SPDX 3: dependsOn"
)
_FORMAT = "version of the standard"
_VALUES = "write each value as the standard has it, and each entry once"

_PRIMARY_COMPONENT = ProfileElement(
    "primary_component", "Primary Component", _REQUIRED, of_document(document.primary_component), _PRIMARY
)
_STANDARD_VALUES = ProfileElement(
    "standard_values", "Values as the standard writes them", _RECOMMENDED, document.standard_values, _VALUES
)

MINIMAL = (
    ProfileElement("timestamp", "Timestamp", _REQUIRED, of_document(document.timestamp), _TIMESTAMP),
    _PRIMARY_COMPONENT,
    ProfileElement("component_name", "Component Name", _REQUIRED, of_components(component.name, files=True, alike=True), _NAME),
    ProfileElement("component_version", "Component Version", _REQUIRED, of_components(component.version, alike=True), _VERSION),
    ProfileElement(
        "identifier_or_hash", "Identifier or hash", _REQUIRED, of_components(component.findable, alike=True),
        f"{_IDENTIFIERS}; or a hash",
    ),
    ProfileElement(
        "dependency_relationship", "Dependency Relationship", _RECOMMENDED,
        of_components(component.related, more=component.broken_references, met=component.has_relation), _DEPENDENCIES,
    ),
    _STANDARD_VALUES,
)  # fmt: skip
"""What a document needs so that its components are found again when one of them turns out to be vulnerable."""

NTIA_2021 = (
    ProfileElement(
        "supplier_name", "Supplier Name", _REQUIRED, of_components(component.supplier, unknown_counts=False, alike=True),
        "CycloneDX: supplier or manufacturer; SPDX 2: supplier; SPDX 3: suppliedBy",
    ),
    ProfileElement("component_name", "Component Name", _REQUIRED, of_components(component.name, files=True, alike=True), _NAME),
    ProfileElement(
        "component_version", "Version of the Component", _REQUIRED,
        of_components(component.version, unknown_counts=False, alike=True), _VERSION,
    ),
    ProfileElement(
        "unique_identifiers", "Other Unique Identifiers", _REQUIRED, of_components(component.identifiers, alike=True), _IDENTIFIERS
    ),
    _PRIMARY_COMPONENT,
    ProfileElement(
        "dependency_relationship", "Dependency Relationship", _REQUIRED,
        of_components(component.related, more=component.broken_references, met=component.has_relation), _DEPENDENCIES,
    ),
    ProfileElement("sbom_author", "Author of SBOM Data", _REQUIRED, of_document(document.author), _AUTHOR),
    ProfileElement("timestamp", "Timestamp", _REQUIRED, of_document(document.timestamp), _TIMESTAMP),
    ProfileElement("data_format", "Automation Support", _REQUIRED, of_document(document.data_format), _FORMAT),
    ProfileElement("component_hash", "Hash of the Component", _RECOMMENDED, of_components(component.hash_value, files=True, alike=True), _HASH),
    ProfileElement("hash_algorithm", "Secure hash", _RECOMMENDED, of_components(component.hash_algorithm, alike=True), "SHA-256 or longer"),
    ProfileElement(
        "lifecycle_phase", "Lifecycle Phase", _RECOMMENDED, of_document(document.generation_context),
        "CycloneDX: metadata.lifecycles; SPDX 3: software_sbomType",
    ),
    ProfileElement("licence", "License Information", _RECOMMENDED, of_components(component.licence, alike=True), _LICENCE),
    _STANDARD_VALUES,
)  # fmt: skip
"""https://www.ntia.gov/report/2021/minimum-elements-software-bill-materials-sbom"""

CISA_2026 = (
    ProfileElement("sbom_author", "SBOM Author", _REQUIRED, of_document(document.author), _AUTHOR),
    ProfileElement(
        "sbom_author_signature", "SBOM Author Signature", _RECOMMENDED, of_document(document.author_signature),
        "a signature next to the document, see docs/suppliers.md",
    ),
    ProfileElement("data_format", "Data Format Name and Version", _REQUIRED, of_document(document.data_format), _FORMAT),
    ProfileElement(
        "generation_context", "Generation Context", _REQUIRED, of_document(document.generation_context),
        "CycloneDX: metadata.lifecycles; SPDX 2: 'Generation context: build.' in the comment of creationInfo; SPDX 3: "
        "software_sbomType",
    ),
    ProfileElement("timestamp", "Timestamp", _REQUIRED, of_document(document.timestamp), _TIMESTAMP),
    ProfileElement(
        "tool_name", "Tool Name", _REQUIRED, of_document(document.tool_name),
        "CycloneDX: metadata.tools; SPDX 2: Creator Tool:; SPDX 3: createdUsing",
    ),
    ProfileElement(
        "tool_version", "Tool Version", _REQUIRED, of_document(document.tool_version),
        "CycloneDX: version of each tool; SPDX: at the end of its name, after a dash",
    ),
    ProfileElement(
        "sbom_version", "SBOM Version", _REQUIRED, of_document(document.sbom_version),
        "CycloneDX: serialNumber and version; SPDX 2: documentNamespace; SPDX 3: spdxId of the document",
    ),
    _PRIMARY_COMPONENT,
    ProfileElement(
        "component_producer", "Component Producer", _REQUIRED, of_components(component.producer, alike=True),
        "CycloneDX: manufacturer (before 1.6: supplier); SPDX 2: originator; SPDX 3: originatedBy",
    ),
    ProfileElement("component_name", "Component Name", _REQUIRED, of_components(component.name, files=True, alike=True), _NAME),
    ProfileElement("component_version", "Component Version", _REQUIRED, of_components(component.version, alike=True), _VERSION),
    ProfileElement(
        "component_identifiers", "Component Identifiers", _REQUIRED, of_components(component.identifiers, alike=True), _IDENTIFIERS
    ),
    ProfileElement(
        "hash_value", "Hash Value", _REQUIRED, of_components(component.hash_value, files=True, alike=True), _HASH
    ),
    ProfileElement(
        "hash_algorithm", "Hash Algorithm", _REQUIRED, of_components(component.hash_algorithm, alike=True), "SHA-256 or longer"
    ),
    ProfileElement("component_licence", "Component License", _REQUIRED, of_components(component.licence, alike=True), _LICENCE),
    ProfileElement(
        "dependency_relationship", "Dependency Relationship", _REQUIRED,
        of_components(component.dependencies, more=component.broken_references, met=component.has_dependencies), _DEPENDENCIES,
    ),
    ProfileElement(
        "coverage", "Coverage", _REQUIRED, of_document(document.coverage),
        "CycloneDX: compositions; SPDX 3: completeness of the relationships",
    ),
    ProfileElement(
        "current_format", "Machine-Processable Data", _RECOMMENDED, of_document(document.current_format),
        "CycloneDX 1.5, SPDX 2.3, or later",
    ),
    ProfileElement(
        "licence_identifiers", "License identifiers", _RECOMMENDED, of_components(component.licence_identifiers, alike=True),
        "identifiers of https://spdx.org/licenses/ that are not deprecated",
    ),
    _STANDARD_VALUES,
)  # fmt: skip
"""https://www.cisa.gov/resources-tools/resources/2026-minimum-elements-software-bill-materials-sbom

What is not known is stated to be unknown: with NOASSERTION where the format has it, else as docs/suppliers.md describes. The
signature lies next to the document, where the rule `suppliers.signed` requires it, so here it is recommended.
"""

BSI_TR_03183_2 = (
    ProfileElement(
        "format", "SBOM format", _REQUIRED, of_document(document.bsi_format), "CycloneDX 1.6, SPDX 3.0.1, or later"
    ),
    ProfileElement(
        "no_vulnerabilities", "No vulnerability information", _REQUIRED, of_document(document.no_vulnerabilities),
        "send them as VEX, in a document of its own",
    ),
    _PRIMARY_COMPONENT,
    ProfileElement(
        "sbom_creator", "Creator of the SBOM", _REQUIRED, of_document(document.author_contact),
        "CycloneDX: url, or email of a contact, of metadata.manufacturer; SPDX 3: externalIdentifier of createdBy",
    ),
    ProfileElement("timestamp", "Timestamp", _REQUIRED, of_document(document.timestamp), _TIMESTAMP),
    ProfileElement(
        "component_creator", "Component creator", _REQUIRED, of_components(bsi.creator, unknown_counts=False),
        "CycloneDX: url, or email of a contact, of manufacturer; SPDX 3: externalIdentifier of originatedBy",
    ),
    ProfileElement("component_name", "Component name", _REQUIRED, of_components(component.name, alike=True), _NAME),
    ProfileElement(
        "component_version", "Component version", _REQUIRED, of_components(component.version, unknown_counts=False, alike=True), _VERSION
    ),
    ProfileElement(
        "identified_by", "Identifiers of what is not delivered", _REQUIRED,
        of_components(bsi.identifiers_of_identified), _IDENTIFIERS,
    ),
    ProfileElement(
        "file_name", "Filename of the component", _REQUIRED, of_components(at_most(DetailLevel.FULL, bsi.file_name)),
        "CycloneDX: property bsi:component:filename; SPDX 3: name of the file of hasDistributionArtifact",
    ),
    ProfileElement(
        "dependencies", "Dependencies on other components", _REQUIRED,
        of_components(at_most(DetailLevel.LOGICAL, bsi.dependencies), more=component.broken_references), _DEPENDENCIES,
    ),
    ProfileElement(
        "completeness", "Completeness of the enumeration", _REQUIRED,
        of_components(at_most(DetailLevel.LOGICAL, bsi.completeness)),
        "CycloneDX: compositions; SPDX 3: completeness of the relationship",
    ),
    ProfileElement(
        "distribution_licences", "Distribution licences", _REQUIRED,
        of_components(at_most(DetailLevel.LOGICAL, bsi.distribution_licences)),
        "CycloneDX: licenses with acknowledgement concluded; SPDX: licenseConcluded, hasConcludedLicense",
    ),
    ProfileElement(
        "deployable_hash", "Hash value of the deployable component", _REQUIRED,
        of_components(at_most(DetailLevel.FULL, bsi.deployable_hash)),
        "CycloneDX: SHA-512 in the hashes of an externalReference of type distribution; SPDX 3: verifiedUsing of the file of "
        "hasDistributionArtifact",
    ),
    *(
        ProfileElement(
            f"{name}_property", f"{name.capitalize()} property", _REQUIRED,
            of_components(at_most(DetailLevel.FULL, bsi.flag(name))),
            f"CycloneDX: property bsi:component:{name}; SPDX 3: software_additionalPurpose of the file of "
            "hasDistributionArtifact",
        )
        for name in ("executable", "archive", "structured")
    ),
    ProfileElement(
        "sbom_uri", "SBOM-URI", _RECOMMENDED, of_document(document.sbom_uri),
        "CycloneDX: serialNumber; SPDX 2: documentNamespace; SPDX 3: spdxId of the document",
    ),
    ProfileElement(
        "source_uri", "Source code URI", _RECOMMENDED,
        of_components(at_most(DetailLevel.FULL, bsi.address(bsi.SOURCE, "URI of the source code"))),
        "CycloneDX: externalReference of type source-distribution or vcs; SPDX 3: sourceArtifact of what generates it",
    ),
    ProfileElement(
        "deployable_uri", "URI of the deployable form of the component", _RECOMMENDED,
        of_components(at_most(DetailLevel.FULL, bsi.address(DEPLOYABLE, "URI of the deployable form"))),
        "CycloneDX: externalReference of type distribution; SPDX: download location",
    ),
    ProfileElement(
        "unique_identifiers", "Other unique identifiers", _RECOMMENDED,
        of_components(at_most(DetailLevel.LOGICAL, bsi.identifiers)), _IDENTIFIERS,
    ),
    ProfileElement(
        "original_licences", "Original licences", _RECOMMENDED,
        of_components(at_most(DetailLevel.LOGICAL, bsi.original_licences)),
        "CycloneDX: licenses with acknowledgement declared; SPDX: licenseDeclared, hasDeclaredLicense",
    ),
    ProfileElement(
        "effective_licence", "Effective licence", _OPTIONAL,
        of_components(at_most(DetailLevel.LOGICAL, bsi.effective_licence)), "CycloneDX: property bsi:component:effectiveLicense",
    ),
    ProfileElement(
        "source_hash", "Hash value of the source code of the component", _OPTIONAL,
        of_components(at_most(DetailLevel.FULL, bsi.source_hash)),
        "CycloneDX: SHA-512 in the hashes of an externalReference of type source-distribution",
    ),
    ProfileElement(
        "security_txt", "URL of the security.txt", _OPTIONAL,
        of_components(at_most(DetailLevel.LOGICAL, bsi.address(bsi.SECURITY_TXT, "URL of the security.txt"))),
        "CycloneDX: externalReference of type rfc-9116; SPDX 3: securityOther",
    ),
    _STANDARD_VALUES,
)  # fmt: skip
"""BSI TR-03183-2 2.1.0 (2025-08-20), sections 3.1, 4 and 5; what it calls *additional* (required if it exists) is recommended.

https://www.bsi.bund.de/SharedDocs/Downloads/EN/BSI/Publications/TechGuidelines/TR03183/BSI-TR-03183-2_v2_1_0.pdf
"""

PROFILES: dict[QualityProfile, tuple[ProfileElement, ...]] = {
    QualityProfile.MINIMAL: MINIMAL,
    QualityProfile.NTIA_2021: NTIA_2021,
    QualityProfile.CISA_2026: CISA_2026,
    QualityProfile.BSI_TR_03183_2: BSI_TR_03183_2,
}

"""What CycloneDX has for the contents of a distribution: files, evidence, and what built it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.inventory.model.contents import (
    ContainedFile,
    DescribedDistribution,
    EvidenceKind,
    IdentityEvidence,
)
from ops.supply_chain.inventory.model.document import Component
from ops.supply_chain.inventory.writers.cyclonedx_package import (
    Json,
    distribution_reference,
    in_order,
    package_fields,
    properties_of,
)

TECHNIQUES = {
    EvidenceKind.STRING: "binary-analysis",
    EvidenceKind.SUFFIX: "filename",
    EvidenceKind.PE: "binary-analysis",
    EvidenceKind.SBOM: "manifest-analysis",
    EvidenceKind.NAME: "filename",
    EvidenceKind.LIST: "manifest-analysis",
    EvidenceKind.METADATA: "manifest-analysis",
}
"""Kind of evidence -> CycloneDX's word for the technique."""


def file_component(file: ContainedFile) -> Json:
    """Return the component of a file; its name is the path in the distribution."""
    return {
        "bom-ref": file.ref,
        "hashes": [{"alg": "SHA-1", "content": file.sha1}, {"alg": "SHA-256", "content": file.sha256}],
        "name": file.path,
        "properties": [{"name": "sealwright:size", "value": str(file.size)}],
        "type": "file",
    }


def identity_of(evidence: Iterable[IdentityEvidence]) -> list[Json]:
    """Return `evidence.identity`: one entry for each field and value, sorted; empty where there is no evidence.

    Args:
        evidence: Of one component, sorted.
    """
    groups: dict[tuple[str, str], list[IdentityEvidence]] = {}
    for entry in evidence:
        groups.setdefault((entry.field, entry.value), []).append(entry)
    return [
        {
            "concludedValue": value,
            "confidence": max(entry.confidence for entry in entries),
            "field": field,
            "methods": [
                {
                    "confidence": entry.confidence,
                    "technique": TECHNIQUES[entry.kind],
                    "value": f"{entry.kind.value} in {entry.path}: {entry.text}",
                }
                for entry in entries
            ],
        }
        for (field, value), entries in groups.items()
    ]


def formulation_of(tools: Sequence[Component]) -> list[Json]:
    """Return `formulation`: the packages that built the distribution.

    Args:
        tools: Sorted by ref, not empty.
    """
    components = []
    for tool in tools:
        fields = {
            **package_fields(tool.package),
            "bom-ref": tool.package.ref,
            "properties": properties_of(tool),
            "type": "library",
        }
        components.append({key: value for key, value in fields.items() if value})
    return [{"components": components}]


_FILE_PROPERTIES = (
    ("bsi:component:archive", "archive"),
    ("bsi:component:executable", "non-executable"),
    ("bsi:component:structured", "structured"),
)
"""What wheels and source distributions are: archives that keep the paths and metadata of their files.

Source: https://github.com/BSI-Bund/tr-03183-cyclonedx-property-taxonomy
"""


def as_delivered(component: Json, distribution: DescribedDistribution | None) -> Json:
    """Return the component that a document describes, with the file that it is delivered as where that is known."""
    if distribution is None or not distribution.hashes:
        return component
    own = distribution_reference(distribution.file_name, distribution.hashes)
    name = {"name": "bsi:component:filename", "value": distribution.file_name}
    properties = [*component["properties"], name, *({"name": key, "value": value} for key, value in _FILE_PROPERTIES)]
    return {
        **component,
        "externalReferences": in_order([*component["externalReferences"], own]),
        "properties": sorted(properties, key=lambda entry: (entry["name"], entry["value"])),
    }


def distribution_properties(distribution: DescribedDistribution | None) -> list[tuple[str, str]]:
    """Return the properties of a document about a distribution; none for any other."""
    if distribution is None:
        return []
    return [
        ("sealwright:distribution", distribution.file_name),
        ("sealwright:distribution-kind", distribution.kind),
        *([("sealwright:tags", distribution.tags)] if distribution.tags else []),
        *(("sealwright:incomplete", reason) for reason in distribution.incomplete),
    ]

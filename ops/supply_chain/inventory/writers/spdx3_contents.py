"""What SPDX 3 has for the contents of a distribution: files, what is contained, and the tools that built it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.inventory.model.contents import DescribedDistribution
from ops.supply_chain.inventory.model.document import Document, PartsKnown
from ops.supply_chain.inventory.writers.fragments import fragment
from ops.supply_chain.inventory.writers.spdx3_elements import element, identifier
from ops.supply_chain.inventory.writers.spdx_terms import slug_of


def _in_wheels(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what the wheels of packages contain, as far as it is known."""
    for component in document.components:
        if component.parts:
            slug = slug_of(component.package.ref)
            relationship = element(
                "Relationship",
                f"parts-{slug}",
                **{"from": identifier(slug)},
                relationshipType="contains",
                to=[identifier(slug_of(ref)) for ref in component.parts],
                completeness="complete" if component.coverage is PartsKnown.COMPLETE else "incomplete",
            )
            yield relationship["spdxId"], f"    {fragment(relationship, 2).decode()}"


def _delivered(distribution: DescribedDistribution, root: str) -> Iterator[dict[str, Any]]:
    """Yield the file of a distribution, an archive that keeps the paths of its files, and that it is what is delivered."""
    if not distribution.hashes:
        return
    digests = (entry.partition(":") for entry in distribution.hashes)
    yield element(
        "software_File",
        f"delivered-{root}",
        name=distribution.file_name,
        software_primaryPurpose="archive",
        software_additionalPurpose=["archive", "container"],
        verifiedUsing=[
            {"type": "Hash", "algorithm": algorithm, "hashValue": digest} for algorithm, _, digest in digests
        ],
    )
    yield element(
        "Relationship",
        f"delivery-{root}",
        **{"from": identifier(root)},
        relationshipType="hasDistributionArtifact",
        to=[identifier(f"delivered-{root}")],
        completeness="complete",
    )


def contents_of(document: Document) -> dict[str, str]:
    """Return the elements of a distribution's contents: identifier -> JSON, in the order of the graph."""
    if document.distribution is None:
        return dict(_in_wheels(document))
    root = slug_of(document.root.package.ref)
    distribution = document.distribution
    found = [*_delivered(distribution, root)]
    found += [
        element(
            "software_File",
            slug_of(file.ref),
            name=file.path,
            verifiedUsing=[
                {"type": "Hash", "algorithm": "sha1", "hashValue": file.sha1},
                {"type": "Hash", "algorithm": "sha256", "hashValue": file.sha256},
            ],
        )
        for file in distribution.files
    ]
    parts = [component.package.ref for component in document.components if component.part]
    groups = (
        ("files", [file.ref for file in distribution.files], "complete"),
        ("parts", parts, "incomplete" if distribution.incomplete else "complete"),
    )
    found += [
        element(
            "Relationship",
            f"{word}-{root}",
            **{"from": identifier(root)},
            relationshipType="contains",
            to=[identifier(slug_of(ref)) for ref in refs],
            completeness=completeness,
        )
        for word, refs, completeness in groups
        if refs
    ]
    if document.tools:
        tools = element(
            "LifecycleScopedRelationship",
            f"tools-{root}",
            **{"from": identifier(root)},
            relationshipType="usesTool",
            scope="build",
            to=[identifier(slug_of(tool.package.ref)) for tool in document.tools],
        )
        found.append(tools)
    # The same as `text`, several times faster: there may be thousands of files.
    return {entry["spdxId"]: f"    {fragment(entry, 2).decode()}" for entry in found}

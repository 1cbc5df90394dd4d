"""What `generate_sbom` reports of distributions."""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.core.text import plural
from ops.supply_chain.inventory.model.contents import ContentPart
from ops.supply_chain.inventory.model.document import Document


def counts_of_distribution(document: Document) -> dict[str, int]:
    """Count the contents of one distribution."""
    parts = [component.part for component in document.components]
    return {
        "distributions": 1,
        "distribution_files": len(document.distribution.files) if document.distribution else 0,
        "bundled": parts.count(ContentPart.BUNDLED),
        "vendored": parts.count(ContentPart.VENDORED),
        "declared": parts.count(ContentPart.DECLARED),
        "unresolved": sum(label == "unresolved" for label, _ in document.root.notes),
    }


def text_of_distributions(counts: Mapping[str, int]) -> str:
    """Return the sum of such counts as text."""
    inside = ", ".join(
        (
            plural(counts["distribution_files"], "file"),
            plural(counts["bundled"], "bundled library", "bundled libraries"),
            plural(counts["vendored"], "vendored package"),
            f"{plural(counts['declared'], 'component')} declared by SBOMs in them",
            f"{plural(counts['unresolved'], 'requirement')} not in a lock",
        )
    )
    return f"{plural(counts['distributions'], 'distribution')}: {inside}"

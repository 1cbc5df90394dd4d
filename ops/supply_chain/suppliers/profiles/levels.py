"""How much of a component BSI TR-03183-2 asks for: a level, section 5.1 of the guideline.

A *referenced* component has its own SBOM, an *identified* one is not delivered with the product, a *logical* one combines
others and is no file, or is inside the file of another one. Any other is described in full.

Source: https://www.bsi.bund.de/SharedDocs/Downloads/EN/BSI/Publications/TechGuidelines/TR03183/BSI-TR-03183-2_v2_1_0.pdf
"""

from __future__ import annotations

from enum import Enum

from ops.supply_chain.contracts.values.received_sbom import SbomComponent
from ops.supply_chain.formats.received.comments import MERGED

BSI = "bsi:component:"
"""Beginning of the names of the guideline's properties."""

DEPLOYABLE = ("distribution", "distribution-intake")
"""Types of references to the file that is deployed."""

_LOGICAL = frozenset(
    {
        "application",
        "container",
        "device",
        "framework",
        "operating-system",
        "operatingsystem",
        "operating_system",
        "platform",
    }
)


class DetailLevel(Enum):
    """How much of a component must be described."""

    FULL = 0
    LOGICAL = 1
    IDENTIFIED = 2
    REFERENCED = 3


def level_of(component: SbomComponent) -> DetailLevel:
    """Return the level of a component: by what the document states, else it is to be described in full."""
    if any(reference.type == "bom" for reference in component.references):
        return DetailLevel.REFERENCED
    if component.external:
        return DetailLevel.IDENTIFIED
    if MERGED in component.properties:
        return DetailLevel.LOGICAL
    return DetailLevel.LOGICAL if component.type in _LOGICAL and not _is_file(component) else DetailLevel.FULL


def _is_file(component: SbomComponent) -> bool:
    return bool(
        component.file_name
        or any(name.startswith(BSI) and not name.startswith(f"{BSI}effective") for name, _ in component.properties)
        or any(reference.digests and reference.type in DEPLOYABLE for reference in component.references)
    )

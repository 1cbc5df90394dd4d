"""The badge for https://img.shields.io/endpoint: how many claims the evidence supports.

Source: https://shields.io/badges/endpoint-badge (schemaVersion 1, label, message, color).
"""

from __future__ import annotations

import json

from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.core.text import printable

FILE_NAME = "badge.json"
KEYS = {"schemaVersion", "label", "message", "color"}
LABEL = "supply chain"


def is_badge(text: str) -> bool:
    """Return whether a file is such a badge, and not other JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and set(found) == KEYS and found["label"] == LABEL


def badge(facts: DocumentFacts) -> dict[str, object]:
    """Return the badge's JSON as plain data; never green, because a count is not a verdict."""
    source = facts.claims.source
    if source is None:
        message, colour = "no release yet", "lightgrey"
    elif source.rehearsal:
        message, colour = "rehearsed, not released", "lightgrey"
    else:
        renderer = ClaimRenderer(facts.claims)
        supported = sum(renderer.supported(claim.id) for claim in facts.claims.claims)
        message, colour = f"{printable(source.version)}: {supported} of {len(facts.claims.claims)} claims", "blue"
    return {"schemaVersion": 1, "label": LABEL, "message": message, "color": colour}

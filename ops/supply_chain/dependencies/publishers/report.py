"""What the gate tells people: what was examined, from where, then each finding and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.finding import Finding


def document_of(sources: Sequence[str], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the same for programs."""
    return {"findings": [msgspec.to_builtins(one) for one in findings], "sources": list(sources)}

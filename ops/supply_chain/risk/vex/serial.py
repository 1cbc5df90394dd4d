"""Identifiers that follow from content: equal documents have equal ones, on any machine."""

from __future__ import annotations

import uuid
from typing import Any

from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sealwright:vex")
"""Of the UUIDv5; the name in it is `sha256:<hex>` of the document's canonical bytes without its identifier."""


def with_identifier(document: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the document with `urn:uuid:<UUIDv5 of its content>` in a field that it does not have yet."""
    name = f"sha256:{sha256_bytes(encode(document))}"
    return {**document, field: f"urn:uuid:{uuid.uuid5(NAMESPACE, name)}"}

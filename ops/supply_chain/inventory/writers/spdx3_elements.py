"""How an element of SPDX 3 is written before the name of its document is known."""

from __future__ import annotations

import json
from typing import Any

from ops.supply_chain.core import canonical
from ops.supply_chain.core.addresses import URI_BASE

CREATION = "_:creation"
NAMESPACE = URI_BASE + "spdx:"
"""Start of every identifier; the document's UUID, `#` and the element's own name follow."""

# A NUL is the placeholder of the UUID until the content is known: no text of a model contains one.
OPEN = f"{NAMESPACE}\0#"
OPEN_BYTES = json.dumps(OPEN)[1:-1].encode()
"""The start of every identifier as JSON, before the UUID is known."""


def identifier(name: str) -> str:
    """Return the identifier of an element before the document's UUID is known."""
    return f"{OPEN}{name}"


def text(element: dict[str, Any]) -> str:
    """Return an element as JSON, indented for its place in the graph."""
    return "    " + canonical.indented(element).decode().replace("\n", "\n    ")


def element(kind: str, slug: str, /, **fields: Any) -> dict[str, Any]:
    """Return an element of a type with what all have in common; empty fields are left out."""
    filled = {key: value for key, value in fields.items() if value not in ("", [], None)}
    return {"type": kind, "spdxId": identifier(slug), "creationInfo": CREATION, **filled}

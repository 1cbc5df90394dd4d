"""Who makes a document or a package in SPDX 3, with the address at which they are reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers.spdx3_elements import element
from ops.supply_chain.inventory.writers.spdx_terms import slug_of


def author_of(document: Document) -> dict[str, Any]:
    """Return the agent that makes a document."""
    if document.author:
        addresses = _addresses(document.author_contact)
        return element("Organization", "author", name=document.author, externalIdentifier=addresses)
    # "createdBy" must name an agent, and the tool is not the author.
    return element("Agent", "author", name="NOASSERTION", comment="The SBOM author is unknown.")


def agent_of(name: str, contact: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield who makes or supplies a package: the identifier and the element; nothing where there is no name."""
    if name:
        slug = slug_of(f"{name} {contact}" if contact else name)
        agent = element("Agent", f"agent-{slug}", name=name, externalIdentifier=_addresses(contact))
        yield agent["spdxId"], agent


def _addresses(contact: str) -> list[dict[str, str]]:
    """Return the e-mail address or URL of an agent as its external identifier; none where there is no contact."""
    kind = "urlScheme" if "://" in contact else "email"
    found = {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": contact}
    return [found] if contact else []

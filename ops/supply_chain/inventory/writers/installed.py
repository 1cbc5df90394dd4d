"""The SBOM of what is installed: another tool's list of packages under our root, with what it cannot know.

An installed package has no archive left to hash, and the tool lists what a package may need, extras
included, whether or not they were asked for; so hashes are stated as unknown and edges too. The phase is
"operations", in CISA's words a deployed SBOM.

Source: https://cyclonedx.org/docs/1.6/json/; CISA minimum elements for an SBOM, https://www.cisa.gov/sbom.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.inventory.model.document import Component, Document, Element
from ops.supply_chain.inventory.writers.cyclonedx import SERIAL_NAMESPACE, metadata_of
from ops.supply_chain.inventory.writers.cyclonedx_package import properties_of

LIFECYCLE = "operations"
UNKNOWN = "sealwright:unknown"


def installed_document(found: dict[str, Any], document: Document) -> bytes:
    """Put what a tool found in an environment under our root.

    Args:
        found: A CycloneDX 1.6 document of `adapters.tools.cyclonedx_py`, which is not changed.
        document: Ours: root, author, timestamp, generator; it needs no components.
    Returns:
        Canonical bytes, with a serial number from their content.
    """
    root = msgspec.structs.replace(document.root, depends_on=None, depends_complete=False)
    ours = msgspec.structs.replace(document, root=root, lifecycle=LIFECYCLE)
    components = sorted(map(_stated, _dicts(found.get("components"))), key=_order)
    refs = sorted(component["bom-ref"] for component in components if isinstance(component.get("bom-ref"), str))
    plain = {
        **{key: found[key] for key in ("$schema", "bomFormat", "specVersion")},
        "components": components,
        "compositions": [
            # Code that lies there without metadata of its own is seen by no such tool.
            {
                "aggregate": "unknown",
                "assemblies": [root.package.ref],
                "dependencies": sorted({root.package.ref, *refs}),
            },
        ],
        "dependencies": sorted(_dicts(found.get("dependencies")), key=lambda entry: str(entry.get("ref"))),
        "metadata": _metadata(found, ours, root),
        "version": 1,
    }
    serial = uuid.uuid5(SERIAL_NAMESPACE, f"sha256:{sha256_bytes(canonical.encode(plain))}")
    return canonical.encode({**plain, "serialNumber": f"urn:uuid:{serial}"})


def _metadata(found: dict[str, Any], document: Document, root: Component) -> dict[str, Any]:
    head = metadata_of(document)
    tools = found.get("metadata", {}).get("tools", {}).get("components", [])
    head["component"]["properties"] = properties_of(root, in_lock=False)
    head["tools"] = {"components": [*head["tools"]["components"], *_dicts(tools)]}
    return head


def _stated(component: dict[str, Any]) -> dict[str, Any]:
    pairs = {
        (str(property_.get("name")), str(property_.get("value", "")))
        for property_ in _dicts(component.get("properties"))
    }
    pairs |= {(UNKNOWN, element.value) for element in _unknown(component)}
    return {**component, "properties": [{"name": name, "value": value} for name, value in sorted(pairs)]}


def _unknown(component: dict[str, Any]) -> Iterator[Element]:
    """Name what is not known of an installed package, as for one from a lock."""
    known = {
        Element.PRODUCER: component.get("manufacturer"),
        Element.VERSION: component.get("version"),
        Element.IDENTIFIERS: component.get("purl"),
        Element.HASH: component.get("hashes"),
        Element.LICENCE: component.get("licenses"),
        Element.DEPENDENCIES: None,
    }
    return (element for element, value in known.items() if not value)


def _order(component: dict[str, Any]) -> tuple[str, str, str]:
    return (str(component.get("bom-ref")), str(component.get("name")), str(component.get("version")))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []

"""Which packages of an SBOM are direct dependencies, by the property that our own SBOMs state it with."""

from __future__ import annotations

from typing import Any, NamedTuple

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.sbom import require_sbom

PROPERTY = "sealwright:direct"
"""Of each component: `true`, `false` or `unknown`."""


class DirectPackages(NamedTuple):
    """PEP 503 name -> versions of what is direct; `complete` is False where a package does not state it."""

    versions: dict[str, frozenset[str]]
    complete: bool


def direct_packages(document: Any, *, where: str) -> DirectPackages:
    """Read the direct dependencies of an SBOM; one in another format than CycloneDX states none.

    Raises:
        InputError: It is not an SBOM, or is broken; the message has the JSON path.
    """
    sbom = require_sbom(document, where=where)
    if not isinstance(sbom, CycloneDx):
        return DirectPackages({}, complete=False)
    found: dict[str, set[str]] = {}
    complete = True
    for component in sbom.components:
        values = component.property_values(PROPERTY)
        complete = complete and values in (["true"], ["false"])
        if values == ["true"]:
            found.setdefault(normalise(component.name), set()).add(component.version)
    return DirectPackages({name: frozenset(versions) for name, versions in sorted(found.items())}, complete)

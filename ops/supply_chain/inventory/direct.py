"""Which packages of an SBOM of ours are direct dependencies: what its locks knew of that."""

from __future__ import annotations

from typing import Any, NamedTuple

from ops.supply_chain.core.names import normalise
from ops.supply_chain.inventory.checks.values import ROOT, table, tables, text

PROPERTY = "sealwright:direct"
"""Of each component: `true`, `false` or `unknown`."""


class DirectPackages(NamedTuple):
    """PEP 503 name -> versions of what is direct; `told` is False where that is not known of every package."""

    versions: dict[str, frozenset[str]]
    told: bool


def direct_packages(document: Any) -> DirectPackages:
    """Read the direct dependencies of a CycloneDX SBOM; one without our property tells of none."""
    found: dict[str, set[str]] = {}
    told = True
    for _, component in tables(table(document).get("components"), ROOT):
        answers = [
            text(one.get("value"))
            for _, one in tables(component.get("properties"), ROOT)
            if text(one.get("name")) == PROPERTY
        ]
        told = told and answers in (["true"], ["false"])
        if answers == ["true"] and text(component.get("name")):
            found.setdefault(normalise(text(component["name"])), set()).add(text(component.get("version")))
    return DirectPackages({name: frozenset(versions) for name, versions in sorted(found.items())}, told)

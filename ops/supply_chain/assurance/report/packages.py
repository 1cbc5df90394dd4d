"""The packages of an SBOM as a graph: dependencies, distance from the project, licences.

Packages are nodes by their `bom-ref`, so that two versions of one package are two nodes. A document's missing
or incomplete dependency entry means "unknown", which is never shown as "no dependencies".

Source: https://cyclonedx.org/docs/1.6/json/ (components, dependencies, compositions).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.assurance.report.tone import WORST_FIRST, Tone
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.cyclonedx import BomComponent, CycloneDx
from ops.supply_chain.formats.sbom import require_sbom

UNKNOWN_LICENCE = "unknown"
_SCOPES = {"optional": "optional", "excluded": "development only"}
NOT_REACHED = -1
"""Depth of a package without a known dependent."""


class PackageNode(msgspec.Struct, frozen=True, kw_only=True):
    """One package: `needs` are positions in the list of all, None where unknown; `depth` 1 is a direct dependency.

    `findings` counts its open findings, `worst` is their worst severity, empty where there is none. `part` says that it is
    optional, for development only, or inside a wheel; empty for what the product requires.
    """

    name: str
    version: str
    licence: str
    depth: int
    needs: tuple[int, ...] | None
    findings: int
    worst: str
    part: str = ""


class PackageGraph(msgspec.Struct, frozen=True, kw_only=True):
    """All packages, sorted by name and version; `direct` are positions in `all`.

    `unknown_edges` counts packages of locks whose dependencies are unknown or incomplete; `not_reached` packages without a
    known dependent; `inside` those inside wheels; `unopened` packages of whose wheels nothing is known.
    """

    root: str
    all: tuple[PackageNode, ...]
    direct: tuple[int, ...]
    deepest: int
    unknown_edges: int
    not_reached: int
    inside: int = 0
    unopened: int = 0


class LicenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One licence: number of packages, the first of them by name, its share of the most frequent in percent."""

    name: str
    tone: Tone
    count: int
    share: int
    packages: tuple[str, ...]


def read_packages(bom: Mapping[str, Any], findings: Sequence[Finding]) -> PackageGraph:
    """Read the graph of a CycloneDX document.

    Args:
        bom: The parsed JSON.
        findings: Counted by package and version.
    Raises:
        InputError: It is not CycloneDX, or is broken; the message has the JSON path.
    """
    sbom = _sbom(bom)
    nodes = sorted(map(_shown, sbom.components), key=lambda node: (node.name, node.version))
    places = {node.ref: place for place, node in enumerate(nodes) if node.ref}
    incomplete = sbom.incomplete_refs()
    needs = [_targets(node.ref, sbom.dependencies, incomplete, places) for node in nodes]
    root = _shown(sbom.root) if sbom.root else None
    direct = (_targets(root.ref, sbom.dependencies, frozenset(), places) if root else None) or ()
    depths = _depths(direct, needs)
    counted = _count(findings)
    return PackageGraph(
        root=f"{root.name} {root.version}".strip() if root else "",
        all=tuple(_package(node, need, depth, counted) for node, need, depth in zip(nodes, needs, depths, strict=True)),
        direct=direct,
        deepest=max(depths, default=0),
        unknown_edges=sum(
            (need is None or node.ref in incomplete) and not node.wheels
            for node, need in zip(nodes, needs, strict=True)
        ),
        not_reached=sum(depth == NOT_REACHED for depth in depths),
        inside=sum(bool(node.wheels) for node in nodes),
        unopened=len({ref for part in sbom.compositions if part.aggregate == "unknown" for ref in part.assemblies}),
    )


def licences(packages: PackageGraph, *, most: int = 12) -> tuple[LicenceView, ...]:
    """Count licences: unknown first, then the most frequent.

    Args:
        packages: All packages.
        most: How many packages to name per licence.
    """
    by_licence: dict[str, list[str]] = {}
    for package in packages.all:
        by_licence.setdefault(package.licence or UNKNOWN_LICENCE, []).append(
            f"{package.name} {package.version}".strip()
        )
    largest = max(map(len, by_licence.values()), default=1)
    found = [
        LicenceView(
            name=name,
            tone=Tone.UNKNOWN if name == UNKNOWN_LICENCE else Tone.PLAIN,
            count=len(names),
            share=max(1, round(100 * len(names) / largest)),
            packages=tuple(names[:most]),
        )
        for name, names in by_licence.items()
    ]
    return tuple(sorted(found, key=lambda node: (node.name != UNKNOWN_LICENCE, -node.count, node.name)))


def _sbom(document: Mapping[str, Any]) -> CycloneDx:
    sbom = require_sbom(document, where="the SBOM")
    if not isinstance(sbom, CycloneDx):
        raise InputError("the SBOM: expected CycloneDX")
    return sbom


def _shown(component: BomComponent) -> BomComponent:
    """Return a component whose name and version can be shown."""
    return component._replace(name=_printable(component.name), version=_printable(component.version))


def _targets(
    ref: str, edges: Mapping[str, Sequence[str]], incomplete: frozenset[str], places: Mapping[str, int]
) -> tuple[int, ...] | None:
    if not ref or ref not in edges:
        return None
    found = tuple(sorted({places[target] for target in edges[ref] if target in places}))
    return None if ref in incomplete and not found else found


def _depths(direct: Sequence[int], needs: Sequence[tuple[int, ...] | None]) -> list[int]:
    """Return each package's distance from the project along the shortest path; cycles are harmless."""
    depths = [NOT_REACHED] * len(needs)
    waiting = deque((place, 1) for place in direct)
    while waiting:
        place, depth = waiting.popleft()
        if depths[place] != NOT_REACHED:
            continue
        depths[place] = depth
        waiting.extend((need, depth + 1) for need in needs[place] or ())
    return depths


def _count(findings: Sequence[Finding]) -> dict[tuple[str, str], list[Severity]]:
    counted: dict[tuple[str, str], list[Severity]] = {}
    for finding in findings:
        if finding.package and not finding.waived_by:
            counted.setdefault((normalise(finding.package), finding.version), []).append(finding.severity)
    return counted


def _package(
    component: BomComponent,
    needs: tuple[int, ...] | None,
    depth: int,
    counted: Mapping[tuple[str, str], list[Severity]],
) -> PackageNode:
    name, version = component.name, component.version
    found = counted.get((normalise(name), version), [])
    return PackageNode(
        name=name,
        version=version,
        licence=_licence(component),
        depth=depth,
        needs=needs,
        findings=len(found),
        worst=min(found, key=WORST_FIRST.index).value if found else "",
        part=_part(component),
    )


def _part(component: BomComponent) -> str:
    wheels = component.wheels
    words = [_SCOPES[component.scope]] if component.scope in _SCOPES else []
    if wheels:
        words.append(f"inside {_printable(wheels[0])}" + (f" (+{len(wheels) - 1})" if len(wheels) > 1 else ""))
    return ", ".join(words)


def _licence(component: BomComponent) -> str:
    stated = {_printable(choice.expression or choice.id or choice.name) for choice in component.licences}
    return " AND ".join(sorted(filter(None, stated)))


def _printable(text: str) -> str:
    return printable(without_credentials(text))

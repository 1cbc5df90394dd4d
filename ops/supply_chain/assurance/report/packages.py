"""The packages of an SBOM as a graph: who needs whom, how far from the project, under which licence.

PackageGraph are nodes by their `bom-ref`, so that two versions of one package are two nodes. A document's missing
or incomplete dependency entry means "not known", which is never drawn as "needs nothing".

Source: CycloneDX 1.6 JSON: components, dependencies, compositions.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.assurance.report.tone import WORST_FIRST, Tone
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials

UNKNOWN_LICENCE = "unknown"
NOT_REACHED = -1
"""Depth of a package that nothing known leads to."""


class PackageNode(msgspec.Struct, frozen=True, kw_only=True):
    """One package: `needs` are places in the list of all, None where not known; `depth` 1 is needed directly.

    `findings` counts those that stand, `worst` is their worst severity, empty where there is none.
    """

    name: str
    version: str
    licence: str
    depth: int
    needs: tuple[int, ...] | None
    findings: int
    worst: str


class PackageGraph(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, sorted by name and version; `direct` are places in `all`.

    `unknown_edges` counts packages whose needs are not known, or not all of them; `not_reached` those that nothing
    known leads to.
    """

    root: str
    all: tuple[PackageNode, ...]
    direct: tuple[int, ...]
    deepest: int
    unknown_edges: int
    not_reached: int


class LicenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One licence: how many packages, the first of them by name, its share of the commonest in percent."""

    name: str
    tone: Tone
    count: int
    share: int
    packages: tuple[str, ...]


def read_packages(bom: Mapping[str, Any], findings: Sequence[Finding]) -> PackageGraph:
    """Read the graph of a CycloneDX document.

    Args:
        bom: Parsed; anything of a wrong type is passed over.
        findings: What was found; those of a package and version are counted at it.
    """
    root = _table(_table(bom.get("metadata")).get("component"))
    nodes = sorted(_components(bom.get("components")), key=lambda node: (_text(node, "name"), _text(node, "version")))
    places = {_text(node, "bom-ref"): place for place, node in enumerate(nodes) if _text(node, "bom-ref")}
    edges, partly = _edges(bom)
    needs = [_targets(_text(node, "bom-ref"), edges, partly, places) for node in nodes]
    direct = _targets(_text(root, "bom-ref"), edges, set(), places) or ()
    depths = _depths(direct, needs)
    counted = _count(findings)
    return PackageGraph(
        root=f"{_text(root, 'name')} {_text(root, 'version')}".strip(),
        all=tuple(_package(node, need, depth, counted) for node, need, depth in zip(nodes, needs, depths, strict=True)),
        direct=direct,
        deepest=max(depths, default=0),
        unknown_edges=sum(
            need is None or _text(node, "bom-ref") in partly for node, need in zip(nodes, needs, strict=True)
        ),
        not_reached=sum(depth == NOT_REACHED for depth in depths),
    )


def licences(packages: PackageGraph, *, most: int = 12) -> tuple[LicenceView, ...]:
    """Count licences: what is not known first, then the commonest.

    Args:
        packages: All of them.
        most: How many packages to name at each.
    """
    held: dict[str, list[str]] = {}
    for package in packages.all:
        held.setdefault(package.licence or UNKNOWN_LICENCE, []).append(f"{package.name} {package.version}".strip())
    largest = max(map(len, held.values()), default=1)
    found = [
        LicenceView(
            name=name,
            tone=Tone.UNKNOWN if name == UNKNOWN_LICENCE else Tone.PLAIN,
            count=len(names),
            share=max(1, round(100 * len(names) / largest)),
            packages=tuple(names[:most]),
        )
        for name, names in held.items()
    ]
    return tuple(sorted(found, key=lambda node: (node.name != UNKNOWN_LICENCE, -node.count, node.name)))


def _components(value: object) -> Iterator[Mapping[str, Any]]:
    pending = list(_tables(value))
    while pending:
        component = pending.pop()
        pending.extend(_tables(component.get("components")))
        if _text(component, "name"):
            yield component


def _edges(bom: Mapping[str, Any]) -> tuple[dict[str, list[str]], set[str]]:
    edges = {
        _text(entry, "ref"): [target for target in _list(entry.get("dependsOn")) if isinstance(target, str)]
        for entry in _tables(bom.get("dependencies"))
    }
    partly = {
        ref
        for composition in _tables(bom.get("compositions"))
        if composition.get("aggregate") != "complete"
        for ref in _list(composition.get("dependencies"))
        if isinstance(ref, str)
    }
    return edges, partly


def _targets(
    ref: str, edges: Mapping[str, list[str]], partly: set[str], places: Mapping[str, int]
) -> tuple[int, ...] | None:
    if not ref or ref not in edges:
        return None
    found = tuple(sorted({places[edge] for edge in edges[ref] if edge in places}))
    return None if ref in partly and not found else found


def _depths(direct: Sequence[int], needs: Sequence[tuple[int, ...] | None]) -> list[int]:
    """Return how far each package is from the project; the nearest way counts, and a circle ends nowhere."""
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
    component: Mapping[str, Any],
    needs: tuple[int, ...] | None,
    depth: int,
    counted: Mapping[tuple[str, str], list[Severity]],
) -> PackageNode:
    name, version = _text(component, "name"), _text(component, "version")
    found = counted.get((normalise(name), version), [])
    return PackageNode(
        name=name,
        version=version,
        licence=_licence(component),
        depth=depth,
        needs=needs,
        findings=len(found),
        worst=min(found, key=WORST_FIRST.index).value if found else "",
    )


def _licence(component: Mapping[str, Any]) -> str:
    told: Counter[str] = Counter()
    for choice in _tables(component.get("licenses")):
        licence = _table(choice.get("license"))
        told[_text(choice, "expression") or _text(licence, "id") or _text(licence, "name")] += 1
    return " AND ".join(sorted(filter(None, told)))


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return printable(without_credentials(value)) if isinstance(value, str) else ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _tables(value: object) -> Iterator[Mapping[str, Any]]:
    return (item for item in _list(value) if isinstance(item, dict))

"""A received SBOM, of any format and serialisation, as an inventory.

A component is identified by its package URL; without one by its name (and group), which is a weak identity with an
ecosystem of its own. Nested components count like others. The products that the document describes are left out, unless
it describes everything it lists. Two components with one identity and version are one item of the inventory, and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ops.supply_chain.contracts.values.received_sbom import (
    NO_COMPONENT,
    EdgeKind,
    PackageIdentity,
    ReceivedSbom,
    SbomComponent,
    SbomDigest,
    SbomLicence,
    SbomParty,
    SbomStandard,
)
from ops.supply_chain.formats.cyclonedx import FILE_REFERENCES, IN_WHEEL
from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.inventory.comparison.inventory import (
    FILES,
    NO_ECOSYSTEM,
    ListedPackage,
    PackageKey,
    SbomInventory,
    collect,
    digest_of,
    known,
    licences_of,
    name_without_ecosystem,
)
from ops.supply_chain.inventory.comparison.pairing import order_name

VERSIONS = {
    SbomStandard.CYCLONEDX: ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    SbomStandard.SPDX: ("2.2", "2.3", "3.0", "3.0.0", "3.0.1"),
}
"""Versions of the standards that are compared: what another one states cannot be known."""

_NEEDED = (EdgeKind.DEPENDS_ON, EdgeKind.OPTIONAL, EdgeKind.DEVELOPMENT)
_BELOW = (*_NEEDED, EdgeKind.CONTAINS)


def received_inventory(document: ReceivedSbom) -> SbomInventory:
    """Return the inventory of a document.

    Its `incomplete` is the reason why what is absent may only be unlisted: the document states that it is incomplete, or
    parts of it were not read. `uncertain` are the packages about which alone it states that.
    """
    components = document.components
    keys = [_key(component) for component in components]
    left_out = _products(document)
    below = _targets(document, keys, _BELOW)
    for component, key in zip(components, keys, strict=True):
        if component.parent != NO_COMPONENT:
            below[component.parent].add(key)
    needs = _targets(document, keys, _NEEDED)
    partial = _partial(document)
    listed = [at for at in range(len(components)) if at not in left_out]
    root = components[document.roots[0]] if left_out else None
    shared: dict[frozenset[PackageKey], frozenset[PackageKey]] = {}
    items = collect(
        _item(
            components[at],
            keys[at],
            _shared(needs.get(at, ()), shared) if document.edges.stated[at] and at not in partial else None,
            is_spdx=document.standard is SbomStandard.SPDX,
        )
        for at in listed
    )
    whole: dict[PackageKey, frozenset[PackageKey]] = {}
    for at, targets in below.items():
        joined = whole.get(keys[at], frozenset()) | targets
        whole[keys[at]] = shared.setdefault(joined, joined)
    return SbomInventory(
        format=f"{document.standard.value} {document.version}".strip(),
        name=root.name if root else document.name,
        version=_version(root) if root else "",
        items=items,
        syntax=document.syntax.value,
        components=len(listed),
        incomplete=_incomplete(document),
        uncertain=frozenset() if _lists_all(document) else frozenset(keys[at] for at in partial),
        below=whole,
    )


def _products(document: ReceivedSbom) -> frozenset[int]:
    """Return what the document describes. An SPDX document that describes all its packages, as some tools write, has no product."""
    roots = frozenset(document.roots)
    is_list = document.standard is SbomStandard.SPDX and len(document.components) == len(roots) > 1
    return frozenset() if is_list else roots


def _shared(
    targets: Iterable[PackageKey], shared: dict[frozenset[PackageKey], frozenset[PackageKey]]
) -> frozenset[PackageKey]:
    found = frozenset(targets)
    return shared.setdefault(found, found)


def _targets(document: ReceivedSbom, keys: list[PackageKey], kinds: tuple[EdgeKind, ...]) -> dict[int, set[PackageKey]]:
    found: dict[int, set[PackageKey]] = defaultdict(set)
    for source, target, kind in document.edges:
        if kind in kinds:
            found[source].add(keys[target])
    return found


def _is_partial(aggregate: str) -> bool:
    return aggregate == "unknown" or aggregate.startswith("incomplete")


def _partial(document: ReceivedSbom) -> frozenset[int]:
    """Return the components, other than the products, whose parts or dependencies are stated to be incomplete."""
    roots = set(document.roots)
    stated = {
        at
        for entry in document.completeness
        if _is_partial(entry.aggregate)
        for at in (*entry.assemblies, *entry.dependencies)
    }
    return frozenset(stated - roots)


def _lists_all(document: ReceivedSbom) -> bool:
    """Return whether the document states that it lists all parts of its product, whatever is unknown of their edges."""
    roots = set(document.roots)
    return any(entry.aggregate == "complete" and roots & {*entry.assemblies} for entry in document.completeness)


def _incomplete(document: ReceivedSbom) -> str:
    roots = set(document.roots)
    for entry in document.completeness:
        about = {*entry.assemblies, *entry.dependencies}
        if _is_partial(entry.aggregate) and (not about or about & roots):
            return f"the document states that it is {entry.aggregate.replace('_', ' ')}"
    if not document.is_whole:
        return "parts of the document are invalid and may not have been read"
    empty = len(document.components) <= len(roots) and not _lists_all(document)
    return "the document lists no component, and does not state that this is complete" if empty else ""


def _key(component: SbomComponent) -> PackageKey:
    package = component.package
    if package is not None:
        return (package.type, f"{package.namespace}/{package.name}" if package.namespace else package.name)
    if component.type == "file":
        return (FILES, component.name)
    return (NO_ECOSYSTEM, name_without_ecosystem(component.name, component.group))


def _version(component: SbomComponent) -> str:
    """Return the version: of the package URL; both where the component's own is another one."""
    own, package = known(component.version), component.package
    stated = "" if package is None else known(_with_epoch(package))
    if package is None or not own or not stated or own == stated:
        return stated or own
    if compare(order_name(package.type, package.namespace), own, stated) == 0:
        return stated
    if stated.endswith(f":{own}"):  # the epoch is in the package URL alone
        return stated
    return f"{stated} (component: {own})"


def _with_epoch(package: PackageIdentity) -> str:
    epoch = dict(package.qualifiers).get("epoch", "0") if package.qualifiers else "0"
    if epoch.isdigit() and epoch.strip("0") and package.version and ":" not in package.version:
        return f"{epoch}:{package.version}"
    return package.version


def _item(
    component: SbomComponent, key: PackageKey, needs: frozenset[PackageKey] | None, *, is_spdx: bool
) -> ListedPackage:
    licences = tuple(sorted({part for licence in _stated(component.licences) for part in _parts(licence)}))
    digests = component.digests
    for reference in component.references:
        if reference.digests and reference.type in FILE_REFERENCES:
            digests += reference.digests
    supplier = _name(component.supplier) or _publisher(component)
    inside = {value for name, value in component.properties if name in IN_WHEEL}
    return ListedPackage(
        key=key,
        name=component.name,
        version=_version(component),
        licences=licences,
        hashes=frozenset(map(_digest, digests)),
        producer=_producer(component, is_spdx=is_spdx) or supplier,
        needs=needs,
        scope=component.scope,
        inside=tuple(sorted(inside)),
        supplier=supplier,
    )


def _digest(digest: SbomDigest) -> str:
    return digest_of(digest.algorithm, digest.value)


def _stated(licences: tuple[SbomLicence, ...]) -> Iterator[SbomLicence]:
    """Yield the licences that count: what is concluded only where nothing is declared, as in every format here."""
    declared = [licence for licence in licences if licence.basis != "concluded"]
    yield from declared or licences


def _parts(licence: SbomLicence) -> tuple[str, ...]:
    if licence.name and (not licence.expression or licence.expression.startswith("LicenseRef-")):
        return (licence.name,) if known(licence.name) else ()
    return licences_of(licence.expression, dict(licence.names))


def _producer(component: SbomComponent, *, is_spdx: bool) -> str:
    producer = _name(component.producer)
    if producer or is_spdx:
        return producer
    persons = [name for party in component.authors if party.kind == "person" and (name := _name(party))]
    return ", ".join(dict.fromkeys(persons)) or next(filter(None, map(_name, component.authors)), "")


def _publisher(component: SbomComponent) -> str:
    """Return the publisher of CycloneDX, which comes last of those that have no kind."""
    return next((name for party in reversed(component.authors) if not party.kind and (name := _name(party))), "")


def _name(party: SbomParty | None) -> str:
    return known(party.name) if party is not None else ""

"""Read CycloneDX VEX: the vulnerabilities of a BOM, or of a separate document.

A reference in `affects` is resolved in the document itself or, for a BOM-Link, in the given BOMs; a purl needs no
resolution. The component that the BOM (or the VEX) describes is the product: a statement about another component
applies to that product only.

`versions` takes precedence: a suppressing state applies to versions that are `unaffected`; `affected` (the schema's
default) and `unknown` contradict it.

Source: CycloneDX 1.4 to 1.7, `vulnerability`, https://cyclonedx.org/docs/1.6/json/#vulnerabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ops.supply_chain.contracts.values.vex import Justification, VexDocument, VexStatement, VexStatus, VexTarget
from ops.supply_chain.formats.bom_links import split_link
from ops.supply_chain.formats.cyclonedx import BomComponent
from ops.supply_chain.formats.cyclonedx_analysis import STATUS_OF, VERSION_STATUSES, status_of_versions
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.bom import Bom, read_bom
from ops.supply_chain.risk.vex.packages import purl_key, same_version, target_of, with_version, within_range
from ops.supply_chain.risk.vex.vocabulary import (
    JUSTIFICATION_OF,
    JUSTIFICATION_PROPERTY,
    latest_of,
    timestamp_of,
)

UNRESOLVED = "refer to a component of a BOM that was not given"
NOT_IN_BOM = "refer to a component that the BOM does not have"
CONTRADICTION = "give a version that is not the component's"

_STEP_IN_BOM = "Ask the issuer to refer to a component that the BOM lists, or to name the package by its purl."


class _Reader:
    def __init__(self, root: Node, boms: Sequence[Bom]) -> None:
        self._own = read_bom(root.value)
        self._boms = {(bom.uuid, bom.version): bom for bom in boms}
        metadata = root.get("metadata")
        self._dated = metadata.get("timestamp") if metadata else None

    def statements(self, node: Node) -> Iterator[VexStatement]:
        names, analysis = _names(node), node.get("analysis")
        latest = latest_of(self._dated, *_times(node, analysis))
        status = _status(analysis)
        justification = _justification(node, analysis) if status is VexStatus.NOT_AFFECTED else None
        time = self._when(node, analysis)
        split: dict[VexStatus, list[VexTarget]] = {status: []}
        for affected in node.rows_of("affects"):
            for stated, target in self._targets(affected, status):
                split.setdefault(stated, []).append(target)
        for stated, targets in split.items():
            why = justification if stated is VexStatus.NOT_AFFECTED else None
            if targets or stated is status:
                yield VexStatement(
                    names=names,
                    status=stated,
                    place=node.path,
                    justification=why,
                    timestamp=time,
                    latest=latest,
                    targets=tuple(targets),
                )

    def _when(self, node: Node, analysis: Node | None) -> datetime | None:
        return timestamp_of(next((time for time in _times(node, analysis) if time is not None), self._dated))

    def _targets(self, node: Node, status: VexStatus) -> Iterator[tuple[VexStatus, VexTarget]]:
        ref = node["ref"].text()
        purl, own_version, within, unresolved = self._resolve(ref)
        if unresolved is not None:
            yield status, unresolved
            return
        versions = node.rows_of("versions")
        if not versions:
            yield status, target_of(purl, within=within, version=own_version)
        for entry in versions:
            yield _stated(entry, status), _narrowed(entry, purl, own_version, within)

    def _resolve(self, ref: str) -> tuple[str, str, str, VexTarget | None]:
        """Return purl, version, the product in whose context it is, and the target that cannot be resolved.

        A BOM-Link says where the component is described: without that BOM it is not known which product is meant.
        """
        link = split_link(ref)
        bom = self._bom(*link[:2]) if link else self._own
        if bom is None:
            return "", "", "", _unresolved(ref, *(link or ("", 0))[:2])
        written = link[2] if link else ref
        found = bom.by_ref.get(written) if written else bom.root
        if found is not None:
            return found.purl, found.version, _context(bom.root or self._own.root, found.purl), None
        if purl_key(written) is None or link:
            return "", "", "", VexTarget(label=ref, problem=NOT_IN_BOM, step=_STEP_IN_BOM)
        return written, "", _context(self._own.root, written), None

    def _bom(self, uuid: str, version: int) -> Bom | None:
        if (uuid, version) == (self._own.uuid, self._own.version):
            return self._own
        return self._boms.get((uuid, version))


def _unresolved(ref: str, uuid: str, version: int) -> VexTarget:
    step = f"Give that BOM, urn:uuid:{uuid} version {version}, with --vex-bom FILE."
    return VexTarget(label=ref, problem=UNRESOLVED, step=step)


def _times(node: Node, analysis: Node | None) -> list[Node | None]:
    """Return the times that a vulnerability gives, the one that counts first."""
    given = [analysis.get(field) for field in ("lastUpdated", "firstIssued")] if analysis else []
    return [*given, node.get("updated")]


def read_cyclonedx(root: Node, boms: Sequence[Bom] = (), *, file: str) -> VexDocument:
    """Read a document.

    Args:
        root: The parsed JSON.
        boms: BOMs that BOM-Links may refer to.
        file: Its file name.
    Raises:
        UnexpectedShapeError: Of another major version, no VEX, or broken; the message has the JSON path.
    """
    reader = _Reader(root, boms)
    vulnerabilities = root.get("vulnerabilities")
    if vulnerabilities is None:
        raise root.broken("has no 'vulnerabilities': it is a BOM, not a VEX")
    authors, role = _authors(root.get("metadata"))
    return VexDocument(
        file=file,
        id=root.text_of("serialNumber") or file,
        format="CycloneDX VEX",
        statements=tuple(statement for node in vulnerabilities.rows() for statement in reader.statements(node)),
        authors=authors,
        role=role,
    )


def _authors(metadata: Node | None) -> tuple[tuple[str, ...], str]:
    """Return who made the document, and as what: its manufacturer, else its authors, else the supplier."""
    for field, role in (("manufacturer", "manufacturer"), ("manufacture", "manufacturer")):
        maker = metadata.get(field) if metadata else None
        if maker and maker.text_of("name").strip():
            return (maker.text_of("name"),), role
    people = metadata.rows_of("authors") if metadata else []
    names = [person.text_of("name") or person.text_of("email") for person in people]
    if any(map(str.strip, names)):
        return tuple(filter(str.strip, names)), "author" if len(names) == 1 else "authors"
    supplier = metadata.get("supplier") if metadata else None
    name = supplier.text_of("name") if supplier else ""
    return ((name,), "supplier") if name.strip() else ((), "")


def _names(node: Node) -> tuple[str, ...]:
    # "Zero or more pointers to vulnerabilities that are the equivalent of the vulnerability specified."
    equal = [reference["id"].text() for reference in node.rows_of("references")]
    return tuple(dict.fromkeys([node["id"].text(), *equal]))


def _status(analysis: Node | None) -> VexStatus:
    state = analysis.get("state") if analysis else None
    if state is None:
        return VexStatus.UNDER_INVESTIGATION
    if state.text() not in STATUS_OF:
        raise state.broken(f"expected one of {', '.join(STATUS_OF)}, found {state.text()!r}")
    return STATUS_OF[state.text()]


def _justification(node: Node, analysis: Node | None) -> Justification | None:
    given = analysis.get("justification") if analysis else None
    if given is None:
        return None
    if given.text() not in JUSTIFICATION_OF:
        raise given.broken(f"expected one of {', '.join(JUSTIFICATION_OF)}, found {given.text()!r}")
    for entry in node.rows_of("properties"):
        if entry.text_of("name") == JUSTIFICATION_PROPERTY and entry.text_of("value") in set(Justification):
            return Justification(entry.text_of("value"))
    return JUSTIFICATION_OF[given.text()]


def _stated(entry: Node, status: VexStatus) -> VexStatus:
    # "status: The vulnerability status for the version or range of versions.", default "affected".
    word = entry.text_of("status") or "affected"
    if word not in VERSION_STATUSES:
        raise entry.broken(f"expected status affected, unaffected or unknown, found {word!r}")
    return status_of_versions(word, status)


def _narrowed(entry: Node, purl: str, own: str, within: str) -> VexTarget:
    key = purl_key(purl)
    own = (key.version if key else "") or own
    exact, versions = entry.text_of("version"), entry.text_of("range")
    if not exact and not versions:
        raise entry.broken("has neither 'version' nor 'range'")
    if not own:
        return target_of(purl, within=within, version=exact, versions=versions)
    if same_version(own, exact) if exact else within_range(own, versions):
        return target_of(purl, within=within, version=own)
    return VexTarget(label=purl, problem=CONTRADICTION)


def _context(root: BomComponent | None, purl: str) -> str:
    """Return the product's purl; empty if the package itself is the product or none is described."""
    if root is None or (purl and purl_key(root.purl) == purl_key(purl)):
        return ""
    return with_version(root.purl, root.version) or f"{root.name} {root.version}".strip()

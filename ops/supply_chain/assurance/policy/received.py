"""A received SBOM of any format in the one shape that rules see.

Own documents in JSON have readers of their own (`cyclonedx`, `spdx2`), which know how sealwright states things; this is for
every other format and serialisation. What the document states to be unknown is unknown, what it leaves out is missing.
"""

from __future__ import annotations

from ops.supply_chain.assurance.policy.cyclonedx import UNKNOWN_PROPERTIES, is_timestamp
from ops.supply_chain.assurance.policy.parts import (
    AUTHOR,
    LICENCE,
    PRODUCER,
    VERSION,
    Origin,
    Part,
    Parts,
    State,
    presence,
    state_of,
)
from ops.supply_chain.contracts.values.received_sbom import (
    DefectKind,
    EdgeKind,
    ReceivedSbom,
    SbomComponent,
    SbomStandard,
)
from ops.supply_chain.formats.shape import Fault

_ELEMENTS = {"originator": PRODUCER, "versionInfo": VERSION, "licenseDeclared": LICENCE}
"""Fields that SPDX states as unknown, by the element that they are; other statements have the element's own name."""

_NO_ELEMENTS = frozenset({"licenseConcluded", "supplier"})
"""Fields that SPDX states as unknown and no element asks for: the declared licence and the producer are elements."""

_EXCLUDED = "excluded"
_DEPENDENCIES = frozenset({EdgeKind.DEPENDS_ON, EdgeKind.OPTIONAL, EdgeKind.DEVELOPMENT})


def received_parts(document: ReceivedSbom) -> Parts:
    """Return what rules see of a received document; its defects are faults."""
    refs = [part.ref or at or "/" for part, at in zip(document.components, document.locations, strict=True)]
    parts = [
        _part(part, refs[at], stated=bool(document.edges.stated[at])) for at, part in enumerate(document.components)
    ]
    root = document.roots[0] if document.roots else None
    components = tuple(part for at, part in enumerate(parts) if at != root)
    return Parts(
        format=document.standard.value,
        format_version=document.version,
        root=None if root is None else parts[root],
        components=components,
        edges=tuple((refs[source], refs[target]) for source, target, kind in document.edges if kind in _DEPENDENCIES),
        targets=frozenset(refs),
        document=_document(document),
        explicitly_empty=not components
        and root is not None
        and any(entry.aggregate == "complete" and root in entry.assemblies for entry in document.completeness),
        faults=tuple(Fault(path=defect.location or "/", message=defect.message) for defect in document.defects),
    )


def unread_parts(document: ReceivedSbom) -> list[Fault]:
    """Return what breaks the document's schema or was not read: packages in it are seen by no rule."""
    return [
        Fault(path=defect.location or "/", message=defect.message)
        for defect in document.defects
        if defect.kind in (DefectKind.SCHEMA, DefectKind.UNREAD)
    ]


def _part(part: SbomComponent, ref: str, *, stated: bool) -> Part:
    # A concluded licence is the result of a review of the declared one, which it replaces.
    concluded = [licence for licence in part.licences if licence.basis == "concluded"]
    licences = concluded or part.licences
    expressions = tuple(licence.expression for licence in licences if licence.expression.strip())
    names = tuple(licence.name for licence in licences if not licence.expression.strip() and licence.name.strip())
    algorithms = tuple(sorted({digest.algorithm for digest in part.digests}))
    producer = part.producer.name if part.producer else ""
    unknown = {_ELEMENTS.get(field, field) for field in part.unknown} - _NO_ELEMENTS
    return Part(
        ref=ref,
        name=part.name,
        version=part.version,
        purl=part.purl,
        origin=Origin.FILES,
        algorithms=algorithms,
        expressions=expressions,
        licence_names=names,
        producer=producer,
        present=presence(
            component_producer=producer.strip(),
            component_name=part.name.strip(),
            component_version=part.version.strip(),
            component_identifiers=part.package or part.cpes or part.identifiers,
            component_hash=algorithms,
            component_licence=expressions or names,
            dependency_relationships=stated,
        ),
        unknown=frozenset(unknown - {LICENCE} if licences else unknown),
        excluded=part.scope == _EXCLUDED,
    )


def _document(document: ReceivedSbom) -> dict[str, State]:
    unknown = {value for name, value in document.properties if name in UNKNOWN_PROPERTIES}
    identified = document.identifier.strip() and (
        document.standard is not SbomStandard.CYCLONEDX or document.revision is not None
    )
    return {
        "sbom_author": state_of(any(party.name.strip() for party in document.authors), stated=AUTHOR in unknown),
        "data_format": state_of(document.version.strip()),
        "generation_context": state_of(document.phases),
        "timestamp": state_of(is_timestamp(document.timestamp)),
        "tool": state_of(document.tools and all(tool.name.strip() and tool.version.strip() for tool in document.tools)),
        "sbom_version": state_of(identified),
        "coverage": _coverage(document),
    }


def _coverage(document: ReceivedSbom) -> State:
    if document.standard is SbomStandard.SPDX:
        stated = [bool(byte) for byte in document.edges.stated]
        return state_of(stated and all(stated))
    found = {entry.aggregate.partition("_")[0] for entry in document.completeness}
    return state_of(found & {"complete", "incomplete"}, stated=bool(found & {"unknown", "not"}))

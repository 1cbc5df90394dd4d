"""The contents of a dependency's wheel as a record that is kept, and as components again.

What is kept has no path of the machine that found it and no time, so the same wheel gives the same record everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from ops.supply_chain.contracts.files.wheel_contents import RecordedComponent, RecordedEvidence, RecordedWheel
from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.inventory.checks.values import digest_fault, purl_fault
from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.distributions.declared import is_cpe
from ops.supply_chain.inventory.distributions.parts import parts_of
from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind, IdentityEvidence
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Component, Licence, Occurrence, Package
from ops.supply_chain.inventory.model.licences import is_identifier, licence_of_text

MOST_COMPONENTS = 5000
"""Components of one wheel that are kept; the largest known wheel has under 600."""

MOST_REASONS = 50
"""Reasons of one wheel that are kept."""

MOST_PLACES = 20
"""Paths and pieces of evidence of one component that are kept."""

_LABELS = {ContentPart.BUNDLED: "bundled-in", ContentPart.VENDORED: "vendored-in", ContentPart.DECLARED: "declared-by"}
_DECLARED_BY = "declared-by"


def recorded_wheel(name: str, version: str, file: str, sha256: str, contents: Contents) -> RecordedWheel:
    """Return the record of a wheel.

    Args:
        name: Of the package, in PEP 503 form.
        version: Its version, as the lock has it.
        file: The name of the wheel.
        sha256: Its digest.
        contents: What is in it.
    """
    found = parts_of(contents, file, name)
    if len(found.components) > MOST_COMPONENTS:
        problem = f"it lists {len(found.components)} components, more than {MOST_COMPONENTS}"
        return unopened_wheel(name, version, file, sha256, problem)
    reasons = found.incomplete[:MOST_REASONS]
    if len(found.incomplete) > MOST_REASONS:
        reasons = (*reasons[:-1], f"{len(found.incomplete) - MOST_REASONS + 1} more reasons")
    return RecordedWheel(
        name=name,
        version=version,
        file=file,
        sha256=sha256,
        components=tuple(_recorded(component) for component in found.components),
        sboms=tuple(map(printable, found.sboms)),
        incomplete=reasons,
    )


def unopened_wheel(name: str, version: str, file: str, sha256: str, problem: str) -> RecordedWheel:
    """Return the record of a wheel that could not be opened."""
    return RecordedWheel(name=name, version=version, file=file, sha256=sha256, problem=excerpt(problem))


def components_of(wheel: RecordedWheel) -> tuple[Component, ...]:
    """Return the components of a recorded wheel; whatever a record has, each is valid in every format.

    Paths are given below the name of the wheel, and a note has that name.
    """
    return tuple(_component(entry, printable(wheel.file)) for entry in wheel.components)


def wheel_order(wheel: RecordedWheel) -> tuple[str, str, str, str]:
    """Return the key by which recorded wheels are sorted."""
    return wheel.name, wheel.version, wheel.file, wheel.sha256


def _recorded(component: Component) -> RecordedComponent:
    package, licence = component.package, component.package.licence
    return RecordedComponent(
        name=package.name,
        part=(component.part or ContentPart.DECLARED).value,
        version=package.version,
        purl=package.purl,
        cpe=package.cpe,
        licence=licence.expression,
        licence_ids=licence.ids,
        licence_names=licence.names,
        licence_source=licence.source,
        hashes=package.hashes,
        paths=tuple(place.path for place in component.occurrences)[:MOST_PLACES],
        excluded=component.scope is InstallScope.EXCLUDED,
        evidence=tuple(_recorded_evidence(component.evidence))[:MOST_PLACES],
        notes=tuple(note for note in component.notes if note[0] != _DECLARED_BY),
    )


def _recorded_evidence(evidence: Iterable[IdentityEvidence]) -> Iterable[RecordedEvidence]:
    for entry in evidence:
        yield RecordedEvidence(
            field=entry.field,
            value=entry.value,
            kind=entry.kind.value,
            path=entry.path,
            text=entry.text,
            confidence=round(entry.confidence * 100),
        )


def _component(entry: RecordedComponent, file: str) -> Component:
    part = ContentPart(entry.part)
    name, version = printable(entry.name) or "unnamed", printable(entry.version)
    purl = printable(entry.purl)
    if purl and purl_fault(purl, name.rpartition("/")[2] or name, version, "library"):
        purl = ""
    places = sorted({f"{file}/{printable(path)}" for path in entry.paths})
    return Component(
        package=Package(
            ref=f"in-wheel:{purl or f'{name} {version}'.strip()}",
            name=name,
            key=normalise(name),
            version=version,
            purl=purl,
            hashes=tuple(sorted({digest for digest in entry.hashes if _is_digest(digest)})),
            licence=_licence(entry),
            cpe=entry.cpe if is_cpe(entry.cpe) else "",
        ),
        occurrences=tuple(Occurrence(lock=place, path=place, line=0) for place in places),
        scope=InstallScope.EXCLUDED if entry.excluded else None,
        part=part,
        evidence=tuple(sorted(_evidence(entry.evidence, file))),
        notes=tuple(
            sorted({(_LABELS[part], file), *((printable(label), printable(text)) for label, text in entry.notes)})
        ),
    )


def _is_digest(text: str) -> bool:
    algorithm, _, digest = text.partition(":")
    return not digest_fault(algorithm, digest)


def _licence(entry: RecordedComponent) -> Licence:
    source = printable(entry.licence_source)
    if entry.licence:
        return licence_of_text(entry.licence, source)
    ids = tuple(sorted({identifier for identifier in entry.licence_ids if is_identifier(identifier)}))
    names = tuple(sorted({printable(name)[:100] for name in entry.licence_names} - {""}))
    return Licence(ids=ids, names=names, source=source) if ids or names else UNKNOWN_LICENCE


def _evidence(entries: Iterable[RecordedEvidence], file: str) -> Iterable[IdentityEvidence]:
    known = {kind.value for kind in EvidenceKind}
    for entry in entries:
        yield IdentityEvidence(
            field="version" if entry.field == "version" else "name",
            value=printable(entry.value),
            kind=EvidenceKind(entry.kind) if entry.kind in known else EvidenceKind.SBOM,
            path=f"{file}/{printable(entry.path)}",
            text=printable(entry.text),
            confidence=min(max(entry.confidence, 1), 100) / 100,
        )

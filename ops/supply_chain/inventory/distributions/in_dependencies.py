"""The aggregate with what the wheels of its packages contain: bundled libraries, vendored packages, declared components.

A package whose wheel was not opened is stated as such: nothing is known of what it contains, which is not nothing. Of a
release with several wheels one was opened, usually, and the others may contain something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.files.wheel_contents import RecordedWheel
from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.inventory.build.scopes import strongest
from ops.supply_chain.inventory.distributions.recorded import MOST_PLACES, components_of, wheel_order
from ops.supply_chain.inventory.model.document import Component, Document, PartsKnown

_UNIVERSAL = "-none-any.whl"
_WHEEL_AND_SDIST = 2


def with_wheel_contents(document: Document, wheels: Iterable[RecordedWheel]) -> Document:
    """Return the aggregate with the parts of its packages.

    Args:
        document: The document of all locks.
        wheels: What was recorded, any order; wheels that no package has the digest of do not count.
    """
    by_release: defaultdict[tuple[str, str], list[RecordedWheel]] = defaultdict(list)
    for wheel in sorted(wheels, key=wheel_order):
        by_release[normalise(wheel.name), wheel.version].append(wheel)
    known = {component.package.purl: component.package.ref for component in document.components}
    parts: dict[str, Component] = {}
    components = [
        _with_parts(component, _wheels_of(component, by_release), parts, known) for component in document.components
    ]
    found = sorted((*components, *parts.values()), key=lambda component: component.package.ref)
    return msgspec.structs.replace(document, components=tuple(found))


def _wheels_of(
    component: Component, by_release: Mapping[tuple[str, str], Sequence[RecordedWheel]]
) -> list[RecordedWheel]:
    package = component.package
    recorded = by_release.get((package.key, package.version), ())
    return [wheel for wheel in recorded if f"sha256:{wheel.sha256}" in package.hashes]


def _with_parts(
    component: Component, wheels: Sequence[RecordedWheel], parts: dict[str, Component], known: Mapping[str, str]
) -> Component:
    if component.package.local:
        return component
    refs: set[str] = set()
    for part in (part for wheel in wheels for part in components_of(wheel)):
        # A copy of a package that a lock has too, in the same version, is the same package.
        ref = known.get(part.package.purl, "") if part.package.purl else ""
        if not ref:
            ref = part.package.ref
            scope = InstallScope.EXCLUDED if part.scope is InstallScope.EXCLUDED else component.scope
            placed = msgspec.structs.replace(part, scope=scope, depends_complete=False)
            parts[ref] = _merged(parts[ref], placed) if ref in parts else placed
        refs.add(ref)
    # What it requires anyway is installed as a package of its own.
    refs -= {component.package.ref, *(component.depends_on or ())}
    return msgspec.structs.replace(
        component,
        depends_on=tuple(sorted({*(component.depends_on or ()), *refs})) if refs else component.depends_on,
        parts=tuple(sorted(refs)),
        coverage=_coverage(component, wheels),
        notes=tuple(sorted({*component.notes, *_notes(component, wheels)})),
    )


def _coverage(component: Component, wheels: Sequence[RecordedWheel]) -> PartsKnown:
    opened = [wheel for wheel in wheels if not wheel.problem]
    if not opened:
        return PartsKnown.UNKNOWN
    is_only = len(opened) == len(wheels) and all(wheel.file.endswith(_UNIVERSAL) for wheel in opened)
    if is_only and len(component.package.hashes) <= _WHEEL_AND_SDIST and not any(wheel.incomplete for wheel in opened):
        return PartsKnown.COMPLETE
    return PartsKnown.INCOMPLETE


def _notes(component: Component, wheels: Sequence[RecordedWheel]) -> Iterable[tuple[str, str]]:
    for wheel in wheels:
        file = printable(wheel.file)
        if wheel.problem:
            yield "wheel-not-opened", f"{file}: {printable(wheel.problem)}"
            continue
        yield "opened-wheel", file
        yield from (("incomplete", f"{file}: {printable(reason)}") for reason in wheel.incomplete)
    others = len(component.package.hashes) - len(wheels)
    if wheels and others > 0:
        yield "not-opened", f"{plural(others, 'other file')} of this release"


def _merged(first: Component, second: Component) -> Component:
    """Return a part that several wheels contain: everything that either states, as far as it is kept of one."""
    places = sorted({*first.occurrences, *second.occurrences}, key=lambda place: (place.lock, place.path, place.line))
    scopes = {scope for scope in (first.scope, second.scope) if scope is not None}
    licence = first.package.licence if first.package.licence.known else second.package.licence
    # Digests are of files: those of two wheels would describe neither.
    hashes = first.package.hashes if first.package.hashes == second.package.hashes else ()
    return msgspec.structs.replace(
        first,
        package=msgspec.structs.replace(first.package, licence=licence, hashes=hashes),
        occurrences=tuple(places[:MOST_PLACES]),
        scope=strongest(scopes) if scopes else None,
        evidence=tuple(sorted({*first.evidence, *second.evidence})[:MOST_PLACES]),
        notes=tuple(sorted({*first.notes, *second.notes})),
    )

"""Libraries that were found, together with those that SBOMs in the same distribution declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from ops.supply_chain.inventory.distributions.libraries import cpe_of
from ops.supply_chain.inventory.distributions.library_table import LIBRARIES
from ops.supply_chain.inventory.model.contents import ContentPart
from ops.supply_chain.inventory.model.document import Component
from ops.supply_chain.inventory.model.naming import generic_purl

_SIGNS = re.compile(r"[^a-z0-9]+")


def with_declared(found: Iterable[Component], declared: Sequence[Component]) -> tuple[Component, ...]:
    """Merge what was found with what is declared.

    A declared library in the same version adds its evidence; one of the same name gives its version to a library whose
    version was not found, if it is the only one. Everything else that is declared stays a component of its own.

    Args:
        found: Bundled libraries and vendored packages.
        declared: Components of SBOMs in the distribution.
    Returns:
        Sorted by ref.
    """
    components: list[Component] = []
    used: set[str] = set()
    for component in found:
        same = _same(component, declared)
        used |= {other.package.ref for other in same}
        components.append(_merged(component, same))
    components += [other for other in declared if other.package.ref not in used]
    return tuple(sorted(components, key=lambda component: component.package.ref))


def _same(component: Component, declared: Sequence[Component]) -> list[Component]:
    if component.part is ContentPart.VENDORED:
        return [other for other in declared if component.package.purl and other.package.purl == component.package.purl]
    own = _forms(component.package.name)
    library = next((entry for entry in LIBRARIES if entry.name == component.package.name), None)
    if library is not None:
        own |= {form for stem in library.stems for form in (*_forms(stem), *_forms(f"lib{stem}"))}
    named = [other for other in declared if _is_upstream(other) and own & _forms(other.package.name)]
    version = component.package.version
    if version:
        return [other for other in named if other.package.version == version]
    return named if len({other.package.version for other in named}) == 1 else []


def _is_upstream(declared: Component) -> bool:
    """Return whether a row names the upstream project: a distribution's package has a version of its own."""
    return not declared.package.purl or declared.package.purl.startswith(("pkg:generic/", "pkg:github/"))


def _forms(name: str) -> set[str]:
    """Return a name, and each of several with `/` between them, as letters and digits in lower case."""
    return {_SIGNS.sub("", part.lower()) for part in name.split("/")} - {""}


def _merged(component: Component, same: Sequence[Component]) -> Component:
    if not same:
        return component
    package = component.package
    version = package.version or same[0].package.version
    library = next((entry for entry in LIBRARIES if entry.name == package.name), None)
    if not package.version and version:
        purl = generic_purl(package.name, version)
        cpe = cpe_of(library, version) if library else ""
        package = msgspec.structs.replace(package, ref=purl, purl=purl, version=version, cpe=cpe)
    licence = next((other.package.licence for other in same if other.package.licence.known), package.licence)
    return msgspec.structs.replace(
        component,
        package=msgspec.structs.replace(package, licence=licence),
        evidence=tuple(sorted({*component.evidence, *(entry for other in same for entry in other.evidence)})),
        notes=tuple(sorted({*component.notes, *(note for other in same for note in other.notes)})),
        occurrences=tuple(
            sorted(
                {*component.occurrences, *(place for other in same for place in other.occurrences)},
                key=lambda place: (place.lock, place.path, place.line),
            )
        ),
    )

"""Checks of what a document states about a component, as far as several profiles have them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.contracts.values.received_sbom import DefectKind, SbomComponent
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.licence_expressions import deprecated_identifiers, licence_fault
from ops.supply_chain.suppliers.profiles.elements import Gap, PlaceState, Result
from ops.supply_chain.suppliers.profiles.facts import ScoringFacts

NO_ASSERTION, NO_LICENCE = "NOASSERTION", "NONE"

SECURE_HASHES = frozenset(
    {
        "sha-256", "sha-384", "sha-512", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "blake2b-256", "blake2b-384",
        "blake2b-512", "blake3", "streebog-256", "streebog-512",
    }
)  # fmt: skip
"""Algorithms of which no two files with the same digest are known."""

_MANUFACTURER_SINCE = (1, 6)
"""Before, CycloneDX has no field for who makes a component but its supplier."""


def name(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the name."""
    return PlaceState.MET if component.name.strip() else "it has no name"


def version(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the version."""
    if component.version.strip():
        return PlaceState.MET
    return _unknown(component, "versionInfo", "Component Version") or "it has no version"


def supplier(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check who supplies the component; in CycloneDX its manufacturer counts as well."""
    parties = (component.supplier, component.producer if facts.is_cyclonedx else None)
    if any(party is not None and party.name.strip() for party in parties):
        return PlaceState.MET
    return _unknown(component, "supplier", "Component Producer") or "it has no supplier"


def producer(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check who makes the component."""
    parties = [component.producer]
    if facts.is_cyclonedx and facts.version < _MANUFACTURER_SINCE:
        parties += [component.supplier, *component.authors]
    if any(party is not None and party.name.strip() for party in parties):
        return PlaceState.MET
    if component.supplier is not None:
        found = _unknown(component, "originator", "Component Producer")
        return found or "its producer is not given; its supplier is another entity"
    return _unknown(component, "originator", "Component Producer") or "its producer is not given"


def identifiers(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that an identifier other than name and version is given: package URL, CPE, SWID, SWHID, gitoid."""
    if component.package is not None or component.cpes or component.identifiers:
        return PlaceState.MET
    if component.purl:
        return f"its package URL is none: {excerpt(component.purl)!r}"
    return _unknown(component, "Component Identifiers") or "it has no package URL, CPE or other identifier"


def findable(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the component can be found: by an identifier or a hash. The product itself is found by its name."""
    if position == facts.root or component.digests:
        return PlaceState.MET
    return identifiers(facts, position, component)


def hash_value(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that a hash is given. The product is exempt: its files need not exist when the document is made."""
    if component.digests or any(reference.digests for reference in component.references):
        return PlaceState.MET
    if position == facts.root:
        return PlaceState.EXEMPT
    return _unknown(component, "Component Hash Value") or "it has no hash"


def hash_algorithm(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that a hash is of an algorithm that is secure."""
    found = {digest.algorithm for digest in component.digests}
    found.update(digest.algorithm for reference in component.references for digest in reference.digests)
    if not found:
        return PlaceState.EXEMPT
    if not SECURE_HASHES.isdisjoint(found):
        return PlaceState.MET
    return f"it has hashes of {', '.join(sorted(found))} only: expected SHA-256 or a longer one"


def licence(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that a licence is given, and that what must be an SPDX expression is one."""
    given = False
    for stated in component.licences:
        if stated.expression.strip():
            if stated.expression == NO_ASSERTION:
                continue
            fault = "" if stated.expression == NO_LICENCE else licence_fault(stated.expression)
            if fault:
                return fault
            given = True
        given = given or bool(stated.name.strip())
    if given:
        return PlaceState.MET
    if any(stated.expression == NO_ASSERTION for stated in component.licences):
        return PlaceState.UNKNOWN
    return _unknown(component, "licenseDeclared", "licenseConcluded", "Component License") or "it has no licence"


def licence_identifiers(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that licences are given by identifiers of the SPDX list that are not deprecated."""
    if not component.licences:
        return PlaceState.EXEMPT
    for stated in component.licences:
        if stated.expression:
            found = deprecated_identifiers(stated.expression)
            if found:
                return f"the identifier {found[0]} is deprecated"
        elif stated.name.strip():
            return f"the licence {excerpt(stated.name)!r} is given by a free name"
    return PlaceState.MET


def related(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the component has a place in the graph of dependencies."""
    if facts.related[position]:
        return PlaceState.MET
    if position in facts.sbom.edges.unknown:
        return PlaceState.UNKNOWN
    return _unknown(component, "Dependency Relationship") or "no relationship leads to it or from it"


def dependencies(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the document states what the component depends on, even if that is nothing."""
    if facts.stated[position]:
        return PlaceState.MET
    if position in facts.sbom.edges.unknown:
        return PlaceState.UNKNOWN
    return (
        _unknown(component, "Dependency Relationship")
        or "what it depends on is not stated, not even that it is nothing"
    )


def broken_references(facts: ScoringFacts) -> Iterator[Gap]:
    """Yield the references that lead to nothing."""
    for defect in facts.defects(DefectKind.REFERENCE):
        yield Gap(defect.location, "", defect.message)


def _unknown(component: SbomComponent, *names: str) -> PlaceState | None:
    return PlaceState.UNKNOWN if any(name in component.unknown for name in names) else None

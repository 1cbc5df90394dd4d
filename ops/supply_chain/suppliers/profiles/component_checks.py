"""Checks of what a document states about a component, as far as several profiles have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.supply_chain.contracts.values.received_sbom import DefectKind, SbomComponent, SbomDigest, SbomParty
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.licence_expressions import deprecated_identifiers, licence_fault
from ops.supply_chain.formats.received.collect import NO_ASSERTION, NO_LICENCE
from ops.supply_chain.suppliers.entries import cpe_name
from ops.supply_chain.suppliers.profiles.elements import Gap, PlaceState, Result
from ops.supply_chain.suppliers.profiles.facts import ScoringFacts
from ops.supply_chain.suppliers.profiles.placeholders import is_given, is_unknown, state_of

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
    if is_given(component.name):  # nearly always
        return PlaceState.MET
    if component.package is not None and component.package.name.lower() == component.name.strip().lower():
        return PlaceState.MET  # whatever the word: its package is called like that
    found = state_of((component.name,), "its name")
    return "its name is not stated" if found is PlaceState.UNKNOWN else found or "it has no name"


def version(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the version."""
    if is_given(component.version):  # nearly always
        return PlaceState.MET
    found = state_of((component.version,), "its version")
    return found or _unknown(component, "versionInfo", "Component Version") or "it has no version"


def supplier(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check who supplies the component; in CycloneDX its manufacturer counts as well."""
    parties = (component.supplier, component.producer if facts.is_cyclonedx else None)
    found = state_of(_names(parties), "its supplier")
    return found or _unknown(component, "supplier", "Component Producer") or "it has no supplier"


def producer(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check who makes the component."""
    parties = [component.producer]
    if facts.is_cyclonedx and facts.version < _MANUFACTURER_SINCE:
        parties += [component.supplier, *component.authors]
    stated = state_of(_names(parties), "its producer")
    if stated is not None:
        return stated
    if component.supplier is not None:
        found = _unknown(component, "originator", "Component Producer")
        return found or "its producer is not given; its supplier is another entity"
    return _unknown(component, "originator", "Component Producer") or "its producer is not given"


def identifiers(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that an identifier other than name and version is given: package URL, CPE, SWID, SWHID, gitoid."""
    if component.package is not None and is_given(component.package.name):
        return PlaceState.MET
    others = (value for _, value in component.identifiers)
    if any(map(is_given, others)) or any(cpe_name(cpe) is not None for cpe in component.cpes):
        return PlaceState.MET
    if component.package is not None or component.cpes:
        given = component.purl or component.cpes[0]
        return f"it is identified by nothing: {excerpt(given)!r}"
    if component.purl:
        return f"its package URL is none: {excerpt(component.purl)!r}"
    return _unknown(component, "Component Identifiers") or "it has no package URL, CPE or other identifier"


def findable(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the component can be found: by an identifier or a hash. The product itself is found by its name."""
    if position == facts.root or any(map(_is_digest, component.digests)):
        return PlaceState.MET
    return identifiers(facts, position, component)


def hash_value(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that a hash is given. The product is exempt: its files need not exist when the document is made."""
    if any(map(_is_digest, _digests(component))):
        return PlaceState.MET
    if position == facts.root:
        return PlaceState.EXEMPT
    return _unknown(component, "Component Hash Value") or "it has no hash"


def hash_algorithm(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that a hash is of an algorithm that is secure."""
    found = {digest.algorithm for digest in _digests(component) if _is_digest(digest)}
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
        given = given or is_given(stated.name)
    if given:
        return PlaceState.MET
    if any(is_unknown(stated.expression) or is_unknown(stated.name) for stated in component.licences):
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


def has_relation(facts: ScoringFacts) -> bytearray:
    """Return for each component whether it has a place in the graph."""
    return facts.related


def has_dependencies(facts: ScoringFacts) -> bytearray:
    """Return for each component whether the document states what it depends on."""
    return facts.stated


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


def _names(parties: Iterable[SbomParty | None]) -> Iterator[str]:
    return (party.name for party in parties if party is not None)


def _digests(component: SbomComponent) -> Iterator[SbomDigest]:
    yield from component.digests
    for reference in component.references:
        yield from reference.digests


def _is_digest(digest: SbomDigest) -> bool:
    """Return whether a digest is one: zeros fill a field."""
    return bool(digest.value.strip("0"))


def _unknown(component: SbomComponent, *names: str) -> PlaceState | None:
    return PlaceState.UNKNOWN if any(name in component.unknown for name in names) else None

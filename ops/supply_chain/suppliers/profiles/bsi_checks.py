"""Checks that BSI TR-03183-2 alone has: files, their properties, licences by who gives them.

Source: https://www.bsi.bund.de/SharedDocs/Downloads/EN/BSI/Publications/TechGuidelines/TR03183/BSI-TR-03183-2_v2_1_0.pdf
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.supply_chain.contracts.values.received_sbom import SbomComponent, SbomDigest, SbomLicence, SbomReference
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.licence_expressions import licence_fault
from ops.supply_chain.formats.received.collect import NO_ASSERTION, NO_LICENCE
from ops.supply_chain.suppliers.profiles import component_checks
from ops.supply_chain.suppliers.profiles.document_checks import contact_problem, has_contact, is_url
from ops.supply_chain.suppliers.profiles.elements import ComponentCheck, PlaceState, Result
from ops.supply_chain.suppliers.profiles.facts import ScoringFacts
from ops.supply_chain.suppliers.profiles.levels import BSI, DEPLOYABLE, DetailLevel
from ops.supply_chain.suppliers.profiles.placeholders import is_given

SHA_512 = "sha-512"
SOURCE = ("source-distribution", "vcs")
SECURITY_TXT = ("rfc-9116",)

_WEB_PAGE = ("website",)
_FLAGS = {
    "executable": ("true", "false", "executable", "non-executable"),
    "archive": ("true", "false", "archive", "no archive"),
    "structured": ("true", "false", "structured", "unstructured"),
}


def at_most(level: DetailLevel, check: ComponentCheck) -> ComponentCheck:
    """Return a check that components of a less detailed level need not pass."""

    def limited(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
        return PlaceState.EXEMPT if facts.levels[position].value > level.value else check(facts, position, component)

    return limited


def creator(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check that who makes the component can be reached: an e-mail address, its URL, or the web page of the project.

    The supplier counts where the document names it and not the creator.
    """
    parties = tuple(
        party for party in (component.producer, *component.authors, component.supplier) if party is not None
    )
    if any(has_contact(party) for party in parties):
        return PlaceState.MET
    if any(is_url(reference.url) for reference in _of(component, _WEB_PAGE)):
        return PlaceState.MET
    return contact_problem(parties, "component creator")


def identifiers(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check for a package URL, a CPE or a SWID tag."""
    found = component_checks.identifiers(facts, position, component)
    return "it has no package URL, CPE or SWID tag" if found is PlaceState.UNKNOWN else found


def identifiers_of_identified(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check the identifiers of a component that must only be identified: there they are required."""
    if facts.levels[position] is not DetailLevel.IDENTIFIED:
        return PlaceState.EXEMPT
    return identifiers(facts, position, component)


def file_name(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the name of the component's file; it is a name, no path."""
    found = _property(component, "filename") or component.file_name
    if not is_given(found):
        return "the name of its file is not given"
    return (
        f"expected the name of a file, found the path {excerpt(found)!r}"
        if "/" in found or "\\" in found
        else PlaceState.MET
    )


def deployable_hash(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check for the SHA-512 of the file that is deployed."""
    digests = [digest for reference in _of(component, DEPLOYABLE) for digest in reference.digests]
    if facts.is_spdx2:
        digests += component.digests
    return _sha_512(digests, component.digests) or PlaceState.MET


def _sha_512(digests: Iterable[SbomDigest], others: Iterable[SbomDigest]) -> str:
    found = {digest.algorithm for digest in digests if digest.value.strip("0")}
    if SHA_512 in found:
        return ""
    if any(digest.algorithm == SHA_512 for digest in others):
        return "the SHA-512 is in its hashes: expected it at the reference to the file that is deployed"
    found |= {digest.algorithm for digest in others}
    return f"expected a SHA-512, found {', '.join(sorted(found)) or 'no hash'}"


def flag(name: str) -> ComponentCheck:
    """Return the check of one of the three properties: `executable`, `archive`, `structured`."""

    def check(facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
        if facts.is_spdx2:
            return PlaceState.EXEMPT  # it has no field for them, and the format is an element of its own
        found = _property(component, name)
        if not found:
            return f"the property {name} is not given"
        known = found.strip().lower() in _FLAGS[name]
        return PlaceState.MET if known else f"expected true or false as the property {name}, found {excerpt(found)!r}"

    return check


def dependencies(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the component's dependencies are enumerated, even if there are none."""
    found = component_checks.dependencies(facts, position, component)
    if found is PlaceState.UNKNOWN:  # to state that they are unknown is allowed: completeness is an element of its own
        return PlaceState.MET
    return found


def completeness(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check that the document states how complete a component's dependencies are; SPDX 2 has no field for that."""
    stated_unknown = position in facts.sbom.edges.unknown or "Dependency Relationship" in component.unknown
    if stated_unknown or position in facts.extent:
        return PlaceState.MET
    if facts.is_spdx2 or (not facts.is_cyclonedx and not facts.stated[position]):
        return PlaceState.EXEMPT
    return "whether its dependencies are complete is not stated"


def distribution_licences(facts: ScoringFacts, position: int, component: SbomComponent) -> Result:
    """Check the licences under which the component can be used.

    Those of the product are declared by who distributes it; of other components they are a conclusion.
    """
    bases = ("concluded", "declared", "") if position == facts.root else ("concluded",)
    return _licences(component, bases, "distribution licence (concluded)")


def original_licences(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the licences that the component's creator gave it."""
    return _licences(component, ("declared",), "original licence (declared)")


def _licences(component: SbomComponent, bases: tuple[str, ...], what: str) -> Result:
    found = [licence for licence in component.licences if licence.basis in bases]
    if not found:
        faults = (_licence_problem(licence) for licence in component.licences if not licence.basis)
        return next(filter(None, faults), f"it has no {what}")
    return next(filter(None, map(_licence_problem, found)), PlaceState.MET)


def _licence_problem(licence: SbomLicence) -> str:
    expression = licence.expression.strip()
    if not expression:
        return f"expected an SPDX identifier or expression, found the name {excerpt(licence.name)!r}"
    if expression in (NO_ASSERTION, NO_LICENCE):
        return f"{expression} is no licence"
    return licence_fault(expression)


def effective_licence(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check the licence under which the author of the document uses the component."""
    found = _property(component, "effectiveLicense") or _property(component, "effectiveLicence")
    return (licence_fault(found) or PlaceState.MET) if found else "the effective licence is not given"


def source_hash(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
    """Check for a SHA-512 of the source."""
    digests = [digest for reference in _of(component, SOURCE) for digest in reference.digests]
    return _sha_512(digests, ()) or PlaceState.MET


def address(types: tuple[str, ...], what: str) -> ComponentCheck:
    """Return a check for a reference of some types that has a valid address."""

    def check(_facts: ScoringFacts, _position: int, component: SbomComponent) -> Result:
        found = [reference.url for reference in _of(component, types)]
        if any(map(is_url, found)):
            return PlaceState.MET
        given = next(filter(None, found), "")
        return f"expected a URL as {what}, found {excerpt(given)!r}" if given else f"the {what} is not given"

    return check


def _of(component: SbomComponent, types: tuple[str, ...]) -> Iterator[SbomReference]:
    return (reference for reference in component.references if reference.type in types)


def _property(component: SbomComponent, name: str) -> str:
    wanted = f"{BSI}{name}"
    return next((value for key, value in component.properties if key == wanted), "")

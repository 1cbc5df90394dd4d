"""Checks of what a document states about itself: who made it, when, with what, of which product."""

from __future__ import annotations

import re

from ops.supply_chain.contracts.values.received_sbom import DefectKind, SbomParty
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.suppliers.entries import utc
from ops.supply_chain.suppliers.profiles.elements import MOST_PLACES, Gap, PlaceState, Result, Tally
from ops.supply_chain.suppliers.profiles.facts import ScoringFacts
from ops.supply_chain.suppliers.profiles.placeholders import is_given, is_unknown, state_of

_EMAIL = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>().]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]+(?:[/?#]\S*)?", re.IGNORECASE)

CURRENT_CYCLONEDX, CURRENT_SPDX = (1, 5), (2, 3)
"""The oldest versions that have a field for each element which CISA's list of 2026 and later versions share."""

BSI_CYCLONEDX, BSI_SPDX = (1, 6), (3, 0, 1)
"""The oldest versions that BSI TR-03183-2 2.1.0 accepts, section 4."""


def is_email(text: str) -> bool:
    """Return whether a text is an address of electronic mail."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_url(text: str) -> bool:
    """Return whether a text is the address of something on the network."""
    return _URL.fullmatch(text.strip()) is not None


def has_contact(party: SbomParty) -> bool:
    """Return whether a party has an e-mail address or a URL that is one."""
    return is_email(party.email) or is_url(party.url)


def contact_problem(parties: tuple[SbomParty, ...], what: str) -> str:
    """Return why none of some parties can be reached; empty if one can.

    Args:
        parties: Any, also none.
        what: Who they are: `creator of the SBOM`.
    """
    if any(has_contact(party) for party in parties):
        return ""
    for party in parties:
        given = party.email or party.url
        if given:
            return f"the {what} has no valid e-mail address or URL: found {excerpt(given)!r}"
    if parties:
        return f"the {what} ({excerpt(parties[0].name)}) has no e-mail address and no URL"
    return f"the {what} is not given"


def author(facts: ScoringFacts) -> Result:
    """Check that a person or an organisation made the document."""
    found = state_of((party.name for party in facts.sbom.authors), "its author")
    if found is not None:
        return found
    return PlaceState.UNKNOWN if "SBOM Author" in facts.unknown else "no person or organisation is named as its author"


def author_contact(facts: ScoringFacts) -> Result:
    """Check that the author of the document can be reached; its supplier counts where no author is named."""
    supplier = (facts.sbom.supplier,) if facts.sbom.supplier is not None else ()
    return contact_problem((*facts.sbom.authors, *supplier), "creator of the SBOM") or PlaceState.MET


def author_signature(facts: ScoringFacts) -> Result | Gap:
    """Check that the document is signed, in itself or next to it."""
    if facts.signed:
        return PlaceState.MET
    if facts.sbom.signature_gaps:
        return Gap("/signature", "", facts.sbom.signature_gaps[0])
    return PlaceState.MET if facts.sbom.has_signature else "it is not signed"


def timestamp(facts: ScoringFacts) -> Result | Gap:
    """Check that the document has a time."""
    found = facts.sbom.timestamp
    if utc(found):
        return PlaceState.MET
    at = "/metadata/timestamp" if facts.is_cyclonedx else "/creationInfo/created" if facts.is_spdx2 else ""
    return Gap(at, "", f"expected a time with its offset, found {excerpt(found)!r}" if found else "it has no time")


def data_format(facts: ScoringFacts) -> Result:
    """Check that the document states its format and version."""
    return PlaceState.MET if facts.version else "the version of its format is not given"


def current_format(facts: ScoringFacts) -> Result:
    """Check that the version of the format is none that lacks fields of the list."""
    oldest = CURRENT_CYCLONEDX if facts.is_cyclonedx else CURRENT_SPDX
    return _at_least(facts, oldest)


def bsi_format(facts: ScoringFacts) -> Result:
    """Check that BSI TR-03183-2 accepts the format in this version."""
    return _at_least(facts, BSI_CYCLONEDX if facts.is_cyclonedx else BSI_SPDX)


def _at_least(facts: ScoringFacts, oldest: tuple[int, ...]) -> Result:
    if facts.version >= oldest:
        return PlaceState.MET
    wanted = ".".join(map(str, oldest))
    return f"expected {facts.sbom.standard.value} {wanted} or later, found {facts.sbom.version or 'no version'}"


def generation_context(facts: ScoringFacts) -> Result:
    """Check that the document states in which phase of the product's life it was made."""
    return PlaceState.MET if any(map(is_given, facts.sbom.phases)) else "the phase is not given"


def tool_name(facts: ScoringFacts) -> Result:
    """Check that the tool that made the document is named."""
    found = state_of((tool.name for tool in facts.sbom.tools), "its tool")
    if found is not None:
        return found
    return PlaceState.UNKNOWN if "Tool Name" in facts.unknown else "no tool is named"


def tool_version(facts: ScoringFacts) -> Result:
    """Check that each tool has a version."""
    named = [tool for tool in facts.sbom.tools if is_given(tool.name)]
    if not named:
        return PlaceState.EXEMPT
    without = [tool.name for tool in named if not is_given(tool.version)]
    if not without:
        return PlaceState.MET
    if all(is_unknown(tool.version) for tool in named if tool.name in without):
        return PlaceState.UNKNOWN
    return PlaceState.UNKNOWN if "Tool Version" in facts.unknown else f"the tool {excerpt(without[0])} has no version"


def sbom_version(facts: ScoringFacts) -> Result:
    """Check that this state of the document can be distinguished from others."""
    if not facts.sbom.identifier.strip():
        return "it has no serial number" if facts.is_cyclonedx else "it has no identifier of its own"
    return "it has no version" if facts.is_cyclonedx and facts.sbom.revision is None else PlaceState.MET


def sbom_uri(facts: ScoringFacts) -> Result:
    """Check that the document has an identifier."""
    return PlaceState.MET if facts.sbom.identifier.strip() else "it has no URI of its own"


def primary_component(facts: ScoringFacts) -> Result:
    """Check that the document states which product it describes."""
    return PlaceState.MET if facts.root is not None else "it does not state which component is the product"


def coverage(facts: ScoringFacts) -> Result:
    """Check that the document states how complete it is.

    In SPDX 2 this is stated by each package, see the check of its relationships; in SPDX 3 by a relationship.
    """
    if facts.sbom.completeness:
        return PlaceState.MET
    if facts.is_spdx2 or not (facts.is_cyclonedx or any(facts.sbom.edges.stated)):
        return PlaceState.EXEMPT
    return "it does not state whether its components and dependencies are complete"


def no_vulnerabilities(facts: ScoringFacts) -> Result | Gap:
    """Check that the document has no information about vulnerabilities."""
    if not facts.sbom.statements:
        return PlaceState.MET
    found = facts.sbom.statements[0]
    return Gap(
        found.location, "", f"it lists the vulnerability {excerpt(found.id)}, which belongs into a document of its own"
    )


def standard_values(facts: ScoringFacts) -> Tally:
    """Check that what the reader of the format found wrong is nothing: values of another form, and repeated entries."""
    found = facts.defects(DefectKind.VALUE, DefectKind.REPEATED)
    gaps = tuple(Gap(defect.location, "", defect.message) for defect in found[:MOST_PLACES])
    return Tally(max(len(found), 1), int(not found), 0, gaps, len(found))

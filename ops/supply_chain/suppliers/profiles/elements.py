"""What an element of a profile is, and the score of one: how many components have it, and where it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import compress
from typing import NamedTuple

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.contracts.values.received_sbom import SbomComponent
from ops.supply_chain.core.text import printable
from ops.supply_chain.suppliers.profiles.facts import FILE, ScoringFacts

MOST_PLACES = 5
"""Places of one element that are listed; the others are counted."""

MOST_REMEMBERED = 1 << 15
"""Components of which it is remembered that they have all elements."""

MOST_COMPONENTS = 4096
"""Of a document whose components are remembered."""


class Strength(StrEnum):
    """What a profile says of an element. A document is below its profile if a required element is missing somewhere."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class ElementState(StrEnum):
    """The state of an element: everywhere, somewhere, nowhere; or there is nothing that must have it."""

    MET = "met"
    PARTLY = "partly"
    MISSING = "missing"
    NOT_APPLICABLE = "not applicable"


class PlaceState(StrEnum):
    """The state of an element at one place that is no gap; a gap is described by a text instead."""

    MET = "met"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"


class Gap(NamedTuple):
    """A place that lacks an element, and what is wrong there, without a capital and a full stop.

    `location` is the place in the document: a JSON pointer, or `line 12`. `name` is the component's name and version, empty for
    the document itself.
    """

    location: str
    name: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.location or '/'} ({self.name})" if self.name else self.location or "/"
        return f"{place}: {self.problem}"


class Tally(NamedTuple):
    """The places of an element: how many must have it, have it, state it as unknown; the first gaps, and how many there are."""

    total: int
    met: int
    unknown: int
    gaps: tuple[Gap, ...]
    gap_count: int


Check = Callable[[ScoringFacts], Tally]
Result = PlaceState | str
ComponentCheck = Callable[[ScoringFacts, int, SbomComponent], Result]
"""Given a position and the component there."""


class ProfileElement(NamedTuple):
    """One element of a profile: a key, the name that its source gives it, how binding it is, and how a document states it."""

    key: str
    title: str
    strength: Strength
    check: Check
    how: str


class ElementScore(NamedTuple):
    """The score of one element."""

    element: ProfileElement
    tally: Tally

    @property
    def state(self) -> ElementState:
        """The state over all places."""
        if not self.tally.gap_count:
            return ElementState.MET if self.tally.total else ElementState.NOT_APPLICABLE
        return ElementState.PARTLY if self.tally.met or self.tally.unknown else ElementState.MISSING

    @property
    def fails(self) -> bool:
        """True if the document is below its profile for this element."""
        return self.element.strength is Strength.REQUIRED and self.tally.gap_count > 0


class ProfileScore(NamedTuple):
    """A document scored: the profile, the document's standard and version in words, and each element in the profile's order."""

    profile: QualityProfile
    format: str
    components: int
    elements: tuple[ElementScore, ...]

    @property
    def failing(self) -> tuple[ElementScore, ...]:
        """The required elements that are missing somewhere."""
        return tuple(score for score in self.elements if score.fails)

    @property
    def passes(self) -> bool:
        """True if no required element is missing."""
        return not self.failing


def of_document(check: Callable[[ScoringFacts], Result | Gap]) -> Check:
    """Return the check of an element that the document has once."""

    def tally(facts: ScoringFacts) -> Tally:
        found = check(facts)
        if isinstance(found, PlaceState):
            return Tally(found is not PlaceState.EXEMPT, found is PlaceState.MET, found is PlaceState.UNKNOWN, (), 0)
        gap = found if isinstance(found, Gap) else Gap("", "", found)
        return Tally(1, 0, 0, (gap,), 1)

    return tally


def of_components(
    check: ComponentCheck,
    *,
    unknown_counts: bool = True,
    files: bool = False,
    more: Callable[[ScoringFacts], Iterable[Gap]] | None = None,
    alike: bool = False,
    met: Callable[[ScoringFacts], Sequence[int]] | None = None,
) -> Check:
    """Return the check of an element that each component has.

    Args:
        check: Of one component.
        unknown_counts: False if what is stated to be unknown is a gap.
        files: True if components that are files must have it as well.
        more: Further gaps of the document.
        alike: True if a component that has the element has it in every document of the same version of a standard, be it
            the product or not: then it need not be checked again.
        met: Returns a number for each component that is not 0 where the component surely has the element.
    """

    def tally(facts: ScoringFacts) -> Tally:
        positions = facts.everything if files else facts.packages
        open_: Sequence[int] = positions
        if met is not None:
            marks = met(facts)
            open_ = [position for position in positions if not marks[position]]
        elif alike:
            open_ = facts.fresh_among(positions)
        results = [check(facts, position, facts.components[position]) for position in open_]
        if alike:
            facts.unmet.update(compress(open_, [found is not PlaceState.MET for found in results]))
        total = len(positions) - len(open_) + results.count(PlaceState.MET)
        have, unknown, count = total, 0, 0
        gaps: list[Gap] = []
        for position, found in zip(open_, results, strict=True):
            if found is PlaceState.MET or found is PlaceState.EXEMPT:
                continue
            total += 1
            if found is PlaceState.UNKNOWN and unknown_counts:
                unknown += 1
            else:
                count += 1
                if len(gaps) < MOST_PLACES:
                    component = facts.components[position]
                    problem = "it is stated to be unknown" if isinstance(found, PlaceState) else found
                    gaps.append(Gap(facts.sbom.locations[position], _name(component), problem))
        others = list(more(facts)) if more else []
        found_gaps = (*gaps, *others)[:MOST_PLACES]
        return Tally(total + len(others), have, unknown, found_gaps, count + len(others))

    return tally


def _name(component: SbomComponent) -> str:
    return printable(f"{component.name} {component.version}".strip()) or "(no name)"


class MetComponents:
    """Components that have all elements of a profile which they have in any document: documents share them, as the same objects."""

    def __init__(self) -> None:
        self._of: dict[tuple[object, ...], dict[int, SbomComponent]] = {}
        """By standard and version, then by the identity of the object, which lives as long as it is here."""

    def leave_out(self, facts: ScoringFacts) -> None:
        """Leave those components out of what is to be checked."""
        known = self._of.get((facts.is_cyclonedx, facts.version))
        if known:
            facts.fresh = [at for at, part in enumerate(map(id, facts.components)) if part not in known]

    def keep(self, facts: ScoringFacts) -> None:
        """Remember those of a document; the product is in one document alone, and a large document fills the memory."""
        if len(facts.components) > MOST_COMPONENTS:
            return
        known = self._of.setdefault((facts.is_cyclonedx, facts.version), {})
        if len(known) > MOST_REMEMBERED:
            known.clear()
        for at in facts.fresh:
            component = facts.components[at]
            if at not in facts.unmet and at != facts.root and component.type != FILE:
                known[id(component)] = component


def scored(elements: Iterable[ProfileElement], facts: ScoringFacts, met: MetComponents) -> Iterator[ElementScore]:
    """Yield the score of each element.

    Args:
        elements: Of one profile.
        facts: The document.
        met: What earlier documents showed by this profile.
    """
    met.leave_out(facts)
    for element in elements:
        yield ElementScore(element, element.check(facts))
    met.keep(facts)

"""A document scored by a profile: as values, as the input of a rule, for programs, and on the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from ops.supply_chain.contracts.config.suppliers import QualityProfile
from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom, SbomDefect
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.suppliers.profiles.elements import (
    ElementScore,
    ElementState,
    MetComponents,
    ProfileScore,
    Strength,
    scored,
)
from ops.supply_chain.suppliers.profiles.facts import ScoringFacts
from ops.supply_chain.suppliers.profiles.tables import PROFILES

MOST_SHOWN = 2
"""Places of an element on the screen; `--format json` has more."""

NOT_SCORED, INVALID = "not scored", "that break their standard"
MOST_ELEMENTS = 10
"""Elements that the screen of several documents names, and documents that were not scored."""

_STANDARDS = ("CycloneDX:", "SPDX:", "SPDX 2:", "SPDX 3:")
"""How the advice on an element begins for each standard."""

_MET = {profile: MetComponents() for profile in QualityProfile}

_SHOWN = {Strength.REQUIRED: "below", Strength.RECOMMENDED: "recommended", Strength.OPTIONAL: "optional"}


def score(sbom: ReceivedSbom, profile: QualityProfile, *, signed: bool = False) -> ProfileScore:
    """Score a document.

    Args:
        sbom: As it was read.
        profile: What it is measured by.
        signed: True if a signature of the document was verified.
    """
    facts = ScoringFacts(sbom, signed=signed)
    elements = tuple(scored(PROFILES[profile], facts, _MET[profile]))
    return ProfileScore(profile, sbom.label, len(facts.packages), elements)


def rule_input(found: ProfileScore) -> dict[str, Any]:
    """Return what the rule `suppliers.profile` sees: the required elements that are missing somewhere."""
    return {
        "name": found.profile.value,
        "missing": [{"element": score.element.key, "sentence": _sentence(score, found)} for score in found.failing],
    }


def _sentence(score: ElementScore, found: ProfileScore) -> str:
    """Return what a supplier must add, where, and how; this is the longest text of a reason, so places are the first few."""
    tally = score.tally
    places = "; ".join(printable(str(gap)) for gap in tally.gaps)
    more = tally.gap_count - len(tally.gaps)
    rest = f"; and {more} more" if more else ""
    where = f"is missing at {tally.gap_count} of {plural(tally.total, 'place')}: {places}{rest}"
    return f"{score.element.title} ({found.profile.value}) {where}. State it as: {_how(score, found.format)}"


def _how(score: ElementScore, label: str) -> str:
    """Return how a document states an element: in its own standard alone, where the profile knows that.

    Args:
        score: Of the element.
        label: The document's standard and version, for example `SPDX 2.3 (JSON)`.
    """
    standard = label.partition(" ")[0]
    family = label[: len("SPDX 2")] if standard == "SPDX" else standard
    parts = score.element.how.split("; ")
    own = [part for part in parts if part.startswith((f"{family}:", f"{standard}:"))]
    if not own:
        return score.element.how
    return "; ".join([*own, *(part for part in parts if not part.startswith(_STANDARDS))])


class ScoredDocument(NamedTuple):
    """A document that was to be scored: its place, and the score, or the problem because of which there is none.

    `defects` break its standard: what is there may have been read wrongly, so such a document does not pass.
    """

    place: str
    problem: str = ""
    score: ProfileScore | None = None
    defects: tuple[SbomDefect, ...] = ()
    defect_count: int = 0

    @property
    def passes(self) -> bool:
        """True if it was read whole and no required element is missing."""
        return self.score is not None and self.score.passes and not self.defect_count


def document_of(found: ScoredDocument) -> dict[str, Any]:
    """Return a score for programs."""
    scored_as = found.score
    document: dict[str, Any] = {
        "place": found.place,
        "passes": found.passes,
        "problem": found.problem,
        "defects": [{"location": defect.location, "problem": defect.message} for defect in found.defects],
        "defect_count": found.defect_count,
    }
    if scored_as is None:
        return document
    return {
        **document,
        "profile": scored_as.profile.value,
        "format": scored_as.format,
        "components": scored_as.components,
        "counts": counts_of(scored_as),
        "elements": [_element(score) for score in scored_as.elements],
    }


def _element(score: ElementScore) -> dict[str, Any]:
    return {
        "element": score.element.key,
        "title": score.element.title,
        "strength": score.element.strength.value,
        "state": score.state.value,
        "total": score.tally.total,
        "met": score.tally.met,
        "unknown": score.tally.unknown,
        "missing": score.tally.gap_count,
        "places": [
            {"location": gap.location, "component": gap.name, "problem": printable(gap.problem)}
            for gap in score.tally.gaps
        ],
        "how": score.element.how,
    }


def counts_of(found: ProfileScore) -> dict[str, int]:
    """Return how many required elements there are and are met, and how many others are missing somewhere."""
    required = [score for score in found.elements if score.element.strength is Strength.REQUIRED]
    applicable = [score for score in required if score.state is not ElementState.NOT_APPLICABLE]
    others = [score for score in found.elements if score.element.strength is not Strength.REQUIRED]
    return {
        "required": len(applicable),
        "met": sum(not score.fails for score in applicable),
        "recommended_missing": sum(score.tally.gap_count > 0 for score in others),
    }


def score_text(document: ScoredDocument) -> list[str]:
    """Return a score on one screen: required elements that are missing first, each with its places."""
    place, found = printable(document.place), document.score
    if found is None:
        return [f"{place}: not scored: {printable(document.problem)}"]
    counts = counts_of(found)
    verdict = "passes" if found.passes else "is below"
    what = f"{place} ({found.format}, {plural(found.components, 'component')})"
    met = f"{counts['met']} of {plural(counts['required'], 'required element')} met"
    text = [f"{what} {verdict} {found.profile.value}: {met}"]
    if document.defect_count:
        first = document.defects[0]
        where = printable(first.location or "/")
        text.append(
            f"  invalid at {plural(document.defect_count, 'place')}, first: {where}: {printable(first.message)}"
        )
    for score in found.failing:
        text.append(f"  {score.state.value}: {score.element.title}, {_extent(score)}")
        text += [f"    {printable(str(gap))}" for gap in score.tally.gaps[:MOST_SHOWN]]
        if score.tally.gap_count > MOST_SHOWN:
            text.append(f"    and {score.tally.gap_count - MOST_SHOWN} more")
        text.append(f"    state it as: {_how(score, found.format)}")
    others = [score for score in found.elements if score.tally.gap_count and not score.fails]
    for score in others:
        text.append(
            f"  {_SHOWN[score.element.strength]}: {score.element.title}, {_extent(score)}, first: "
            f"{printable(str(score.tally.gaps[0]))}"
        )
    return text


def scores_text(documents: Sequence[ScoredDocument], profile: QualityProfile) -> list[str]:
    """Return the scores of several documents on one screen: how many pass, and what is missing in the most of them."""
    if len(documents) == 1:
        return score_text(documents[0])
    passing = sum(document.passes for document in documents)
    head = f"{plural(len(documents), 'document')}: {passing} {'passes' if passing == 1 else 'pass'} {profile.value}"
    text = [f"{head}, {len(documents) - passing} not"] if documents else []
    causes: defaultdict[str, list[str]] = defaultdict(list)
    for document in documents:
        place = printable(document.place)
        if document.score is None:
            causes[NOT_SCORED].append(f"{place}: {excerpt(document.problem)}")
            continue
        if document.defect_count:
            first = document.defects[0]
            causes[INVALID].append(f"{place}: {first.location or '/'}: {excerpt(first.message)}")
        for score in document.score.failing:
            causes[f"missing: {score.element.title}"].append(f"{place}: {excerpt(score.tally.gaps[0])}")
    order = sorted(causes, key=lambda cause: (-len(causes[cause]), cause))
    for cause in order[:MOST_ELEMENTS]:
        found = causes[cause]
        text.append(f"  {plural(len(found), 'document')} {cause}")
        text.append(f"    {printable(found[0])}" + (f"; and {len(found) - 1} more" if len(found) > 1 else ""))
    if len(order) > MOST_ELEMENTS:
        text.append(f"  and {plural(len(order) - MOST_ELEMENTS, 'more reason')}: see --format json")
    return text


def _extent(score: ElementScore) -> str:
    return f"missing at {score.tally.gap_count} of {plural(score.tally.total, 'place')}"

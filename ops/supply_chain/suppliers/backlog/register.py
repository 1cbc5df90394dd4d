"""The risk register: a risk for each product of a supplier, on scales of 1 to 5, proposed from the backlog.

Likelihood: 5 if an open item is exploited or is malware; else by its EPSS percentile, and 3 where there is none; one less for a product
that is not exposed. Impact: what confidentiality, integrity and availability lose by the worst open item's vector, else by its severity; one
more or less for each step of the product's criticality from 3. What people decided takes the place of a proposal and is kept.

Source: NIST SP 800-30 Rev. 1, appendices G to I, https://csrc.nist.gov/pubs/sp/800/30/r1/final; docs/backlog.md
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from ops.supply_chain.contracts.config.suppliers import Exposure
from ops.supply_chain.contracts.files.backlog import BacklogItem, Risk, Treatment
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.text import plural
from ops.supply_chain.suppliers.backlog.identity import new_id
from ops.supply_chain.suppliers.backlog.states import by_urgency, is_open

LOWEST, MIDDLE, HIGHEST = 1, 3, 5
BANDS = ((15, "critical"), (10, "high"), (5, "medium"), (1, "low"))
"""The lowest score of each band, of 25."""

PERCENTILES = ((0.95, 4), (0.7, 3), (0.0, 2))
"""EPSS percentile -> likelihood of what is not known to be exploited."""

_BY_SEVERITY = {
    Severity.CRITICAL: 5, Severity.HIGH: 4, Severity.UNKNOWN: 4, Severity.MEDIUM: 3, Severity.LOW: 2, Severity.INFO: 1,
}  # fmt: skip
_LOSS = re.compile(r"(?:^|/)V?[CIA]:([HLNPC])(?=/|$)")
"""Of CVSS 2 (N, P, C), 3 and 4 (N, L, H): what confidentiality, integrity and availability of the vulnerable system lose."""

_EXPOSURES = {
    Exposure.UNKNOWN: "exposure unknown, so counted as public",
    Exposure.PUBLIC: "public",
    Exposure.INTERNAL: "internal",
}
MOST_NAMED = 3


class ProductProfile(NamedTuple):
    """What is configured of a supplier's products: criticality 1 to 5, exposure, owner."""

    criticality: int = MIDDLE
    exposure: Exposure = Exposure.UNKNOWN
    owner: str = ""


class _Rated(NamedTuple):
    item: BacklogItem
    likelihood: int
    impact: int
    basis: str


def risks_after(
    risks: Iterable[Risk],
    items: Sequence[BacklogItem],
    profile: Callable[[str], ProductProfile],
    *,
    tenant: str,
    today: str,
    review_days: int,
) -> tuple[Risk, ...]:
    """Return the risks with today's proposals, sorted by id; one without open items stays, closed.

    Args:
        risks: As they are stored.
        items: The backlog.
        profile: Of a supplier's products.
        tenant: Whose register.
        today: An ISO date.
        review_days: Days after which a risk is to be reviewed.
    """
    known = {(risk.supplier, risk.product): risk for risk in risks}
    taken = {risk.id for risk in known.values()}
    open_items: defaultdict[tuple[str, str], list[BacklogItem]] = defaultdict(list)
    for item in items:
        if is_open(item, today):
            open_items[item.supplier, item.product].append(item)
    found: dict[tuple[str, str], Risk] = {}
    for key in sorted({*known, *open_items}):
        risk = known.get(key)
        if risk is None:
            new = new_id("R", (tenant, *key), taken.__contains__)
            taken.add(new)
            since = min(item.first_seen for item in open_items[key])
            risk = Risk(id=new, supplier=key[0], product=key[1], since=since)
        found[key] = _proposed(risk, by_urgency(open_items[key], today), profile(key[0]), review_days)
    return tuple(sorted(found.values(), key=lambda risk: risk.id))


def values_of(risk: Risk) -> tuple[int, int]:
    """Return likelihood and impact: what was decided, else what is proposed; 0 for a risk without open items."""
    if not risk.items:
        return (0, 0)
    return (risk.decision.likelihood or risk.likelihood, risk.decision.impact or risk.impact)


def exposure_of(risk: Risk) -> Exposure:
    """Return who can reach the product: as decided, else as configured for the supplier."""
    return risk.decision.exposure or risk.exposure


def score_of(risk: Risk) -> int:
    """Return likelihood times impact."""
    likelihood, impact = values_of(risk)
    return likelihood * impact


def band_of(score: int) -> str:
    """Return the band of a score; empty for 0."""
    return next((band for lowest, band in BANDS if score >= lowest), "")


def review_of(risk: Risk) -> str:
    """Return the day of its review: what was decided, else what is proposed."""
    return risk.decision.review or risk.review


def is_review_overdue(risk: Risk, today: str) -> bool:
    """Return whether the review of an open risk is overdue."""
    return bool(risk.items) and bool(review_of(risk)) and review_of(risk) < today


def status_of(risk: Risk, today: str) -> str:
    """Return `closed`, `review overdue`, `retained`, `treated` or `open`."""
    if not risk.items:
        return "closed"
    if is_review_overdue(risk, today):
        return "review overdue"
    if risk.decision.treatment is Treatment.RETAIN and risk.decision.accepted_by:
        return "retained"
    return "treated" if risk.decision.treatment is not Treatment.NONE else "open"


def by_score(risks: Iterable[Risk], today: str) -> list[Risk]:
    """Return the risks, the highest score first; those whose review is overdue come first of equal ones."""
    return sorted(
        risks,
        key=lambda risk: (-score_of(risk), not is_review_overdue(risk, today), risk.supplier, risk.product, risk.id),
    )


def _proposed(risk: Risk, items: Sequence[BacklogItem], profile: ProductProfile, review_days: int) -> Risk:
    risk = replace(risk, exposure=profile.exposure, default_owner=profile.owner)
    base = risk.decision.decided or risk.since
    review = (date.fromisoformat(base) + timedelta(days=review_days)).isoformat()
    if not items:
        return replace(risk, items=(), likelihood=0, impact=0, basis="", due="", review=review)
    profile = profile._replace(exposure=exposure_of(risk))
    rated = [_rated(item, profile) for item in items]
    worst = max(rated, key=lambda entry: entry.likelihood * entry.impact)
    named = ", ".join(f"{item.component} ({item.names[0]})" for item in items[:MOST_NAMED])
    more = f" and {len(items) - MOST_NAMED:,} more" if len(items) > MOST_NAMED else ""
    exploited = sum(item.exploitation.is_exploited for item in items)
    return replace(
        risk,
        cause=f"{plural(len(items), 'open vulnerability', 'open vulnerabilities')} in components: {named}{more}",
        event=f"an attacker exploits one of them in {risk.product} of {risk.supplier}"
        + (f"; {plural(exploited, 'is', 'are')} known to be exploited" if exploited else ""),
        consequence=_consequence(worst.item),
        likelihood=worst.likelihood,
        impact=worst.impact,
        basis=worst.basis,
        due=min((item.due for item in items if item.due), default=""),
        review=review,
        items=tuple(item.id for item in items),
    )


def _rated(item: BacklogItem, profile: ProductProfile) -> _Rated:
    found = item.exploitation
    if item.malware or found.is_exploited:
        likelihood, why = HIGHEST, "malware" if item.malware else found.words
    elif found.percentile is not None:
        likelihood = next(value for bound, value in PERCENTILES if found.percentile >= bound)
        why = f"EPSS percentile {found.percentile:.2f}"
    else:
        likelihood, why = MIDDLE, "no EPSS score"
    exposure = _EXPOSURES[profile.exposure]
    if profile.exposure is Exposure.INTERNAL and likelihood < HIGHEST:
        likelihood = max(LOWEST, likelihood - 1)
    loss = impact_of(item)
    impact = min(HIGHEST, max(LOWEST, loss + profile.criticality - MIDDLE))
    basis = (
        f"{item.names[0]}: likelihood {likelihood} ({why}; {exposure}), "
        f"impact {impact} ({'vector' if losses(item.vector) else 'severity'} {loss}, criticality {profile.criticality})"
    )
    return _Rated(item, likelihood, impact, basis)


def impact_of(item: BacklogItem) -> int:
    """Return what an exploit costs, 1 to 5: by the vector, else by the severity; malware costs everything."""
    if item.malware:
        return HIGHEST
    found = losses(item.vector)
    if not found:
        return _BY_SEVERITY[item.severity]
    high, some = sum(loss in "HC" for loss in found), sum(loss in "LP" for loss in found)
    if high:
        return HIGHEST if high == len(found) else HIGHEST - 1
    return {0: LOWEST, 1: LOWEST + 1}.get(some, MIDDLE)


def losses(vector: str) -> tuple[str, ...]:
    """Return the metrics of confidentiality, integrity and availability of a CVSS vector; none of another text."""
    found = tuple(_LOSS.findall(vector))
    return found if len(found) == len("CIA") else ()


def _consequence(item: BacklogItem) -> str:
    found = losses(item.vector)
    if item.malware or not found:
        return "loss of confidentiality, integrity and availability of the product and what it can reach"
    parts = [
        name for name, loss in zip(("confidentiality", "integrity", "availability"), found, strict=True) if loss != "N"
    ]
    return f"loss of {', '.join(parts)} of the product and what it can reach" if parts else "no loss by the vector"

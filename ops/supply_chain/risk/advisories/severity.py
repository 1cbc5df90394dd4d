"""The severity of a vulnerability, and the claim that it is based on.

Order of authority: malware; GitHub's label; GitHub's vector (CVSS 4 before 3 before 2); the vectors of
all other records (NVD's and the reporter's, as OSV carries them). Claims of equal authority in different bands
conflict. If claims are absent or conflict, the severity is unknown and counts as high until someone classifies it, or
as critical if one of the conflicting claims is critical.

Source: bands: https://www.first.org/cvss/v3.1/specification-document section 5 and
https://www.first.org/cvss/v4.0/specification-document section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ops.supply_chain.contracts.values.advisory import GITHUB_PREFIX, LABEL_KIND, Advisory, Basis, Rating, Vector
from ops.supply_chain.contracts.values.finding import Severity

LABELS = {
    "LOW": Severity.LOW,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}
"""GitHub writes MODERATE for what CVSS calls Medium."""

KIND_ORDER = ("CVSS_V4", "CVSS_V3", "CVSS_V2")
"""The first kind in this order that an authority gives is used; scores of different kinds are not comparable."""

LONGEST_VECTOR = 1024
"""Characters; a CVSS 4.0 vector with every metric has under 300."""

_RANKS = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


def rate(records: Sequence[Advisory], *, malware: bool) -> Rating:
    """Rate a vulnerability from the claims of its live records.

    Args:
        records: The live records of one group.
        malware: True if the group names a malicious package.
    """
    vectors = tuple(sorted(set(_vectors(records)), key=lambda item: (item.record, item.kind, item.value)))
    if malware:
        return Rating(severity=Severity.CRITICAL, counts_as=Severity.CRITICAL, basis=Basis.MALWARE, vectors=vectors)
    for basis, claims in _claims(vectors):
        if claims:
            return _verdict(basis, claims, vectors)
    return Rating(severity=Severity.UNKNOWN, counts_as=Severity.HIGH, basis=Basis.ABSENT, vectors=vectors)


def least(rating: Rating) -> Severity:
    """Return the lowest severity that the records support: of claims that conflict, the mildest; info without any.

    Args:
        rating: As `rate` returns it.
    """
    if rating.severity is not Severity.UNKNOWN:
        return rating.severity
    conflicting = next((claims for _, claims in _claims(rating.vectors) if claims), {Severity.INFO})
    return min(conflicting, key=_RANKS.index)


def worse(first: Severity, second: Severity) -> Severity:
    """Return the worse of two known severities."""
    return max(first, second, key=_RANKS.index)


def band_of(score: float) -> Severity:
    """Return the band of a CVSS base score."""
    if score <= 0:
        return Severity.INFO
    bounds = ((4.0, Severity.LOW), (7.0, Severity.MEDIUM), (9.0, Severity.HIGH))
    return next((band for bound, band in bounds if score < bound), Severity.CRITICAL)


@lru_cache(maxsize=1 << 14)
def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS 2, 3.x or 4.0 vector, None for any other text."""
    from cvss import CVSS2, CVSS3, CVSS4  # type: ignore[import-untyped]  # it has no types
    from cvss.exceptions import CVSSError  # type: ignore[import-untyped]

    if len(vector) > LONGEST_VECTOR:
        return None
    reader = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        return float(reader(vector).base_score)
    except (CVSSError, ValueError, KeyError, IndexError, ArithmeticError):
        return None


def _claims(vectors: Sequence[Vector]) -> Iterator[tuple[Basis, set[Severity]]]:
    """Yield the bands that each authority claims, in the order of authority; a set may be empty."""
    github = [item for item in vectors if item.record.startswith(GITHUB_PREFIX)]
    yield Basis.GHSA_LABEL, _bands(item for item in github if item.kind == LABEL_KIND)
    yield Basis.GHSA_CVSS, _bands(_preferred(github))
    yield Basis.CVSS, _bands(item for item in vectors if item not in github)


def _verdict(basis: Basis, claims: set[Severity], vectors: tuple[Vector, ...]) -> Rating:
    if len(claims) == 1:
        (band,) = claims
        return Rating(severity=band, counts_as=band, basis=basis, vectors=vectors)
    worst = max(claims, key=_RANKS.index)
    return Rating(
        severity=Severity.UNKNOWN, counts_as=worse(Severity.HIGH, worst), basis=Basis.CONFLICTING, vectors=vectors
    )


def _vectors(records: Iterable[Advisory]) -> Iterable[Vector]:
    for record in records:
        for claim in record.severity:
            if claim.kind == LABEL_KIND and record.id.startswith(GITHUB_PREFIX):
                score, band = None, LABELS.get(claim.value)
            else:
                score = base_score(claim.value) if claim.kind in KIND_ORDER else None
                band = None if score is None else band_of(score)
            yield Vector(record=record.id, kind=claim.kind, value=claim.value, score=score, band=band)


def _preferred(vectors: Iterable[Vector]) -> list[Vector]:
    """Keep, for each record, the vectors of its first kind in `KIND_ORDER`."""
    readable = [item for item in vectors if item.kind in KIND_ORDER and item.band is not None]
    first: dict[str, int] = {}
    for item in readable:
        rank = KIND_ORDER.index(item.kind)
        first[item.record] = min(first.get(item.record, rank), rank)
    return [item for item in readable if KIND_ORDER.index(item.kind) == first[item.record]]


def _bands(vectors: Iterable[Vector]) -> set[Severity]:
    return {item.band for item in vectors if item.band is not None}

"""Severity by authority."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.advisory import Advisory, Basis, SeverityClaim
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.risk.advisories.severity import band_of, base_score, rate

V3_CRITICAL = SeverityClaim("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")  # 9.8
V3_HIGH = SeverityClaim("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")  # 7.5
V3_MEDIUM = SeverityClaim("CVSS_V3", "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H")  # 5.5
V3_NONE = SeverityClaim("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")  # 0.0
V4_LOW = SeverityClaim("CVSS_V4", "CVSS:4.0/AV:L/AC:H/AT:N/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N")  # 2.0
V2_HIGH = SeverityClaim("CVSS_V2", "AV:N/AC:L/Au:N/C:N/I:N/A:C")  # 7.8
UBUNTU = SeverityClaim("Ubuntu", "medium")
NEW_KIND = SeverityClaim("CVSS_V5", "CVSS:5.0/AV:N")
BROKEN = SeverityClaim("CVSS_V3", "CVSS:3.1/AV:N/AC:L")


def label(text: str) -> SeverityClaim:
    return SeverityClaim("GHSA", text)


def record(name: str, *claims: SeverityClaim) -> Advisory:
    return Advisory(id=name, package="foo", severity=claims)


@pytest.mark.parametrize(
    ("records", "severity", "counts_as", "basis"),
    [
        pytest.param([], "unknown", "high", "absent", id="nobody says anything"),
        pytest.param([("PYSEC-1", V3_MEDIUM)], "medium", "medium", "cvss", id="one vector"),
        pytest.param([("PYSEC-1", V3_NONE)], "info", "info", "cvss", id="none is information"),
        pytest.param([("PYSEC-1", V2_HIGH)], "high", "high", "cvss", id="CVSS 2"),
        pytest.param(
            [("GHSA-a", label("MODERATE")), ("PYSEC-1", V3_CRITICAL)],
            "medium", "medium", "ghsa-label", id="GitHub's label outweighs other vectors",
        ),
        pytest.param(
            [("GHSA-a", label("LOW"), V3_HIGH)], "low", "low", "ghsa-label", id="and its own vector",
        ),
        pytest.param(
            [("GHSA-a", V3_CRITICAL, V4_LOW), ("PYSEC-1", V3_MEDIUM)],
            "low", "low", "ghsa-cvss", id="without label GitHub's vector, CVSS 4 first",
        ),
        pytest.param(
            [("GHSA-a", label("UNSPECIFIED"), V3_HIGH)], "high", "high", "ghsa-cvss", id="a label that is none",
        ),
        pytest.param(
            [("GHSA-a",), ("PYSEC-1", V3_MEDIUM)], "medium", "medium", "cvss", id="GitHub is silent",
        ),
        pytest.param(
            [("GHSA-a", label("LOW")), ("GHSA-b", label("HIGH"))],
            "unknown", "high", "conflicting", id="two records of GitHub differ",
        ),
        pytest.param(
            [("PYSEC-1", V3_MEDIUM), ("PYSEC-2", V4_LOW)], "unknown", "high", "conflicting", id="bands differ",
        ),
        pytest.param(
            [("PYSEC-1", V3_MEDIUM, V4_LOW)],
            "unknown", "high", "conflicting", id="two authorities in one record",
        ),
        pytest.param(
            [("PYSEC-1", V3_CRITICAL), ("PYSEC-2", V3_MEDIUM)],
            "unknown", "critical", "conflicting", id="a conflict never counts as less than its worst claim",
        ),
        pytest.param([("PYSEC-1", V3_HIGH), ("PYSEC-2", V3_HIGH)], "high", "high", "cvss", id="agreement"),
        pytest.param([("PYSEC-1", UBUNTU, NEW_KIND)], "unknown", "high", "absent", id="kinds that nobody knows"),
        pytest.param([("PYSEC-1", BROKEN)], "unknown", "high", "absent", id="a broken vector"),
        pytest.param([("PYSEC-1", BROKEN, V3_MEDIUM)], "medium", "medium", "cvss", id="a broken one and a good one"),
        pytest.param([("PYSEC-1", label("LOW"))], "unknown", "high", "absent", id="only GHSA speaks for GitHub"),
    ],
)  # fmt: skip
def test_ratings(
    records: list[tuple[str, *tuple[SeverityClaim, ...]]], severity: str, counts_as: str, basis: str
) -> None:
    rating = rate([record(name, *claims) for name, *claims in records], malware=False)
    assert (rating.severity, rating.counts_as, rating.basis) == (Severity(severity), Severity(counts_as), Basis(basis))
    assert rating.conflicting is (basis == "conflicting")


def test_malware_is_critical_whatever_is_claimed() -> None:
    rating = rate([record("MAL-1", V4_LOW)], malware=True)
    assert (rating.severity, rating.counts_as, rating.basis) == (Severity.CRITICAL, Severity.CRITICAL, Basis.MALWARE)


def test_every_claim_is_kept_for_showing() -> None:
    rating = rate([record("PYSEC-1", UBUNTU, V3_HIGH), record("GHSA-a", label("HIGH"))], malware=False)
    assert [(item.record, item.kind, item.score, item.band) for item in rating.vectors] == [
        ("GHSA-a", "GHSA", None, Severity.HIGH),
        ("PYSEC-1", "CVSS_V3", 7.5, Severity.HIGH),
        ("PYSEC-1", "Ubuntu", None, None),
    ]


def test_the_order_of_records_is_nothing() -> None:
    records = [record("PYSEC-1", V3_HIGH), record("PYSEC-2", V4_LOW), record("GHSA-a", V3_MEDIUM)]
    assert rate(records, malware=False) == rate(records[::-1], malware=False)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0.0, "info"), (0.1, "low"), (3.9, "low"), (4.0, "medium"), (6.9, "medium"), (7.0, "high"), (8.9, "high"),
     (9.0, "critical"), (10.0, "critical")],
)  # fmt: skip
def test_bands(score: float, band: str) -> None:
    assert band_of(score) is Severity(band)


@pytest.mark.parametrize(
    "vector", ["", "9.8", "CVSS:3.1", "CVSS:4.0/", "CVSS:9/AV:N", "\x00", "A" * 2000, "CVSS:3.1/AV:N/AV:N"]
)
def test_what_is_no_vector_has_no_score(vector: str) -> None:
    assert base_score(vector) is None

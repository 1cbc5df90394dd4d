"""From records to the vulnerabilities of pins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.advisory import Advisory, Basis, OsvRecord, Status
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.risk.advisories.matching import Matcher
from ops.supply_chain.risk.advisories.package import vulnerabilities_of
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE
from tests.fakes.advisories import affected, record

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def matcher(*records: dict[str, Any]) -> Matcher:
    found: dict[str, list[Advisory]] = {}
    for item in records:
        read = read_record(json.dumps(item).encode(), where="test")
        assert isinstance(read, OsvRecord), read
        for advisory in read.advisories:
            found.setdefault(advisory.package, []).append(advisory)
    return Matcher(found, now=NOW)


def told(made: Matcher, version: str, package: str = "foo") -> list[tuple[str, str, str]]:
    return [(item.id, item.status.value, item.fixed) for item in made.match(package, version)]


def test_a_vulnerability_of_a_pin() -> None:
    made = matcher(
        record("PYSEC-2026-1", affected("Foo.Bar", "introduced 0, fixed 1.2"), aliases=["CVE-2026-1"], details="Bad."),
        record(
            "GHSA-aaaa-bbbb-cccc", affected("foo-bar", "introduced 1, fixed 1.1"), aliases=["CVE-2026-1"],
            published="2026-01-15T00:00:00Z", summary="Title", database_specific={"severity": "LOW"},
        ),
    )  # fmt: skip
    (found,) = made.match("foo_bar", "1.0")
    assert found.names == ("CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1")
    assert (found.package, found.version, found.status, found.malware) == ("foo-bar", "1.0", Status.AFFECTED, False)
    assert (found.rating.severity, found.rating.basis) == (Severity.LOW, Basis.GHSA_LABEL)
    assert found.records == ("GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1")
    assert (found.summary, found.reason, found.fixed) == ("Title", "", "1.2")
    assert found.published == int(datetime(2026, 1, 15, tzinfo=UTC).timestamp())


def test_any_record_of_a_vulnerability_affects() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 1"), aliases=["CVE-1"]),
        record("GHSA-a", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"]),
    )
    assert [told(made, version) for version in ("0.5", "1.5", "2.5")] == [
        [("CVE-1", "affected", "2")],
        [("CVE-1", "affected", "2")],
        [],
    ]


def test_a_package_without_records_has_none() -> None:
    assert matcher(record("PYSEC-1", affected("foo", "introduced 0"))).match("bar", "1.0") == ()


@pytest.mark.parametrize(
    ("pin", "fixed"),
    [("1.0", "1.5"), ("1.4.9", "1.5"), ("2.0", "2.3"), ("2.3", None), ("1.7", None), ("3.0", "")],
)
def test_the_nearest_fix_after_the_pin(pin: str, fixed: str | None) -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 1.5, introduced 2.0, fixed 2.3, introduced 3"))
    )
    assert [item.fixed for item in made.match("foo", pin)] == ([] if fixed is None else [fixed])


def test_a_fix_that_another_record_of_it_affects_is_none() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 1.1"), aliases=["CVE-1"]),
        record("GHSA-a", affected("foo", "introduced 0, last_affected 1.1"), aliases=["CVE-1"]),
        record("PYSEC-2", affected("foo", "introduced 0, fixed 1.3")),
    )
    assert told(made, "1.0") == [("CVE-1", "affected", ""), ("PYSEC-2", "affected", "1.3")]


def test_where_to_move() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 1.1")),
        record("PYSEC-2", affected("foo", "introduced 1.1, fixed 1.4")),
        record("PYSEC-3", affected("foo", "introduced 0")),
    )
    assert [item.fixed for item in made.match("foo", "1.0")] == ["1.1", ""]
    assert made.move_to("foo", "1.0") == "1.4"
    assert made.move_to("foo", "2.0") == ""
    assert made.move_to("bar", "1.0") == ""


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (affected("foo"), "PYSEC-1 does not say which versions are affected: it gives neither versions nor ranges"),
        (
            affected("foo", "GIT introduced 0, fixed abc"),
            "PYSEC-1 does not say which versions are affected: it gives commits of a repository only, no versions",
        ),
        (
            affected("foo", "introduced 0, last_affected 1.0-NA"),
            "PYSEC-1 has a bound that PEP 440 cannot order, and 1.0 may lie on either side of it",
        ),
    ],
)
def test_what_cannot_be_told_is_a_finding(entry: dict[str, Any], reason: str) -> None:
    (found,) = matcher(record("PYSEC-1", entry)).match("foo", "1.0")
    assert (found.status, found.reason) == (Status.UNDECIDED, reason)
    assert (found.rating.severity, found.rating.counts_as) == (Severity.UNKNOWN, Severity.HIGH)


def test_a_pin_that_cannot_be_ordered_is_a_finding() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 1")),
        record("PYSEC-2", affected("foo", versions=("x-1",))),
    )
    (found,) = made.match("foo", "9-legacy")
    assert found.reason == "version '9-legacy' cannot be ordered against the ranges of PYSEC-1"
    assert [item.id for item in made.match("foo", "x-1") if item.status is Status.AFFECTED] == ["PYSEC-2"]


def test_a_silent_record_is_answered_for_by_another_of_the_same_vulnerability() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo"), aliases=["CVE-1"]),
        record("GHSA-a", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"]),
    )
    assert told(made, "1.0") == [("CVE-1", "affected", "2")]
    (found,) = made.match("foo", "3.0")
    assert (found.status, found.fixed) == (Status.SETTLED, "")
    assert found.reason == (
        "PYSEC-1 does not say which versions are affected: it gives neither versions nor ranges; "
        "another record of it says that this version is not affected"
    )


def test_a_bound_that_cannot_be_ordered_is_not_settled_by_another_record() -> None:
    made = matcher(
        record("PYSEC-1", affected("foo", "introduced 0, fixed 3.0-x"), aliases=["CVE-1"]),
        record("GHSA-a", affected("foo", "introduced 0, fixed 3.0"), aliases=["CVE-1"]),
    )
    assert told(made, "3.0") == [("CVE-1", "undecided", "")]


# --- malware ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([record("MAL-2026-1", affected("foo", "introduced 0"))], id="open range"),
        pytest.param([record("MAL-2026-1", affected("foo", versions=("1.0",)))], id="version list"),
        pytest.param([record("MAL-2026-1", affected("foo", "introduced 1.0, fixed 1.1"))], id="bounded range"),
        pytest.param([record("MAL-2026-1", affected("foo"))], id="nothing but the name"),
        pytest.param([record("PYSEC-1", affected("foo", "introduced 0"), aliases=["MAL-2026-1"])], id="alias"),
        pytest.param(
            [
                record("PYSEC-1", affected("foo", versions=("1.0",)), aliases=["GHSA-a"]),
                record(
                    "GHSA-a",
                    affected("foo", versions=("9",)),
                    aliases=["MAL-2026-1"],
                    database_specific={"severity": "LOW"},
                ),
            ],
            id="alias of an alias",
        ),
        pytest.param(
            [
                record("MAL-2026-1", affected("foo"), aliases=["CVE-1"]),
                record("PYSEC-1", affected("foo", versions=("9",)), aliases=["CVE-1"]),
            ],
            id="silent malware is not settled",
        ),
    ],
)
def test_malware_blocks(records: list[dict[str, Any]]) -> None:
    (found,) = matcher(*records).match("foo", "1.0")
    assert found.malware
    assert found.status in (Status.AFFECTED, Status.UNDECIDED)
    assert (found.rating.counts_as, found.rating.basis) == (Severity.CRITICAL, Basis.MALWARE)


def test_malware_at_another_version_is_told_by_name() -> None:
    made = matcher(
        record("MAL-2026-1", affected("foo", versions=("6.6.6",))), record("PYSEC-1", affected("foo", "introduced 0"))
    )
    assert made.malware_elsewhere("Foo", "1.0") == ("MAL-2026-1",)
    assert made.malware_elsewhere("foo", "6.6.6") == ()
    assert [item.malware for item in made.match("foo", "1.0")] == [False]


# --- properties ------------------------------------------------------------------------------------------

VERSIONS = [f"{major}.{minor}" for major in range(4) for minor in range(3)]
VERSION = st.sampled_from(VERSIONS)
ENTRY = st.one_of(
    st.builds(lambda one, two: affected("foo", f"introduced {one}, fixed {two}"), VERSION, VERSION),
    st.builds(lambda one: affected("foo", f"introduced 0, last_affected {one}"), VERSION),
    st.builds(lambda found: affected("foo", versions=tuple(sorted(found))), st.sets(VERSION, min_size=1, max_size=3)),
    st.just(affected("foo", "GIT introduced 0")),
    st.just(affected("foo", "introduced 0, fixed 1.0-x")),
)
RECORD = st.builds(
    lambda kind, number, entry, aliases, gone: record(
        f"{kind}-{number}", entry, aliases=sorted(aliases), **({"withdrawn": "2026-01-01T00:00:00Z"} if gone else {})
    ),
    st.sampled_from(["PYSEC", "GHSA", "MAL"]),
    st.integers(0, 5),
    ENTRY,
    st.sets(st.sampled_from(["CVE-1", "CVE-2", "CVE-3", "PYSEC-1"]), max_size=2),
    st.booleans(),
)
RECORDS = st.lists(RECORD, max_size=6)
STRENGTH = {Status.SETTLED: 0, Status.UNDECIDED: 1, Status.AFFECTED: 2}


@settings(derandomize=True, max_examples=200, deadline=None)
@given(RECORDS, RECORD)
def test_adding_an_advisory_never_removes_a_finding(records: list[dict[str, Any]], added: dict[str, Any]) -> None:
    """Each record that is told of stays told of, and what affects stays so."""
    before, after = matcher(*records), matcher(*records, added)
    for version in VERSIONS:
        later = {name: item for item in after.match("foo", version) for name in item.names}
        for item in before.match("foo", version):
            assert set(item.names) <= set(later)
            if item.status is Status.AFFECTED:
                assert later[item.id].status is Status.AFFECTED
            if item.malware:
                assert later[item.id].malware


@settings(derandomize=True, max_examples=100, deadline=None)
@given(RECORDS)
def test_the_order_of_records_is_nothing(records: list[dict[str, Any]]) -> None:
    one, other = matcher(*records), matcher(*reversed(records))
    for version in VERSIONS:
        found = one.match("foo", version)
        assert [item.names for item in found] == [item.names for item in other.match("foo", version)]
        assert [item.status for item in found] == [item.status for item in other.match("foo", version)]
        assert [item.names for item in found] == sorted(item.names for item in found) or len(found) < 2


@settings(derandomize=True, max_examples=150, deadline=None)
@given(RECORDS, st.sampled_from([*VERSIONS, "1.0+local", "no version"]))
def test_the_answer_is_that_of_all_groups(records: list[dict[str, Any]], version: str) -> None:
    """Whether or not the records are grouped at all."""
    made = matcher(*records)
    about = PYPI_SCALE.check(version)
    cases = vulnerabilities_of(made._advisories.get("foo", ()), now=int(NOW.timestamp()))
    affecting = [(case, case.status(about)) for case in cases]
    assert made.match("foo", version) == tuple(
        case.vulnerability("foo", version, status) for case, status in affecting if status is not None
    )
    malware = tuple(case.group.names[0] for case, status in affecting if case.group.malware and status is None)
    assert made.malware_elsewhere("foo", version) == malware


def test_records_that_do_not_say_so_of_a_version_are_not_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    made = matcher(record("PYSEC-1", affected("foo", "introduced 0, fixed 1")))
    assert told(made, "0.5") == [("PYSEC-1", "affected", "1")]
    made = matcher(record("PYSEC-1", affected("foo", "introduced 0, fixed 1")))
    monkeypatch.setattr("ops.supply_chain.risk.advisories.matching.vulnerabilities_of", None)
    assert made.match("foo", "1.0") == ()
    assert made.malware_elsewhere("foo", "1.0") == ()


@settings(derandomize=True, max_examples=150, deadline=None)
@given(RECORDS, VERSION)
def test_a_fix_is_later_and_clean(records: list[dict[str, Any]], version: str) -> None:
    made = matcher(*records)
    for item in made.match("foo", version):
        if item.fixed:
            assert VERSIONS.index(item.fixed) > VERSIONS.index(version)
            again = [other for other in made.match("foo", item.fixed) if other.id == item.id]
            assert all(other.status is not Status.AFFECTED for other in again)
    moved = made.move_to("foo", version)
    if moved:
        hopeless = {item.id for item in made.match("foo", version) if not item.fixed}
        affecting = {item.id for item in made.match("foo", moved) if item.status is Status.AFFECTED}
        assert affecting <= hopeless

"""Which differences from pip-audit are disagreements, and which the data explain."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.advisory import (
    Advisory,
    Basis,
    Event,
    EventKind,
    Rating,
    Status,
    VersionRange,
    Vulnerability,
)
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.risk.advisories.pins import Locations
from ops.supply_chain.risk.advisories.pip_audit_comparison import AuditComparison, Disagreement, compare, findings

PIN = ("foo", "1.0")
HIGH = Rating(severity=Severity.HIGH, counts_as=Severity.HIGH, basis=Basis.CVSS)


def ours(*names: str, version: str = "1.0", status: Status = Status.AFFECTED) -> Vulnerability:
    return Vulnerability(
        id=names[0], aliases=names[1:], package="foo", version=version, status=status, malware=False, rating=HIGH,
        fixed="", records=(names[0],),
    )  # fmt: skip


def advisory(name: str, *bounds: str, withdrawn: int | None = None) -> Advisory:
    events = tuple(Event(EventKind.INTRODUCED if bound == "0" else EventKind.LAST_AFFECTED, bound) for bound in bounds)
    return Advisory(name, "foo", ranges=(VersionRange(events),) if events else (), withdrawn=withdrawn)


def test_sharing_a_name_is_agreeing() -> None:
    theirs = {PIN: (frozenset({"PYSEC-1", "CVE-1"}),), ("bar", "1"): ()}
    assert compare({PIN: [ours("GHSA-a", "CVE-1")]}, theirs, {}) == AuditComparison((), 0)


def test_what_only_one_side_reports() -> None:
    theirs = {PIN: (frozenset({"B", "A"}),)}
    records = {"foo": [advisory("C", "0", "2.0")]}
    assert compare({PIN: [ours("C", "D")]}, theirs, records) == AuditComparison(
        (Disagreement(PIN, ("A", "B"), ours=False), Disagreement(PIN, ("C", "D"), ours=True)), 0
    )


def test_a_pin_that_it_did_not_answer_for_is_no_disagreement() -> None:
    assert compare({PIN: [ours("C")]}, {}, {}) == AuditComparison((), 0)


@pytest.mark.parametrize(
    ("item", "records", "explained"),
    [
        pytest.param(ours("C"), [advisory("C", "0", "2.0")], False, id="plain"),
        pytest.param(ours("C"), [advisory("C", "0", "2.6.0-NA")], True, id="unordered bound"),
        pytest.param(ours("C"), [advisory("C", "0", "2-NA"), advisory("C", "0", "2")], False, id="one of two"),
        pytest.param(ours("C", status=Status.UNDECIDED), [advisory("C")], True, id="undecided"),
        pytest.param(ours("C", status=Status.SETTLED), [advisory("C")], True, id="settled"),
        pytest.param(ours("C", version="1.0+cpu"), [advisory("C", "0", "2.0")], True, id="local label"),
        pytest.param(ours("C", version="old-one"), [advisory("C", "0", "2.0")], True, id="unreadable version"),
        pytest.param(ours("C"), [advisory("C", "0", "2.0", withdrawn=9)], True, id="withdrawn later"),
    ],
)
def test_what_the_data_explain(item: Vulnerability, records: list[Advisory], explained: bool) -> None:
    pin = ("foo", item.version)
    found = compare({pin: [item]}, {pin: ()}, {"foo": records})
    assert (len(found.disagreements), found.explained) == (0 if explained else 1, int(explained))


@pytest.mark.parametrize("bound", ["2.0", "2.6.0-NA"])
def test_what_only_pip_audit_reports_is_never_explained(bound: str) -> None:
    found = compare({}, {PIN: (frozenset({"C"}),)}, {"foo": [advisory("C", "0", bound)]})
    assert found == AuditComparison((Disagreement(PIN, ("C",), ours=False),), 0)


def test_what_is_told() -> None:
    at = {PIN: Locations("r.txt", 3, ("s.txt:4",), 2, LockKind.REQUIREMENTS)}
    comparison = AuditComparison(
        (
            Disagreement(PIN, ("A",), ours=False),
            Disagreement(PIN, ("C",), ours=True),
            Disagreement(("x", "1"), ("D",), True),
        ),
        0,
    )
    told = list(findings(comparison, {PIN: "too hard", ("y", "2"): "?"}, at))
    assert [(one.code, one.severity, one.message, one.aliases) for one in told] == [
        ("vulnerability.disagreement", Severity.HIGH,
         "pip-audit reports A for foo 1.0, sealwright does not, on the same records", ("A",)),
        ("vulnerability.disagreement", Severity.HIGH,
         "sealwright reports C for foo 1.0, pip-audit does not, on the same records", ("C",)),
        ("vulnerability.second-opinion-not-examined", Severity.INFO,
         "foo 1.0 was not examined: by pip-audit: too hard", ()),
    ]  # fmt: skip
    assert {(one.path, one.line, one.also_at, one.places) for one in told} == {("r.txt", 3, ("s.txt:4",), 2)}

"""New, existing, fixed: what a base has as well decides nothing, and what was not examined is never in the base."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.changes.compare import ComparedFindings, StateFindings, compare_findings


def finding(code: str = "vulnerability.known", package: str = "foo", **fields: Any) -> Finding:
    plain = {"severity": Severity.HIGH, "message": "m", "next_step": "s", "version": "1.0", "path": "a.txt", "line": 1}
    return msgspec.structs.replace(
        Finding(code=code, severity=Severity.HIGH, message="m", next_step="s"),
        **{**plain, "package": package, **fields},
    )


def state(*findings: Finding, unread: tuple[Finding, ...] = (), **objects: str) -> StateFindings:
    places: dict[tuple[str, str], set[str]] = {}
    for found in findings:
        places.setdefault((found.package, found.version), set()).add(found.path)
    frozen = {key: frozenset(paths) for key, paths in places.items()}
    return StateFindings(findings=findings, unread=unread, objects=objects, places=frozen)


def compared(before: StateFindings, after: StateFindings, **renames: str) -> ComparedFindings:
    return compare_findings(before, after, renames=renames)


CVE = ("CVE-1",)
SAME: dict[str, tuple[Finding, Finding]] = {
    "another line": (finding(aliases=CVE), finding(aliases=CVE, line=9)),
    "another version": (finding(aliases=CVE), finding(aliases=CVE, version="2.0")),
    "one more name of it": (finding(aliases=CVE), finding(aliases=("GHSA-1", *CVE))),
    "another message": (finding(aliases=CVE), finding(aliases=CVE, message="m 2")),
    "unhashed in the same lock": (finding("lock.unhashed"), finding("lock.unhashed", version="2.0", message="n")),
    "a rule's denial": (
        finding("policy.licences.permitted", path="", line=0), finding("policy.licences.permitted", path="", version="2"),
    ),
}  # fmt: skip
OTHER: dict[str, tuple[Finding, Finding]] = {
    "another vulnerability": (finding(aliases=CVE), finding(aliases=("CVE-2",))),
    "another package": (finding(aliases=CVE), finding(aliases=CVE, package="bar")),
    "another kind": (finding(aliases=CVE), finding("malware.known", aliases=CVE)),
    "another lock": (finding(aliases=CVE), finding(aliases=CVE, path="b.txt")),
    "no longer waived": (finding(aliases=CVE, waived_by="x"), finding(aliases=CVE)),
    "another licence": (
        finding("policy.licences.permitted", path=""), finding("policy.licences.permitted", path="", message="n"),
    ),
    "another version that was not examined": (
        finding("vulnerability.not-examined"), finding("vulnerability.not-examined", version="2.0"),
    ),
    "a feed as a whole": (
        finding("vulnerability.not-examined", "", version="", path=""),
        finding("vulnerability.not-examined", "", version="", path=""),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_is_already_there(before: Finding, after: Finding) -> None:
    found = compared(state(before), state(after))
    assert (found.new, found.existing, found.fixed) == ((), (after,), ())
    assert found.outcome(Severity.LOW) is Outcome.PASS


@pytest.mark.parametrize(("before", "after"), OTHER.values(), ids=OTHER)
def test_what_is_new(before: Finding, after: Finding) -> None:
    found = compared(state(before), state(after))
    assert (found.new, found.existing) == ((after,), ())
    assert found.outcome(Severity.LOW) is not Outcome.PASS


def test_a_renamed_lock_keeps_its_findings() -> None:
    before, after = state(finding(aliases=CVE, path="a")), state(finding(aliases=CVE, path="b"))
    assert compared(before, after, a="b").new == ()
    assert compared(before, after).new


def test_all_places_of_a_finding_count_also_those_that_it_does_not_name() -> None:
    one = finding(aliases=CVE)
    both = finding(aliases=CVE, places=2, also_at=())
    after = msgspec.structs.replace(state(both), places={("foo", "1.0"): frozenset({"a.txt", "b.txt"})})
    assert compared(state(one), after).new == (both,)


@pytest.mark.parametrize(("content", "outcome"), [("1", Outcome.PASS), ("2", Outcome.NOT_EXAMINED)])
def test_an_unread_file_is_already_there_as_long_as_it_is_the_same(content: str, outcome: Outcome) -> None:
    broken = finding("lock.broken", "", version="", path="uv_lock")
    found = compared(state(unread=(broken,), uv_lock="1"), state(unread=(broken,), uv_lock=content))
    assert found.outcome(Severity.LOW) is outcome
    assert compared(state(), state(unread=(broken,), uv_lock="1")).outcome(Severity.LOW) is Outcome.NOT_EXAMINED


def test_a_new_finding_denies_although_something_was_not_examined() -> None:
    broken = finding("lock.broken", "", version="", path="uv.lock")
    found = compared(state(), state(finding(aliases=CVE), unread=(broken,)))
    assert found.outcome(Severity.LOW) is Outcome.FAIL
    assert found.outcome(Severity.CRITICAL) is Outcome.NOT_EXAMINED


FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(["vulnerability.known", "malware.known", "lock.unhashed"]),
        st.sampled_from(["a", "b"]),
        version=st.sampled_from(["1", "2"]),
        path=st.sampled_from(["x.txt", "y.txt"]),
        aliases=st.sampled_from([("CVE-1",), ("CVE-2",)]),
    ),
    max_size=5,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(FINDINGS, FINDINGS)
def test_every_finding_of_the_change_is_in_exactly_one_list_and_a_wider_base_never_adds(
    before: list[Finding], after: list[Finding]
) -> None:
    found = compared(state(*before), state(*after))
    assert sorted([*found.new, *found.existing], key=repr) == sorted(set(after), key=repr)
    assert compared(state(*after), state(*after)).new == ()
    assert compared(state(), state(*after)).existing == ()
    assert set(compared(state(*before, *after), state(*after)).new) <= set(found.new)
    assert {fixed.package for fixed in found.fixed} <= {known.package for known in before}

"""What must hold of any input: nothing taken away lets a denied one pass, and nonsense never passes."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from tests.policy.support import (
    SBOM_PROFILES,
    component,
    good_records,
    judge,
    passes,
    provenance_policy_input,
    record,
    refused,
    release_input,
    sbom,
    sbom_policy_input,
    statement,
)
from tests.policy.test_mutations import PROVENANCE_CASES, RECORD_CASES, SBOM_CASES, applied

Path = tuple[str | int, ...]

BOUNDED = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def fields(node: object, place: Path = ()) -> Iterator[Path]:
    """Yield the path of every field of every object."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(node, dict):
        yield from ((*place, key) for key in node)
        children = list(node.items())
    elif isinstance(node, list):
        children = list(enumerate(node))
    for key, value in children:
        yield from fields(value, (*place, key))


def without(document: dict[str, Any], place: Path) -> dict[str, Any]:
    made = copy.deepcopy(document)
    node: Any = made
    for step in place[:-1]:
        node = node[step]
    del node[place[-1]]
    return made


def share(places: list[Path], names: Collection[str], name: str) -> list[Path]:
    """Return every eighth place, beginning at another one for each case: together the cases see all of them."""
    return places[list(names).index(name) % 8 :: 8]


SAMPLE = (
    "root without a version",
    "version a range",
    "only a weak hash",
    "a dependency that is not there",
    "a reference twice",
    "a purl that is none",
    "no author",
    "no producer",
    "a denied licence",
    "no components and not said to be complete",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_no_field_less_lets_a_denied_sbom_pass(name: str) -> None:
    change, rule = SBOM_CASES[name]
    document = sbom_policy_input(applied(change))
    profile = rule.partition(".")[0]
    assert rule in refused(judge(document, profile))
    places = share(list(fields(document)), SAMPLE, name)
    passed = [place for place in places if passes(without(document, place), profile, only=rule)]
    assert passed == []


@pytest.mark.parametrize("name", RECORD_CASES)
def test_no_field_less_lets_denied_records_pass(name: str) -> None:
    change, rule = RECORD_CASES[name]
    profile = rule.partition(".")[0]
    document = release_input(change(good_records()))
    assert rule in refused(judge(document, profile))
    places = [place for place in fields(document) if place[:1] != ("sboms",) or len(place) < 4]
    places = share(places, RECORD_CASES, name)
    passed = [place for place in places if passes(without(document, place), profile, first=rule)]
    assert passed == []


@pytest.mark.parametrize("name", PROVENANCE_CASES)
def test_no_field_less_lets_denied_provenance_pass(name: str) -> None:
    change, rule = PROVENANCE_CASES[name]
    spoilt = statement()
    change(spoilt)
    document = provenance_policy_input(spoilt)
    places = share(list(fields(document)), PROVENANCE_CASES, name)
    passed = [place for place in places if passes(without(document, place), "provenance", first=rule)]
    assert passed == []


@pytest.mark.parametrize("step", [pytest.param(6, id="a part"), pytest.param(1, id="all", marks=pytest.mark.whole)])
def test_each_part_that_is_taken_from_a_good_input_is_missed_or_not_read(step: int) -> None:
    """Whatever is missing, each rule passes or denies: none passes undecided, none fails to answer."""
    document = release_input()
    for place in list(fields(document))[::step]:
        verdicts = judge(without(document, place), *SBOM_PROFILES, "exploitation", "release")
        assert all((verdict.outcome is Outcome.FAIL) == bool(verdict.denials) for verdict in verdicts.values()), place
    for key in ("sboms", "records", "subject"):
        assert refused(judge(without(document, (key,)), *SBOM_PROFILES, "release"))


FINDINGS = st.builds(
    Finding,
    code=st.just("x.y"),
    severity=st.sampled_from(Severity),
    message=st.text(max_size=30),
    next_step=st.just("Do."),
    package=st.text(max_size=10),
    waived_by=st.sampled_from(["", " ", "CVE-2026-1"]),
)


@BOUNDED
@given(st.lists(FINDINGS, max_size=5), FINDINGS)
def test_a_finding_more_never_turns_deny_into_allow(some: list[Finding], more: Finding) -> None:
    def decide(findings: list[Finding]) -> bool:
        records = [*good_records(), record("check_x", findings=tuple(findings))]
        return passes(release_input(records), "release", first="release.findings")

    assert decide([*some, more]) <= decide(some)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = sorted(fields(sbom()), key=str)


@BOUNDED
@given(st.sampled_from(PLACES), JSON)
def test_nonsense_anywhere_in_an_sbom_is_judged_without_a_crash(place: Path, value: Any) -> None:
    document = sbom()
    node: Any = document
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    verdicts = judge(sbom_policy_input(document), *SBOM_PROFILES)
    assert all(verdict.outcome in set(Outcome) for verdict in verdicts.values())


@pytest.mark.parametrize("value", [None, True, 7, "x", [], {}, [None], [[]], {"a": 1}], ids=repr)
def test_an_sbom_of_wrong_types_everywhere_never_passes(value: Any) -> None:
    document = dict.fromkeys(sbom(), value) | {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    assert refused(judge(sbom_policy_input(document), *SBOM_PROFILES))
    deeper = sbom()
    deeper["components"] = [dict.fromkeys(one, value) for one in deeper["components"]]
    assert refused(judge(sbom_policy_input(deeper), *SBOM_PROFILES))


@pytest.mark.parametrize("value", [None, True, 7, "x", [], {}, [None], {"a": 1}], ids=repr)
def test_provenance_of_wrong_types_never_passes(value: Any) -> None:
    assert refused(judge(provenance_policy_input(dict.fromkeys(statement(), value)), "provenance"))


FORGERIES = [
    'x"}], "pass": {"examined": 1}, "deny": [], "a": [{"b": "',
    "\\",
    "a\0b",
    "\ud800",
    "\n\r\x1b[2J",
    "%s %d %v",
    "1" * 300_000,
    "{{ }} ` ${",
]


@pytest.mark.parametrize("text", FORGERIES, ids=range(len(FORGERIES)))
@pytest.mark.parametrize("field", ["name", "version", "bom-ref"])
def test_text_that_tries_to_forge_the_answer_does_not(text: str, field: str) -> None:
    document = sbom()
    one = component(document, "idna")
    one.update({field: text, "hashes": []})
    one["licenses"] = [{"license": {"name": text}}]
    verdicts = judge(sbom_policy_input(document), *SBOM_PROFILES)
    assert verdicts["base.hashes"].outcome is Outcome.FAIL
    [reason] = verdicts["base.hashes"].denials
    assert len(reason.subject) <= 2001
    assert msgspec.json.decode(msgspec.json.encode(reason))["fix"].startswith("Lock with hashes")

"""Licences: alternatives, exceptions, wildcards, and the outcome of what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from ops.supply_chain.core.outcome import Outcome
from tests.policy.support import component, judge, sbom, sbom_policy_input

MIT_ONLY = {"allow": ["MIT"], "deny": []}
CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"
NO_GPL = {"allow": ["*"], "deny": ["GPL-*"]}

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "one of two branches": ("MIT OR GPL-3.0-only", MIT_ONLY, "pass"),
    "both of an AND": ("MIT AND GPL-3.0-only", MIT_ONLY, "fail"),
    "both allowed": ("MIT AND ISC", {"allow": ["MIT", "ISC"], "deny": []}, "pass"),
    "brackets": ("MIT AND (GPL-3.0-only OR ISC)", {"allow": ["MIT", "ISC"], "deny": []}, "pass"),
    "AND binds closer than OR": ("GPL-3.0-only AND ISC OR MIT", MIT_ONLY, "pass"),
    "lower-case operators": ("MIT or GPL-3.0-only", MIT_ONLY, "pass"),
    "identifiers without case": ("mit", MIT_ONLY, "pass"),
    "not on the list": ("ISC", MIT_ONLY, "fail"),
    "a wildcard": ("LGPL-2.1-or-later", {"allow": ["LGPL-*"], "deny": []}, "pass"),
    "a wildcard is anchored": ("LGPL-2.1-or-later", {"allow": ["*"], "deny": ["GPL-*"]}, "pass"),
    "a denied wildcard": ("GPL-3.0-only", NO_GPL, "fail"),
    "an exception to a denied licence": (CLASSPATH, NO_GPL, "fail"),
    "an exception that is allowed by name": (CLASSPATH, {"allow": ["*", CLASSPATH], "deny": ["GPL-*"]}, "pass"),
    "an exception that is denied by name": (CLASSPATH, {"allow": ["*", CLASSPATH], "deny": [CLASSPATH]}, "fail"),
    "an exception to an allowed licence": (CLASSPATH, {"allow": ["GPL-2.0-only"], "deny": []}, "pass"),
    "one that is allowed in addition": ("GPL-3.0-only", NO_GPL | {"allow_also": ["gpl-3.0-ONLY"]}, "pass"),
    "another one than is allowed in addition": ("GPL-2.0-only", NO_GPL | {"allow_also": ["GPL-3.0-only"]}, "fail"),
    "one in addition to a list of few": ("ISC", MIT_ONLY | {"allow_also": ["ISC"]}, "pass"),
    "its exception is another one": (CLASSPATH, NO_GPL | {"allow_also": ["GPL-2.0-only"]}, "fail"),
    "an exception that is allowed in addition": (CLASSPATH, NO_GPL | {"allow_also": [CLASSPATH]}, "pass"),
    "an addition is no pattern": ("GPL-2.0-only", NO_GPL | {"allow_also": ["GPL-*"]}, "fail"),
    "an empty allow list": ("MIT", {"allow": [], "deny": []}, "fail"),
    "a dot is a dot": ("ISC", {"allow": ["I.C"], "deny": []}, "fail"),
    "a star spans dots": ("GPL-2.0-only", {"allow": ["GPL*only"], "deny": []}, "pass"),
}


def under(*licences: dict[str, Any]) -> dict[str, Any]:
    document = sbom()
    for one in document["components"]:
        one["licenses"] = [{"expression": "MIT"}]
    component(document, "idna")["licenses"] = list(licences)
    return sbom_policy_input(document)


@pytest.mark.parametrize("name", CASES)
def test_an_expression_is_judged(name: str) -> None:
    expression, lists, outcome = CASES[name]
    others = {**lists, "allow": [*lists["allow"], "MIT"] if lists["allow"] else []}
    verdicts = judge(under({"expression": expression}), "licences", settings={"licences": others})
    assert verdicts["licences.permitted"].outcome == outcome


UNKNOWN: dict[str, list[dict[str, Any]]] = {
    "no licence": [],
    "a name": [{"license": {"name": "BSD License"}}],
    "a name beside a known one": [{"license": {"id": "MIT"}}, {"license": {"name": "BSD License"}}],
    "a reference": [{"expression": "LicenseRef-Proprietary"}],
    "no expression": [{"expression": "MIT AND AND"}],
    "too long": [{"expression": " OR ".join(["(MIT OR ISC)"] * 300)}],
    "too deep": [{"expression": "(" * 50 + "MIT" + ")" * 50}],
    "an unknown identifier": [{"expression": "Nope-1.0"}],
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("on_unknown", ["report", "not-examined", "deny"])
def test_what_is_unknown_has_an_outcome_of_its_own(name: str, on_unknown: str) -> None:
    expected = {"report": "pass", "not-examined": "not-examined", "deny": "fail"}[on_unknown]
    settings = {"licences": {"on_unknown": on_unknown}}
    verdict = judge(under(*UNKNOWN[name]), "licences", settings=settings)["licences.known"]
    assert verdict.outcome == expected
    told = verdict.denials if on_unknown == "deny" else verdict.unknowns
    assert [reason.subject for reason in told] == ["pkg:pypi/idna@3.20"]
    assert judge(under({"expression": "MIT"}), "licences", settings=settings)["licences.known"].outcome == "pass"


def test_an_unknown_licence_passes_where_it_is_allowed_in_addition() -> None:
    settings = {"licences": {"allow_also": ["BSD License"], "on_unknown": "deny"}}
    verdicts = judge(under({"license": {"name": "BSD License"}}), "licences", settings=settings)
    assert verdicts["licences.known"].outcome == "pass"
    assert verdicts["licences.permitted"].outcome == "pass"


def test_an_unknown_licence_passes_by_its_name() -> None:
    settings = {"licences": {"allow": ["*", "BSD License"], "on_unknown": "deny"}}
    verdicts = judge(under({"license": {"name": "BSD License"}}), "licences", settings=settings)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.PASS}


def test_a_choice_between_unknown_and_allowed_is_allowed() -> None:
    settings = {"licences": {"on_unknown": "deny"}}
    verdicts = judge(under({"expression": "LicenseRef-X OR MIT"}), "licences", settings=settings)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.PASS}


@pytest.mark.parametrize("value", ["ignore", "", None, 1])
def test_a_setting_that_means_nothing_denies(value: object) -> None:
    verdict = judge(under({"expression": "MIT"}), "licences", settings={"licences": {"on_unknown": value}})
    assert verdict["licences.known"].outcome is Outcome.FAIL


@pytest.mark.parametrize("key", ["allow", "deny"])
@pytest.mark.parametrize("value", [None, "MIT", {"MIT": True}])
def test_a_list_that_is_none_denies(key: str, value: object) -> None:
    verdict = judge(under({"expression": "MIT"}), "licences", settings={"licences": {key: value}})
    assert verdict["licences.permitted"].outcome is Outcome.FAIL

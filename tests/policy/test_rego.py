"""The Rego unit tests, run in process; `test_opa.py` runs them under `opa`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.answers import UNDECIDED
from ops.supply_chain.adapters.rego.metadata import package_of
from ops.supply_chain.adapters.rego.rule_files import Module
from tests.policy.support import (
    ALL,
    POLICY,
    judge,
    policy,
)

OURS = sorted(path for path in POLICY.glob("*/*/*.rego") if path.parts[-3] in ALL)  # claims: tests/claims
RULES = [path for path in OURS if not path.stem.endswith("_test")]
TEST_FILES = [path for path in OURS if path.stem.endswith("_test")]

RUN_BY_OPA = """
test_cases if {{
	every case in cases {{
		fixtures.as_expected({rule}, case) with input as case.input with data.data as fixtures.settings(case)
	}}
}}
"""


def module(path: Path) -> Module:
    source = path.read_text()
    if path in TEST_FILES:  # the last rule is for opa: regopy has no working `with`
        source = source.removesuffix(RUN_BY_OPA.format(rule=path.parent.name))
        assert "test_cases" not in source
    return Module(path=path.name, source=source, package=package_of(source, where=path.name))


@lru_cache(maxsize=64)
def cases_of(path: Path) -> dict[str, Any]:
    """Return the cases of one test file, worked out by the engine with its rule, the only one that it imports."""
    loaded = policy(*ALL)
    modules = [module(one) for one in [*sorted((POLICY / "lib").glob("*_test.rego")), path]]
    [rule] = [rule.module for rule in loaded.rules if rule.code == code_of(path)]
    found = rego.query(loaded.libraries, [rule, *modules], loaded.documents, f"{module(path).package}.cases")
    assert isinstance(found, dict)
    return found


def code_of(path: Path) -> str:
    return f"{path.parts[-3]}.{path.parts[-2]}"


@pytest.mark.parametrize("path", TEST_FILES, ids=code_of)
def test_a_rule_does_what_its_cases_say(path: Path) -> None:
    """The same cases that `opa test` goes through by way of `test_cases`."""
    code = code_of(path)
    for name, case in cases_of(path).items():
        verdict = judge(case["input"], path.parts[-3], settings=case.get("data"), only=code)[code]
        undecided = any(UNDECIDED in reason.message for reason in verdict.denials)
        denied = [] if undecided else sorted(reason.subject for reason in verdict.denials)
        assert denied == sorted(set(case.get("deny", []))) or len(case["deny"]) == len(denied), name
        assert sorted(reason.subject for reason in verdict.unknowns) == sorted(case.get("unknown", [])), name
        assert (verdict.examined if verdict.outcome == "pass" else None) == case.get("examined"), name
        assert undecided == (case.keys() <= {"input", "data"}), name
        messages = [reason.message for reason in (*verdict.denials, *verdict.unknowns)]
        assert messages == case.get("messages", messages), name


@pytest.mark.parametrize("path", RULES, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_each_rule_has_a_folder_of_its_own_with_a_passing_and_a_denying_case(path: Path) -> None:
    assert path.stem == path.parent.name
    assert sorted(one.name for one in path.parent.iterdir()) == [f"{path.stem}.rego", f"{path.stem}_test.rego"]
    cases = cases_of(path.parent / f"{path.stem}_test.rego").values()
    assert any("examined" in case for case in cases)
    assert any(case.get("deny") for case in cases)


def test_every_profile_of_ours_has_rules() -> None:
    loaded = policy(*ALL)
    assert loaded.empty == ()
    assert [rule.code for rule in loaded.rules] == [f"{path.parts[-3]}.{path.stem}" for path in RULES]


def test_titles_are_unique_and_fixes_are_orders() -> None:
    rules = policy(*ALL).rules
    assert len({rule.metadata.title for rule in rules}) == len(rules)
    assert [rule.code for rule in rules if not rule.metadata.fix.endswith(".")] == []

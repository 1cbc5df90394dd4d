"""The rules about documents of suppliers, run in process with the cases of their Rego tests; `test_opa.py` runs them under opa."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.answers import UNDECIDED
from ops.supply_chain.adapters.rego.metadata import package_of
from ops.supply_chain.adapters.rego.rule_files import Module, Policy, load_policy
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.contracts.values.registry import IntakeDecision
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.suppliers.decision import PROFILE, REFUSED_BY, decisions, undecided
from tests.fakes.kept import keep_for_module
from tests.policy.support import POLICY

TESTS = sorted((POLICY / PROFILE).glob("*/*_test.rego"))
CASES = [path for path in TESTS if path.parent.name != "lib"]


@cache
def policy() -> Policy:
    return load_policy([("policy:", POLICY)], [PROFILE], {})


@cache
def engine() -> rego.Engine:
    """Return all rules, compiled."""
    return rego.Engine(policy())


keep_for_module(engine.cache_clear)


def module(path: Path) -> Module:
    source = path.read_text().partition("\ntest_cases if")[0]  # regopy has no working `with`
    source = source.replace("import data.sealwright.lib.fixtures as shared\n", "")
    return Module(path=path.name, source=source, package=package_of(source, where=path.name))


def cases(path: Path) -> dict[str, Any]:
    loaded = policy()
    modules = [module(POLICY / PROFILE / "lib" / "fixtures_test.rego"), module(path)]
    [rule] = [rule.module for rule in loaded.rules if rule.code == f"{PROFILE}.{path.parent.name}"]
    found = rego.query(loaded.libraries, [rule, *modules], loaded.documents, f"{module(path).package}.cases")
    assert isinstance(found, dict)
    return found


def test_every_rule_has_cases() -> None:
    assert {path.parent.name for path in CASES} == {rule.code.partition(".")[2] for rule in policy().rules}
    assert set(policy().data[PROFILE][REFUSED_BY]) < {rule.code for rule in policy().rules}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_a_rule_does_what_its_cases_state(path: Path) -> None:
    found = cases(path)
    assert {"a good document passes", "no document at all does not pass"} < found.keys()
    for name, case in found.items():
        [rule] = [rule for rule in policy().rules if rule.code == f"{PROFILE}.{path.parent.name}"]
        [verdict] = engine().verdicts(case["input"], [rule])
        undecided = any(UNDECIDED in denial.message for denial in verdict.denials)
        assert undecided == (case.keys() == {"input"}), name
        if not undecided:
            assert [denial.subject for denial in verdict.denials] == case.get("deny", []), name
            assert [denial.message for denial in verdict.denials] == case.get("messages", []), name
            assert (verdict.examined if verdict.outcome == "pass" else None) == case.get("examined"), name


@pytest.mark.parametrize("part", [{"digest": "x"}, {"digest": None}, {"problem": None}, {"signature": None}])
def test_a_document_of_another_form_is_never_accepted(part: dict[str, Any]) -> None:
    modules = [module(POLICY / PROFILE / "lib" / "fixtures_test.rego")]
    package = modules[0].package
    good = rego.query(policy().libraries, modules, policy().documents, f"{package}.good")["documents"][0]
    digests = [good["digest"], "b" * 64]
    verdicts = engine().evaluate({"documents": [good, {**good, "digest": digests[1], **part}]})
    assert undecided(verdicts, digests)
    found = decisions(verdicts, digests, policy().data)
    assert IntakeDecision.ACCEPTED not in {decided.decision for decided in found.values()}


UNDECIDED_RULES = [
    (Outcome.NOT_EXAMINED, (), ()),
    (Outcome.FAIL, (), ()),
    (Outcome.PASS, (), (Reason(subject="a" * 64, message="is unknown", fix=""),)),
    (Outcome.PASS, (Reason(subject="", message="could not be evaluated", fix=""),), ()),
]


@pytest.mark.parametrize(("outcome", "denials", "unknowns"), UNDECIDED_RULES)
def test_a_rule_that_does_not_decide_accepts_nothing(
    outcome: Outcome, denials: tuple[Reason, ...], unknowns: tuple[Reason, ...]
) -> None:
    verdict = RuleVerdict(
        code="suppliers.x", title="x", outcome=outcome, examined=0, unknown=len(unknowns), denials=denials,
        unknowns=unknowns,
    )  # fmt: skip
    found = decisions([verdict], ["a" * 64], policy().data)["a" * 64]
    assert found.decision is IntakeDecision.QUARANTINED
    assert found.reasons

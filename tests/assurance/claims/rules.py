"""The rules of policy/claims, their cases, and what they say of evidence."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from tests.policy.support import POLICY

CLAIMS = POLICY / "claims"
RULES = sorted(path for path in CLAIMS.glob("*/*.rego") if path.parent.name == path.stem)

RUN_BY_OPA = """
test_cases if {{
	every case in cases {{
		fixtures.as_expected({rule}, case) with input as json.patch(fixtures.evidence, case.patch)
	}}
}}
"""


@cache
def policy() -> Policy:
    return load_policy([("policy:", POLICY)], ["claims"], {})


@cache
def engine(code: str = "") -> rego.Engine:
    """One rule compiled, or all of them."""
    rules = tuple(rule for rule in policy().rules if code in ("", rule.code))
    return rego.Engine(msgspec.structs.replace(policy(), rules=rules))


def judged(document: dict[str, Any], code: str = "") -> dict[str, RuleVerdict]:
    return {verdict.code: verdict for verdict in engine(code).evaluate(document)}


def cases_of(path: Path) -> dict[str, dict[str, Any]]:
    """Read the cases of a rule's test file: JSON, an entry a line, which opa goes through by `test_cases`."""
    text = path.with_name(f"{path.stem}_test.rego").read_text()
    assert text.endswith(RUN_BY_OPA.format(rule=path.stem))
    body = text.partition("cases := {\n")[2].partition("\n}\n")[0]
    found: dict[str, dict[str, Any]] = json.loads("{" + body.removesuffix(",") + "}", object_pairs_hook=_each_once)
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)

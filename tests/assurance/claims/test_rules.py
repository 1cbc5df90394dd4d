"""Each claim: supported by the good evidence, and by none of the ways of missing it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.adapters.rego.answers import UNDECIDED
from ops.supply_chain.assurance.claims import evidence as facts
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.claims.evaluate import claim_rule
from tests.assurance.claims.good import patched, plain
from tests.assurance.claims.rules import CLAIMS, RULES, cases_of, judged, policy
from tests.assurance.claims.support import FIXED
from tests.policy.support import POLICY

WORDS = {
    *("archive", "attestations", "bundles", "checksums", "config", "cyclonedx", "gate", "kept", "licence", "manifest"),
    *("provenance", "root", "spdx2", "spdx3", "update_tool", "vex", "workflows"),
}
"""Words for evidence that the runner knows."""


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_claim_does_what_its_cases_say(path: Path) -> None:
    for name, case in cases_of(path).items():
        verdict = judged(patched(plain(), case["patch"]), f"claims.{path.stem}")[f"claims.{path.stem}"]
        assert not any(UNDECIDED in reason.message for reason in verdict.denials), name
        assert (verdict.outcome is Outcome.PASS) == case.get("pass", False), name
        assert set(case.get("deny", ())) <= {reason.subject for reason in verdict.denials}, name
        assert set(case.get("unknown", ())) <= {reason.subject for reason in verdict.unknowns}, name
        assert (verdict.outcome is Outcome.NOT_EXAMINED) == ("unknown" in case), name


def test_the_good_evidence_is_the_fixture_of_the_rules_and_supports_every_claim() -> None:
    text = (CLAIMS / "lib/fixtures_test.rego").read_text()
    assert json.loads(text.partition("evidence := ")[2]) == plain()
    assert {code for code, verdict in judged(plain()).items() if verdict.outcome is not Outcome.PASS} == set()


@pytest.mark.parametrize("document", [{}, {"release": None, "project": None}, {"release": [], "project": 7}])
def test_nothing_is_claimed_of_nothing(document: dict[str, object]) -> None:
    assert {verdict.outcome for verdict in judged(document).values()} <= {Outcome.FAIL, Outcome.NOT_EXAMINED}


def test_every_fixed_id_is_there_and_every_claim_has_its_cases() -> None:
    rules = [claim_rule(one.code, one.metadata.title, one.metadata.more) for one in policy().rules]
    assert set(FIXED) <= {rule.id for rule in rules}
    assert len(rules) == len(RULES) >= 40
    for path in RULES:
        cases = cases_of(path)
        assert [name for name, case in cases.items() if case.get("pass")] == ["the good evidence supports it"], path
        assert len(cases) >= 3, path
        assert sorted(one.name for one in path.parent.iterdir()) == [f"{path.stem}.rego", f"{path.stem}_test.rego"]


def test_every_claim_says_what_it_says_what_is_true_else_and_on_what_it_rests() -> None:
    for one in policy().rules:
        rule = claim_rule(one.code, one.metadata.title, one.metadata.more)
        assert rule.sentence.endswith("."), rule.id
        assert rule.otherwise.endswith("."), rule.id
        assert rule.otherwise != rule.sentence
        assert rule.evidence, rule.id
        assert set(rule.evidence) <= WORDS, rule.id
        assert one.metadata.fix.endswith("."), rule.id
    titles = [one.metadata.title for one in policy().rules]
    assert len(set(titles)) == len(titles)


def test_every_fact_is_read_by_a_rule_or_shown() -> None:
    """A fact that nobody reads is a check that nobody makes."""
    text = "".join(path.read_text() for path in [*RULES, CLAIMS / "lib/claims.rego"])
    shown = {"components", "level_reason", "lines", "passed", "profiles", "problem", "sequence", "source", "present"}
    structs = [one for one in vars(facts).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    kinds = [one for one in structs if one.__module__ == facts.__name__ and one is not facts.Gathered]
    names = {name for kind in kinds for name in kind.__struct_fields__}
    unread = {name for name in names if f'"{name}"' not in text} - shown
    assert unread == {"component"}


def test_the_release_profiles_do_not_see_the_claims() -> None:
    from ops.supply_chain.adapters.rego.rule_files import load_policy

    release = load_policy([("policy:", POLICY)], ["base", "release"], {})
    assert [file.path for file in release.files if "claims" in file.path] == []
    assert "claims" not in release.data
    assert "policy:claims/lib/claims.rego" in {file.path for file in policy().files}


@pytest.mark.skipif(shutil.which("opa") is None, reason="opa is not on PATH")
def test_opa_says_the_same_of_every_case() -> None:
    done = subprocess.run(
        ["opa", "test", str(POLICY)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""The folder `policy/` under the real engine, where `opa` is on PATH: it loads as it is, and decides the same.

Source: https://www.openpolicyagent.org/docs/cli
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego.answers import UNDECIDED
from ops.supply_chain.core.outcome import Outcome
from tests.assurance.claims.good import patched, plain
from tests.assurance.claims.rules import judged as judged_claims
from tests.assurance.claims.rules import policy as claims_policy
from tests.assurance.claims.rules import reads
from tests.policy.support import (
    POLICY,
    SBOM_PROFILES,
    good_records,
    judge,
    provenance_policy_input,
    release_input,
    sbom_policy_input,
    spine_policy,
    statement,
)
from tests.policy.test_layout import rules
from tests.policy.test_mutations import PROVENANCE_CASES, RECORD_CASES, SBOM_CASES, applied

OPA = shutil.which("opa")

pytestmark = pytest.mark.skipif(OPA is None, reason="opa is not on PATH")


def opa(*words: str) -> str:
    """Run opa from the folder above the policy, as its README does; return what it prints."""
    command = [str(OPA), *words]
    done = subprocess.run(command, cwd=POLICY.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_test_loads_runs_and_passes() -> None:
    results = json.loads(opa("test", "--timeout", "5m", "--format", "json", "policy"))
    ran = {(result["package"].removeprefix("data."), result["name"]) for result in results}
    assert ran == {(package, name) for package, name in rules(POLICY) if name.startswith("test_")}
    assert not [result for result in results if result.get("fail") or result.get("error") or result.get("skip")]


def test_the_strict_check_finds_nothing() -> None:
    assert opa("check", "--strict", "policy") == ""


def test_the_formatter_would_change_nothing() -> None:
    assert opa("fmt", "--fail", "-l", "policy") == ""


def answers(folder: Path, cases: dict[str, Any], package: str) -> dict[str, Any]:
    """Return what opa gives for a package on each input; the release table asks for the spine's records only."""
    (folder / "cases").mkdir()
    (folder / "cases" / "cases.json").write_text(json.dumps(cases))
    (folder / "differential.rego").write_text(
        "package differential\n\nimport rego.v1\n\n"
        "answers[name] := answer if {\n\tsome name, document in data.cases\n"
        f"\tanswer := {package} with input as document\n}}\n"
    )
    folders = ("-d", str(spine_policy()), "-d", str(folder), "--ignore", "*_test.rego")
    found: dict[str, Any] = json.loads(opa("eval", "-f", "raw", *folders, "data.differential.answers"))
    return found


def spoilt_inputs() -> dict[str, tuple[dict[str, Any], tuple[str, ...]]]:
    """Return every input of the mutation matrix with the profiles that judge it."""
    found: dict[str, tuple[dict[str, Any], tuple[str, ...]]]
    found = {f"sbom {name}": (sbom_policy_input(applied(case[0])), SBOM_PROFILES) for name, case in SBOM_CASES.items()}
    for name, (change, _) in RECORD_CASES.items():
        found[f"records {name}"] = (release_input(change(good_records())), ("release",))
    for name, (change, _) in PROVENANCE_CASES.items():
        document = statement()
        change(document)
        found[f"provenance {name}"] = (provenance_policy_input(document), ("provenance",))
    found["good"] = (release_input(), (*SBOM_PROFILES, "release"))
    return found


def test_it_decides_the_same_about_every_spoilt_input(tmp_path: Path) -> None:
    inputs = spoilt_inputs()
    theirs = answers(tmp_path, {name: document for name, (document, _) in inputs.items()}, "data.sealwright")
    assert theirs.keys() == inputs.keys()
    for name, (document, profiles) in inputs.items():
        for code, verdict in judge(document, *profiles).items():
            profile, _, rule = code.partition(".")
            found = theirs[name][profile.replace("-", "_")][rule]
            assert bool(found.get("pass")) == (verdict.outcome is Outcome.PASS), (name, code)
            denied = {(entry["subject"], entry["message"]) for entry in found.get("deny", [])}
            reasons = {(reason.subject, reason.message) for reason in verdict.denials}
            assert denied == reasons or (not denied and UNDECIDED in next(iter(reasons))[1]), (name, code)


def test_it_finds_the_same_needs_short_in_all_evidence(tmp_path: Path) -> None:
    patches = {
        json.dumps([read.pointer, value]): [{"op": "add", "path": read.pointer, "value": value}]
        for read in reads()
        for value in (*read.spoilt(), *read.within(), *read.unexamined())
    }
    chosen = dict(list(patches.items())[::40])  # each claim under opa: claims_test.rego
    evidence = {name: patched(plain(), patch) for name, patch in chosen.items()}
    assert len(evidence) > 20
    theirs = answers(tmp_path, evidence, "data.sealwright.claims")
    for name, document in evidence.items():
        for code, verdict in judged_claims(document).items():
            needs = theirs[name][code.partition(".")[2]]["needs"]
            short = {(need["subject"], need["message"]) for need in needs if not need["holds"]}
            reasons = {(reason.subject, reason.message) for reason in (*verdict.denials, *verdict.unknowns)}
            assert short == reasons, (name, code)
            assert all(need["holds"] for need in needs) == (verdict.outcome is Outcome.PASS), (name, code)
    assert {code.partition(".")[2] for code in (rule.code for rule in claims_policy().rules)} <= theirs[name].keys()

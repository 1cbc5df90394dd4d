"""The Rego unit tests, run in process; and, where `opa` is at hand, by `opa` as well."""

from __future__ import annotations

import json
import shutil
import subprocess
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
    SBOM_PROFILES,
    good_records,
    judge,
    policy,
    provenance_policy_input,
    release_input,
    sbom_policy_input,
    statement,
)
from tests.policy.test_mutations import PROVENANCE_CASES, RECORD_CASES, SBOM_CASES, applied

OURS = sorted(path for path in POLICY.glob("*/*/*.rego") if path.parts[-3] in ALL)  # claims: tests/claims
RULES = [path for path in OURS if not path.stem.endswith("_test")]
TEST_FILES = [path for path in OURS if path.stem.endswith("_test")]
OPA = shutil.which("opa")


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
    """Return the cases of one test file, worked out by the engine."""
    loaded = policy(*ALL)
    modules = [module(one) for one in [*sorted((POLICY / "lib").glob("*_test.rego")), path]]
    rules = [rule.module for rule in loaded.rules]
    found = rego.query(loaded.libraries, [*rules, *modules], loaded.documents, f"{module(path).package}.cases")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: f"{path.parts[-3]}.{path.parts[-2]}")
def test_a_rule_does_what_its_cases_say(path: Path) -> None:
    """The same cases that `opa test` goes through by way of `test_cases`."""
    code = f"{path.parts[-3]}.{path.parts[-2]}"
    for name, case in cases_of(path).items():
        verdict = judge(case["input"], path.parts[-3], settings=case.get("data"))[code]
        undecided = any(UNDECIDED in reason.message for reason in verdict.denials)
        denied = [] if undecided else sorted(reason.subject for reason in verdict.denials)
        assert denied == sorted(set(case.get("deny", []))) or len(case["deny"]) == len(denied), name
        assert sorted(reason.subject for reason in verdict.unknowns) == sorted(case.get("unknown", [])), name
        assert (verdict.examined if verdict.outcome == "pass" else None) == case.get("examined"), name
        assert undecided == (case.keys() <= {"input", "data"}), name


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


@pytest.mark.skipif(OPA is None, reason="opa is not on PATH")
def test_opa_agrees_on_the_tests() -> None:
    done = subprocess.run([str(OPA), "test", str(POLICY)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(OPA is None, reason="opa is not on PATH")
def test_opa_finds_nothing_to_object_to() -> None:
    done = subprocess.run([str(OPA), "check", "--strict", str(POLICY)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    formatted = subprocess.run([str(OPA), "fmt", "-l", str(POLICY)], capture_output=True, text=True, check=False)
    assert formatted.stdout == ""


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


@pytest.mark.skipif(OPA is None, reason="opa is not on PATH")
def test_opa_says_the_same_of_every_spoilt_input(tmp_path: Path) -> None:
    inputs = spoilt_inputs()
    (tmp_path / "inputs.json").write_text(json.dumps({"cases": {name: one[0] for name, one in inputs.items()}}))
    (tmp_path / "all.rego").write_text(
        "package differential\n\nimport rego.v1\n\n"
        "answers[name] := answer if {\n\tsome name, document in data.cases\n"
        "\tanswer := data.sealwright with input as document\n}\n"
    )
    (tmp_path / "data.json").write_text(json.dumps({"data": policy(*ALL).data}))
    libraries = [path for path in (POLICY / "lib").glob("*.rego") if not path.stem.endswith("_test")]
    files = [
        *map(str, [*RULES, *libraries]),
        *(str(tmp_path / name) for name in ("inputs.json", "data.json", "all.rego")),
    ]
    command = [str(OPA), "eval", "-f", "raw", *(part for file in files for part in ("-d", file)), "data.differential"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)["answers"]
    assert answers.keys() == inputs.keys()
    for name, (document, profiles) in inputs.items():
        ours = judge(document, *profiles)
        for code, verdict in ours.items():
            profile, _, rule = code.partition(".")
            theirs = answers[name][profile.replace("-", "_")][rule]
            passed = verdict.outcome == "pass"
            assert bool(theirs.get("pass")) == passed, (name, code)
            said = {(entry["subject"], entry["message"]) for entry in theirs.get("deny", [])}
            told = {(reason.subject, reason.message) for reason in verdict.denials}
            assert said == told or (not said and UNDECIDED in next(iter(told))[1]), (name, code)

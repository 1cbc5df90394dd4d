"""The program `opa` in place of regopy: the same verdicts, within the same limits, and never an older one."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego import opa
from ops.supply_chain.adapters.rego.rule_files import Policy
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.outcome import Outcome
from tests.adapters.rego.test_engine import load, write
from tests.policy.support import good_records, policy, release_input

needs_opa = pytest.mark.skipif(shutil.which("opa") is None, reason="opa is not on PATH")
INPUT = {"n": 1, "list": [], "text": 'a "b" \\ c\nü', "long": "x" * 3000}
SAME = {
    "passes": "pass if input.n == 1",
    "denies": 'deny contains {"message": input.text, "subject": "s"}',
    "cut": 'deny contains {"message": sprintf("%d", [count(input.long)]), "subject": "s"}',
    "two_values": "pass := true\n\npass := false",
    "failing_built_in": 'pass if to_number("x") > 1',
    "empty": "",
    "counts": 'pass := {"examined": count(input.list)}',
}


@pytest.fixture
def no_regopy(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.metadata.version

    def version(name: str) -> str:
        if name == rego.ENGINE:
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(rego.importlib.metadata, "version", version)  # type: ignore[attr-defined]


def _program(folder: Path, text: str) -> str:
    folder.mkdir()
    (folder / "opa").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "opa").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def _decided(verdicts: tuple[RuleVerdict, ...]) -> dict[str, tuple[Outcome, Any, Any]]:
    """Return what two engines must agree on; of a rule that did not decide, not why."""
    return {
        verdict.code: (
            verdict.outcome,
            [(reason.message.partition(": the engine")[0], reason.subject) for reason in verdict.denials],
            [(reason.message, reason.subject) for reason in verdict.unknowns],
        )
        for verdict in verdicts
    }


def test_regopy_is_asked_where_it_is_installed() -> None:
    assert rego.engine().name == "regopy"


@pytest.mark.usefixtures("no_regopy")
def test_without_both_nothing_is_decided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write(tmp_path, "passes", "pass := true")
    for ask in (rego.engine, lambda: rego.evaluate(load(tmp_path), {})):
        with pytest.raises(UnavailableError, match="regopy is not installed, and opa is not on PATH"):
            ask()


@pytest.mark.usefixtures("no_regopy")
@pytest.mark.parametrize(
    ("said", "found"),
    [
        pytest.param("Version: 0.70.0", "found 0.70.0", id="older"),
        pytest.param("OPA", "found none", id="no version"),
        pytest.param("exit 1", "found none", id="fails"),
    ],
)
def test_an_older_program_is_refused(said: str, found: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = said if said.startswith("exit") else f"echo '{said}'"
    monkeypatch.setenv("PATH", _program(tmp_path / "bin", text))
    with pytest.raises(UnavailableError, match=found):
        rego.engine()


@pytest.mark.usefixtures("no_regopy")
@pytest.mark.parametrize(
    ("eval_does", "why"),
    [
        pytest.param("exit 2", "ended with 2", id="dies"),
        pytest.param("echo '{}'", "ended in an error", id="no result"),
        pytest.param("sleep 30", "gave no answer in", id="never ends"),
    ],
)
def test_a_program_that_gives_no_answer_decides_nothing(
    eval_does: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cases = f"version) echo 'Version: 1.22.3';; capabilities) echo '{{\"builtins\": []}}';; eval) {eval_does};;"
    monkeypatch.setenv("PATH", _program(tmp_path / "bin", f'case "$1" in {cases} esac'))
    monkeypatch.setattr(rego, "RULE_SECONDS", 0.2)
    write(tmp_path, "passes", "pass := true")
    [verdict] = rego.evaluate(load(tmp_path), {})
    assert verdict.outcome is Outcome.FAIL
    assert why in verdict.denials[0].message


@needs_opa
def test_both_engines_decide_the_same(tmp_path: Path, no_regopy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, body in SAME.items():
        write(tmp_path, name, body)
    theirs = rego.evaluate(load(tmp_path), dict(INPUT))
    assert rego.engine().name == "opa"
    monkeypatch.undo()
    ours = rego.evaluate(load(tmp_path), dict(INPUT))
    assert _decided(theirs) == _decided(ours)


@needs_opa
@pytest.mark.usefixtures("no_regopy")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            'pass if http.send({"method": "get", "url": "http://127.0.0.1:9/"}).status_code == 200', id="http"
        ),
        pytest.param('pass if net.lookup_ip_addr("localhost")', id="name"),
        pytest.param("pass if opa.runtime().env.HOME", id="environment"),
    ],
)
def test_a_rule_reaches_no_network_and_no_environment(body: str, tmp_path: Path) -> None:
    write(tmp_path, "reaches", body)
    with pytest.raises(InputError, match=r"own/reaches.rego:10: is not valid Rego: .*undefined function"):
        rego.evaluate(load(tmp_path), {})


@needs_opa
@pytest.mark.usefixtures("no_regopy")
def test_a_rule_that_never_ends_keeps_no_other_from_deciding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rego, "RULE_SECONDS", 2)
    write(tmp_path, "passes", "pass := true")
    write(
        tmp_path,
        "endless",
        "pass if count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i == j]) > 0",
    )
    found = {verdict.code: verdict for verdict in rego.evaluate(load(tmp_path), {})}
    assert found["own.passes"].outcome is Outcome.PASS
    assert "the engine" in found["own.endless"].denials[0].message


@needs_opa
@pytest.mark.usefixtures("no_regopy")
@pytest.mark.whole
def test_a_rule_that_needs_too_much_memory_does_not_decide(tmp_path: Path) -> None:
    write(
        tmp_path,
        "greedy",
        "pass if count([x | some i in numbers.range(1, 3000); x := numbers.range(1, 100000 + i)]) > 0",
    )
    with opa.OpaEngine(load(tmp_path)) as engine:
        [verdict] = engine.evaluate({}, opa.QuestionLimits(seconds=60, memory_bytes=300 << 20), all_seconds=60)
    assert verdict.outcome is Outcome.FAIL


def _release() -> tuple[Policy, dict[str, Any]]:
    return policy("release"), release_input(good_records())


@needs_opa
@pytest.mark.parametrize("case", [pytest.param(_release, id="release")])
def test_the_rules_of_a_release_decide_the_same(
    case: Callable[[], tuple[Policy, dict[str, Any]]], no_regopy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, document = case()
    theirs = rego.evaluate(rules, document)
    monkeypatch.undo()
    assert theirs == rego.evaluate(rules, document)

"""Why a rehearsed release would be refused: every gate and every rule that does not pass, once, with its reason."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.refusal import reasons_of_records, reasons_of_verdicts
from tests.release.handmade import Handmade

FINDINGS = tuple(
    Finding(code="x", severity=Severity.HIGH, message=f"message {number}", next_step="") for number in range(3)
)
RECORDS = {
    "findings": ({"outcome": Outcome.FAIL, "findings": FINDINGS}, "gate: message 0, and 2 more"),
    "one finding": ({"outcome": Outcome.FAIL, "findings": FINDINGS[:1]}, "gate: message 0"),
    "notes": ({"outcome": Outcome.NOT_EXAMINED, "notes": ("a", "b")}, "gate: a; b"),
    "nothing said": ({"outcome": Outcome.NOT_EXAMINED}, "gate: could not examine everything"),
    "failed without a finding": ({"outcome": Outcome.FAIL}, "gate: ended fail"),
}


@pytest.mark.parametrize(("facts", "reason"), RECORDS.values(), ids=RECORDS.keys())
def test_a_gate_is_told_by_its_record(tmp_path: Path, facts: dict[str, object], reason: str) -> None:
    made = Handmade(tmp_path)
    made.record("gate", **facts)
    record = canonical.read(tmp_path / "dist/records/gate.json", Record)
    assert reasons_of_records(["gate"], [record]) == (reason,)
    assert reasons_of_records([], [record]) == ()


def _rule(outcome: Outcome, *, denials: tuple[Reason, ...] = (), unknowns: tuple[Reason, ...] = ()) -> RuleVerdict:
    return RuleVerdict(
        code="p.r", title="t", outcome=outcome, examined=0, unknown=0, denials=denials, unknowns=unknowns
    )


STANDS, UNCLEAR = Reason(message="stands", subject="", fix=""), Reason(message="unclear", subject="s", fix="")
RULES = {
    "denied": ((_rule(Outcome.FAIL, denials=(STANDS,), unknowns=(UNCLEAR,)),), ("policy p.r: stands",)),
    "could not tell": ((_rule(Outcome.NOT_EXAMINED, unknowns=(UNCLEAR,)),), ("policy p.r: unclear (s)",)),
    "decided nothing": ((_rule(Outcome.FAIL),), ("policy p.r: no rule decided",)),
    "no rules": ((), ("policy: the verdict is deny (fail)",)),
    "all pass and it denies": ((_rule(Outcome.PASS),), ("policy: the verdict is deny (fail)",)),
}


@pytest.mark.parametrize(("rules", "reasons"), RULES.values(), ids=RULES.keys())
def test_a_denial_is_told_by_its_rules(
    tmp_path: Path, rules: tuple[RuleVerdict, ...], reasons: tuple[str, ...]
) -> None:
    made = Handmade(tmp_path)
    denied = msgspec.structs.replace(made.verdict([], Outcome.FAIL), rules=rules)
    assert reasons_of_verdicts([made.verdict([]), denied]) == reasons

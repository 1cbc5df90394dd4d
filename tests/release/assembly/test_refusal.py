"""Why a rehearsed release would be refused: every rule that does not pass, once, with its reason."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.refusal import reasons_of_verdicts
from tests.release.handmade import Handmade


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

"""Every code of a finding is accounted for: a test follows its advice, or a reason says why none can."""

from __future__ import annotations

import json
import re

import pytest

from ops.supply_chain.core.start import TREE
from tests.printed.advised import FOLLOWED, NOT_FOLLOWED
from tests.printed.test_advice_gates import CASES
from tests.printed.test_advice_locks import FAULTS

HERE = {name.partition(",")[0] for name in (*CASES, *FAULTS)}


def codes() -> list[str]:
    surface = json.loads((TREE / "tests/architecture/surface.json").read_text(encoding="utf-8"))
    found: list[str] = surface["codes of findings and checks"]
    return found


def reason_of(code: str) -> str:
    return NOT_FOLLOWED.get(code) or NOT_FOLLOWED.get(f"{code.partition('.')[0]}.", "")


def test_each_code_has_a_test_that_follows_its_advice_or_a_reason() -> None:
    assert len(HERE) > 30
    assert [code for code in codes() if code not in HERE | set(FOLLOWED) and not reason_of(code)] == []


def test_no_entry_is_left_over() -> None:
    known = set(codes())
    assert sorted((HERE | set(FOLLOWED)) - known) == []
    beginnings = {f"{code.partition('.')[0]}." for code in known}
    assert [name for name in NOT_FOLLOWED if name not in known | beginnings] == []
    assert [name for name in NOT_FOLLOWED if name in HERE | set(FOLLOWED)] == []


@pytest.mark.parametrize("code", FOLLOWED)
def test_the_test_that_follows_it_exists(code: str) -> None:
    name, _, function = FOLLOWED[code].partition("::")
    assert re.search(rf"^ *def {function}\(", (TREE / name).read_text(encoding="utf-8"), re.MULTILINE)

"""The label of a suppressed finding is read back as it was meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.vex import AppliedVex, Justification, VexStatus, read_waived_label, waived_label
from ops.supply_chain.core.text import printable

HOSTILE = st.one_of(
    st.text(min_size=1),
    st.lists(st.sampled_from([", fixed", ", not_affected", ", by ", "(component_not_present)", "VEX: ", "x"]), min_size=1)
    .map("".join),
)  # fmt: skip


@given(document=HOSTILE, why=st.sampled_from([None, *Justification]), by=st.one_of(st.just(""), HOSTILE))
@settings(derandomize=True, max_examples=200)
def test_round_trip(document: str, why: Justification | None, by: str) -> None:
    label = waived_label(document, VexStatus.NOT_AFFECTED, why, by=by)
    shown = re.sub(", +", ",", printable(document))
    assert read_waived_label(label) == AppliedVex(shown, VexStatus.NOT_AFFECTED, why, printable(by))


def test_the_words() -> None:
    assert waived_label("urn:x", VexStatus.FIXED, None, by="Acme (vendor)") == "VEX: urn:x, fixed, by Acme (vendor)"
    assert waived_label("urn:x", VexStatus.FIXED, None) == "VEX: urn:x, fixed"
    why = Justification.COMPONENT_NOT_PRESENT
    assert waived_label("urn:x", VexStatus.NOT_AFFECTED, why) == "VEX: urn:x, not_affected (component_not_present)"


@pytest.mark.parametrize(
    "text", ["", "CVE-1, ann, until 2026-12-31", "VEX: x, affected", "VEX: , fixed", "x VEX: y, fixed"]
)
def test_what_is_no_such_label(text: str) -> None:
    assert read_waived_label(text) is None

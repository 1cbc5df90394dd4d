"""Markers: possible with some extras and groups, or not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from ops.supply_chain.formats.markers import may_apply

MARKERS = {
    "none": ("", set(), True),
    "environment": ('python_version < "3"', set(), True),
    "extra, not asked for": ('extra == "x"', set(), False),
    "extra": ('extra == "x"', {"x"}, True),
    "extra in another spelling": ('extra == "X_y"', {"x-y"}, True),
    "turned round": ('"x" == extra', set(), False),
    "extra and environment": ('python_version < "3" and extra == "x"', set(), False),
    "environment or extra": ('python_version < "3" or extra == "x"', set(), True),
    "parentheses": ('(sys_platform == "win32" or os_name == "nt") and extra == "x"', set(), False),
    "either extra": ('extra == "x" or extra == "y"', {"y"}, True),
    "both": ('extra == "x" and extra == "y"', {"y"}, False),
    "not an extra": ('extra != "x"', {"x"}, True),
    "membership": ('"x" in extras', set(), False),
    "a value that looks like syntax": ('platform_version == "a) or (b" and extra == "x"', set(), False),
    "not a marker": ("???", set(), True),
}


@pytest.mark.parametrize(("marker", "extras", "expected"), MARKERS.values(), ids=MARKERS)
def test_may_apply(marker: str, extras: set[str], expected: bool) -> None:
    assert may_apply(marker, frozenset(extras)) is expected


_ATOMS = st.sampled_from(['extra == "a"', 'extra == "b"', 'python_version >= "3.8"', 'sys_platform == "linux"'])
_TREES = st.recursive(
    _ATOMS,
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(_TREES, st.sampled_from(["a", "b", ""]))
def test_where_the_environment_agrees_packaging_says_the_same(text: str, extra: str) -> None:
    marker = Marker(text)
    environment = {"python_version": "3.12", "sys_platform": "linux", "extra": extra}
    assert may_apply(str(marker), frozenset({extra} - {""})) is marker.evaluate(environment)

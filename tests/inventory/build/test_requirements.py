"""Requirements of a distribution, asked against a lock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.inventory.build.requirements import Need, allows, may_apply, needs_of

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


VERSIONS = {
    "any": ("", "1.0", True),
    "inside": (">=1,<2", "1.5", True),
    "outside": (">=1,<2", "2.0", False),
    "pre-release": (">=1", "2.0rc1", True),
    "unknown version": (">=9", "", True),
    "no PEP 440 version": (">=9", "2004d-legacy", True),
}


@pytest.mark.parametrize(("specifier", "version", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_allows(specifier: str, version: str, expected: bool) -> None:
    assert allows(specifier, version) is expected


def metadata(*requires: str, known: bool = True) -> CoreMetadata:
    return CoreMetadata(metadata_version="2.4", name="x", version="1", requires_dist=requires, requires_known=known)


def test_needs_are_read_in_order() -> None:
    assert needs_of(metadata("B_b[Y,x]>=1 ; extra == 'z'", "c @ https://x.example/c.zip")) == (
        Need(key="b-b", extras=frozenset({"x", "y"}), specifier=">=1", marker='extra == "z"'),
        Need(key="c", extras=frozenset(), specifier="", marker=""),
    )


def test_nothing_needed_is_known_and_is_not_unknown() -> None:
    assert needs_of(metadata()) == ()


def test_one_broken_requirement_makes_all_unknown() -> None:
    assert needs_of(metadata("a", "b (((")) is None


def test_metadata_that_does_not_bind_tells_nothing() -> None:
    assert needs_of(metadata("a", known=False)) is None

"""Which package and version a purl or a range names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ops.supply_chain.risk.vex.packages import (
    NARROWER,
    NO_VERSION,
    NOT_PYPI,
    UNREADABLE_RANGE,
    purl_key,
    same_version,
    target_of,
    within_range,
)

TARGETS = {
    "pkg:pypi/idna@3.20": ("idna", "3.20", ""),
    "pkg:pypi/Zope.Interface@5.0": ("zope-interface", "5.0", ""),
    "pkg:pypi/a_-b@1%212.0%2Bcu1": ("a-b", "1!2.0+cu1", ""),
    "pkg:pypi/idna": ("", "", NO_VERSION),
    "pkg:pypi/idna@3.20?file_name=idna.whl": ("", "", NARROWER),
    "pkg:pypi/idna@3.20?repository_url=https://private.example": ("", "", NARROWER),
    "pkg:pypi/idna@3.20#sub/path": ("", "", NARROWER),
    "pkg:generic/pyyaml@6.0.1": ("", "", NOT_PYPI),
    "pkg:npm/idna@3.20": ("", "", NOT_PYPI),
    "pkg:pypi/ns/idna@3.20": ("", "", NOT_PYPI),
    "idna 3.20": ("", "", NOT_PYPI),
    "pkg:": ("", "", NOT_PYPI),
    "": ("", "", NOT_PYPI),
}


@pytest.mark.parametrize("purl", TARGETS)
def test_what_a_purl_names(purl: str) -> None:
    found = target_of(purl)
    assert (found.name, found.version, found.problem) == TARGETS[purl]


def test_within_our_product_the_index_is_known() -> None:
    found = target_of("pkg:pypi/idna@3.20?repository_url=https://private.example", within="pkg:pypi/us@1")
    assert (found.name, found.version, found.within, found.problem) == ("idna", "3.20", "pkg:pypi/us@1", "")


def test_a_version_or_range_from_elsewhere_counts_where_the_purl_has_none() -> None:
    assert target_of("pkg:pypi/idna", version="3.20").version == "3.20"
    assert target_of("pkg:pypi/idna@1", version="3.20").version == "1"
    assert target_of("pkg:pypi/idna", versions="vers:pypi/>=1|<2").versions == "vers:pypi/>=1|<2"


@pytest.mark.parametrize(
    "versions",
    ["vers:pypi/*", "vers:semver/>=1", "vers:generic/>=1", ">=1", "vers:pypi/", "vers:pypi/>=1|>=2", "vers:pypi/>=a"],
)
def test_a_range_that_is_not_stated_exactly_can_match_nothing(versions: str) -> None:
    assert target_of("pkg:pypi/idna", versions=versions).problem == UNREADABLE_RANGE
    assert not within_range("1.5", versions)


INSIDE = {
    "vers:pypi/>=1|<2": ("1", "1.5", "1.9.9"),
    "vers:pypi/<1.5|>=7": ("1.4", "0.1", "7", "8!1"),
    "vers:pypi/1.0|=1.2": ("1.0", "1.0.0", "1.2"),
    "vers:pypi/<7.0.0|>=1.5.0": ("1.5", "6.9"),
    "vers:pypi/>=1|!=1.5|<2": ("1.4", "1.6"),
    "vers:pypi/<=1%212.0": ("1!2.0", "99"),
}
OUTSIDE = {
    "vers:pypi/>=1|<2": ("2", "0.9", "not-a-version", ""),
    "vers:pypi/<1.5|>=7": ("1.5", "6.9"),
    "vers:pypi/1.0|=1.2": ("1.1", "1.0.post1"),
    "vers:pypi/!=1.5": ("1.4", "1.5"),
    "vers:pypi/>=1|!=1.5|<2": ("1.5", "2"),
}


def test_ranges() -> None:
    assert [(r, v) for r, versions in INSIDE.items() for v in versions if not within_range(v, r)] == []
    assert [(r, v) for r, versions in OUTSIDE.items() for v in versions if within_range(v, r)] == []


VERSIONS = st.sampled_from(["0.9", "1.0a1", "1.0", "1.0.post1", "1.1", "2.0", "1!0.5"])


@given(low=VERSIONS, high=VERSIONS, version=VERSIONS)
@settings(derandomize=True, max_examples=200)
def test_an_interval_is_what_packaging_orders(low: str, high: str, version: str) -> None:
    if Version(low) < Version(high):
        expected = Version(low) <= Version(version) < Version(high)
        assert within_range(version, f"vers:pypi/>={low}|<{high}") == expected
    equal = SpecifierSet(f"=={low}").contains(version, prereleases=True)
    assert same_version(version, low) == equal


def test_purls_are_compared_by_what_they_name() -> None:
    assert purl_key("pkg:pypi/A_b@1") == purl_key("pkg:pypi/a-b@1")
    assert purl_key("pkg:generic/A_b@1") != purl_key("pkg:generic/a-b@1")
    assert purl_key("pkg:pypi/a@1?x=1") != purl_key("pkg:pypi/a@1")
    assert purl_key("urn:cdx:x") is None

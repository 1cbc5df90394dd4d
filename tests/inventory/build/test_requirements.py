"""Requirements of a distribution, asked against a lock."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.inventory.build.requirements import Need, allows, needs_of

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

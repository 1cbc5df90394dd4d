"""Ranges in `vers` are decided by the order of their ecosystem, exactly, or not at all."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.formats.version_orders.ranges import in_range, is_everything, is_range

CASES: dict[str, tuple[str, str, str, str, bool | None]] = {
    "inside": ("npm", "npm", "1.2.3", "vers:npm/>=1.0.0|<2.0.0", True),
    "the upper bound is excluded": ("npm", "npm", "2.0.0", "vers:npm/>=1.0.0|<2.0.0", False),
    "the lower bound is included": ("npm", "npm", "1.0.0", "vers:npm/>=1.0.0|<2.0.0", True),
    "between two intervals": ("npm", "npm", "2.5.0", "vers:npm/>=1.0.0|<2.0.0|>=3.0.0|<4.0.0", False),
    "in the second interval": ("npm", "npm", "3.5.0", "vers:npm/>=1.0.0|<2.0.0|>=3.0.0|<4.0.0", True),
    "in any order": ("npm", "npm", "1.5.0", "vers:npm/<2.0.0|>=1.0.0", True),
    "an exact version": ("npm", "npm", "1.2.3", "vers:npm/1.2.3", True),
    "one of several": ("npm", "npm", "1.2.4", "vers:npm/1.2.3|1.2.4", True),
    "none of several": ("npm", "npm", "1.2.5", "vers:npm/1.2.3|1.2.4", False),
    "excluded": ("npm", "npm", "1.2.3", "vers:npm/>=1.0.0|!=1.2.3", False),
    "only what is excluded": ("npm", "npm", "1.2.3", "vers:npm/!=1.2.3|!=2.0.0", False),
    "nothing but exclusions": ("npm", "npm", "1.2.4", "vers:npm/!=1.2.3|!=2.0.0", None),
    "open above": ("npm", "npm", "9.0.0", "vers:npm/>=1.0.0", True),
    "every version": ("npm", "npm", "9.0.0", "vers:npm/*", True),
    "every version of everything": ("npm", "npm", "9.0.0", "vers:all/*", True),
    "a plus is written as %2B": ("pypi", "PyPI", "1.0+a", "vers:pypi/1.0%2Ba", True),
    "Debian": ("deb", "Debian:12", "1.0~rc1", "vers:deb/<1.0", True),
    "another type": ("npm", "npm", "1.2.3", "vers:pypi/>=1.0.0", None),
    "no order": ("generic", "", "1.2.3", "vers:generic/>=1.0.0", None),
    "a version that has no place": ("npm", "npm", "?", "vers:npm/>=1.0.0", None),
    "a bound that has no place": ("npm", "npm", "1.2.3", "vers:npm/>=?|<2.0.0", None),
    "two lower bounds": ("npm", "npm", "1.2.3", "vers:npm/>=1.0.0|>=1.1.0", None),
    "the same bound twice": ("npm", "npm", "1.2.3", "vers:npm/>=1.0.0|<1.0.0", None),
    "no constraint": ("npm", "npm", "1.2.3", "vers:npm/", None),
    "no version": ("npm", "npm", "", "vers:npm/>=1.0.0", None),
    "no range": ("npm", "npm", "1.2.3", "1.2.3", None),
    "too long": ("npm", "npm", "1.2.3", "vers:npm/" + "|".join(["1.2.3"] * 2000), None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_in_range(case: tuple[str, str, str, str, bool | None]) -> None:
    type_, ecosystem, version, versions, expected = case
    assert in_range(type_, ecosystem, version, versions) is expected


def test_what_a_range_is() -> None:
    assert is_range("vers:npm/*")
    assert not is_range("1.0")


def test_intervals_are_those_of_their_bounds() -> None:
    chance = random.Random(20261129)  # noqa: S311 - which cases are drawn
    for _ in range(300):
        bounds = sorted(chance.sample(range(40), 2 * chance.randint(1, 4)))
        pairs = list(zip(bounds[::2], bounds[1::2], strict=True))
        constraints = [text for low, high in pairs for text in (f">={low}.0.0", f"<{high}.0.0")]
        chance.shuffle(constraints)
        version = chance.randrange(41)
        expected = any(low <= version < high for low, high in pairs)
        assert in_range("npm", "npm", f"{version}.0.0", f"vers:npm/{'|'.join(constraints)}") is expected
        assert compare("npm", f"{version}.0.0", f"{version}.0.0") == 0


EVERYTHING = ("*", ">=0", ">0.0.0", ">=0.0.0-0", ">=0%7E", ">=v0.0", "!=1.0", "!=1.0|!=2.0", ">=0:0")
SOMETHING = ("1.0", ">=0.1", ">=1.0", "<2.0", ">=0|<2", "!=1.0|2.0", ">=0.0.1", "0")


def test_a_range_without_an_end_in_either_direction_is_every_version() -> None:
    assert [text for text in (*EVERYTHING, *SOMETHING) if is_everything(f"vers:npm/{text}")] == list(EVERYTHING)
    assert not any(map(is_everything, ("vers:npm/", "vers:npm", "*", "", "1.0/*")))

"""Which version became which: the table of cases, and that both ways give the same pairs."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.inventory.comparison.pairing import MOST_PAIRED, compare_versions, order_name, pair_versions

Case = tuple[str, list[str], list[str], list[tuple[str, str]], list[str], list[str]]

CASES: dict[str, Case] = {
    "one for one": ("pypi", ["1"], ["2"], [("1", "2")], [], []),
    "the nearest": ("pypi", ["1.26"], ["2.1", "1.27"], [("1.26", "1.27")], [], ["2.1"]),
    "two lines of releases": ("pypi", ["2.0", "1.26"], ["1.27", "2.1"], [("1.26", "1.27"), ("2.0", "2.1")], [], []),
    "the newest was replaced": ("npm", ["1.0.0", "2.0.0"], ["3.0.0"], [("2.0.0", "3.0.0")], ["1.0.0"], []),
    "between two": ("npm", ["2.0.0"], ["1.0.0", "3.0.0"], [("2.0.0", "3.0.0")], [], ["1.0.0"]),
    "numbers, not text": ("npm", ["1.9.0"], ["1.10.0", "1.2.0"], [("1.9.0", "1.10.0")], [], ["1.2.0"]),
    "equal, written otherwise": ("pypi", ["1.0", "3"], ["1.0.0", "2"], [("1.0", "1.0.0"), ("3", "2")], [], []),
    "without an order": ("pypi", ["trunk"], ["1.0"], [("trunk", "1.0")], [], []),
    "without a version": ("pypi", [""], ["1.0"], [("", "1.0")], [], []),
    "nothing gone": ("pypi", [], ["1.0", "0.9"], [], [], ["0.9", "1.0"]),
    "nothing": ("pypi", [], [], [], [], []),
    "epoch of Debian": ("deb", ["1:1.0"], ["2.0", "1:1.1"], [("1:1.0", "1:1.1")], [], ["2.0"]),
}


@pytest.mark.parametrize("name", CASES)
def test_versions_are_paired(name: str) -> None:
    kind, before, after, paired, gone, come = CASES[name]
    found = pair_versions(order_name(kind), before, after)
    assert (list(found.paired), list(found.gone), list(found.come)) == (paired, gone, come)


@pytest.mark.parametrize("seed", range(60))
def test_each_version_has_one_place_and_the_other_way_round_is_the_mirror(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    kind = chance.choice(["pypi", "npm", "maven", "deb", "rpm", ""])
    pool = [
        f"{major}.{minor}{end}" for major in range(3) for minor in range(6) for end in ("", ".0", "rc1", "-x", " ?")
    ]
    before = chance.sample([*pool, ""], chance.randint(0, 9))
    after = [version for version in chance.sample([*pool, ""], chance.randint(0, 9)) if version not in before]
    found = pair_versions(order_name(kind), before, after)
    assert sorted([left for left, _ in found.paired] + list(found.gone)) == sorted(before)
    assert sorted([right for _, right in found.paired] + list(found.come)) == sorted(after)
    assert len(found.paired) == min(len(before), len(after))
    mirror = pair_versions(order_name(kind), after, before)
    assert sorted((right, left) for left, right in mirror.paired) == sorted(found.paired)
    chance.shuffle(before)
    assert pair_versions(order_name(kind), before, after) == found


def test_thousands_of_versions_of_one_package_are_paired_at_once() -> None:
    before, after = [f"1.{at}" for at in range(4000)], [f"2.{at}" for at in range(4000 + MOST_PAIRED)]
    found = pair_versions("PyPI", before, after)
    assert len(found.paired) == 4000
    assert len(found.come) == MOST_PAIRED


@pytest.mark.parametrize(
    ("ecosystem", "left", "right", "expected"),
    [
        ("", "1.2", "1.10", -1),
        ("", "1.0", "1", 0),
        ("", "1.0-1", "1.0-2", None),
        ("", "next", "next", 0),
        ("", "", "1", None),
        ("PyPI", "1!1", "2", 1),
        ("npm", "01", "x", None),
    ],
)
def test_an_order_that_is_not_known_is_not_guessed(ecosystem: str, left: str, right: str, expected: int | None) -> None:
    assert compare_versions(ecosystem, left, right) == expected

"""Orders of versions: the examples that each ecosystem publishes, and properties against slow reference comparisons."""

from __future__ import annotations

import random
from functools import cmp_to_key
from itertools import pairwise, product

import pytest
from packaging.version import Version

from ops.supply_chain.formats.version_orders.orders import ORDERED, compare, order_of, sort_key

ASCENDING = {
    "npm": [
        "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0", "1.0.1-0", "1.0.1-R2", "1.0.1-r100", "1.0.1-r2", "1.0.1", "1.2.3", "1.2.10", "10.0.0",
        "999999999999999999999999999991.0.0",
    ],
    "Go": [
        "v0.0.0-20200101000000-abcdefabcdef", "0.0.1", "go1.20", "go1.21rc2", "1.21rc10", "1.21.0", "1.21.1",
        "v2.0.0+incompatible", "2.0.1",
    ],
    "NuGet": ["1.0.0-BETA", "1.0.0-beta.1", "1.0.0-beta2", "1.0", "1.0.0.1-alpha", "1.0.0.1", "1.0.01.2", "1.10"],
    "PyPI": ["1.dev1", "1a1.dev1", "1a1", "1b2", "1rc1", "1", "1+abc", "1+5", "1.post1.dev1", "1.post1", "1.1", "1!0"],
    "Debian": [
        "0.0.0-10", "1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-1~deb7u1", "1.0-1", "1.0a-1", "1.0+b-1", "1.0-1-1", "1.2.3",
        "2.7.4+reloaded2-13", "2.7.4+reloaded2-13ubuntu1", "2.7.4+reloaded2-13+deb9u1", "10", "1:0.1",
    ],
    "RubyGems": ["0.9", "1.0.a.2", "1.0.a9", "1.0.a.10", "1.0.b1", "1.0", "1.0.1", "1.2.4.beta", "1.2.4", "3.2", "3.10"],
    "Alpine": [
        "0.1.0_alpha_pre2", "0.1.0_alpha", "0.1.0_alpha2", "0.1.3_alpha", "1.01", "1.1_alpha1", "1.1", "1.2_rc1", "1.2",
        "1.2-r0", "1.2-r10", "1.2_cvs1", "1.2_svn2", "1.2_git1", "1.2_hg1", "1.2_p1", "1.2a", "1.2.1", "5.1_p1-r2",
        "5.1p1-r0", "5.2_p1-r0",
    ],
    "Packagist": ["1.0-dev", "1.0a1", "1.0b1", "1.0RC1", "1.0", "1.0pl1", "1.0.0.1", "4.4-BETA1", "v4.4", "6.3.0.1"],
    "Maven": [
        "1-alpha-1-SNAPSHOT", "1-alpha-1", "1a2", "1-beta-1", "1-milestone-3", "1-rc", "1-SNAPSHOT", "1", "1-sp", "1-x",
        "1-1", "1-2", "1.0.1-klm", "1.0.1-lmn", "1.0.1-123", "1.1", "6.1.0rc3", "6.1.0", "6.1H.5-beta",
        "20190126.230843", "1234567890.12345", "12345678901234567890.1H.5-beta",
    ],
}  # fmt: skip

EQUAL = [
    ("npm", "v1.2.3", "1.2.3"), ("npm", "1.2.3+a", "1.2.3+b"), ("npm", "1.2", "1.2.0"), ("crates.io", "1.0.0-a+x", "1.0.0-a"),
    ("Go", "go1.21", "1.21.0"), ("Go", "v2.0.0+incompatible", "2.0.0"), ("Go", "go1.21rc2", "1.21.0-rc.2"),
    ("NuGet", "1.0", "1.0.0.0"), ("NuGet", "1.0.01", "1.0.1.0"), ("NuGet", "1.0.0-BETA+A", "1.0.0-beta"),
    ("PyPI", "1.0", "1"), ("PyPI", "1.0-1", "1.post1"), ("PyPI", "1.0+Ubuntu-1", "1.0+ubuntu.1"),
    ("Debian:12", "0:1.0", "1.0"), ("Debian", "1.0-0", "1.0"), ("Debian", "1.0-00", "1.00"), ("Ubuntu:24.04:LTS", "1.", "1.0"),
    ("RubyGems", "1.0.a2", "1.0.a.2"), ("RubyGems", "1.0.0", "1"), ("RubyGems", "1.a.0", "1.a"), ("RubyGems", "1-1", "1.pre.1"),
    ("Packagist", "1.25.0-beta2.1", "1.25.0-b.2.1"), ("Packagist", "V1.0.0", "v1.0"), ("Packagist", "1.0rc1", "1.0RC1"),
    ("Packagist", "5.1.0-stable", "5.1"),
    ("Maven", "1", "1.0-0"), ("Maven", "1-1", "1-ga-1"), ("Maven", "1cr", "1-rc"), ("Maven", "1.0.0x", "1-x"),
    ("Maven", "1-foo", "1.0.0-foo.0.0"), ("Maven", "1-1.foo-bar-1-baz-0.1", "1-1.foo-bar1baz-.1"), ("Maven", "1m3", "1-Milestone-3"),
    ("Maven", "5.2.0", "5.2.0.RELEASE"), ("Android", "12", "12"),
]  # fmt: skip

UNDECIDABLE = [
    ("npm", "1.2.3.4", "1.2.3"), ("npm", "latest", "1.0.0"), ("npm", "", "1.0.0"), ("npm", "1.0.0-a..b", "1.0.0"),
    ("npm", "1.\N{ARABIC-INDIC DIGIT ONE}.0", "1.1.0"), ("npm", "9" * 200 + ".0.0", "1.0.0"), ("npm", "1.0.0\x00", "1.0.0"),
    ("PyPI", "0.1-bulbasaur", "1"), ("Debian", "1.0_1", "1.0"), ("Debian", "a:1", "1"), ("Debian", "1 0", "1"),
    ("Alpine", "0..1..0", "0..1..1"), ("Alpine", "1.2_foo", "1.2"), ("RubyGems", "beta", "1"), ("NuGet", "1.2.3.4.5", "1"),
    ("Packagist", "dev-main", "1.0"), ("Maven", "1 0", "1"), ("Maven", "\ud800", "1"), ("Android", "12", "13"),
    ("Conan Center", "1.0", "2.0"), ("Debian:12", "1" * 2000, "1"),
]  # fmt: skip


@pytest.mark.parametrize("ecosystem", sorted(ASCENDING))
def test_published_examples_are_in_order(ecosystem: str) -> None:
    versions = ASCENDING[ecosystem]
    for (place, left), (other, right) in product(enumerate(versions), repeat=2):
        assert compare(ecosystem, left, right) == (place > other) - (place < other), (left, right)


@pytest.mark.parametrize(("ecosystem", "left", "right"), EQUAL)
def test_published_examples_are_equal(ecosystem: str, left: str, right: str) -> None:
    assert compare(ecosystem, left, right) == compare(ecosystem, right, left) == 0


@pytest.mark.parametrize(("ecosystem", "left", "right"), UNDECIDABLE)
def test_a_version_without_a_place_is_undecidable(ecosystem: str, left: str, right: str) -> None:
    assert compare(ecosystem, left, right) is compare(ecosystem, right, left) is None


def test_suffixes_of_an_ecosystem_do_not_change_its_order() -> None:
    assert order_of("Debian:12") is ORDERED["Debian"]
    assert order_of("Alpine:v3.20") is order_of("Wolfi")
    assert order_of("Debianish") is None


SYMBOLS = {
    "npm": ["0", "1", "2", "10", ".", "-", "a", "b", "rc", "+", "v"],
    "Go": ["0", "1", "10", ".", "-", "a", "rc", "go", "+incompatible"],
    "NuGet": ["0", "1", "10", ".", "-", "a", "B", "+"],
    "PyPI": ["0", "1", "10", ".", "a", "b", "rc", ".post", ".dev", "+", "!", "x"],
    "Debian": ["0", "1", "10", ".", "-", "+", "~", "a", "b", ":", "00"],
    "RubyGems": ["0", "0.0", "1", "10", ".", "-", "a", "b", "pre"],
    "Alpine": ["0", "1", "10", "01", ".", "a", "_rc", "_alpha", "_p", "_git", "-r", "~f"],
    "Packagist": ["0", "1", "10", ".", "-", "a", "RC", "dev", "p", "x", "-stable"],
    "Maven": ["0", "1", "10", ".", "-", "a", "rc", "sp", "ga", "x", "SNAPSHOT"],
}


def _drawn(ecosystem: str, count: int) -> list[str]:
    draw = random.Random(f"versions of {ecosystem}")  # noqa: S311 - seeded  # noqa: S311
    drawn = ("1" + "".join(draw.choices(SYMBOLS[ecosystem], k=draw.randint(0, 7))) for _ in range(40 * count))
    return [text for text in dict.fromkeys(drawn) if sort_key(ecosystem, text) is not None][:count]


@pytest.mark.parametrize("ecosystem", sorted(SYMBOLS))
def test_the_order_is_total(ecosystem: str) -> None:
    """Sorting by pairs is transitive: in the sorted list each pair, also of distant versions, is in order."""
    versions = _drawn(ecosystem, 90)
    assert len(versions) > 50

    def decided(left: str, right: str) -> int:
        answer = compare(ecosystem, left, right)
        assert answer is not None
        assert answer == -(compare(ecosystem, right, left) or 0)
        return answer

    ordered = sorted(versions, key=cmp_to_key(decided))
    for place, left in enumerate(ordered):
        assert all(decided(left, right) <= 0 for right in ordered[place:])


def test_coarse_keys_never_contradict_the_comparison() -> None:
    for left, right in pairwise(_drawn("Maven", 600)):
        keys = sort_key("Maven", left), sort_key("Maven", right)
        assert keys[0] is not None
        assert keys[1] is not None
        if keys[0] != keys[1]:
            assert compare("Maven", left, right) == (-1 if keys[0] < keys[1] else 1), (left, right)


def test_pep_440_agrees_with_packaging() -> None:
    versions = _drawn("PyPI", 400)
    for left, right in pairwise(versions):
        first, second = Version(left), Version(right)
        assert compare("PyPI", left, right) == (first > second) - (first < second), (left, right)


def _dpkg(left: str, right: str) -> int:
    """Compare as dpkg's verrevcmp does, character by character."""

    def rank(text: str, place: int) -> int:
        char = text[place] if place < len(text) else ""
        if not char or char.isdigit():
            return 0
        return -1 if char == "~" else ord(char) if char.isalpha() else ord(char) + 256

    first = second = 0
    while first < len(left) or second < len(right):
        while (first < len(left) and not left[first].isdigit()) or (
            second < len(right) and not right[second].isdigit()
        ):
            ranks = rank(left, first), rank(right, second)
            if ranks[0] != ranks[1]:
                return ranks[0] - ranks[1]
            first, second = first + 1, second + 1
        begins = first, second
        while first < len(left) and left[first].isdigit():
            first += 1
        while second < len(right) and right[second].isdigit():
            second += 1
        numbers = int(left[begins[0] : first] or "0"), int(right[begins[1] : second] or "0")
        if numbers[0] != numbers[1]:
            return numbers[0] - numbers[1]
    return 0


def test_debian_agrees_with_the_algorithm_of_dpkg() -> None:
    draw = random.Random("dpkg")  # noqa: S311 - seeded  # noqa: S311
    texts = [
        "1" + "".join(draw.choices(["0", "1", "10", ".", "+", "~", "a", "z", "00"], k=draw.randint(0, 6)))
        for _ in range(600)
    ]
    for left, right in pairwise(texts):
        expected = _dpkg(left, right)
        assert compare("Debian", left, right) == (expected > 0) - (expected < 0), (left, right)


def _gems(left: str, right: str) -> int:
    """Compare lists of segments as the documentation of Gem::Version describes it."""
    sides = [[int(item) if item.isdigit() else item for item in _segments(text)] for text in (left, right)]
    longest = max(map(len, sides))
    for first, second in zip(*(side + [0] * (longest - len(side)) for side in sides), strict=True):
        if first == second:
            continue
        if isinstance(first, str) and isinstance(second, str):
            return -1 if first < second else 1
        if isinstance(first, int) and isinstance(second, int):
            return -1 if first < second else 1
        return -1 if isinstance(first, str) else 1
    return 0


def _segments(text: str) -> list[str]:
    segments, word = [], ""
    for char in text.replace("-", ".pre."):
        if char == "." or (word and word[-1].isdigit() != char.isdigit()):
            segments.append(word)
            word = ""
        word += "" if char == "." else char
    segments = [item for item in [*segments, word] if item]
    first_word = next((place for place, item in enumerate(segments) if not item.isdigit()), len(segments))
    halves = [segments[:first_word], segments[first_word:]]
    for half in halves:
        while half and half[-1].isdigit() and int(half[-1]) == 0:
            half.pop()
    return halves[0] + halves[1]


def test_gems_agree_with_the_documented_comparison() -> None:
    for left, right in pairwise(_drawn("RubyGems", 400)):
        assert compare("RubyGems", left, right) == _gems(left, right), (left, right)

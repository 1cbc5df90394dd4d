"""Versions of a question: never wrong, and undecided where the order of the ecosystem does not decide."""

from __future__ import annotations

import random

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ops.supply_chain.formats.version_orders.orders import compare
from ops.supply_chain.suppliers.affected.versions import BadVersionsError, read_comparators

TYPES = {"PyPI": "pypi", "npm": "npm", "Debian": "deb", "Maven": "maven", "Go": "golang", "": "conan"}

CASES: dict[tuple[str, str, str], bool | None] = {
    ("PyPI", "==1.0", "1.0.0"): True,
    ("PyPI", "==1.0", "1.0+local"): True,
    ("PyPI", "==1.0+local", "1.0"): False,
    ("PyPI", "<2.6.3", "2.6.3rc1"): True,
    ("PyPI", "<2.6.3", "2.6.3.dev1"): True,
    ("PyPI", "<2.6.3", "2.6.3"): False,
    ("PyPI", "<2.6.3", "2.6.3+cu124"): False,
    ("PyPI", "<=2.6.3", "2.6.3+cu124"): True,
    ("PyPI", "<2.6.3", "2.10"): False,
    ("PyPI", "<2.6.3", "1!1.0"): False,
    ("PyPI", ">1.0", "1.0.post1"): True,
    ("PyPI", "!=1.0", "1.0.0"): False,
    ("PyPI", "~=1.4", "1.9"): True,
    ("PyPI", "~=1.4", "2.0"): False,
    ("PyPI", "==1.1.*", "1.1rc1"): True,
    ("PyPI", "==1.1.*", "1.10"): False,
    ("PyPI", "!=1.1.*", "1.1.5"): False,
    ("PyPI", ">=1,<2", "1.5"): True,
    ("PyPI", "<2", "not a version"): None,
    ("PyPI", "<2", ""): None,
    ("PyPI", "===foo", "Foo"): True,
    ("npm", "<1.3.0", "1.3.0-beta.1"): True,
    ("npm", "<1.3.0", "v1.2.9"): True,
    ("npm", "=1.3.0", "1.3.0+build"): True,
    ("npm", "<1.3", "1.2.3.4"): None,
    ("Go", "<v1.2.0", "v1.1.9"): True,
    ("Go", "<1.2.0", "v1.2.0+incompatible"): False,
    ("Debian", "<3.0.11-1", "3.0.11-1~deb12u2"): True,
    ("Debian", "<1:1.0", "2.0"): True,
    ("Maven", "=1.0", "1.0.0.Final"): True,
    ("Maven", "<2.17.0", "2.17.0-rc1"): True,
    ("", "=1.0", "1.0"): True,
    ("", "=1.0", "1.0.0"): False,
    ("", "<2.0", "1.0"): None,
    ("", "<=2.0", "2.0"): True,
    ("", "vers:conan/<2.0", "1.0"): None,
    ("PyPI", "vers:pypi/>=1.0|<1.3|2.0", "2.0"): True,
    ("PyPI", "vers:pypi/>=1.0|<1.3|2.0", "1.3"): False,
    ("npm", "vers:npm/*", "anything"): True,
    ("PyPI", "vers:pypi/<=2.6.0", "2.6.0+cu124"): True,
    ("PyPI", "vers:pypi/2.6.0", "2.6.0+cu124"): True,
    ("PyPI", "vers:pypi/>2.6.0", "2.6.0+cu124"): False,
    ("PyPI", "vers:pypi/2.6.0+cu118", "2.6.0+cu124"): False,
    ("PyPI", "vers:pypi/2.6.0%2Bcu124", "2.6.0+cu124"): True,
    ("", "=1:1.0", "1.0"): True,
    ("", "=1:1.0", "2:1.0"): False,
}  # fmt: skip


@pytest.mark.parametrize(("ecosystem", "asked", "version"), CASES)
def test_a_version_is_one_of_those_that_were_asked_for(ecosystem: str, asked: str, version: str) -> None:
    versions = read_comparators(asked, ecosystem, TYPES[ecosystem])
    assert versions.include(version) is CASES[ecosystem, asked, version]


@pytest.mark.parametrize(
    ("ecosystem", "asked"), [("", "~=1.0"), ("PyPI", "<2.x"), ("npm", "=1.x"), ("npm", "<>1"), ("PyPI", "1.0")]
)
def test_a_bound_that_decides_nothing_is_refused(ecosystem: str, asked: str) -> None:
    with pytest.raises(BadVersionsError):
        read_comparators(asked, ecosystem, TYPES[ecosystem])


def test_a_specifier_includes_all_that_installers_install_and_no_other_release() -> None:
    """The order includes more before and after a bound (2.6.3rc1 of <2.6.3), never less, and the same final releases."""
    chance = random.Random(7)  # noqa: S311 - drawn versions, the same each time
    drawn = [_drawn(chance) for _ in range(120)]
    operators = ["<", "<=", ">", ">=", "==", "!="]
    for _ in range(2_000):
        bound, version = chance.choice(drawn), chance.choice(drawn)
        operator = chance.choice(operators)
        if Version(bound).local is not None and operator not in ("==", "!="):
            continue
        by_tools = SpecifierSet(f"{operator}{bound}", prereleases=True).contains(version, prereleases=True)
        ours = read_comparators(f"{operator}{bound}", "PyPI", "pypi").include(version)
        final = not (Version(version).is_prerelease or Version(version).is_postrelease)
        assert ours is by_tools or (ours and not final), (operator, bound, version)


def test_the_comparators_agree_with_the_order_of_each_ecosystem() -> None:
    chance = random.Random(8)  # noqa: S311 - drawn versions, the same each time
    texts = ["1.0", "1.0.0", "1.2", "2.0-1", "v1.2.3", "1.2.3-rc.1", "1:0.5", "junk", "1.0~rc1", "0.9", "10.0"]
    for _ in range(1_500):
        ecosystem = chance.choice(["npm", "Debian", "Maven", "Go", "RubyGems", "NuGet"])
        bound, version = chance.choice(texts), chance.choice(texts)
        try:
            versions = read_comparators(f"<{bound}", ecosystem, "x")
        except BadVersionsError:
            continue
        order = compare(ecosystem, version, bound)
        if order is not None:
            assert versions.include(version) is (order < 0)
        elif not (version + bound).count("v"):
            assert versions.include(version) is None


def _drawn(chance: random.Random) -> str:
    release = ".".join(str(chance.randint(0, 3)) for _ in range(chance.randint(1, 3)))
    epoch = chance.choice(["", "", "", "1!"])
    return epoch + release + chance.choice(["", "", "a1", "rc1", ".post1", ".dev1", "+cu1"])

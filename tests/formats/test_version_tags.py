"""Versions in the names of tags, by PEP 440."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.formats.version_tags import parse_version, read_tag, same_version, tagged_package, version_tags


@pytest.mark.parametrize(
    ("tag", "text", "version"),
    [
        ("v1.2", "v1.2", "1.2"),
        ("1.2", "1.2", "1.2"),
        ("V1", "V1", "1"),
        ("my-pkg==1.2.0", "1.2.0", "1.2.0"),
        ("my_pkg-v1.2", "v1.2", "1.2"),
        ("my.pkg/1.2-RC.1", "1.2-RC.1", "1.2rc1"),
        ("My-Pkg@v1.2", "v1.2", "1.2"),
        ("my-pkg-1.2-1", "1.2-1", "1.2.post1"),
        ("1!2.0+local", "1!2.0+local", "1!2.0+local"),
    ],
)
def test_a_tag_of_a_version(tag: str, text: str, version: str) -> None:
    found = read_tag(tag, ["my-pkg"])
    assert found is not None
    assert (found.text, str(found.version), found.named) == (text, version, text != tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "latest",
        "other-v1.2",
        "my-pkg",
        "my-pkg-",
        "my-pkgv1.2",
        "v",
        "2024-01-02",
        "1.2\n",
        " 1.2",
        "\u0661",
        "1.2\u202e",
        "9" * 5000,
        "1." * 300 + "1",
        "my-pkg-" * 1000,
    ],
)
def test_any_other_tag_is_none_of_a_version(tag: str) -> None:
    assert read_tag(tag, ["my-pkg"]) is None


def test_tags_with_the_projects_name_come_before_those_without_any() -> None:
    tags = ("v9", "my-pkg-v1.2.0", "my_pkg==1.2", "other-v3")
    assert [tag.tag for tag in version_tags(tags, ["my-pkg"])] == ["my_pkg==1.2", "my-pkg-v1.2.0"]
    assert [tag.tag for tag in version_tags(tags, ["x"])] == ["v9"]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("v1.2", "1.2.0", True),
        ("3.24.0-a.0", "3.24.0a0", True),
        ("1.2", "1.2+local", False),
        ("1.2", "1.2rc1", False),
        ("nightly", "vnightly", True),
        ("nightly", "1.2", False),
        ("9" * 5000, "9" * 5000, True),
        ("9" * 5000, "9" * 4999, False),
    ],
)
def test_versions_are_compared_by_pep_440(left: str, right: str, same: bool) -> None:
    assert same_version(left, right) is same
    assert same_version(right, left) is same


def test_every_form_of_a_version_is_read_as_that_version() -> None:
    chance = random.Random(20261128)  # noqa: S311 - a seed, so that every run tries the same
    for _ in range(200):
        version = ".".join(str(chance.randint(0, 30)) for _ in range(chance.randint(1, 4)))
        version += chance.choice(("", "a1", "rc2", ".post3", ".dev4", "+x.1"))
        name = chance.choice(("my-pkg", "My_Pkg", "my.pkg"))
        tag = chance.choice(("{v}", "v{v}", "{n}=={v}", "{n}-v{v}", "{n}-{v}", "{n}/v{v}")).format(v=version, n=name)
        found = read_tag(tag, ["my-pkg"])
        assert found is not None
        assert found.version == parse_version(version)


SELECTED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "no tag": ((), "", ""),
    "another project's": (("other==1",), "", ""),
    "the project's": (("v1.2",), "", ""),
    "the project's, by name": (("suite==1.2", "suite-v1.2"), "", ""),
    "a package": (("cli==0.4.30",), "", "cli==0.4.30"),
    "a package, other spelling": (("Core_Lib-v2", "latest"), "", "Core_Lib-v2"),
    "a package twice": (("cli==1.0", "cli-v1"), "", "cli==1.0"),
    "a package at the project's version": (("cli==1.2", "v1.2"), "", ""),
    "wanted": ((), "cli==7", "cli==7"),
    "wanted among tags of several": (("cli==1", "core-lib==2"), "core-lib==2", "core-lib==2"),
    "wanted by its version": (("cli==1", "core-lib==2"), "v1.0", "cli==1"),
    "the project is wanted": (("cli==1",), "3", ""),
    "all packages are wanted": (("cli==1", "core-lib-v1"), "1", ""),
    "a name that is none": ((), "tool==1", ""),
}


@pytest.mark.parametrize(("tags", "wanted", "selected"), SELECTED.values(), ids=SELECTED)
def test_a_tag_decides_which_package_is_released(tags: tuple[str, ...], wanted: str, selected: str) -> None:
    found = tagged_package(tags, ["suite"], ["cli", "core-lib"], wanted)
    assert (found.tag if found else "") == selected


AMBIGUOUS: dict[str, tuple[tuple[str, ...], str]] = {
    "two packages": (("cli==1", "core-lib==2"), ""),
    "two packages at one version": (("cli==1", "core-lib==1"), ""),
    "two of three packages": (("cli==1", "core-lib==1"), "1"),
    "two versions of a package": (("cli==1", "cli==2"), ""),
    "a package and the project": (("cli==1", "v2"), ""),
    "a package and the project by name": (("cli==1", "suite==2"), ""),
    "another version is wanted": (("cli==1",), "cli==2"),
    "a name of two packages": (("twin==1",), ""),
    "a name of two packages is wanted": ((), "twin==1"),
}


@pytest.mark.parametrize(("tags", "wanted"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_tags_that_select_more_than_one_are_refused(tags: tuple[str, ...], wanted: str) -> None:
    with pytest.raises(ValueError, match=r"HEAD has the tag|names 2 packages"):
        tagged_package(tags, ["suite"], ["cli", "core-lib", "twin", "twin"], wanted)


def test_the_order_of_tags_and_packages_does_not_matter() -> None:
    rng = random.Random(20261128)  # noqa: S311 - cases, no secrets
    names = [
        f"{name}{mark}{version}"
        for name in ("cli", "core-lib", "suite", "x")
        for mark in ("==", "-v")
        for version in "12"
    ]

    def outcome(tags: list[str], packages: list[str]) -> object:
        try:
            found = tagged_package(tags, ["suite"], packages)
        except ValueError:
            return ValueError
        return found and (found.version, found.tag.partition("=")[0].partition("-v")[0])

    for _ in range(300):
        tags = rng.sample([*names, "v1", "2"], rng.randrange(4))
        shuffled = rng.sample(tags, len(tags))
        assert outcome(tags, ["cli", "core-lib"]) == outcome(shuffled, ["core-lib", "cli"]), tags

"""Versions in the names of tags, by PEP 440."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.formats.version_tags import parse_version, read_tag, same_version, version_tags


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

"""The forms in which projects write versions into tags."""

from __future__ import annotations

import fnmatch
import random
import re

import pytest

from ops.supply_chain.formats.tag_forms import MOST_FORMS, TagForm, read_form, tag_forms

FORMS = {
    "26.1.0": ("", "26.1.0", "", "[0-9]*"),
    "v1": ("v", "1", "", "v*"),
    "V1.2": ("V", "1.2", "", "V*"),
    "cli==0.4.30": ("cli==", "0.4.30", "cli", "cli==*"),
    "My_Pkg-v1.2rc1": ("My_Pkg-v", "1.2rc1", "my-pkg", "My_Pkg-v*"),
    "libs/cli/v1.2": ("libs/cli/v", "1.2", "cli", "libs/cli/v*"),
    "py3-tool-2.0": ("py3-tool-", "2.0", "py3-tool", "py3-tool-*"),
    "c++-1.0": ("c++-", "1.0", "c++", "c\\+\\+-*"),
    "pkg-1.2-1": ("pkg-", "1.2-1", "pkg", "pkg-*"),
    "release_2.0.0": ("release_", "2.0.0", "release", "release_*"),
}


@pytest.mark.parametrize(("tag", "expected"), FORMS.items(), ids=FORMS.keys())
def test_a_form_names_its_tag(tag: str, expected: tuple[str, str, str, str]) -> None:
    form = read_form(tag)
    assert form is not None
    assert (form.prefix, form.version, form.name, form.filter) == expected
    assert re.fullmatch(form.expression, tag)
    assert fnmatch.fnmatchcase(tag.replace("+", ""), form.filter.replace("\\+", ""))
    assert form.tag(form.version) == tag


@pytest.mark.parametrize(
    "tag",
    ["", "nightly", "v", "2024-01-01", "python3", "x1.0", "a*b-1.0", "$(id)-1.0", "é-1.0", "x" * 101 + "-1.0", "a b-1"],
)
def test_what_names_no_version(tag: str) -> None:
    assert read_form(tag) is None


CHOICES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "no v": (["26.1.0", "25.5.0", "latest"], ["", "structlog"], [""]),
    "the newest decides": (["2.0", "v1.9", "v1.8"], ["", "x"], [""]),
    "a v": (["v1", "v0"], ["", "x"], ["v"]),
    "packages of one repository": (
        ["cli==0.4.30", "checkpoint==2.1", "cli==0.4.29", "1.0", "chart-7.0"],
        ["", "langgraph", "cli", "checkpoint"],
        ["cli==", "checkpoint==", ""],
    ),
    "one folder of it": (["checkpoint==2.1", "cli==0.4.30", "1.0"], ["langgraph-cli", "cli"], ["cli=="]),
    "a folder without a tag": (["checkpoint==2.1", "1.0"], ["cli"], [""]),
    "names that are not known": (["cli==0.4.30"], ["", "x"], ["cli=="]),
    "no tag": ([], ["", "x"], []),
}


@pytest.mark.parametrize(("tags", "names", "prefixes"), CHOICES.values(), ids=CHOICES.keys())
def test_the_forms_of_a_project(tags: list[str], names: list[str], prefixes: list[str]) -> None:
    assert [form.prefix for form in tag_forms(tags, names)] == prefixes


def test_each_form_starts_for_the_tag_that_it_is_read_from() -> None:
    chosen = random.Random(11)  # noqa: S311 - a fixed sequence
    for _ in range(300):
        prefix = chosen.choice(["", "v", "cli==", "a-b-v", "x/y@", "n_"])
        version = ".".join(str(chosen.randrange(40)) for _ in range(chosen.randrange(1, 4)))
        form = read_form(prefix + version + chosen.choice(["", "rc1", ".post2", "a0"]))
        assert form is not None
        assert form.prefix == prefix
        assert re.fullmatch(form.expression, form.tag(form.version))
    assert len(tag_forms([f"p{number}x-1.0" for number in range(50)], [])) == MOST_FORMS
    assert TagForm("v").name == ""


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (TagForm("v", "1.2.9"), "v1.2.10"),
        (TagForm("", "26.1.0"), "26.1.1"),
        (TagForm("cli==", "0.4"), "cli==0.5"),
        (TagForm("v", "2.0.0rc1"), "v2.0.0"),
        (TagForm("v", "1!3"), "v1!4"),
        (TagForm("v"), "v0.1.0"),
    ],
)
def test_the_next_tag(form: TagForm, expected: str) -> None:
    assert form.next_tag == expected

"""Sources of locks that repeat a dependency group or an extra."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.core import plain_toml
from ops.supply_chain.dependencies.compile.group_source import (
    group_of,
    group_sources,
    is_group_source,
    keeps_own_sources,
    source_drift,
)

HEAD = "# Group or extra {} of pyproject.toml; written by compile_locks.\n"
CASES = {
    "a group": ('[dependency-groups]\ntests = ["pytest>=6.0", "simplejson"]', {"tests": ["pytest>=6.0", "simplejson"]}),
    "an extra": ('[project]\nname = "x"\n[project.optional-dependencies]\nCLI = ["rich"]', {"cli": ["rich"]}),
    "both of one name": (
        '[project.optional-dependencies]\ndev = ["a"]\n[dependency-groups]\ndev = ["b"]',
        {"dev": ["a", "b"]},
    ),
    "a group that includes others": (
        '[dependency-groups]\na = ["x"]\nb = [{include-group = "A"}, "y"]',
        {"a": ["x"], "b": ["x", "y"]},
    ),
    "groups that include each other": (
        '[dependency-groups]\na = ["x", {include-group = "b"}]\nb = [{include-group = "a"}]',
        {"a": ["x"], "b": ["x"]},
    ),
    "what the project asks of itself": (
        '[project]\nname = "My_App"\n[dependency-groups]\ndev = ["my-app[cli]", "x"]\nall = ["my.app[dev]"]',
        {"dev": ["x"]},
    ),
    "the name of the build lock": ('[dependency-groups]\nbuild = ["x"]', {"build-group": ["x"]}),
    "an unusable name": ('[dependency-groups]\n"../x" = ["x"]\n"a b" = ["x"]\n"" = ["x"]', {}),
    "a long name": (f'[dependency-groups]\n{"a" * 61} = ["x"]', {}),
    "what is no requirement": ('[dependency-groups]\na = ["-r other.txt", 1, {x = 1}, "--index-url https://x"]', {}),
    "no arrays": ('dependency-groups = 1\n[project]\noptional-dependencies = "x"', {}),
    "nothing": ("", {}),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_each_group_and_extra_has_its_source(text: str, expected: dict[str, list[str]]) -> None:
    found = group_sources(plain_toml.load(text))
    assert {name: body.splitlines()[1:] for name, body in found.items()} == {
        f"requirements-{name}.in": lines for name, lines in expected.items()
    }
    assert all(is_group_source(body) for body in found.values())


def test_a_source_names_its_group() -> None:
    assert group_of(HEAD.format("tests") + "x\n") == "tests"
    assert group_of("# written by hand\nx\n") == ""
    assert group_of("x\n" + HEAD.format("tests")) == ""


def test_sources_do_not_depend_on_the_order_of_the_file() -> None:
    chosen = random.Random(7)  # noqa: S311 - reproducible, no secret
    for _ in range(20):
        names = chosen.sample(["a", "b-c", "docs", "tests"], 3)
        groups = {name: chosen.sample(["x", "y>=1", "z[w]; python_version < '3.12'"], 2) for name in names}
        shuffled = dict(chosen.sample(list(groups.items()), len(groups)))
        assert group_sources({"dependency-groups": groups}) == group_sources(
            {"dependency-groups": {name: list(reversed(lines)) for name, lines in shuffled.items()}}
        )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("requirements-build.in", "requirements/sealwright.in", "README.md", "requirements.txt"), False),
        (("requirements-dev.in",), True),
        (("requirements/dev.in",), True),
        (("functions/a/requirements.in", "MANIFEST.txt"), False),
    ],
)
def test_a_project_with_other_sources_decides_itself(files: tuple[str, ...], expected: bool) -> None:
    assert keeps_own_sources(files) is expected


def test_a_source_that_is_not_the_group_any_more_is_drift() -> None:
    text = HEAD.format("tests") + "a\nb\n"
    assert source_drift("requirements-tests.txt", text, text) is None
    changed = source_drift("requirements-tests.txt", text, HEAD.format("tests") + "a\nc\n")
    gone = source_drift("requirements-tests.txt", text, None)
    assert changed is not None
    assert gone is not None
    assert (changed.code, changed.path) == ("lock.drift", "requirements-tests.txt")
    assert changed.message == "is out of date with pyproject.toml: its source lacks c, has b, which is not required"
    assert gone.message == "is out of date with pyproject.toml: it has no such group or extra"
    assert gone.next_step == "Remove requirements-tests.in and the files of the same name."

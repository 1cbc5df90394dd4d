"""The source of a build lock: what it has, what it keeps, and when it is out of date."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.dependencies.compile.build_source import (
    FRONT_END,
    asked_in,
    build_backend,
    build_requires,
    drift_finding,
    render_source,
)


@pytest.mark.parametrize(
    ("document", "requires", "backend"),
    [
        ({}, ("setuptools>=40.8.0",), ""),
        ({"build-system": {"requires": []}}, (), ""),
        (
            {"build-system": {"requires": ["hatchling", 3, "a\nb"], "build-backend": "hatchling.build"}},
            ("hatchling",),
            "hatchling.build",
        ),
        ({"build-system": "x"}, ("setuptools>=40.8.0",), ""),
        ({"build-system": {"requires": "x", "build-backend": 1}}, ("setuptools>=40.8.0",), ""),
    ],
)
def test_the_requirements_of_a_build_are_those_of_pep_517(
    document: dict[str, object], requires: tuple[str, ...], backend: str
) -> None:
    assert build_requires(document) == requires
    assert build_backend(document) == backend


def test_the_source_has_requirements_front_end_and_what_the_backend_asks_for() -> None:
    text = render_source(["wheel", "setuptools >= 61"], ["cmake>=3.15", "wheel"])
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines == [FRONT_END, "setuptools>=61", "wheel", "cmake>=3.15"]
    assert asked_in(text) == ("cmake>=3.15",)
    assert asked_in(render_source(["wheel"], [])) == ()


def test_the_source_is_the_same_in_any_order_and_written_again() -> None:
    rng = random.Random(7)  # noqa: S311 - a seed, no secret
    names = ["b", "A.b", "c[x]>=1", "d ; python_version<'3.12'", "e==1.*"]
    first = render_source(names, ["z", "y"])
    for _ in range(20):
        rng.shuffle(names)
        text = render_source([*names, names[0]], ["y", "z"])
        assert text == first
        assert render_source(names, asked_in(text)) == text


def test_a_source_of_other_requirements_is_drift_and_names_them() -> None:
    text = render_source(["hatchling"], ["cmake"])
    assert drift_finding("requirements-build.txt", "pyproject.toml", text, ["hatchling"]) is None
    finding = drift_finding("requirements-build.txt", "pyproject.toml", text, ["setuptools"])
    assert finding is not None
    assert finding.code == "lock.drift"
    assert "lacks setuptools, has hatchling, which is not required" in finding.message
    edited = drift_finding("requirements-build.txt", "pyproject.toml", "# other\n" + text, ["hatchling"])
    assert edited is not None
    assert "another text" in edited.message

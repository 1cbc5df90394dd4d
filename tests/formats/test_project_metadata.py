"""Name and version of a project, read without running its code."""

from __future__ import annotations

import tomllib

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats.project_metadata import read_metadata


@pytest.mark.parametrize(
    ("pyproject", "setup_cfg", "has_setup_py", "versions", "dynamic"),
    [
        ('[project]\nname = "x"\nversion = "1"', "", False, ["1"], ""),
        ('[project]\nversion = "1"\n[tool.poetry]\nversion = "2"', "", False, ["1", "2"], ""),
        ('[project]\nversion = "1"', "[metadata]\nversion = 3\n", True, ["1", "3"], ""),
        ('[project]\ndynamic = ["version"]\n[tool.poetry]\nversion = "2"', "", False, ["2"], ""),
        ('[project]\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"', "", False, [], "hatch-vcs"),
        ('[project]\ndynamic = ["version"]\n[tool.setuptools_scm]', "", False, [], "setuptools-scm"),
        (
            '[project]\ndynamic = ["version"]\n[tool.setuptools.dynamic]\nversion = {attr = "a.b"}',
            "",
            False,
            [],
            "the attribute a.b",
        ),
        (
            '[project]\ndynamic = ["version"]\n[build-system]\nbuild-backend = "flit_core.buildapi"',
            "",
            False,
            [],
            "flit_core.buildapi",
        ),
        ('[project]\ndynamic = ["version"]', "", False, [], "a build backend that is not named"),
        (
            '[tool.flit.metadata]\nmodule = "x"\n[build-system]\nbuild-backend = "flit_core.buildapi"',
            "",
            False,
            [],
            "flit_core.buildapi",
        ),
        ('[build-system]\nbuild-backend = "flit_core.buildapi"\n[tool.uv]\npackage = false', "", False, [], ""),
        (
            '[tool.poetry]\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true',
            "",
            False,
            [],
            "poetry-dynamic-versioning",
        ),
        ("", "[metadata]\nversion = attr: pkg.__version__\n", True, [], "setup.cfg version = attr: pkg.__version__"),
        (
            '[project]\ndynamic = ["version"]\n[build-system]\nbuild-backend = "hatchling.build"',
            "[metadata]\nversion = 3\n",
            True,
            ["3"],
            "hatchling.build",
        ),
        ('[project]\ndynamic = ["version"]', "[metadata]\nversion = 3\n", True, ["3"], ""),
        ('[project]\nversion = "1"', "[metadata]\nversion = attr: x.y\n", True, ["1"], ""),
        ("", "", True, [], "setup.py"),
        ("", "", False, [], ""),
        ("project = 3\ntool = []", "", False, [], ""),
        ("[project]\nversion = 3\nname = []", "", False, [], ""),
    ],
)
def test_what_is_stated_and_what_only_code_knows(
    pyproject: str, setup_cfg: str, has_setup_py: bool, versions: list[str], dynamic: str
) -> None:
    found = read_metadata(tomllib.loads(pyproject), setup_cfg, has_setup_py=has_setup_py)
    assert ([version.text for version in found.versions], found.dynamic) == (versions, dynamic)


def test_each_version_names_its_place() -> None:
    found = read_metadata({"project": {"version": "1"}}, "[metadata]\nversion = 2\n", has_setup_py=False)
    assert [version.where for version in found.versions] == [
        "pyproject.toml [project].version",
        "setup.cfg [metadata].version",
    ]


def test_a_broken_setup_cfg_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"setup\.cfg: cannot be read"):
        read_metadata({}, "no section\n", has_setup_py=False)


FROM_TAG = {
    "hatch-vcs": ('[project]\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"', True),
    "a hatch plug-in": (
        '[project]\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "uv-dynamic-versioning"',
        True,
    ),
    "hatch, from a file": (
        '[project]\ndynamic = ["version"]\n[build-system]\nrequires = ["hatchling", "hatch-vcs"]\n[tool.hatch.version]\npath = "x.py"',
        False,
    ),
    "setuptools-scm, required alone": (
        '[project]\ndynamic = ["version"]\n[build-system]\nrequires = ["setuptools", "setuptools_scm[toml]>=8"]',
        True,
    ),
    "setuptools-scm for files, version of an attribute": (
        '[project]\ndynamic = ["version"]\n[build-system]\nrequires = ["setuptools-scm"]\n[tool.setuptools.dynamic]\nversion = {attr = "x.y"}',
        False,
    ),
    "pdm": ('[project]\ndynamic = ["version"]\n[tool.pdm.version]\nsource = "scm"', True),
    "a stated version": ('[project]\nversion = "1"\n[build-system]\nrequires = ["setuptools-scm"]', False),
    "another backend": ('[project]\ndynamic = ["version"]\n[build-system]\nrequires = ["own-backend"]', False),
    "malformed": ('[project]\ndynamic = ["version"]\n[build-system]\nrequires = "setuptools-scm"', False),
}


@pytest.mark.parametrize(("text", "expected"), FROM_TAG.values(), ids=FROM_TAG)
def test_a_version_that_is_taken_from_the_tag_is_known_as_such(text: str, expected: bool) -> None:
    assert read_metadata(tomllib.loads(text), "", has_setup_py=False).from_tag is expected


def test_a_directive_of_setup_cfg_is_no_tag() -> None:
    document = tomllib.loads('[build-system]\nrequires = ["setuptools-scm"]')
    assert not read_metadata(document, "[metadata]\nversion = attr: x.y\n", has_setup_py=False).from_tag

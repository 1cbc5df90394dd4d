"""What two machines must have in common before results of one count on the other."""

from __future__ import annotations

import re
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.runner import fleet_code
from ops.supply_chain.runner.fleet_code import difference, own_code


def test_packages_are_all_that_sealwright_requires_with_the_installed_versions() -> None:
    packages = own_code().packages
    for name in ("packaging", "msgspec", "httpcore", "cyclonedx-python-lib", "distributed", "psycopg-binary"):
        assert packages[name] == version(name)
    assert not {"pytest", "mypy"} & packages.keys()
    assert own_code().python == f"cpython 3.{sys.version_info.minor}"


def test_an_installed_sealwright_states_the_same_packages_as_its_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout = fleet_code._packages()
    monkeypatch.setattr(fleet_code, "TREE", tmp_path)
    assert distribution("sealwright").requires
    assert fleet_code._packages() == checkout


def test_without_a_statement_of_what_is_required_nothing_is_examined(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fleet_code, "TREE", tmp_path)
    monkeypatch.setattr(fleet_code, "PROJECT", "not-installed-here")
    with pytest.raises(UnavailableError, match="sealwright is not among them"):
        fleet_code._packages()


def test_a_damaged_manifest_of_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fleet_code, "TREE", tmp_path)
    for text in ("[project", "[project]\ndependencies = []\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(UnavailableError, match=r"pyproject\.toml of sealwright is damaged"):
            fleet_code._packages()


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("Name: a\n\nVersion: 1\n", "a states no version"),
        ("Version: 1\nVersion: 2\n\n", "a states no version"),
        ("Version: 1\nRequires-Dist: b (\n\n", "'b (' is no requirement"),
    ],
)
def test_metadata_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, metadata: str, message: str
) -> None:
    (tmp_path / "a-1.dist-info").mkdir()
    (tmp_path / "a-1.dist-info" / "METADATA").write_text(metadata)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fleet_code, "_own_requirements", lambda: [("a", "")])
    with pytest.raises(UnavailableError, match=re.escape(message)):
        fleet_code._packages()


def test_extras_and_conditions_of_requirements_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, lines in {
        "a": ("b[x]", "c; python_version < '3'", "Absent_One"),
        "b": ("d; extra == 'x'", "e; extra == 'y'", "a"),
        "d": (),
        "e": (),
    }.items():
        (tmp_path / f"{name}-1.dist-info").mkdir()
        text = "".join(f"Requires-Dist: {line}\n" for line in lines)
        (tmp_path / f"{name}-1.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1\n{text}\nText\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fleet_code, "_own_requirements", lambda: [("a", "")])
    assert fleet_code._packages() == {"a": "1", "absent-one": "", "b": "1", "d": "1"}


def test_each_module_and_data_file_counts_and_compiled_ones_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ops" / "__pycache__").mkdir(parents=True)
    (tmp_path / "ops" / "a.py").write_text("1")
    (tmp_path / "ops" / "b.json").write_text("{}")
    monkeypatch.setattr(fleet_code, "TREE", tmp_path)
    first = fleet_code._modules()
    (tmp_path / "ops" / "__pycache__" / "a.pyc").write_text("x")
    assert fleet_code._modules() == first
    (tmp_path / "ops" / "b.json").write_text("[]")
    assert fleet_code._modules() != first


def test_the_first_difference_is_named() -> None:
    own = own_code()
    assert difference(own, own) == ""
    other = own._replace(packages=dict.fromkeys(["uv", "lxml", "cvss", "tuf"], "0"))
    assert difference(other, other._replace(packages={})) == (
        "other packages: expected cvss 0, found not installed; lxml 0, found not installed; tuf 0, found not installed, and 1 more"
    )
    older = own._replace(release="0.0.1", python="cpython 3.99")
    assert difference(own, older).startswith(f"another sealwright: expected {own.release} (sha256 ")

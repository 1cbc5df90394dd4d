"""A package of an index that is a folder is in no package repository: no purl claims that it is PyPI's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.model.naming import purl_of
from tests.cases import case


@pytest.mark.parametrize("url", ["idxa", "./idxa", "/srv/wheels", "file:///srv/wheels", "C:/wheels"])
def test_an_index_that_is_a_folder_gives_no_purl(url: str) -> None:
    assert purl_of("accel", "1.0", PinSource(kind=PinSourceKind.INDEX, url=url)) == ""


@pytest.mark.parametrize("url", ["https://pypi.acme.org/simple", "HTTP://h.org/simple"])
def test_an_index_of_the_web_is_named(url: str) -> None:
    assert "repository_url=" in purl_of("accel", "1.0", PinSource(kind=PinSourceKind.INDEX, url=url))


def test_one_version_from_two_folders_is_two_components_without_purl(tmp_path: Path) -> None:
    root = case("lock-uv-two-flat-indexes", tmp_path)
    place = ["--project", str(root), "--dist", str(tmp_path / "dist"), "--version", "1.0"]
    assert generate_sbom.main([*place, "--no-enrich"]) == ExitCode.PASS
    sbom = json.loads(next((tmp_path / "dist/sbom").glob("*-sbom.json")).read_bytes())
    found = [(part["name"], part.get("purl")) for part in sbom["components"]]
    assert sorted(found, key=str) == [
        ("accel", None),
        ("accel", None),
        ("certifi", "pkg:pypi/certifi@2024.8.30"),
        ("idna", "pkg:pypi/idna@3.10"),
    ]

"""Reading VEX files, and the purls of our own product."""

from __future__ import annotations

import json
from pathlib import Path

from ops.supply_chain.adapters.files.project import describe
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.gather.risk.vex import load_bom, load_vex, own_products
from tests.risk.vex.support import ROOT, SERIAL, bom_json, openvex_json, statement


def test_a_file_is_known_by_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(openvex_json(statement())))
    found = load_vex(path)
    assert (found.file, len(found.statements)) == ("theirs.json", 1)


def test_a_bom(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    path.write_text(json.dumps(bom_json()))
    found = load_bom(path)
    assert (found.uuid, found.version, found.author) == (SERIAL, 1, "Acme Ltd")
    assert found.root is not None
    assert found.root.purl == ROOT


def test_our_product_goes_by_the_purls_of_its_sbom(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "Acme.Shop"\nversion = "2.1.0"\n')
    project = describe(tmp_path, Config(component_name="acme-shop"), version="v2.1.0")
    assert own_products(project) == ("pkg:pypi/acme.shop@2.1.0", "pkg:generic/acme-shop@v2.1.0")
    (tmp_path / "pyproject.toml").unlink()
    project = describe(tmp_path, Config(component_name="acme-shop"), version="v2.1.0")
    assert own_products(project) == ("pkg:generic/acme-shop@v2.1.0",)

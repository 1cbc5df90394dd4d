"""What a project's own policy can make of claims about its SBOM: nothing but which licences it permits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.assurance.policy.sbom import sbom_input
from ops.supply_chain.gather.assurance.claims.documents import _policy
from ops.supply_chain.runner.context import StageRun
from tests.assurance.claims.support import claims_run
from tests.policy.support import component, sbom

CONFIG = '[policy]\nfolders = ["policy"]\nlicences_deny = ["MIT"]\n'
WEAK = '{"hashes": {"strong": {"md5": true, "sha-1": true}}}'


@pytest.fixture
def run(tmp_path: Path) -> StageRun:
    (tmp_path / "policy" / "data").mkdir(parents=True)
    (tmp_path / "policy" / "data" / "hashes.json").write_text(WEAK)
    (tmp_path / ".security-config.toml").write_text(CONFIG)
    return claims_run(tmp_path)


def test_what_a_strong_digest_is_the_project_does_not_say(run: StageRun) -> None:
    document = sbom()
    component(document, "idna")["hashes"] = [{"alg": "MD5", "content": "a" * 32}]
    answers = _policy(run, sbom_input(document, path="a.cdx.json", sha256="a" * 64, problems=()))
    assert answers["base.hashes"] == "fail"


def test_which_licences_are_permitted_the_project_says(run: StageRun) -> None:
    answers = _policy(run, sbom_input(sbom(), path="a.cdx.json", sha256="a" * 64, problems=()))
    assert (answers["licences.permitted"], answers["base.hashes"]) == ("fail", "pass")

"""The guides: profiles of policy are not weaker than the defaults, and no entry of an example accepts nothing."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain import release_uses
from ops.supply_chain.assurance.policy.settings import ProjectEffects, weakened_settings
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.contracts.config.policy import PolicyConfig
from ops.supply_chain.gather.assurance.claims.evaluate import reference
from tests.docs.commands import blocks

KINDS = ("Library", "Functions", "Service", "Regulated product")


def section(repository: Path, kind: str) -> str:
    page = (repository / "docs/guides/policy-profiles.md").read_text(encoding="utf-8")
    return page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_is_not_weaker_than_the_defaults_and_each_setting_has_its_reason(kind: str, repository: Path) -> None:
    text = section(repository, kind)
    [block] = blocks(text, "toml")
    config = parse_config(block)
    assert config != Config()
    assert weakened_settings(config, ProjectEffects()) == []
    assert set(PolicyConfig().profiles) <= set(config.policy.profiles)
    assert config.policy.licences_on_unknown in (None, "deny")
    rows = re.findall(r"^\| (`[^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    named = " ".join(rows)
    tables = [field.name for field in msgspec.structs.fields(Config) if getattr(config, field.name) != field.default]
    set_here = [
        table for table in tables if not re.search(rf"`(?:{table}\b|licences_on_unknown|required_claims)", named)
    ]
    assert set_here == []


def test_required_claims_of_the_profiles_exist(repository: Path) -> None:
    named = {
        claim
        for kind in KINDS
        for block in blocks(section(repository, kind), "toml")
        for claim in parse_config(block).documents.required_claims
    }
    assert len(named) >= 4
    assert [claim for claim in named if f"| `{claim}` |" not in reference()] == []


def test_the_order_of_steps_is_that_of_the_table(repository: Path) -> None:
    page = (repository / "docs/guides/order-of-steps.md").read_text(encoding="utf-8")
    table = page.partition("| step | stages |")[2].partition("\n\n")[0]
    shown = re.findall(r"`([a-z]+_[a-z_]+)`", table)
    expected = [use.stage.script for step in release_uses() for use in step]
    assert shown == expected

"""The spine of the pipeline alone, for tests that have no feeds: its steps, and the policy table that asks for no gate."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.supply_chain import commands, release_uses

SPINE = frozenset(
    {
        "generate_sbom",
        "bundle_evidence",
        "evaluate_policy",
        "generate_provenance",
        "assemble_release",
        "retain_artifacts",
        "summarise_release",
    }
)
SIGNING = frozenset({"sign_artifacts", "verify_release"})


def release_steps(stages: Collection[str]) -> tuple[str, ...]:
    """Return the steps of the `release` session that are of these stages, with the options used there."""
    steps = (tuple(use for use in step if use.stage.script in stages) for step in release_uses())
    return commands(tuple(filter(None, steps)))


STEPS = release_steps(SPINE)


def accepted(**settings: str) -> str:
    """Return entries that accept weaker settings until next month: setting -> value, `__` for each dot."""
    today = datetime.now(UTC).date()
    dates = f'reason = "a test"\ndate = "{today}"\nuntil = "{today + timedelta(days=30)}"\n'
    return "".join(
        f'[[policy.weakened]]\nsetting = "{name.replace("__", ".")}"\nvalue = "{value}"\n{dates}'
        for name, value in settings.items()
    )


ACCEPTED = accepted(
    policy__data__release__counted_stages="generate_sbom",
    policy__data__release__required_stages="bundle_evidence, generate_sbom",
)
CONFIG = f'[policy]\nfolders = ["policy"]\n{ACCEPTED}'


def ask_for_no_gates(project: Path, table: Path) -> None:
    """Give a project a policy folder whose `release` table requires the spine's records only.

    Args:
        project: The project's folder; its configuration must hold `CONFIG`.
        table: The pipeline's own `policy/data/release.json`.
    """
    write_spine_table(project / "policy" / "data" / "release.json", table)


def write_spine_table(target: Path, table: Path) -> None:
    """Write the `release` table with the spine's stages as all that is required."""
    release = json.loads(table.read_text())["release"]
    release |= {"required_stages": ["bundle_evidence", "generate_sbom"], "counted_stages": {"generate_sbom": True}}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"release": release}))

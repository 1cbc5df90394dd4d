"""The spine of the pipeline alone, for tests that have no feeds: its steps, and the policy table that asks for no gate."""

from __future__ import annotations

import json
from pathlib import Path

STEPS = (
    "generate_sbom",
    "bundle_evidence",
    "evaluate_policy",
    "generate_provenance",
    "evaluate_policy --provenance",
    "assemble_release",
    "retain_artifacts",
    "summarise_release",
)

CONFIG = '[policy]\nfolders = ["policy"]\n'


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

"""The rule folders and settings of a project's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.contracts.config.policy import PolicyConfig
from ops.supply_chain.runner.context import StageRun


def folders_of(run: StageRun, policy: Path) -> list[tuple[str, Path]]:
    """Return (label, folder) of the rules: built-in ones, then the project's own.

    Raises:
        InputError: A link in one of the project's own leads out of the project.
    """
    own = [
        (f"project:{folder.rstrip('/')}/", configured_input(run.root, folder)) for folder in run.config.policy.folders
    ]
    return [("policy:", policy.absolute()), *own]


def settings_of(config: PolicyConfig) -> dict[str, dict[str, Any]]:
    """Return the tables of policy data that the configuration replaces, key by key."""
    given = {
        "allow": config.licences_allow,
        "deny": config.licences_deny,
        "on_unknown": config.licences_on_unknown,
    }
    licences = {
        key: list(value) if isinstance(value, tuple) else value for key, value in given.items() if value is not None
    }
    return {"licences": licences} if licences else {}

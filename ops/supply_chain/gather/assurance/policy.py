"""The rule folders and settings of a project's configuration, and what makes them weaker than the built-in policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.assurance.policy.comparison import PolicyContents, weakened_policy
from ops.supply_chain.assurance.policy.settings import ProjectEffects, weakened_settings
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.config.policy import PolicyConfig
from ops.supply_chain.contracts.files.verdict import Weakening
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.assurance.documents.files import DocumentFiles
from ops.supply_chain.gather.gates.locks import classify, find_locks, read_good_locks
from ops.supply_chain.runner.context import StageRun

BUILT_IN = TREE / "policy"
"""The folder that every policy is compared with."""

RELEASE_PROFILES = PolicyConfig().profiles
"""Profiles that a release has to pass, unless their absence is accepted."""

ALWAYS = "release"
"""The profile that is evaluated whether it is named or not."""


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
        "allow_also": config.licences_allow_also or None,
        "deny": config.licences_deny,
        "on_unknown": config.licences_on_unknown,
    }
    licences = {
        key: list(value) if isinstance(value, tuple) else value for key, value in given.items() if value is not None
    }
    return {"licences": licences} if licences else {}


def weakened_by(run: StageRun, policy: Policy, profiles: Sequence[str]) -> list[Weakening]:
    """Compare configuration and policy of a run with the defaults.

    Args:
        run: The stage's run.
        policy: The policy that it evaluates.
        profiles: Those that the built-in policy evaluates at this point.
    Returns:
        Everything that makes the gate weaker, without what accepts it.
    """
    built_in = load_policy([("policy:", BUILT_IN)], profiles, {})
    settings = weakened_settings(run.config, _effects(run))
    return [*settings, *weakened_policy(_contents(built_in), _contents(policy))]


def _contents(policy: Policy) -> PolicyContents:
    modules = [*(rule.module for rule in policy.rules), *policy.libraries]
    return PolicyContents(
        profiles=policy.profiles,
        modules={module.package: sha256_bytes(module.source.encode()) for module in modules},
        tables=policy.data,
    )


def _effects(run: StageRun) -> ProjectEffects:
    locks = run.config.locks
    unlisted = _locks(run, LocksConfig()) - _locks(run, LocksConfig(include=locks.include)) if locks.include else ()
    return ProjectEffects(
        excluded=_hiding(run, locks) if locks.exclude else (),
        included=locks.include if unlisted else (),
        documents=DocumentFiles(run).adopted_by_default,
    )


def _hiding(run: StageRun, locks: LocksConfig) -> tuple[str, ...]:
    """Return the patterns that hide a lock or a declaration; all of them where what they hide cannot be read."""
    try:
        excluded = classify(run.root, locks, read_good_locks(run.root, locks)).excluded
        every = _locks(run, LocksConfig())
        named = {entry.path for entry in excluded if entry.files}
        return tuple(
            pattern
            for pattern in locks.excluded
            if pattern in named or every - _locks(run, LocksConfig(exclude=(pattern,)))
        )
    except (InputError, UnavailableError, UsageError):
        return locks.excluded


def _locks(run: StageRun, locks: LocksConfig) -> frozenset[str]:
    return frozenset(find_locks(run.root, locks))

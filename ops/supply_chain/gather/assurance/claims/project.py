"""Facts from the project's present configuration and files, for the claims that rest on them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from ops.supply_chain.adapters.files.inputs import require_inside
from ops.supply_chain.assurance.claims.evidence import UNSAID, ProjectFacts, WorkflowFacts
from ops.supply_chain.assurance.documents.addresses import email, https, repository
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.periods import is_line
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.config.support import SupportedVersions
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.formats import code_owners, yaml
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.gather.assurance.claims.workflows import WORKFLOWS, workflow_facts
from ops.supply_chain.gather.gates.outcome import today
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.trust.identities.check import day

LICENCE = re.compile(r"(?:LICEN[SC]E|COPYING)(?:[-.].+)?", re.IGNORECASE)
RENOVATE = ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json")
UPDATE_TOOLS = (
    *RENOVATE,
    *(f".github/{name}" for name in RENOVATE[:2]),
    ".github/dependabot.yml",
    ".github/dependabot.yaml",
)
MOST_BYTES = 1 << 20

PYTHON_ECOSYSTEMS = ("pip", "uv")
"""Dependabot's names of Python package managers."""

_SWITCHED_OFF = re.compile(r"\"?enabled\"?\s*:\s*false")


def project_facts(run: StageRun) -> tuple[ProjectFacts, dict[str, tuple[FileRef, ...]], dict[str, str]]:
    """Gather the facts of the project.

    Returns:
        The facts; the files that they were read from, by the names that rules use; values that a document may show.
    """
    config = run.config
    waivers, malformed = parse_waivers(config)
    valid = [identity for identity in config.signing.identities if _valid(identity, run.now.date())]
    response = config.response
    supported = [entry for entry in config.support.versions if entry.supported]
    workflows, workflow_files = _workflows(run)
    files = {
        "code_owners": _refs(run, _owners_file(run)),
        "config": _refs(run, [CONFIG_NAME]),
        "licence": _refs(run, _licences(run.root)),
        "update_tool": _refs(run, [name for name in UPDATE_TOOLS if _proposes(name, _text(run, name))]),
        "workflows": workflow_files,
    }
    facts = ProjectFacts(
        config=bool(files["config"]),
        identities=len(valid),
        undated_identities=sum(not identity.since for identity in config.signing.identities),
        response=_has_table(run, CONFIG_NAME, "response"),
        critical_days=_days(response.critical_days),
        high_days=_days(response.high_days),
        waivers=len(waivers),
        malformed_waivers=len(malformed),
        ended_waivers=sum(waiver.expires < today(run, config) for waiver in waivers),
        private_channel=_has_channel(config.reporting),
        support_periods=sum(_has_end(entry) for entry in supported),
        unstated_periods=sum(not _has_end(entry) for entry in supported),
        licence_file=bool(files["licence"]),
        update_tool=bool(files["update_tool"]),
        owned_gate=_owned_gate(run, workflow_files),
        workflows=workflows,
    )
    shown = {
        "identities": ", ".join(sorted(identity.identity or identity.identity_regex for identity in valid)),
        "critical_days": str(facts.critical_days),
        "high_days": str(facts.high_days),
        "waivers": str(facts.waivers),
        "actions": str(workflows.actions),
    }
    return facts, files, shown


def _valid(identity: SigningIdentity, now: date) -> bool:
    since, until = day(identity.since), day(identity.until)
    return not (since and now < since) and not (until and now > until)


def _has_channel(reporting: ReportingConfig) -> bool:
    """Return whether there is a reporting channel, and every configured one is well-formed."""
    checks = ((reporting.github, repository), (reporting.email, email), (reporting.url, https))
    try:
        return bool([check(given, where="reporting") for given, check in checks if given])
    except UsageError:
        return False


def _has_end(entry: SupportedVersions) -> bool:
    """Return whether a version line has a stated end, and is one that a release can be compared with."""
    return bool(entry.until or entry.months) and is_line(entry.versions)


def _days(days: int | None) -> int:
    return UNSAID if days is None else days


def _has_table(run: StageRun, name: str, key: str) -> bool:
    try:
        return key in plain_toml.load(_text(run, name))
    except plain_toml.TomlError:
        return False


def _licences(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if LICENCE.fullmatch(path.name))


def _refs(run: StageRun, names: list[str]) -> tuple[FileRef, ...]:
    return tuple(run.project_ref(run.root / name) for name in names if _text(run, name).strip())


def _text(run: StageRun, name: str) -> str:
    """Return a plain file's text; empty where it is missing, too large or not UTF-8.

    Raises:
        InputError: A link leads out of the project.
    """
    path = run.root / name
    require_inside(run.root, path)
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _owners_file(run: StageRun) -> list[str]:
    return [name for name in code_owners.PLACES if (run.root / name).exists()][:1]


def _owned_gate(run: StageRun, workflows: tuple[FileRef, ...]) -> bool:
    """Return whether each file that decides about a release has an owner: configuration, workflows, CODEOWNERS."""
    names = _owners_file(run)
    paths = [CONFIG_NAME, *names, *(file.path.removeprefix("project:") for file in workflows)]
    text = _text(run, names[0]) if names else ""
    return bool(text) and all(code_owners.owners_of(text, path) for path in paths)


def _workflows(run: StageRun) -> tuple[WorkflowFacts, tuple[FileRef, ...]]:
    folder = run.root / WORKFLOWS
    names = sorted(path.name for path in folder.glob("*.y*ml")) if folder.is_dir() else []
    paths = [f"{WORKFLOWS}/{name}" for name in names]
    facts = workflow_facts({path: _text(run, path) for path in paths}, lambda path: _text(run, path))
    return facts, _refs(run, paths)


def _proposes(name: str, text: str) -> bool:
    """Return whether the configuration of an update tool exists, is enabled, and covers Python packages."""
    if "dependabot" not in name:
        return not _SWITCHED_OFF.search(text)
    try:
        updates = yaml.read(text).rows_of("updates")
        return any(
            update.table().get("package-ecosystem") in PYTHON_ECOSYSTEMS
            and str(update.table().get("open-pull-requests-limit", "")) != "0"
            for update in updates
        )
    except UnexpectedShapeError:
        return False

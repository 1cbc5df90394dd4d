"""What the project's own configuration and files say now, for the claims that rest on them.

Workflow files are read line by line, without their comments: what is looked for stands on lines of its own, and
a file that is written otherwise is one in which it was not found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ops.supply_chain.claims.evidence import UNSAID, ProjectFacts, WorkflowFacts
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config import CONFIG_NAME
from ops.supply_chain.contracts.signing import SigningIdentity
from ops.supply_chain.identities.check import day
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.judging import today
from ops.supply_chain.waivers.parse import parse_waivers

WORKFLOWS = ".github/workflows"
LICENCE = re.compile(r"(?:LICEN[SC]E|COPYING)(?:[-.].+)?", re.IGNORECASE)
RENOVATE = ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json")
UPDATE_TOOLS = (
    *RENOVATE,
    *(f".github/{name}" for name in RENOVATE[:2]),
    ".github/dependabot.yml",
    ".github/dependabot.yaml",
)
MOST_BYTES = 1 << 20

_SWITCHED_OFF = re.compile(r"open-pull-requests-limit:\s*0\b|\"?enabled\"?\s*:\s*false")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_USES = re.compile(r"\s*(?:-\s+)?uses:\s*[\"']?(?P<what>[^\s\"']+)")
_COMMIT = re.compile(r".+@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})")
_CRON = re.compile(r"\s*-\s*cron:\s*[\"']\d{1,2}\s+\d{1,2}\s+\*\s+\*\s+\*[\"']")
_SCAN = re.compile(r"\bnox\b.*\s(?:-s|--session)[ =]daily_scan\b")
_NEVER = re.compile(r"\s*(?:-\s+)?if:\s*(?:\$\{\{\s*)?false\b")
_PERMISSIONS = re.compile(r"permissions:(?!\s*write-all\b)")


def project_facts(run: StageRun) -> tuple[ProjectFacts, dict[str, tuple[FileRef, ...]], dict[str, str]]:
    """Look at the project.

    Returns:
        The facts; the files that they were read from, by the words of rules; values that a document may show.
    """
    config = run.config
    waivers, malformed = parse_waivers(config)
    valid = [one for one in config.signing.identities if _valid(one, run.now.date())]
    response, reporting = config.response, config.reporting
    workflows, workflow_files = _workflows(run)
    files = {
        "config": _refs(run, [CONFIG_NAME]),
        "licence": _refs(run, _licences(run.root)),
        "update_tool": _refs(run, [name for name in UPDATE_TOOLS if not _SWITCHED_OFF.search(_text(run.root / name))]),
        "workflows": workflow_files,
    }
    facts = ProjectFacts(
        config=bool(files["config"]),
        identities=len(valid),
        undated_identities=sum(not one.since for one in config.signing.identities),
        response=_has_table(run.root / CONFIG_NAME, "response"),
        critical_days=_days(response.critical_days),
        high_days=_days(response.high_days),
        waivers=len(waivers),
        malformed_waivers=len(malformed),
        ended_waivers=sum(one.expires < today(run, config) for one in waivers),
        private_channel=bool(reporting.github or reporting.url.startswith("https://") or "@" in reporting.email),
        licence_file=bool(files["licence"]),
        update_tool=bool(files["update_tool"]),
        workflows=workflows,
    )
    shown = {
        "identities": ", ".join(sorted(one.identity or one.identity_regex for one in valid)),
        "critical_days": str(facts.critical_days),
        "high_days": str(facts.high_days),
        "waivers": str(facts.waivers),
        "actions": str(workflows.actions),
    }
    return facts, files, shown


def _valid(one: SigningIdentity, now: date) -> bool:
    since, until = day(one.since), day(one.until)
    return not (since and now < since) and not (until and now > until)


def _days(days: int | None) -> int:
    return UNSAID if days is None else days


def _has_table(path: Path, key: str) -> bool:
    try:
        return key in tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return False


def _licences(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if LICENCE.fullmatch(path.name))


def _refs(run: StageRun, names: list[str]) -> tuple[FileRef, ...]:
    return tuple(run.project_ref(run.root / name) for name in names if _text(run.root / name).strip())


def _text(path: Path) -> str:
    """Return a plain file's text; empty where there is none, or it is too large or no text."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _workflows(run: StageRun) -> tuple[WorkflowFacts, tuple[FileRef, ...]]:
    folder = run.root / WORKFLOWS
    names = sorted(path.name for path in folder.glob("*.y*ml")) if folder.is_dir() else []
    every = [list(_lines(_text(folder / name))) for name in names]
    actions = [found["what"] for lines in every for line in lines if (found := _USES.match(line))]
    elsewhere = [what for what in actions if not what.startswith("./")]
    facts = WorkflowFacts(
        files=len(names),
        actions=len(elsewhere),
        pinned=sum(bool(_COMMIT.fullmatch(what)) for what in elsewhere),
        restricted=sum(any(_PERMISSIONS.match(line) for line in lines) for lines in every),
        daily_scan=sum(_scans_daily(lines) for lines in every),
    )
    return facts, _refs(run, [f"{WORKFLOWS}/{name}" for name in names])


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        bare = _COMMENT.sub("", line)
        if bare.strip():
            yield bare


def _scans_daily(lines: list[str]) -> bool:
    if any(_NEVER.match(line) for line in lines):
        return False
    return any(_CRON.match(line) for line in lines) and any(_SCAN.search(line) for line in lines)

"""Configuration of update bots: Renovate for version updates, Dependabot for security updates.

Source: https://docs.renovatebot.com/configuration-options/ (`minimumReleaseAge`, `vulnerabilityAlerts`,
`osvVulnerabilityAlerts`) ;
https://docs.github.com/code-security/dependabot/working-with-dependabot/dependabot-options-reference (alerts "are
configured in the repository or organization 'Settings' tab and not in the dependabot.yml file")
"""

from __future__ import annotations

import json
import posixpath

from ops.supply_chain.assurance.adoption.model import FoundLock, ProjectSurvey
from ops.supply_chain.contracts.config.locks import DEFAULT_COOL_DOWN_DAYS
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.lock_formats import lock_format

RENOVATE = "renovate.json5"
RENOVATE_PLACES = (
    "renovate.json",
    "renovate.json5",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".gitlab/renovate.json",
    ".gitlab/renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
)
"""Where Renovate searches for its configuration; the first match wins."""

DEPENDABOT = ".github/dependabot.yml"
DEPENDABOT_PLACES = (DEPENDABOT, ".github/dependabot.yaml")
MOST_FOLDERS = 50


def renovate_text(survey: ProjectSurvey) -> str:
    """Return a commented Renovate configuration; its requests name the command that renews a lock with its hashes."""
    kinds = sorted({lock.kind for lock in survey.locks}) or [LockKind.REQUIREMENTS]
    commands = dict.fromkeys(filter(None, (lock_format(kind).upgrade.format(name="{{depName}}") for kind in kinds)))
    notes = [f"After each change of a lock, renew it with its hashes and records: `{line}`." for line in commands]
    return _RENOVATE.format(days=DEFAULT_COOL_DOWN_DAYS, notes=", ".join(map(json.dumps, notes)))


def dependabot_text(survey: ProjectSurvey) -> str:
    """Return a Dependabot configuration that opens pull requests for vulnerable dependencies only."""
    head = _DEPENDABOT_HEAD.replace("OWNER/REPO", survey.repository or "OWNER/REPO")
    parts = [head, _entry("github-actions", ["/"])]
    for ecosystem in ("pip", "uv"):
        folders = sorted({_folder(lock) for lock in survey.locks if _ecosystem(lock) == ecosystem} - {""})
        if folders:
            parts.append(_entry(ecosystem, folders[:MOST_FOLDERS]))
    return "".join(parts)


def _ecosystem(lock: FoundLock) -> str:
    return lock_format(lock.kind).ecosystem


def _folder(lock: FoundLock) -> str:
    """Return the folder as Dependabot writes it; empty for a name with special characters."""
    folder = "/" + posixpath.dirname(lock.path)
    return "" if printable(folder) != folder or set(folder) & set("*?[]{}\\") else folder


def _entry(ecosystem: str, folders: list[str]) -> str:
    listed = "".join(f"      - {json.dumps(folder, ensure_ascii=False)}\n" for folder in folders)
    return _DEPENDABOT_ENTRY.format(ecosystem=ecosystem, folders=listed, days=DEFAULT_COOL_DOWN_DAYS)


_RENOVATE = """\
// Renovate updates dependencies and pinned actions. Install its GitHub app or run it yourself to activate this file.
{{
  $schema: "https://docs.renovatebot.com/renovate-schema.json",
  extends: [
    "config:recommended",
    // Pin every action to a commit, with its version in a comment.
    "helpers:pinGitHubActionDigests",
  ],
  // The same waiting time as [locks].cool_down_days: malicious releases are usually removed within days.
  minimumReleaseAge: "{days} days",
  internalChecksFilter: "strict",
  packageRules: [
    {{
      // The gates compare each lock with its hashes and records, which Renovate does not write all of: a request fails until
      // its lock is renewed.
      matchCategories: ["python"],
      prBodyNotes: [{notes}],
    }},
  ],
  // Security fixes do not wait.
  osvVulnerabilityAlerts: true,
  vulnerabilityAlerts: {{
    labels: ["security"],
    minimumReleaseAge: null,
  }},
}}
"""

_DEPENDABOT_HEAD = """\
# Dependabot, for security updates only: it proposes no newer version that fixes nothing.
#
# This file does not enable alerts or security updates: they are settings of the repository ("Settings",
# "Advanced Security"). An administrator can enable them with the GitHub CLI:
#   gh api -X PUT repos/OWNER/REPO/vulnerability-alerts
#   gh api -X PUT repos/OWNER/REPO/automated-security-fixes
version: 2
updates:
"""

_DEPENDABOT_ENTRY = """\
  - package-ecosystem: {ecosystem}
    directories:
{folders}\
    schedule:
      interval: weekly
    # No pull requests for version updates; the limit does not apply to security updates.
    open-pull-requests-limit: 0
    cooldown:
      default-days: {days}
"""

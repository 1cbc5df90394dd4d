"""Changes of what decides about a change: the configuration, its waivers, the project's rules, its own feeds, workflows.

A change is examined with the configuration of its base, so these take effect only after the merge. Each is a finding
of its own, for a person to read before that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ops.supply_chain.assurance.policy.settings import (
    NEUTRAL,
    ProjectEffects,
    keys,
    value_at,
    value_text,
    weakened_settings,
)
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.files.verdict import Weakening
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import excerpt, plural, printable

POLICY = "change.policy"
WORKFLOW = "change.workflow"
WORKFLOW_FOLDERS = (".github/workflows/", ".github/actions/")

DECIDING = frozenset(
    {
        "acknowledged_cves", "index", "locks.allow_builds", "locks.install_tools", "locks.scopes", "policy.weakened",
        "severity", "signing", "waivers",
    }
)  # fmt: skip
"""Keys that make no gate weaker without a trace, and that decide all the same about what a gate finds."""

MOST_VALUE_CHARACTERS = 80


def policy_findings(changed: Collection[str], before: Config, after: Config | None, *, review: str) -> list[Finding]:
    """Return the findings about files that decide about a change.

    Args:
        changed: Paths that the change adds, removes or changes.
        before: The configuration of the base.
        after: That of the change; None if it cannot be read.
        review: The command that shows the difference, without the path at its end.
    Returns:
        The configuration first, then each configured file or folder, then workflows.
    """
    found = [_configuration(before, after, review)] if CONFIG_NAME in changed else []
    found += _configured(changed, before, review)
    return [*found, *_workflows(changed, review)]


def _configuration(before: Config, after: Config | None, review: str) -> Finding:
    if after is None:
        what, severity = "the change makes it unreadable", Severity.HIGH
    else:
        what, severity = _differences(before, after)
    return Finding(
        code=POLICY,
        severity=severity,
        message=f"{what}; this review used the configuration of the base",
        next_step=f"Review it before the merge: {review} {CONFIG_NAME}",
        path=CONFIG_NAME,
    )


def _differences(before: Config, after: Config) -> tuple[str, Severity]:
    changed = [key for key in keys(Config) if value_at(before, key) != value_at(after, key)]
    deciding = [key for key in changed if _decides(key)]
    known = _weakened(before)
    weaker = {entry.setting for entry in _weakened(after) if entry not in known}
    texts = [f"{key} from {_shown(before, key)} to {_shown(after, key)}" for key in deciding or changed]
    listed = "; ".join(texts) or "its text, but no setting"
    if weaker:
        return f"the gate becomes weaker by {', '.join(sorted(weaker))}: {listed}", Severity.HIGH
    return f"the change sets {listed}", Severity.MEDIUM if deciding else Severity.INFO


def _weakened(config: Config) -> list[Weakening]:
    effects = ProjectEffects(excluded=config.locks.excluded, included=config.locks.include, documents=True)
    return weakened_settings(config, effects)


def _decides(key: str) -> bool:
    return key in DECIDING or not (key in NEUTRAL or key.partition(".")[0] in NEUTRAL)


def _shown(config: Config, key: str) -> str:
    value = value_at(config, key)
    if key in ("waivers", "acknowledged_cves", "policy.weakened"):
        return plural(len(value), "entry", "entries")
    text = printable(value_text(value))
    return text if len(text) <= MOST_VALUE_CHARACTERS else f"{text[:MOST_VALUE_CHARACTERS]}..."


def _configured(changed: Collection[str], config: Config, review: str) -> Iterator[Finding]:
    others = ((f"feeds.ecosystems.{excerpt(name)}", source) for name, source in sorted(config.feeds.ecosystems.items()))
    named = [(f"feeds.{key}", getattr(config.feeds, key)) for key in ("osv_snapshot", "malicious", "kev", "epss")]
    feeds = (*named, *others)
    folders = (("policy.folders", folder) for folder in config.policy.folders)
    for setting, place in (*folders, *feeds):
        clean = place.removeprefix("./").rstrip("/")
        inside = sorted(path for path in changed if path == clean or path.startswith(f"{clean}/")) if clean else []
        if inside:
            yield Finding(
                code=POLICY,
                severity=Severity.HIGH,
                message=f"the change touches {plural(len(inside), 'file')} of {setting}; this review used those of the base",
                next_step=f"Review it before the merge: {review} {excerpt(clean)}",
                path=printable(inside[0]),
            )


def _workflows(changed: Iterable[str], review: str) -> Iterator[Finding]:
    for path in sorted(changed):
        if path.startswith(WORKFLOW_FOLDERS):
            yield Finding(
                code=WORKFLOW,
                severity=Severity.INFO,
                message="the change touches what runs in CI, this review's own workflow included",
                next_step=f"Review it before the merge: {review} {printable(path)}",
                path=printable(path),
            )

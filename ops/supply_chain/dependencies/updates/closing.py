"""Findings of the vulnerability gate that a newer version fixes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.version import Version

from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.updates.dependencies import Dependency
from ops.supply_chain.dependencies.updates.releases import parse

VULNERABILITY = "vulnerability.known"
_MOVE_TO = re.compile(r"\bto (?P<version>[0-9][^\s,;:]*) or later\b")
"""The fixed version in the next step of a finding."""


def closed_by(version: str, dependency: Dependency, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the ids of the findings of a dependency that a version fixes, sorted.

    Args:
        version: The newer version.
        dependency: At its pinned version.
        findings: Those in the gate's record; waived ones count, because the update fixes them as well.
    """
    target, pinned = parse(version), parse(dependency.version)
    found: set[str] = set()
    for finding in findings:
        ours = normalise(finding.package) == dependency.page.name and parse(finding.version) == pinned
        fixed = _fixed(finding)
        if ours and finding.code == VULNERABILITY and target is not None and fixed is not None and target >= fixed:
            found.add(finding.aliases[0] if finding.aliases else finding.code)
    return tuple(sorted(found))


def _fixed(finding: Finding) -> Version | None:
    match = _MOVE_TO.search(finding.next_step)
    return parse(match["version"]) if match else None

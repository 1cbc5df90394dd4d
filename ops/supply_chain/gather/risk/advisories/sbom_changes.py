"""The advisories about what only the newer of two SBOMs lists: packages of PyPI, with the matcher of the gates.

Without given advisories nothing is fetched: a feed that an earlier run left in the cache is used, or nothing is examined. What
was not examined is stated, and never counts as clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.osv.sources import SourceKind
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import WORST_FIRST
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.matches import (
    MALWARE,
    VULNERABILITY,
    Matches,
    malware_of,
    vulnerabilities_of,
)
from ops.supply_chain.inventory.comparison.inventory import FILES, NO_ECOSYSTEM, SbomInventory
from ops.supply_chain.inventory.comparison.risks import RiskKind, SbomRisk, SbomRisks
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.runner.context import StageRun

PYPI = "pypi"
NO_FEED = "the cache has no usable feed: give one with --advisories"
MOST_REASONS = 20
"""Reasons why packages were not examined that are listed one by one."""


class ComparedSbom(NamedTuple):
    """One side: its inventory, and its packages of PyPI as pins."""

    inventory: SbomInventory
    lock: Lock


def risks_of(run: StageRun, before: ComparedSbom, after: ComparedSbom) -> SbomRisks:
    """Check what the newer document adds, or has other versions of, against advisories.

    Args:
        run: The stage's run; its `--advisories` are used, and fetched where they are addresses.
        before: The older document.
        after: The newer one.
    """
    others = tuple(_other_ecosystems(before.inventory, after.inventory))
    old, new = (_keys(side.lock) for side in (before, after))
    added = new - old
    if not added:
        return SbomRisks(unexamined=others)
    names = {name for name, _ in added}
    projects = [_project(run, side.lock, names) for side in (before, after)]
    if not run.args.advisories:
        run = replace(run, offline=True)
    found = _Found([], [], [])
    for gate in (VULNERABILITY, MALWARE):
        try:
            with look_up(
                run, gate, (SourceKind.SNAPSHOT,), with_malicious=gate == MALWARE, projects=projects
            ) as answer:
                matches = vulnerabilities_of(answer) if gate == VULNERABILITY else malware_of(answer).matches
        except UnavailableError as error:
            reason = printable(error.message) if run.args.advisories else NO_FEED
            found.unexamined.append(f"{plural(len(added), 'new version')} of PyPI: {reason}")
            continue
        found.risks.extend(_risks(matches, added, old))
        found.unexamined.extend(_unexamined(answer, added))
        found.feeds.extend(answer.feeds)
    once = {(risk.package, risk.version, risk.id): risk for risk in found.risks}
    risks = sorted(once.values(), key=_rank)
    reasons = tuple(dict.fromkeys(found.unexamined))
    if len(reasons) > MOST_REASONS:
        reasons = (*reasons[:MOST_REASONS], f"and {plural(len(reasons) - MOST_REASONS, 'further reason')}")
    return SbomRisks(tuple(risks), (*reasons, *others), tuple(dict.fromkeys(found.feeds)))


class _Found(NamedTuple):
    risks: list[SbomRisk]
    unexamined: list[str]
    feeds: list[FeedRef]


def _keys(lock: Lock) -> set[PinKey]:
    return {(entry.pin.name, entry.pin.version) for entry in lock.entries}


def _project(run: StageRun, lock: Lock, names: set[str]) -> GateProject:
    entries = tuple(entry for entry in lock.entries if entry.pin.name in names)
    return GateProject(
        label="", root=run.root, config=run.config, locks=(msgspec.structs.replace(lock, entries=entries),)
    )


def _risks(matches: Matches, added: set[PinKey], old: set[PinKey]) -> Iterator[SbomRisk]:
    for (name, version), hits in matches.items():
        if (name, version) not in added:
            continue
        for hit in hits:
            if hit.status is not Status.SETTLED:
                yield SbomRisk(
                    kind=RiskKind.MALWARE if hit.malware else RiskKind.VULNERABILITY,
                    package=name,
                    version=version,
                    id=hit.id,
                    aliases=hit.aliases,
                    severity=hit.rating.counts_as,
                    undecided=hit.status is Status.UNDECIDED,
                    before=tuple(sorted(_also_in(hit, matches, old))),
                    fixed=hit.fixed,
                )


def _also_in(hit: Vulnerability, matches: Matches, old: set[PinKey]) -> Iterator[str]:
    for key, hits in matches.items():
        if key[0] == hit.package and key in old:
            same = (other for other in hits if other.status is not Status.SETTLED and {*other.names} & {*hit.names})
            if next(same, None) is not None:
                yield key[1]


def _unexamined(found: LookupResult, added: set[PinKey]) -> Iterator[str]:
    for _, finding in found.not_examined:
        yield printable(finding.message)
    reasons = Counter(reason for key, reason in found.unexamined.items() if key in added)
    for reason, count in sorted(reasons.items()):
        yield f"{plural(count, 'new version')} of PyPI: {printable(reason)}"


def _other_ecosystems(before: SbomInventory, after: SbomInventory) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for key, versions in after.items.items():
        if key[0] not in (PYPI, FILES):
            counts[key[0]] += len(versions.keys() - before.items.get(key, {}).keys())
    for ecosystem, count in sorted(counts.items()):
        if count:
            what = f"of {printable(ecosystem)}" if ecosystem != NO_ECOSYSTEM else "without a package URL"
            yield f"{plural(count, 'new version')} {what}: no advisories about them are read"


def _rank(risk: SbomRisk) -> tuple[bool, bool, int, str, str, str]:
    return (
        not risk.is_new,
        risk.kind is not RiskKind.MALWARE,
        WORST_FIRST.index(risk.severity),
        risk.package,
        risk.version,
        risk.id,
    )

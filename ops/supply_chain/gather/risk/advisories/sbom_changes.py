"""The advisories about what only the newer of two SBOMs lists, with the matchers of the gates.

Only addresses that were given are fetched. Else a feed that an earlier run left in the cache is used, for other ecosystems than
PyPI one that `[feeds].ecosystems` names, or nothing is examined. What was not examined is stated, and never counts as clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ops.supply_chain.adapters.osv.others import split_given
from ops.supply_chain.adapters.osv.sources import SourceKind
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import WORST_FIRST
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.formats.version_orders.ecosystems import target_of
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.gather.gates.sboms import OtherPart
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult, look_up
from ops.supply_chain.gather.risk.advisories.matches import (
    MALWARE,
    VULNERABILITY,
    Matches,
    malware_of,
    vulnerabilities_of,
)
from ops.supply_chain.gather.risk.advisories.others import read_other_packages
from ops.supply_chain.inventory.comparison.inventory import SbomInventory
from ops.supply_chain.inventory.comparison.risks import RiskKind, SbomRisk, SbomRisks
from ops.supply_chain.risk.advisories.others import other_key
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.runner.context import StageRun

NO_FEED = "the cache has no usable feed: give one with --advisories"
MOST_REASONS = 20
"""Reasons why packages were not examined that are listed one by one."""


class ComparedSbom(NamedTuple):
    """One side: its inventory, its packages of PyPI as pins, and its other components."""

    inventory: SbomInventory
    lock: Lock
    others: tuple[OtherPart, ...] = ()


def risks_of(run: StageRun, before: ComparedSbom, after: ComparedSbom) -> SbomRisks:
    """Check what the newer document adds, or has other versions of, against advisories.

    Args:
        run: The stage's run; its `--advisories` are used, and fetched where they are addresses.
        before: The older document.
        after: The newer one.
    """
    found = _Found([], [], [])
    _add_packages(run, before, after, found)
    reasons = list(dict.fromkeys(found.unexamined))
    if len(reasons) > MOST_REASONS:
        reasons = [*reasons[:MOST_REASONS], f"and {plural(len(reasons) - MOST_REASONS, 'further reason')}"]
    others = _Found([], [], [])
    _add_others(run, before, after, others)
    once = {(risk.package, risk.version, risk.id): risk for risk in (*found.risks, *others.risks)}
    feeds = tuple(dict.fromkeys((*found.feeds, *others.feeds)))
    return SbomRisks(tuple(sorted(once.values(), key=_rank)), (*reasons, *others.unexamined), feeds)


def _add_packages(run: StageRun, before: ComparedSbom, after: ComparedSbom, found: _Found) -> None:
    """Add what is known of packages of PyPI."""
    old, new = (_keys(side.lock) for side in (before, after))
    added = new - old
    if not added:
        return
    names = {name for name, _ in added}
    projects = [_project(run, side.lock, names) for side in (before, after)]
    plain, _ = split_given(run.args.advisories)
    if not plain:
        run = replace(run, offline=True)
    for gate in (VULNERABILITY, MALWARE):
        try:
            with look_up(
                run, gate, (SourceKind.SNAPSHOT,), with_malicious=gate == MALWARE, projects=projects
            ) as answer:
                matches = vulnerabilities_of(answer) if gate == VULNERABILITY else malware_of(answer).matches
        except UnavailableError as error:
            reason = printable(error.message) if plain else NO_FEED
            found.unexamined.append(f"{plural(len(added), 'new version')} of PyPI: {reason}")
            continue
        found.risks.extend(_risks(matches, added, old))
        found.unexamined.extend(_unexamined(answer, added))
        found.feeds.extend(answer.feeds)


def _add_others(run: StageRun, before: ComparedSbom, after: ComparedSbom, found: _Found) -> None:
    """Add what is known of packages of other ecosystems, and name those about which nothing is."""
    old, new = (_packages(side.others) for side in (before, after))
    added = new.keys() - old.keys()
    if not added:
        found.unexamined.extend(_unidentified(before, after))
        return
    names = {name for name, _ in added}
    packages = [package for (name, _), (package, _) in (*old.items(), *new.items()) if name in names]
    if not run.args.advisories:
        run = replace(run, offline=True)
    reasons: dict[str, set[PinKey]] = {}
    for gate in (VULNERABILITY, MALWARE):
        answer = read_other_packages(run, gate, packages)
        verdicts = {
            key: answer.verdict(package, (version,))
            for key, (package, version) in (*old.items(), *new.items())
            if key[0] in names
        }
        matches = {key: [hit.found for hit in verdict.hits] for key, verdict in verdicts.items() if verdict.hits}
        found.risks.extend(_risks(matches, added, set(old)))
        found.feeds.extend(answer.feeds)
        for key in added:
            if verdicts[key].reason:
                ecosystem = target_of(new[key][0]).ecosystem or new[key][0].type
                reasons.setdefault(f"of {printable(ecosystem)}: {printable(verdicts[key].reason)}", set()).add(key)
    found.unexamined.extend(f"{plural(len(keys), 'new version')} {why}" for why, keys in sorted(reasons.items()))
    found.unexamined.extend(_unidentified(before, after))


def _packages(parts: Iterable[OtherPart]) -> dict[PinKey, tuple[PackageIdentity, str]]:
    """Return the packages of other ecosystems, by what they are known by."""
    return {
        other_key(part.package, version): (part.package, version)
        for part in parts
        if part.package is not None
        for version in part.versions
    }


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
    for key, hits in matches.items():
        for hit in hits if key in added else ():
            if hit.status is not Status.SETTLED:
                yield SbomRisk(
                    kind=RiskKind.MALWARE if hit.malware else RiskKind.VULNERABILITY,
                    package=hit.package,
                    version=hit.version,
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
            found = next(same, None)
            if found is not None:
                yield found.version


def _unexamined(found: LookupResult, added: set[PinKey]) -> Iterator[str]:
    for _, finding in found.not_examined:
        yield printable(finding.message)
    reasons = Counter(reason for key, reason in found.unexamined.items() if key in added)
    for reason, count in sorted(reasons.items()):
        yield f"{plural(count, 'new version')} of PyPI: {printable(reason)}"


def _unidentified(before: ComparedSbom, after: ComparedSbom) -> Iterator[str]:
    old, new = (
        {
            (part.part.group, part.part.name, part.part.version, part.part.purl)
            for part in side.others
            if not part.package
        }
        for side in (before, after)
    )
    if new - old:
        yield f"{plural(len(new - old), 'new version')} without a package URL: nothing identifies {'it' if len(new - old) == 1 else 'them'}"


def _rank(risk: SbomRisk) -> tuple[bool, bool, int, str, str, str]:
    return (
        not risk.is_new,
        risk.kind is not RiskKind.MALWARE,
        WORST_FIRST.index(risk.severity),
        risk.package,
        risk.version,
        risk.id,
    )

"""The components of releases that are no packages of PyPI, and what is inside wheels: matched, or named as not examined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.gather.gates.projects import GateProject, read_project
from ops.supply_chain.gather.gates.sboms import MOST_NAMED, NO_PACKAGE_URL
from ops.supply_chain.gather.risk.advisories.contents import LookupExtras, OpenedWheels, opened_wheels
from ops.supply_chain.gather.risk.advisories.finish import ProjectGate
from ops.supply_chain.gather.risk.advisories.inside import FOLLOW, NO_PACKAGE, inside_findings
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult
from ops.supply_chain.gather.risk.advisories.matches import Matches, vulnerability_findings
from ops.supply_chain.gather.risk.advisories.shipped import NOT_EXAMINED, ReadReleases, ShippedPart
from ops.supply_chain.risk.advisories.others import other_key, shown_package
from ops.supply_chain.risk.advisories.pins import PinKey
from ops.supply_chain.risk.advisories.shipped import Shipped, TodaysLocks, names
from ops.supply_chain.runner.context import StageRun

INSIDE = "shipped.inside-not-matched"
BY_HAND = "Check them by hand, and give them package URLs in the next release."
ACCEPT = 'Check it by hand, or accept it in {} with a waiver for {} and package = "{}".'


class Today(NamedTuple):
    """The project with today's locks, and what its wheels contain."""

    project: GateProject
    opened: OpenedWheels


def read_today(run: StageRun, label: str = "") -> Today | None:
    """Return the project with today's locks; None where one cannot be read, which the gates of locks report.

    Args:
        run: The project's run.
        label: Its name among several, else empty.
    """
    try:
        project = msgspec.structs.replace(read_project(run), label=label)
        return None if project.broken else Today(project, opened_wheels(project))
    except InputError:
        return None


def all_extras(projects: Sequence[tuple[ReadReleases, Today | None]]) -> LookupExtras:
    """Return what is matched besides the pins of the releases and, where they were read, of today's locks."""
    contents: list[OpenedWheels] = []
    packages: list[PackageIdentity] = []
    for read, today in projects:
        contents += [OpenedWheels(), *([today.opened] if today else ())]
        packages += [entry.part.package for entry in read.others if entry.part.package]
    return LookupExtras(contents, packages)


def with_parts(found: LookupResult, matches: Matches, read: ReadReleases, today: Today | None) -> Matches:
    """Return the vulnerabilities of the pins with those of other packages of the releases, and of what today's wheels contain."""
    more: dict[PinKey, list[Vulnerability]] = defaultdict(list)
    packages = [(entry.part.package, entry.part.versions) for entry in read.others]
    for group in today.opened.inside.others.values() if today else ():
        packages += [(part.package, (part.version,)) for part in group]
    if found.others is not None:
        for package, version in ((package, version) for package, each in packages if package for version in each):
            hits = found.others.verdict(package, (version,)).hits
            more[other_key(package, version)] += [hit.found for hit in hits]
    if found.matcher is not None and today:
        for key in today.opened.inside.packages:
            more[key] += () if key in matches else found.matcher.match(*key)
    return {**matches, **{key: list(dict.fromkeys(hits)) for key, hits in more.items() if hits}}


def todays_locks(today: Today | None, pins: Sequence[PinKey], read: ReadReleases) -> TodaysLocks:
    """Return what today's locks have.

    Args:
        today: The project; None where its locks cannot be read.
        pins: Of its locks.
        read: The releases: what is inside the wheels of a pin is inside it today.
    """
    if today is None:
        return TodaysLocks(None)
    inside = today.opened.inside
    have = {*pins, *inside.packages}
    have |= {key for key, wheels in read.wheels.items() if not wheels.isdisjoint(pins)}
    have |= {
        other_key(part.package, part.version) for group in inside.others.values() for part in group if part.package
    }
    is_known = bool(today.opened.refs) and not today.opened.unopened
    return TodaysLocks(have, () if is_known else read.wheels.keys())


def todays_findings(found: LookupResult, gate: ProjectGate, matches: Matches) -> list[Finding]:
    """Return what the gates of locks find in today's locks, and inside their wheels.

    Args:
        found: The lookup.
        gate: The gate of today's locks.
        matches: The vulnerabilities of all packages.
    """
    listed = [*vulnerability_findings(found, gate, matches, {}), *inside_findings(found, gate)]
    where = gate.pins.locate(matches.keys(), findings=1)
    return listed + [gate.builder.malware(hit, at) for key, at in where.items() for hit in matches[key] if hit.malware]


class Upgrades:
    """What to do in today's locks about a vulnerability of a release.

    Args:
        gate: The gate of today's locks.
        found: The lookup.
        matches: The vulnerabilities of all packages.
        wheels: A package that releases contain in wheels -> the pins of those.
    """

    def __init__(
        self, gate: ProjectGate, found: LookupResult, matches: Matches, wheels: Mapping[PinKey, frozenset[PinKey]]
    ) -> None:
        self._gate, self._found, self._wheels = gate, found, wheels
        self._keys: dict[str, list[tuple[PinKey, Vulnerability]]] = defaultdict(list)
        for key, hits in matches.items():
            self._keys[key[0]] += [(key, hit) for hit in hits if hit.status is not Status.SETTLED]

    def step(self, entry: Shipped) -> str:
        """Return what to do, as the gate of locks advises it; empty where today's locks do not contain it, and for malware."""
        if entry.hit.malware:
            return ""
        affected = [(key, hit) for key, hit in self._keys[entry.key[0]] if not {*hit.names}.isdisjoint(entry.hit.names)]
        for key, hit in affected:
            where = self._gate.pins.locate({key}, findings=1).get(key)
            if where is not None:
                move_to = self._found.matcher.move_to(*key) if self._found.matcher else ""
                return self._gate.builder.vulnerability(hit, where, move_to=move_to).next_step
        for name, version in sorted({pin for key, _ in affected for pin in self._containers(key)}):
            at = self._gate.pins.locate({(name, version)}, findings=1)[name, version]
            command = at.upgrade_command(name)
            how = f": {command}" if command else f", and recompile {at.path}"
            return f"Move {name} to a release that contains another version of {entry.hit.package}{how}"
        return ""

    def _containers(self, key: PinKey) -> Iterator[PinKey]:
        """Yield the pins of today's locks whose wheels contain a package."""
        inside = self._gate.pins.contents.inside
        groups = [inside.packages.get(key, ()), *inside.others.values()]
        yield from (pin for pin in self._wheels.get(key, ()) if pin in self._gate.pins.pins)
        for part in (part for group in groups for part in group):
            package = part.package
            if package and key in ((package.name, part.version), other_key(package, part.version)):
                yield part.container


def unmatched(found: LookupResult, read: ReadReleases, component: str) -> Iterator[Finding]:
    """Yield a finding for each ecosystem and reason about components that were not examined.

    Those inside wheels are stated and do not change the outcome, as in the gates of locks.
    """
    versions = {release.sbom: release.version for release in read.releases}
    groups: dict[tuple[bool, str, str, str, str], list[ShippedPart]] = defaultdict(list)
    for entry, why, step, package in _reasons(found, read):
        groups[bool(entry.wheels), entry.part.kind, package, why, step].append(entry)
    for (inside, kind, package, why, step), entries in sorted(groups.items(), key=lambda group: group[0]):
        sboms = [sbom for sbom in versions if any(sbom in entry.sboms for entry in entries)]
        listed = list(dict.fromkeys(entry.part.shown for entry in entries))
        more = f" and {len(listed) - MOST_NAMED:,} more" if len(listed) > MOST_NAMED else ""
        what = "without a package URL" if kind == NO_PACKAGE_URL else f"of the ecosystem {excerpt(kind)}"
        where = " inside wheels" if inside else ""
        yield Finding(
            code=INSIDE if inside else NOT_EXAMINED,
            severity=Severity.INFO,
            message=f"not matched in {component} {names([versions[sbom] for sbom in sboms])}: {plural(len(listed), 'component')} "
            f"{what}{where} ({', '.join(listed[:MOST_NAMED])}{more}): {printable(why)}",
            next_step=step,
            package=package,
            path=sboms[0],
            line=1,
            also_at=tuple(f"{sbom}:1" for sbom in sboms[1:]),
            places=len(sboms),
        )


def not_matched(found: LookupResult, read: ReadReleases) -> int:
    """Return how many distinct components were not examined."""
    return sum(1 for _ in _reasons(found, read))


def _reasons(found: LookupResult, read: ReadReleases) -> Iterator[tuple[ShippedPart, str, str, str]]:
    """Yield the components that were not examined, each with the reason, what to do, and the package that a waiver can name."""
    for entry in read.others:
        package = entry.part.package
        if package is None or found.others is None:
            yield entry, NO_PACKAGE, FOLLOW if entry.wheels else BY_HAND, ""
            continue
        verdict = found.others.verdict(package, entry.part.versions)
        if verdict.missing:
            yield entry, verdict.reason, found.others.step(verdict, package), ""
        elif verdict.reason and entry.wheels:
            yield entry, verdict.reason, FOLLOW, ""
        elif verdict.reason:
            name = shown_package(package)
            yield entry, verdict.reason, ACCEPT.format(CONFIG_NAME, NOT_EXAMINED, name), name

"""The contents of a project's wheels, matched against the advisories of a lookup."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ops.supply_chain.contracts.values.advisory import Status, Vulnerability
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.risk.advisories.finish import NOT_EXAMINED, ProjectGate
from ops.supply_chain.gather.risk.advisories.lookup import LookupResult
from ops.supply_chain.risk.advisories.findings import not_examined
from ops.supply_chain.risk.advisories.inside import PartInWheel, unmatched_findings
from ops.supply_chain.risk.advisories.pins import Locations, PinKey

NO_PACKAGE = "nothing identifies it"
FOLLOW = "Follow the advisories of these projects, or of the packages that contain them."


def inside_findings(found: LookupResult, gate: ProjectGate) -> Iterator[Finding]:
    """Yield the findings about what is inside the wheels of one project.

    A package that the project has as a pin in the same version is reported there.

    Args:
        found: The lookup.
        gate: The project.
    """
    inside = gate.pins.contents.inside
    parts = {key: group for key, group in inside.packages.items() if key not in gate.pins.pins}
    where = gate.pins.locate({part.container for group in parts.values() for part in group}, findings=len(parts) or 1)
    for key, group in parts.items():
        if key in found.unexamined or found.unusable:
            why = found.unexamined.get(key, "the advisories cannot be used")
            first = group[0]
            step = f"Use a snapshot that includes it, with --advisories; it is inside {first.file}."
            code = f"{found.gate}.{NOT_EXAMINED}"
            yield not_examined(code, *key, where[first.container], why=why, step=step)
            continue
        for hit in found.matcher.match(*key) if found.matcher else ():
            # Wheels of one release for several platforms usually contain the same.
            by_container = {part.container: part for part in reversed(group)}
            if _counts(found, hit):
                for container, part in sorted(by_container.items()):
                    yield _finding(found, gate, hit, part, where[container])
    yield from _others(found, gate)


def other_findings(found: LookupResult, gate: ProjectGate) -> Iterator[Finding]:
    """Yield the findings about packages of other ecosystems in given SBOMs."""
    if found.sboms is not None and found.others is not None:
        yield from found.others.findings(found.sboms, gate.builder)


def _others(found: LookupResult, gate: ProjectGate) -> Iterator[Finding]:
    """Yield the findings about packages of other ecosystems."""
    parts = [part for group in gate.pins.contents.inside.others.values() for part in group]
    where = gate.pins.locate({part.container for part in parts}, findings=len(parts) or 1)
    unmatched: list[tuple[PartInWheel, str, str]] = []
    hits: dict[tuple[Vulnerability, PinKey], PartInWheel] = {}
    for part in parts:
        if found.others is None or part.package is None:
            unmatched.append((part, NO_PACKAGE, FOLLOW))
            continue
        verdict = found.others.verdict(part.package, (part.version,))
        for hit in verdict.hits:
            hits.setdefault((hit.found, part.container), part)
        if verdict.reason:
            step = found.others.step(verdict, part.package) if verdict.missing else FOLLOW
            unmatched.append((part, verdict.reason, step))
    for (vulnerability, container), part in sorted(hits.items(), key=lambda pair: (pair[1], pair[0][0].id)):
        yield _finding(found, gate, vulnerability, part, where[container])
    yield from unmatched_findings(found.gate, unmatched)


def _counts(found: LookupResult, hit: Vulnerability) -> bool:
    return found.gate != "malware" or (hit.malware and hit.status is not Status.SETTLED)


def _finding(
    found: LookupResult, gate: ProjectGate, hit: Vulnerability, part: PartInWheel, where: Locations
) -> Finding:
    name, version = part.container
    is_malware = found.gate == "malware"
    how_known = "it is listed by an SBOM inside" if part.declared else "it is inside"
    finding = gate.builder.malware(hit, where) if is_malware else gate.builder.vulnerability(hit, where, move_to="")
    command = where.upgrade_command(name)
    how = f": {command}" if command else f", and recompile {where.path}"
    step = f"Move {name} to a release that contains another version of it{how}"
    if is_malware:
        step = f"Remove {name}: {finding.next_step}"
    return msgspec.structs.replace(
        finding,
        message=f"{finding.message}; {how_known} {name} {version}: {printable(part.file)}",
        next_step=finding.next_step if hit.status is Status.SETTLED and not is_malware else step,
    )

"""The matcher compared with pip-audit, over the same pins and the same records.

Two vulnerabilities of one pin are the same if they share a name: the groups need not be equal, because pip-audit
names only the records that its service returned, the matcher all records of the vulnerability.

A vulnerability that only pip-audit reports is always a disagreement. One that only the matcher reports is a
disagreement, too, unless the data explain it (it is a finding of the matcher anyway):

- the matcher's status is undecided or settled, for which pip-audit has no equivalent;
- every record of it has a bound that PEP 440 cannot order (`2.6.0-NA`): the services that pip-audit queries
  sort such a bound before everything, so that nothing is affected; the matcher uses its release number;
- every record of it has several last affected versions in one range: pip-audit's services end the range at the first;
- the pin has a local label (`2.6.0+cu124`), which only the matcher treats as the version without it;
- every record of it will be withdrawn in the future: pip-audit ignores records that have the field at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.advisory import Advisory, EventKind, Status, Vulnerability, parse_version
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.risk.advisories.findings import not_examined
from ops.supply_chain.risk.advisories.pins import Locations, PinKey

CODE = "vulnerability.disagreement"
NOT_EXAMINED = "vulnerability.second-opinion-not-examined"
UNORDERED = frozenset({"0", "*"})
"""Bounds with a special meaning in the schema."""

_STEP = "Read the records named here, decide which side is right, and fix it or accept it with a waiver."


class Disagreement(NamedTuple):
    """One vulnerability of one pin that only one side reports; `names` sorted, `ours` is True for the matcher."""

    pin: PinKey
    names: tuple[str, ...]
    ours: bool


class AuditComparison(NamedTuple):
    """The result: disagreements sorted, and the number of differences that the data explain."""

    disagreements: tuple[Disagreement, ...]
    explained: int


def compare(
    ours: Mapping[PinKey, Sequence[Vulnerability]],
    theirs: Mapping[PinKey, Sequence[frozenset[str]]],
    advisories: Mapping[str, Sequence[Advisory]],
) -> AuditComparison:
    """Compare the matcher's result with pip-audit's.

    Args:
        ours: Pin -> vulnerabilities by the matcher; a pin without any may be left out.
        theirs: Every pin that pip-audit audited -> the names of each vulnerability it reports.
        advisories: The records that were matched.
    """
    found: list[Disagreement] = []
    explained = 0
    for pin, groups in theirs.items():
        matched = ours.get(pin, ())
        known = {name for item in matched for name in item.names}
        reported = {name for names in groups for name in names}
        found += [Disagreement(pin, tuple(sorted(names)), ours=False) for names in groups if names.isdisjoint(known)]
        for item in matched:
            if reported.isdisjoint(item.names):
                clear = _explained(item, advisories.get(pin[0], ()))
                explained += clear
                found += [] if clear else [Disagreement(pin, item.names, ours=True)]
    return AuditComparison(tuple(sorted(found)), explained)


def findings(
    comparison: AuditComparison, skipped: Mapping[PinKey, str], at: Mapping[PinKey, Locations]
) -> Iterable[Finding]:
    """Yield the findings of one project.

    Args:
        comparison: The comparison of all projects.
        skipped: Pins that pip-audit did not audit -> the reason.
        at: The locations of this project's pins; other pins are skipped.
    """
    for disagreement in comparison.disagreements:
        if disagreement.pin in at:
            yield _disagreement(disagreement, at[disagreement.pin])
    for pin, why in sorted(skipped.items()):
        if pin in at:
            step = "Run pip-audit on this package alone to see the reason, or accept it with a waiver."
            yield not_examined(NOT_EXAMINED, *pin, at[pin], why=f"by pip-audit: {why}", step=step)


def _disagreement(disagreement: Disagreement, at: Locations) -> Finding:
    package, version = disagreement.pin
    names = ", ".join(disagreement.names)
    reporter, other = ("sealwright", "pip-audit") if disagreement.ours else ("pip-audit", "sealwright")
    return Finding(
        code=CODE,
        severity=Severity.HIGH,
        message=f"{reporter} reports {names} for {package} {version}, {other} does not, on the same records",
        next_step=_STEP,
        package=package,
        version=version,
        path=at.path,
        line=at.line,
        aliases=disagreement.names,
        also_at=at.also_at,
        places=at.total,
    )


def _explained(item: Vulnerability, advisories: Sequence[Advisory]) -> bool:
    if item.status is not Status.AFFECTED:
        return True
    version = parse_version(item.version)
    if version is None or version.local is not None:
        return True
    records = [record for record in advisories if record.id in item.records]
    return all(
        _has_unordered_bound(record) or _has_several_ends(record) or record.withdrawn is not None for record in records
    )


def _has_several_ends(record: Advisory) -> bool:
    return any(sum(event.kind is EventKind.LAST_AFFECTED for event in item.events) > 1 for item in record.ranges)


def _has_unordered_bound(record: Advisory) -> bool:
    return any(
        parse_version(event.version) is None
        for item in record.ranges
        for event in item.events
        if not (event.version in UNORDERED and event.kind in (EventKind.INTRODUCED, EventKind.LIMIT))
    )

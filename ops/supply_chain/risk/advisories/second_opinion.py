"""Our matcher held against pip-audit, over the same pins and the same records.

Two vulnerabilities of one pin are the same where they share a name: the groups need not be equal, because
pip-audit names only the records that its service returned, and we all that tell of the vulnerability.

Whatever pip-audit reports and we do not is a disagreement, without exception. What we report and it does
not is one too, save where the data tell why, and then it stands as a finding of ours anyway:

- the matcher calls it undecided or settled: no record can be decided, and pip-audit has no word for that;
- every record of it has a bound that PEP 440 cannot order (`2.6.0-NA`): the services that pip-audit asks
  put such a bound before everything, so that nothing is affected; we let its release number decide;
- the pin has a local label (`2.6.0+cu124`), which counts as the version without it for us alone;
- every record of it will be withdrawn, but not yet: pip-audit leaves out what has the field at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.advisory import Advisory, EventKind, Status, Vulnerability, parse_version
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.risk.advisories.findings import not_examined
from ops.supply_chain.risk.advisories.pins import Key, Places

CODE = "vulnerability.disagreement"
NOT_EXAMINED = "vulnerability.second-opinion-not-examined"
UNORDERED = frozenset({"0", "*"})
"""Bounds that the schema gives a meaning of their own."""

_STEP = "Read the records named here, decide which side is right, and act on that or accept it with a waiver."


class Disagreement(NamedTuple):
    """One vulnerability of one pin that only one side reports; `names` sorted, `ours` says which side."""

    pin: Key
    names: tuple[str, ...]
    ours: bool


class Comparison(NamedTuple):
    """What came of it: disagreements sorted, and how many differences the data explain."""

    disagreements: tuple[Disagreement, ...]
    explained: int


def compare(
    ours: Mapping[Key, Sequence[Vulnerability]],
    theirs: Mapping[Key, Sequence[frozenset[str]]],
    advisories: Mapping[str, Sequence[Advisory]],
) -> Comparison:
    """Hold the two against each other.

    Args:
        ours: Pin -> what our matcher says; a pin without anything may be left out.
        theirs: Every pin that pip-audit answered for -> the names of each vulnerability it reports.
        advisories: The records that were matched.
    """
    found: list[Disagreement] = []
    explained = 0
    for pin, groups in theirs.items():
        mine = ours.get(pin, ())
        known = {name for item in mine for name in item.names}
        told = {name for names in groups for name in names}
        found += [Disagreement(pin, tuple(sorted(names)), ours=False) for names in groups if names.isdisjoint(known)]
        for item in mine:
            if told.isdisjoint(item.names):
                clear = _explained(item, advisories.get(pin[0], ()))
                explained += clear
                found += [] if clear else [Disagreement(pin, item.names, ours=True)]
    return Comparison(tuple(sorted(found)), explained)


def findings(comparison: Comparison, skipped: Mapping[Key, str], at: Mapping[Key, Places]) -> Iterable[Finding]:
    """Yield what is to be told of one project.

    Args:
        comparison: Of all projects.
        skipped: Pins that pip-audit did not answer for -> why.
        at: Where the pins of this project stand; others are passed over.
    """
    for one in comparison.disagreements:
        if one.pin in at:
            yield _disagreement(one, at[one.pin])
    for pin, why in sorted(skipped.items()):
        if pin in at:
            step = "See whether pip-audit can audit it alone, or accept it with a waiver."
            yield not_examined(NOT_EXAMINED, *pin, at[pin], why=f"by pip-audit: {why}", step=step)


def _disagreement(one: Disagreement, at: Places) -> Finding:
    package, version = one.pin
    names = ", ".join(one.names)
    said, silent = ("our matcher", "pip-audit") if one.ours else ("pip-audit", "our matcher")
    return Finding(
        code=CODE,
        severity=Severity.HIGH,
        message=f"{said} reports {names} for {package} {version}, {silent} does not, from the same records",
        next_step=_STEP,
        package=package,
        version=version,
        path=at.path,
        line=at.line,
        aliases=one.names,
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
    return all(_has_unordered_bound(record) or record.withdrawn is not None for record in records)


def _has_unordered_bound(record: Advisory) -> bool:
    return any(
        parse_version(event.version) is None
        for item in record.ranges
        for event in item.events
        if not (event.version in UNORDERED and event.kind in (EventKind.INTRODUCED, EventKind.LIMIT))
    )

"""What is new since an earlier scan: each finding compared with those of its records.

A finding is the same if it is about the same problem of the same package at the same place; its line may differ. It is
`updated` where it is the same problem with other contents: another severity, version, next step or waiver, another first
file, an advisory that has got another name, or a vulnerability that is exploited now. Days left and EPSS are no contents.
"New" and "absent" are said only where the stage that would report the finding examined everything, in the scan that does
not have it.

Source: SARIF 2.1.0, 3.27.24 (`baselineState`), https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.files.findings_report import FindingsReport, FindingState, SinceEarlier
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.render.rows import clean, clean_text, order

NO_EARLIER = "no earlier scan is kept here"

_DIGITS = re.compile("[0-9]+")
_Key = Callable[[Finding], Hashable]


class EarlierScan(msgspec.Struct, frozen=True, kw_only=True):
    """The records of an earlier scan, as far as they could be read.

    `report` is made from `records` like that of the present scan. `unusable` has, for each stage whose record could not be used, the
    reason as a clause.
    """

    records: tuple[Record, ...]
    report: FindingsReport
    unusable: Mapping[str, str] = {}


def compare_scans(
    report: FindingsReport, records: Sequence[Record], earlier: EarlierScan | None, *, problem: str = NO_EARLIER
) -> SinceEarlier:
    """Compare a scan with an earlier one.

    Args:
        report: The present scan.
        records: Its records.
        earlier: The earlier scan; None where none can be used.
        problem: The reason for that, as a clause.
    """
    if earlier is None or not earlier.records:
        reasons = [f"{stage}: {text}" for stage, text in sorted((earlier.unusable if earlier else {}).items())]
        return SinceEarlier(
            started="",
            version="",
            problem="no record of the earlier scan can be used" if reasons else problem,
            states=(FindingState.NOT_COMPARED,) * len(report.findings),
            absent=(),
            unconfirmed=0,
            not_compared=tuple(map(clean_text, reasons)),
        )
    then, now = _Scan(earlier.records), _Scan(records)
    pairs = _pairs(report.findings, earlier.report.findings)
    left = set(range(len(earlier.report.findings))) - set(pairs.values())
    gone = [earlier.report.findings[place] for place in sorted(left)]
    absent = [finding for finding in gone if now.decides(finding, then)]
    return SinceEarlier(
        started=min(record.started for record in earlier.records),
        version=clean_text(earlier.records[0].version),
        problem="",
        states=tuple(
            _state(finding, earlier.report.findings[pairs[place]])
            if place in pairs
            else FindingState.NEW
            if then.decides(finding, now)
            else FindingState.NOT_COMPARED
            for place, finding in enumerate(report.findings)
        ),
        absent=tuple(sorted(absent, key=order)),
        unconfirmed=len(gone) - len(absent),
        not_compared=tuple(map(clean_text, _not_compared(records, earlier))),
    )


class _Scan:
    """The records of one scan: which stages examined everything, and which report a finding."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._whole: set[str] = set()
        self._stages: dict[tuple[str, ...], set[str]] = {}
        for record in records:
            if examined_everything(record):
                self._whole.add(record.stage)
            for finding in record.findings:
                self._stages.setdefault(_problem(clean(finding)), set()).add(record.stage)

    def decides(self, finding: Finding, other: _Scan) -> bool:
        """Return whether this scan would have a finding of another one, if it were there: its stages examined everything."""
        stages = other._stages.get(_problem(finding), set())
        return bool(stages) and stages <= self._whole


def examined_everything(record: Record) -> bool:
    """Return whether a stage examined all there was."""
    counts = record.counts
    return record.outcome is not Outcome.NOT_EXAMINED and counts.get("examined", 0) >= counts.get("locked", 0)


def _not_compared(records: Iterable[Record], earlier: EarlierScan) -> Iterable[str]:
    known = {record.stage: record for record in earlier.records}
    for stage in sorted({record.stage for record in records} | set(earlier.unusable)):
        if stage in earlier.unusable:
            yield f"{stage}: {earlier.unusable[stage]}"
        elif stage not in known:
            yield f"{stage}: no record of the earlier scan"
        elif not examined_everything(known[stage]):
            yield f"{stage}: the earlier scan did not examine everything"


def _pairs(now: Sequence[Finding], then: Sequence[Finding]) -> dict[int, int]:
    """Return which finding of now is which one of then, as positions; the closest first, each at most once."""
    found: dict[int, int] = {}
    for key in _KEYS:
        waiting: dict[Hashable, list[int]] = {}
        taken = set(found.values())
        for place, finding in enumerate(then):
            if place not in taken and (name := key(finding)) is not None:
                waiting.setdefault(name, []).append(place)
        for place, finding in enumerate(now):
            if place in found or (name := key(finding)) is None or not waiting.get(name):
                continue
            found[place] = waiting[name].pop(0)
    return {**found, **_renamed(now, then, found)}


def _renamed(now: Sequence[Finding], then: Sequence[Finding], found: Mapping[int, int]) -> dict[int, int]:
    """Pair advisories that share a name, of whatever version and file: a GHSA gets a CVE, a package is upgraded."""
    waiting: dict[tuple[str, str, str], list[int]] = {}
    known = set(found.values())
    for place, finding in enumerate(then):
        if place not in known:
            for name in finding.aliases:
                waiting.setdefault((finding.code, finding.package, name), []).append(place)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for place, finding in enumerate(now):
        if place in found:
            continue
        names = [(finding.code, finding.package, name) for name in finding.aliases]
        other = next((other for name in names for other in waiting.get(name, ()) if other not in taken), None)
        if other is not None:
            pairs[place] = other
            taken.add(other)
    return pairs


def _problem(finding: Finding) -> tuple[str, ...]:
    return (finding.code, finding.package, finding.version, finding.path)


def _message(finding: Finding) -> str:
    """Return what the message says of the problem: that of an advisory counts days, and its names say which it is."""
    return "" if finding.aliases or finding.due else finding.message


def _about(finding: Finding) -> str:
    """Return what a finding without package and file is about: its message without the counts."""
    return "" if finding.package or finding.path else _DIGITS.sub("", finding.message)


_KEYS: tuple[_Key, ...] = (
    lambda finding: (_problem(finding), finding.aliases, _message(finding), finding.waived_by, finding.line),
    lambda finding: (_problem(finding), finding.aliases, _message(finding)),
    lambda finding: None if finding.aliases else (_problem(finding), _about(finding)),
)
"""What two findings have in common if they are the same, the strictest first; None for one that has no such key."""


def _state(finding: Finding, earlier: Finding) -> FindingState:
    return FindingState.UNCHANGED if _contents(finding) == _contents(earlier) else FindingState.UPDATED


def _contents(finding: Finding) -> tuple[object, ...]:
    """Return what makes a finding another one where it changes: not its line, and nothing that the day changes."""
    files = frozenset(place.rpartition(":")[0] or place for place in finding.also_at)
    place = (finding.path, files, finding.places)
    about = (finding.code, finding.package, finding.version, frozenset(finding.aliases), _message(finding))
    return (*about, *place, finding.severity, finding.next_step, finding.waived_by, _exploited(finding))


def _exploited(finding: Finding) -> tuple[str, bool]:
    """Return since when a vulnerability is known to be exploited, and whether by ransomware; a score changes every day."""
    known = finding.exploitation
    return (known.exploited, known.ransomware) if isinstance(known, Exploitation) else ("", False)

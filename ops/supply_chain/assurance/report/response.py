"""The response clock as a timeline: what is due when and what is overdue, as of the day of the scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from ops.supply_chain.assurance.report.tone import WORST_FIRST, Tone
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.formats.cause_lines import AdvisoryLink, advisory_links

MOST_ROWS = 24
SOON_DAYS = 7
WIDTH, LABEL_WIDTH, ROW_HEIGHT, TOP = 1000, 230, 28, 34
MOST_TICKS = 8


class DueView(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with a due date: `when` in words, and its bar from `x` to `to` in the drawing."""

    subject: str
    identifier: AdvisoryLink
    severity: str
    due: str
    when: str
    tone: Tone
    x: int
    to: int
    y: int


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """One mark of the axis."""

    x: int
    label: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The drawing: `rows` are the most urgent first, `left` counts those that are not drawn.

    `without` counts open findings without a due date.
    """

    today: str
    today_x: int
    height: int
    rows: tuple[DueView, ...]
    left: int
    ticks: tuple[Tick, ...]
    overdue: int
    soon: int
    later: int
    without: int


def timeline(findings: Sequence[Finding], today: date, texts: Mapping[str, str]) -> Timeline:
    """Arrange open findings by due date.

    Args:
        findings: All; waived ones are skipped.
        today: The day of the scan in the zone of the response clock.
        texts: How far each due date is, as the response clock counts it, by its ISO date.
    """
    open_findings = [finding for finding in findings if not finding.waived_by]
    dated = sorted(((day, finding) for finding in open_findings if (day := _day(finding.due))), key=_order)
    days = [day for day, _ in dated]
    drawn = dated[:MOST_ROWS]
    axis = _Axis([*(day for day, _ in drawn), *(_start(item, day, today) for day, item in drawn), today])
    return Timeline(
        today=today.isoformat(),
        today_x=axis.x(today),
        height=TOP + ROW_HEIGHT * max(len(drawn), 1) + 8,
        rows=tuple(_row(finding, day, today, axis, place, texts) for place, (day, finding) in enumerate(drawn)),
        left=len(dated) - len(drawn),
        ticks=tuple(axis.ticks()),
        overdue=sum(day < today for day in days),
        soon=sum(0 <= (day - today).days <= SOON_DAYS for day in days),
        later=sum((day - today).days > SOON_DAYS for day in days),
        without=len(open_findings) - len(dated),
    )


class _Axis:
    """Days to places in the drawing, from the first day to the last with a little room."""

    def __init__(self, days: Sequence[date]) -> None:
        room = max(2, (max(days) - min(days)).days // 20)
        self._first = _moved(min(days), -room)
        self._span = max(1, (_moved(max(days), room) - self._first).days)

    def x(self, day: date) -> int:
        return LABEL_WIDTH + round((WIDTH - LABEL_WIDTH - 10) * (day - self._first).days / self._span)

    def ticks(self) -> Iterator[Tick]:
        step = max(1, -(-self._span // MOST_TICKS))
        for offset in range(step // 2, self._span, step):
            day = self._first + timedelta(days=offset)
            yield Tick(x=self.x(day), label=day.isoformat())


def _row(finding: Finding, day: date, today: date, axis: _Axis, place: int, texts: Mapping[str, str]) -> DueView:
    late = day < today
    tone = Tone.FAIL if late else Tone.UNKNOWN if (day - today).days <= SOON_DAYS else Tone.PLAIN
    if finding.severity is Severity.INFO:  # information is never a red cross
        tone = Tone.PLAIN
    ends = sorted((axis.x(day), axis.x(today if late else _start(finding, day, today))))
    return DueView(
        subject=f"{finding.package} {finding.version}".strip() or finding.code,
        identifier=advisory_links([next(iter(finding.aliases), finding.code)])[0],
        severity=finding.severity.value,
        due=day.isoformat(),
        when=texts[finding.due],
        tone=tone,
        x=ends[0],
        to=ends[1],
        y=TOP + ROW_HEIGHT * place,
    )


def _start(finding: Finding, day: date, today: date) -> date:
    """Return the first day of a bar: when the finding was first seen, else today; never after the due date."""
    return min(_day(finding.first_seen) or today, day, today)


def _order(dated: tuple[date, Finding]) -> tuple[date, int, str, str]:
    """Return the sort key: due date, then the worst first."""
    return (dated[0], WORST_FIRST.index(dated[1].severity), dated[1].package, dated[1].message)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moved(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return day

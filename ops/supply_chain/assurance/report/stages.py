"""The pipeline as a picture: each stage with its outcome, duration, and what it examined.

The gates run in parallel, in the first column; the stages after them run in sequence, in rows of three.
Geometry is computed here, in units of the drawing; the template only draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from ops.supply_chain import release_uses, title_of
from ops.supply_chain.assurance.report.tone import Tone, plural, tone_of, word_of
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core.moments import feed_age_text, parse_timestamp
from ops.supply_chain.core.outcome import Outcome

VERIFY = "verify_release"
"""Drawn although it leaves no record: its report has the outcome."""

_STEPS = [[use.name for use in step if use.stage.records or use.name == VERIFY] for step in release_uses()]
_GATES = 1 + max(range(len(_STEPS)), key=lambda place: len(_STEPS[place]))
"""Steps up to the one in which most stages run at the same time."""

SIDE_BY_SIDE = tuple(name for step in _STEPS[:_GATES] for name in step)
"""The gates of the `release` session, and what runs before them."""

ONE_BY_ONE = tuple(name for step in _STEPS[_GATES:] for name in step)
"""The stages after it, in order; a record of any other stage comes after them."""

BOX_WIDTH, BOX_HEIGHT = 226, 58
GAP_X, GAP_Y = 30, 14
ROW_HEIGHT = BOX_HEIGHT + 40
COLUMNS = 3
MARGIN = 2
MINUTE_SECONDS = 60


class StageView(msgspec.Struct, frozen=True, kw_only=True):
    """One stage: `took` and `examined` are empty where not known; `x` and `y` are of its box's corner."""

    script: str
    title: str
    tone: Tone
    word: str
    took: str
    examined: str
    notes: tuple[str, ...]
    x: int
    y: int


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One connection, as the points of a polyline."""

    points: str


class PipelinePicture(msgspec.Struct, frozen=True, kw_only=True):
    """The whole drawing; the first `gates` of `stages` run side by side. `box` is each box's width and height."""

    width: int
    height: int
    box: tuple[int, int]
    gates: int
    stages: tuple[StageView, ...]
    lines: tuple[Wire, ...]
    took: str


def picture(
    records: Sequence[Record], verification: Outcome | None, *, verified: str, rehearsed: bool = False
) -> PipelinePicture:
    """Draw the pipeline.

    Args:
        records: All that were left, any order.
        verification: The verification's outcome; None where nothing was verified.
        verified: How much was verified, in words.
        rehearsed: Whether it verified as a rehearsal, in which not everything has to pass.
    """
    left = {record.stage: record for record in records}
    extra = tuple(sorted(left.keys() - {*SIDE_BY_SIDE, *ONE_BY_ONE}))
    chain = (*ONE_BY_ONE, *extra)
    places = [*_gate_places(), *_chain_places(len(chain))]
    views = tuple(
        _verified(verification, verified, place, rehearsed=rehearsed)
        if script == VERIFY
        else _view(script, left.get(script), place)
        for script, place in zip((*SIDE_BY_SIDE, *chain), places, strict=True)
    )
    return PipelinePicture(
        width=_column(COLUMNS) + BOX_WIDTH + MARGIN,
        height=max(y for _, y in places) + BOX_HEIGHT + MARGIN,
        box=(BOX_WIDTH, BOX_HEIGHT),
        gates=len(SIDE_BY_SIDE),
        stages=views,
        lines=tuple(_lines(places[: len(SIDE_BY_SIDE)], places[len(SIDE_BY_SIDE) :])),
        took=_whole(records),
    )


def duration(record: Record) -> int:
    """Return how many whole seconds a stage took by its own record; never negative."""
    start, end = (parse_timestamp(text, where=record.stage) for text in (record.started, record.finished))
    return max(0, round((end - start).total_seconds()))


def duration_text(seconds: int) -> str:
    """Return seconds as text: `under 1 s`, `12 s`, `3 min 05 s`."""
    if seconds == 0:
        return "under 1 s"
    minutes, rest = divmod(seconds, MINUTE_SECONDS)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _view(script: str, record: Record | None, place: tuple[int, int]) -> StageView:
    if record is None:
        return _box(script, place, tone=Tone.UNKNOWN, word="no record")
    return _box(
        script,
        place,
        tone=tone_of(record.outcome),
        word=word_of(record.outcome),
        took=duration_text(duration(record)),
        examined=_examined(record),
        notes=record.notes,
    )


def _verified(outcome: Outcome | None, verified: str, place: tuple[int, int], *, rehearsed: bool) -> StageView:
    if outcome is None:
        return _box(VERIFY, place, tone=Tone.UNKNOWN, word="not examined")
    if rehearsed and outcome is Outcome.PASS:
        return _box(VERIFY, place, tone=Tone.REHEARSED, word="rehearsed", examined=verified)
    return _box(VERIFY, place, tone=tone_of(outcome), word=word_of(outcome), examined=verified)


def _box(
    script: str,
    place: tuple[int, int],
    *,
    tone: Tone,
    word: str,
    took: str = "",
    examined: str = "",
    notes: tuple[str, ...] = (),
) -> StageView:
    return StageView(
        script=script,
        title=title_of(script),
        tone=tone,
        word=word,
        took=took,
        examined=examined,
        notes=notes,
        x=place[0],
        y=place[1],
    )


def _examined(record: Record) -> str:
    counts = record.counts
    if "locked" in counts and "examined" in counts:
        age = feed_age_text(counts)
        return f"{counts['examined']:,} of {counts['locked']:,} pins" + (f", {age}" if age else "")
    if "rules" in counts and "passed" in counts:
        return f"{counts['passed']:,} of {counts['rules']:,} rules"
    if "files" in counts:
        return plural(counts["files"], "file")
    return ""


def _whole(records: Sequence[Record]) -> str:
    if not records:
        return ""
    starts = [parse_timestamp(record.started, where=record.stage) for record in records]
    ends = [parse_timestamp(record.finished, where=record.stage) for record in records]
    return duration_text(max(0, round((max(ends) - min(starts)).total_seconds())))


def _column(number: int) -> int:
    return MARGIN + number * (BOX_WIDTH + GAP_X)


def _gate_places() -> list[tuple[int, int]]:
    return [(_column(0), MARGIN + place * (BOX_HEIGHT + GAP_Y)) for place in range(len(SIDE_BY_SIDE))]


def _chain_places(count: int) -> list[tuple[int, int]]:
    """Rows of three beside the gates, evenly over their height where they fit."""
    rows = -(-count // COLUMNS)
    high = len(SIDE_BY_SIDE) * (BOX_HEIGHT + GAP_Y) - GAP_Y
    step = max(ROW_HEIGHT, (high - BOX_HEIGHT) // max(rows - 1, 1))
    return [(_column(1 + place % COLUMNS), MARGIN + place // COLUMNS * step) for place in range(count)]


def _lines(gates: Sequence[tuple[int, int]], chain: Sequence[tuple[int, int]]) -> Iterator[Wire]:
    half, bus = BOX_HEIGHT // 2, gates[0][0] + BOX_WIDTH + GAP_X // 2
    for x, y in gates:
        yield Wire(points=f"{x + BOX_WIDTH},{y + half} {bus},{y + half} {bus},{chain[0][1] + half}")
    yield Wire(points=f"{bus},{chain[0][1] + half} {chain[0][0]},{chain[0][1] + half}")
    for (x, y), (to_x, to_y) in pairwise(chain):
        if y == to_y:
            yield Wire(points=f"{x + BOX_WIDTH},{y + half} {to_x},{to_y + half}")
        else:
            middle = (y + BOX_HEIGHT + to_y) // 2
            centre, to_centre = x + BOX_WIDTH // 2, to_x + BOX_WIDTH // 2
            yield Wire(points=f"{centre},{y + BOX_HEIGHT} {centre},{middle} {to_centre},{middle} {to_centre},{to_y}")

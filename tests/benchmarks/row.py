"""A row of the table of benchmarks: figures with their spread, what each side did, and what the spread leaves of a ratio."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.benchmarks.peers import Peer

ANSWERS = MET, MISSED, NOISY = "met", "missed", "too noisy"
"""What becomes of an aim."""


class Row(NamedTuple):
    """One line of the table, as text.

    Attributes:
        what: The work that is measured.
        ours: What sealwright did, if that is not all of `what`, and its figures.
        aim: The aim, and whether it is met.
        peer: The other tool with its version, what it did, and its figures.
        ratio: The peer's time divided by ours, with its spread; or that it is too noisy, or why there is none.
        runs: How often each side ran, and how much of the machine other programs used.
    """

    what: str
    ours: str
    aim: str
    peer: str = ""
    ratio: str = ""
    runs: str = ""


class Sample(NamedTuple):
    """What some runs of the same work took.

    Attributes:
        values: A figure of each run, at least one.
        peak_mb: The highest peak of resident memory, of the largest process, in MB; 0 where it was not measured.
        unit: Of the values. `s` is shown as ms where it is short.
    """

    values: tuple[float, ...]
    peak_mb: float = 0
    unit: str = "s"

    @property
    def median(self) -> float:
        """Return the median of the runs."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        """Return the median, the smallest and the largest value, and the peak of memory."""
        middle, spread = self.median, ""
        if len(self.values) > 1:
            spread = f" ({_number(min(self.values), middle, self.unit)}-{_number(max(self.values), middle, self.unit)})"
        memory = f", {self.peak_mb:.0f} MB" if self.peak_mb else ""
        return f"{_number(middle, middle, self.unit)} {_shown_unit(middle, self.unit)}{spread}{memory}"


class Side(NamedTuple):
    """One side of a comparison: who, what it did, and what that took."""

    who: Peer
    did: str
    sample: Sample


class Aim(NamedTuple):
    """What a row should reach; nothing where a part is None.

    Attributes:
        most: The highest value that ours may have, in the unit of its sample.
        least: The lowest, for what is better when it is more.
        megabytes: The highest peak of memory.
        times: The lowest ratio.
    """

    most: float | None = None
    least: float | None = None
    megabytes: float | None = None
    times: float | None = None


NO_AIM = Aim()


def alone(what: str, ours: Sample, aim: Aim = NO_AIM, *, note: str = "") -> Row:
    """Return the row of work that no other tool does.

    Args:
        what: The work.
        ours: Its figures.
        aim: What they should reach.
        note: More figures of the same work, shown after them.
    """
    return Row(what, f"{ours}{f'; {note}' if note else ''}", _aim(aim, ours, None), runs=_runs(ours))


def compared(what: str, ours: Side, peers: Sequence[Side | Peer], aim: Aim = NO_AIM) -> Iterator[Row]:
    """Yield a row for each peer.

    Args:
        what: The work that both sides do.
        ours: What sealwright did, and took.
        peers: The other side of each row; a `Peer` alone is one that is not installed.
        aim: What ours should reach, beside each of them.
    """
    own = f"{ours.did}: {ours.sample}" if ours.did else str(ours.sample)
    for peer in peers:
        if isinstance(peer, Peer):
            reason = f"{peer.name}: not installed" + (f" (`{peer.install}`)" if peer.install else "")
            yield Row(what, own, _aim(aim, ours.sample, None), reason, "not measured", _runs(ours.sample))
            continue
        theirs = f"{peer.who.name} {peer.who.version}{f', {peer.did}' if peer.did else ''}: {peer.sample}"
        interval = ratio_interval(ours.sample, peer.sample)
        ratio = ratio_text(ours.sample, peer.sample)
        yield Row(what, own, _aim(aim, ours.sample, interval), theirs, ratio, _runs(ours.sample, peer.sample))


def ratio_interval(ours: Sample, theirs: Sample) -> tuple[float, float]:
    """Return the smallest and the largest ratio that the runs of both sides allow."""
    return min(theirs.values) / max(ours.values), max(theirs.values) / min(ours.values)


def ratio_text(ours: Sample, theirs: Sample) -> str:
    """Return the ratio of the medians with its spread; "too noisy" where the runs of the two sides overlap."""
    low, high = ratio_interval(ours, theirs)
    if min(len(ours.values), len(theirs.values)) == 1:
        return f"{_times(theirs.median / ours.median)} times (one run: spread unknown)"
    if low <= 1 <= high:
        return f"too noisy ({_times(low)}-{_times(high)} times)"
    return f"{_times(theirs.median / ours.median)} times ({_times(low)}-{_times(high)})"


def _aim(aim: Aim, ours: Sample, ratio: tuple[float, float] | None) -> str:
    """Return each part of the aim with its answer: met, missed, or too noisy where the aim is within the spread."""
    parts = []
    low, high = min(ours.values), max(ours.values)
    if aim.times is not None:
        text = f"{aim.times:g} times"
        parts.append(f"{text}: {_answer(ratio[0] >= aim.times, ratio[1] < aim.times)}" if ratio else text)
    if aim.most is not None:
        parts.append(f"{_limit(aim.most, ours.unit)}: {_answer(high <= aim.most, low > aim.most)}")
    if aim.least is not None:
        parts.append(f"{_limit(aim.least, ours.unit)}: {_answer(low >= aim.least, high < aim.least)}")
    if aim.megabytes is not None:
        parts.append(f"{aim.megabytes:.0f} MB: {_answer(ours.peak_mb <= aim.megabytes, ours.peak_mb > aim.megabytes)}")
    return "; ".join(parts) or "none"


def _answer(met: bool, missed: bool) -> str:
    return MET if met else MISSED if missed else NOISY


def _limit(value: float, unit: str) -> str:
    shown = f"{value * 1000:.0f}" if _shown_unit(value, unit) == "ms" and unit == "s" else f"{value:,g}"
    return f"{shown} {_shown_unit(value, unit)}"


def _runs(*samples: Sample) -> str:
    counts = [len(sample.values) for sample in samples]
    return (
        f"{counts[0]} run{'s' if counts[0] != 1 else ''}" if len(set(counts)) == 1 else " and ".join(map(str, counts))
    )


def _shown_unit(middle: float, unit: str) -> str:
    return "ms" if unit == "s" and middle < MILLISECONDS_BELOW else unit


def _number(value: float, middle: float, unit: str) -> str:
    """Return a value with the digits that its median deserves."""
    if _shown_unit(middle, unit) == "ms" and unit == "s":
        value, middle = value * 1000, middle * 1000
    return f"{value:,.{2 if middle < 10 else 1 if middle < 100 else 0}f}"


MILLISECONDS_BELOW = 0.1
"""Seconds below which a time is shown in milliseconds."""


def _times(ratio: float) -> str:
    return f"{ratio:.{2 if ratio < 2 else 1 if ratio < 100 else 0}f}"

"""The root causes as the page lists them: what denies, what could not be examined, what to know, each with what to do."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.contracts.values.cause import Mark, RootCause
from ops.supply_chain.formats.cause_lines import MEANINGS, CauseText, cause_text

MOST_SHOWN = 5
"""Causes that are always visible, as on the terminal."""

MOST_LISTED = 200
"""Causes on the page; what is beyond is among the findings and rules."""

_TONES = {Mark.DENIES: Tone.FAIL, Mark.UNKNOWN: Tone.UNKNOWN}


class CauseView(msgspec.Struct, frozen=True, kw_only=True):
    """One cause: its tone, what its mark means, and its text."""

    tone: Tone
    meaning: str
    text: CauseText


class CausesView(msgspec.Struct, frozen=True, kw_only=True):
    """All causes: `first` are visible, `rest` folded, `left` counts those that are not on the page."""

    first: tuple[CauseView, ...]
    rest: tuple[CauseView, ...]
    left: int

    @property
    def rows(self) -> tuple[CauseView, ...]:
        """All that are on the page, in their order."""
        return self.first + self.rest


def causes_view(causes: Sequence[tuple[Mark, RootCause]]) -> CausesView:
    """Arrange the causes of a run, which are in their order."""
    views = tuple(
        CauseView(tone=_TONES.get(mark, Tone.PLAIN), meaning=MEANINGS[mark], text=cause_text(mark, cause))
        for mark, cause in causes[:MOST_LISTED]
    )
    return CausesView(first=views[:MOST_SHOWN], rest=views[MOST_SHOWN:], left=max(0, len(causes) - MOST_LISTED))


def denies_by_finding(causes: Sequence[tuple[Mark, RootCause]]) -> bool:
    """Return whether an open finding denies the release."""
    return any(mark is Mark.DENIES and cause.findings for mark, cause in causes)

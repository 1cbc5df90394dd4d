"""The page as a short Markdown summary for a CI job; in a public log counts and outcomes only."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain import record_titles, title_of
from ops.supply_chain.assurance.report.page import ReportPage
from ops.supply_chain.assurance.report.stages import VERIFY
from ops.supply_chain.assurance.report.tone import Tone, plural
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.cause_lines import cause_lines

MOST_CAUSES = 10
MOST_WAIVERS = 20
OTHER_STAGE = "another stage"
_WORDS = {
    Tone.PASS: "pass",
    Tone.FAIL: "FAIL",
    Tone.UNKNOWN: "not examined",
    Tone.REHEARSED: "rehearsed",
    Tone.PLAIN: "",
}


def summary(page: ReportPage) -> str:
    """Return the summary; text from outside is shown literally."""
    return "\n".join(_lines(page)) + "\n"


def counts_only(page: ReportPage) -> str:
    """Return what a public log may contain: the verdict's word, the outcomes of stages, counts."""
    return "\n".join([f"## Report: {page.headline.word}", "", *_tiles(page), "", *_stages(page)]) + "\n"


def _lines(page: ReportPage) -> Iterator[str]:
    yield f"## {markdown.text(page.component)} {markdown.text(page.version)}: {page.headline.word}"
    yield ""
    if page.rehearsal:
        yield from ("**A rehearsal, not a release:** signed by an ephemeral Sigstore instance.", "")
    yield markdown.text(page.headline.sentence)
    if page.headline.weakened:
        yield from ("", markdown.text(page.headline.weakened))
    yield ""
    yield from cause_lines([view.text for view in page.causes.rows], most=MOST_CAUSES)
    yield from (f"- {markdown.text(reason)}" for reason in page.headline.reasons)
    if page.headline.more:
        yield f"- and {page.headline.more} more"
    yield from ("", *_tiles(page), "", *_stages(page))
    yield from _changes(page)
    yield from _waivers(page)


def _tiles(page: ReportPage) -> Iterator[str]:
    yield "| | | |"
    yield "|---|---|---|"
    for tile in page.tiles:
        yield f"| {tile.label} | {tile.value} {tile.note} | {_WORDS[tile.tone]} |"


def _stages(page: ReportPage) -> Iterator[str]:
    yield "| stage | outcome | time | examined |"
    yield "|---|---|---|---|"
    known = {VERIFY, *record_titles()}
    for stage in page.picture.stages:
        title = title_of(stage.script) if stage.script in known else OTHER_STAGE
        yield f"| {markdown.text(title)} | {stage.word} | {stage.took} | {stage.examined} |"


def _changes(page: ReportPage) -> Iterator[str]:
    changes = page.changes
    yield ""
    if not changes.known:
        yield f"Changes since the last release: {markdown.text(changes.problem)}"
        return
    counts = ", ".join(f"{group.count} {group.title.lower()}" for group in changes.groups) or "none"
    yield f"Changes since {markdown.text(changes.version)}: {counts}."


def _waivers(page: ReportPage) -> Iterator[str]:
    if not page.waivers:
        return
    yield from ("", "| waiver | package | owner | expires |", "|---|---|---|---|")
    for waiver in page.waivers[:MOST_WAIVERS]:
        yield f"| {markdown.text(waiver.id)} | {markdown.text(waiver.package or 'any')} | {markdown.text(waiver.owner)} | {waiver.left} |"
    if len(page.waivers) > MOST_WAIVERS:
        yield f"\n{plural(len(page.waivers) - MOST_WAIVERS, 'waiver')} more."

"""How a session ends: one screen; what the stages wrote in full is in `log.txt` of the run's folder.

While the stages run, stderr gets a line for each that ends (`stage_log`). With `--verbose`,
stages write to the terminal as they go. A public log gets their public lines and one with counts; nothing of what the
others print reaches it, nor a file that a CI job may upload.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import Verdict
from ops.supply_chain.contracts.values.cause import Mark, RootCause
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import as_typed, command
from ops.supply_chain.core.errors import ExitCode, InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.risk.findings.causes import root_causes, waived_findings
from ops.supply_chain.risk.findings.render.annotations import annotation_commands
from ops.supply_chain.risk.findings.render.screen import (
    Screen,
    examined_of,
    mark_of,
    public_line,
    screen_lines,
)
from ops.supply_chain.risk.findings.stage_errors import StageEnds, with_errors
from ops.supply_chain.runner.arguments import shown_path
from ops.supply_chain.runner.dist_lock import LOG_NAME
from ops.supply_chain.runner.pipeline import Finished
from ops.supply_chain.runner.streams import (
    folder_in_workspace,
    obeys_commands,
    print_commands,
    print_lines,
    print_result,
    typing,
    wants_colour,
)
from ops.supply_chain.sessions.stage_log import StageLog

VERDICTS = ("verdict/verdict.json", "verdict/provenance-verdict.json")
REPORT = "report/index.html"
BUILD_STAGE = "build_distributions"
NOT_BUILT = " is not built: "
"""In its note on a package without a build lock."""

VULNERABLE = frozenset({"vulnerability.known", "vulnerability.shipped", "vulnerability.undecided"})
NOT_ASKED = 'not checked ([feeds].kev = "default" asks CISA)'
"""Of vulnerabilities that may be exploited."""

REPORT_STAGE = "render_report"
SUMMARY_STAGE = "summarise_release"
SUMMARY_LABELS = ("made", "source", "retained", "signature", "next")
"""Labels of its lines; the table of files has none."""

DIST = "dist"
"""The folder that a session reads and writes by default, where the project is the current folder."""

MOST_NAMES = 3
MOST_NUMBERS = 3
_COLOURS = {Mark.GOOD: "32", Mark.DENIES: "31", Mark.UNKNOWN: "33", Mark.NOTE: "33"}
T = TypeVar("T")


class Words(NamedTuple):
    """The words of a session's verdict: every stage passed, something denies, something could not be examined."""

    passed: str
    refused: str
    unexamined: str


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What a session knows at its end.

    `root` is the project's folder, `dist` the run's. `more` are causes that no record has, `notes` further lines. `again` is the command that
    repeats the run. `steps`, if any, are shown in place of the next step. `releases` is False for one that makes no release; `shows` are the lines of the release's summary.
    """

    root: Path
    dist: Path
    config: Config
    subject: str
    words: Words
    again: str
    more: tuple[RootCause, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    releases: bool = True
    shows: tuple[str, ...] = ("made", "source", "retained", "signature")


def again(session: str, options: Sequence[str]) -> str:
    """Return the command that repeats a session, as it is recorded: the project is added where it is printed."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--project")
    _, others = parser.parse_known_args(list(options))
    return command(session, *map(shlex.quote, others))


def watcher_for(shared: argparse.Namespace, dist: Path) -> StageLog | None:
    """Return what gets the stages' output; None where it goes to the terminal as it comes."""
    if shared.verbose or shared.public_log or shared.format == "json":
        return None
    return StageLog(dist / LOG_NAME)


def show(finished: Finished, ending: Ending, log: StageLog | None, shared: argparse.Namespace) -> None:
    """Print the screen, or in a public log the line with counts; nothing beside a JSON document."""
    if shared.format == "json":
        return
    screen = screen_of(finished, ending, log)
    if shared.public_log:
        print_result(public_line(screen))
        return
    here = typing()

    def typed(text: str) -> str:
        return as_typed(of_this_run(text, shown_path(ending.dist)), here)

    if obeys_commands():
        print_commands(annotation_commands(screen.causes, folder=folder_in_workspace(ending.root), typed=typed))
    coloured = wants_colour(os.environ, terminal=sys.stdout is not None and sys.stdout.isatty())
    print_lines((line.text, _COLOURS.get(line.mark, "") if coloured else "") for line in screen_lines(screen, typed))


def of_this_run(text: str, dist: str) -> str:
    """Return a text whose command that lists findings reads those of this run: rules know no folder."""
    listing = command("report_findings")
    return text if dist == DIST else text.replace(f"{listing} lists", f"{listing} -- --dist {shlex.quote(dist)} lists")


def screen_of(finished: Finished, ending: Ending, log: StageLog | None) -> Screen:
    """Return the screen of a run.

    Args:
        finished: How it ended.
        ending: What else is known about it.
        log: What its stages wrote; None where that went to the terminal.
    """
    records = [record for path in sorted((ending.dist / "records").glob("*.json")) if (record := _read(path, Record))]
    verdicts = [verdict for name in VERDICTS if (verdict := _read(ending.dist / name, Verdict))]
    ended = list(dict.fromkeys((*finished.refused, *filter(None, [finished.stopped]))))
    found, first = with_errors(root_causes(records, verdicts), ended, _ends(finished, log))
    found[first:first] = ending.more
    fail_on = None if verdicts else ending.config.gate.fail_on
    causes = tuple((mark_of(cause, fail_on=fail_on), cause) for cause in found)
    weakened = [setting.in_words for verdict in verdicts for setting in verdict.weakened or ()]
    word, mark = _verdict(finished, ending, causes)
    if weakened and mark is Mark.GOOD:
        word, mark = f"{word}, WEAKENED", Mark.UNKNOWN
    return Screen(
        word=word,
        mark=mark,
        subject=ending.subject,
        summary=_summary(causes, verdicts, mark),
        causes=causes,
        examined=examined_of(records),
        waived=_waived(records),
        made=(
            *(("weakened", text) for text in dict.fromkeys(weakened)),
            *ending.notes,
            *_not_built(records),
            *_unasked(records, ending.config),
            *_made(finished, ending, log),
        ),
        following=_following(finished, ending, causes, log),
        steps=ending.steps,
    )


def _ends(finished: Finished, log: StageLog | None) -> StageEnds:
    if log is not None:
        return StageEnds(log.code_of, log.error_of)
    return StageEnds(lambda _: finished.code, None)


def _unasked(records: Sequence[Record], config: Config) -> list[tuple[str, str]]:
    """Return a line where there are vulnerabilities and no catalog that states which of them are exploited."""
    codes = {finding.code for record in records for finding in record.findings}
    return [("exploited", NOT_ASKED)] if not config.feeds.kev and codes & VULNERABLE else []


def _not_built(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Return a line for a package without wheel and sdist: a release without them is not all that customers install."""
    notes = [note for record in records if record.stage == BUILD_STAGE for note in record.notes]
    return [("built", note) for note in notes if NOT_BUILT in note][:1]


def _verdict(finished: Finished, ending: Ending, causes: Iterable[tuple[Mark, RootCause]]) -> tuple[str, Mark]:
    marks = {mark for mark, _ in causes}
    if finished.code not in (ExitCode.PASS, ExitCode.DENIED, ExitCode.NOT_EXAMINED):
        return f"FAILED (exit {finished.code})", Mark.DENIES
    if finished.code == ExitCode.DENIED or (finished.code == ExitCode.PASS and Mark.DENIES in marks):
        return ending.words.refused, Mark.DENIES
    if finished.code == ExitCode.NOT_EXAMINED or finished.refused:
        return ending.words.unexamined, Mark.UNKNOWN
    return ending.words.passed, Mark.GOOD


def _summary(causes: Sequence[tuple[Mark, RootCause]], verdicts: Sequence[Verdict], mark: Mark) -> str:
    counts = {kind: sum(found is kind for found, _ in causes) for kind in (Mark.DENIES, Mark.UNKNOWN, Mark.NOTE)}
    words = {
        Mark.DENIES: "denies it (x)" if counts[Mark.DENIES] == 1 else "deny it (x)",
        Mark.UNKNOWN: "not examined (?)",
        Mark.NOTE: "to know (!)",
    }
    parts = [f"{plural(counts[Mark.DENIES], 'cause')} {words[Mark.DENIES]}"] if counts[Mark.DENIES] else []
    parts += [f"{counts[kind]} {words[kind]}" for kind in (Mark.UNKNOWN, Mark.NOTE) if counts[kind]]
    if mark is not Mark.DENIES and verdicts:
        rules = [rule for verdict in verdicts for rule in verdict.rules]
        parts = [f"{sum(rule.outcome is Outcome.PASS for rule in rules)} of {plural(len(rules), 'rule')} pass", *parts]
    return ", ".join(parts)


def _waived(records: Sequence[Record]) -> str:
    waived = waived_findings(records)
    if not waived:
        return ""
    names = list(dict.fromkeys(_subject(finding) for finding in waived))
    left = len(names) - MOST_NAMES
    more = f" and {left} more" if left > 0 else ""
    return f"{plural(len(waived), 'finding')}: {', '.join(names[:MOST_NAMES])}{more}"


def _subject(finding: Finding) -> str:
    return f"{finding.package} {finding.version}".strip() or finding.code


def _made(finished: Finished, ending: Ending, log: StageLog | None) -> list[tuple[str, str]]:
    here = f"{Path.cwd()}/"
    made = [(label, text.replace(here, "")) for label, text in _summary_lines(log).items() if label in ending.shows]
    if not made and ending.releases and finished.code != ExitCode.PASS:
        made.append(("made", "nothing was released"))
    made += [("log", shown_path(ending.dist / LOG_NAME))] if log is not None else []
    return made + ([("report", shown_path(ending.dist / REPORT))] if (ending.dist / REPORT).is_file() else [])


def _following(
    finished: Finished, ending: Ending, causes: Sequence[tuple[Mark, RootCause]], log: StageLog | None
) -> str:
    denying = [str(number) for number, (mark, _) in enumerate(causes, 1) if mark is not Mark.NOTE]
    if finished.code == ExitCode.PASS and not denying:
        return _summary_lines(log).get("next", "")
    if len(denying) > MOST_NUMBERS:  # not all of them are on the screen
        return f"deal with the {len(denying)} causes marked x or ?, then: {ending.again}"
    listed = f"{', '.join(denying[:-1])} and {denying[-1]}" if len(denying) > 1 else "".join(denying)
    return f"deal with {listed}, then: {ending.again}" if listed else f"then: {ending.again}"


def _summary_lines(log: StageLog | None) -> dict[str, str]:
    """Return what `summarise_release` says, by its labels; empty where it did not run or did not pass."""
    lines = log.output_of(SUMMARY_STAGE).splitlines() if log is not None else []
    rows = [line.strip().partition(" ") for line in lines if line.startswith("  ") and line[2] != " "]
    return {label: text.strip() for label, _, text in rows if label in SUMMARY_LABELS}


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return canonical.read(path, kind) if path.is_file() else None
    except InputError:
        return None

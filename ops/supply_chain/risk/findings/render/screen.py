"""The one screen in which a session ends: verdict, root causes, what was made and where, the next step.

ASCII only apart from what findings quote, at most `MOST_LINES` lines of `WIDTH` columns; a command is never cut, and a
line that has one may be longer. What does not fit is counted, and is in the report.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.cause import CauseKind, Mark, RootCause
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Severity
from ops.supply_chain.core.text import plural, sentences

MOST_LINES = 25
MOST_CAUSES = 5
WIDTH = 80
MOST_STEPS = 2
_INDENT = "     "
_LABEL = 10
_CUT = " ..."
_GLUE = "\x00"
"""Takes the place of the spaces of a command while the text around it is wrapped; no text that was cleaned has it."""

_COMMAND = re.compile(
    r"(?:nox\s-s|(?:uvx |pipx run )?(?:--[a-z]+ \S+ )?sealwright|uv|git|pip|cd) (?:(?! and (?:commit|review|lock)\b)[^`,;])*?(?=[`,;]|\.?$| and |(?<=\S)\. )"
)
_NAMES = re.compile(r" \([^()]* and \d+ more\)")
"""A list of names that is not complete: the count before it says enough on a screen."""


class ScreenLine(msgspec.Struct, frozen=True):
    """One line of the screen and its colour."""

    text: str
    mark: Mark = Mark.PLAIN


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What the screen shows.

    `word` is the verdict in capital letters and `mark` its colour; `subject` is component and version, `summary` a clause
    about it. `causes` are in their order, each with its mark. `examined` has one entry a gate. `waived` and `following`
    are a line each, `made` further ones with a label; none for those that are empty. `steps`, where there are any, are
    numbered in place of `following`.
    """

    word: str
    mark: Mark
    subject: str
    summary: str
    causes: tuple[tuple[Mark, RootCause], ...] = ()
    examined: tuple[str, ...] = ()
    waived: str = ""
    made: tuple[tuple[str, str], ...] = ()
    following: str = ""
    steps: tuple[str, ...] = ()


def screen_lines(screen: Screen, typed: Callable[[str], str] = str) -> list[ScreenLine]:
    """Return the lines of the screen, at most `MOST_LINES` of them.

    Args:
        screen: What to show.
        typed: Writes the commands in a text as the user types them.
    """
    first = f"{screen.word}  {screen.subject}"
    whole = f"{first}   {screen.summary}".rstrip()
    texts = [whole] if len(whole) <= WIDTH else [first, *_wrapped(_INDENT, screen.summary)]
    head = [ScreenLine(text, screen.mark) for text in texts]
    foot = list(_foot(screen, typed))
    room = MOST_LINES - len(head) - len(foot)
    shown, fitting = _causes(screen, room, MOST_STEPS, typed)
    if fitting < len(screen.causes):  # a line is for the count of the others
        shown, fitting = _causes(screen, room - 1, MOST_STEPS, typed)
    if fitting < min(len(screen.causes), MOST_CAUSES):
        shown, fitting = _causes(screen, room - 1, 1, typed)
    left = screen.causes[fitting:]
    if left:
        denying = sum(mark is Mark.DENIES for mark, _ in left)
        about = f" ({denying} of them {'denies' if denying == 1 else 'deny'})" if denying else ""
        shown.append(
            ScreenLine(f"{_INDENT}and {plural(len(left), 'more cause')}{about}: see {_rest(screen)}", Mark.NOTE)
        )
    return [*head, *shown, *foot]


def _rest(screen: Screen) -> str:
    """Return where the causes are that do not fit: the report where there is one, else the log."""
    labels = [label for label, _ in screen.made]
    return "the report" if "report" in labels else "the log" if "log" in labels else "what is above"


def _causes(screen: Screen, room: int, steps: int, typed: Callable[[str], str]) -> tuple[list[ScreenLine], int]:
    """Return the lines of the causes that fit into some lines, with so many steps each, and how many causes these are."""
    shown: list[ScreenLine] = []
    said: dict[str, int] = {}
    for number, (mark, cause) in enumerate(screen.causes[:MOST_CAUSES], 1):
        lines = _cause(number, mark, cause, _unsaid(cause, steps, number, said), typed)
        if len(shown) + len(lines) > room:
            return shown, number - 1
        shown += lines
    return shown, min(len(screen.causes), MOST_CAUSES)


def public_line(screen: Screen) -> str:
    """Return the verdict with the number of causes by severity: no name, no path, no address."""
    counts = [
        f"{count} {severity}"
        for severity in WORST_FIRST
        if (count := sum(cause.severity is severity for _, cause in screen.causes))
    ]
    return f"{screen.word}: {plural(len(screen.causes), 'cause')}" + (f" ({', '.join(counts)})" if counts else "")


def mark_of(cause: RootCause, *, fail_on: Severity | None = None) -> Mark:
    """Return the mark of a cause: what denies, what could not be examined, what to know.

    Args:
        cause: Any.
        fail_on: Where the policy did not decide, the severity from which a finding fails its gate, and so denies; None
            where it did.
    """
    if cause.denies:
        return Mark.DENIES
    if cause.kind is CauseKind.NOT_EXAMINED:
        return Mark.UNKNOWN
    if fail_on is None:
        return Mark.NOTE
    limit = WORST_FIRST.index(fail_on)
    fails = any(WORST_FIRST.index(finding.severity) <= limit for finding in cause.findings)
    return Mark.DENIES if fails else Mark.NOTE


def examined_of(records: Iterable[Record]) -> tuple[str, ...]:
    """Return how much each gate examined of what there was, for example `hashes 12/12`."""
    return tuple(
        f"{record.stage.removeprefix('check_')} {record.counts['examined']}/{record.counts['locked']}"
        for record in sorted(records, key=lambda record: record.stage)
        if record.stage.startswith("check_") and {"examined", "locked"} <= record.counts.keys()
    )


def _foot(screen: Screen, typed: Callable[[str], str]) -> Iterator[ScreenLine]:
    steps = [("" if number > 1 else "next", f"{number}. {step}") for number, step in enumerate(screen.steps, 1)]
    following = steps or [("next", screen.following)]
    rows = [("gates", " | ".join(screen.examined)), ("waived", screen.waived), *screen.made, *following]
    for label, text in rows:
        if text:
            yield from map(ScreenLine, _with_command(f"{label:<{_LABEL}}", typed(text)))


def _unsaid(cause: RootCause, most: int, number: int, said: dict[str, int]) -> Sequence[str]:
    """Return the first steps of a cause without the sentences that are on the screen already; if none is left, where.

    Args:
        cause: Any.
        most: How many steps.
        number: Its number.
        said: Sentences -> the number of the cause that has them; those of this one are added.
    """
    steps = _steps(cause)[:most]
    earlier = {sentence: said[sentence] for step in steps for sentence in sentences(step) if sentence in said}
    found = [
        " ".join(sentence for sentence in sentences(step) if said.setdefault(sentence, number) == number)
        for step in steps
    ]
    left = [step for step in found if step]
    return left or [f"As for {other}." for other in sorted(set(earlier.values()))[:1]]


def _cause(
    number: int, mark: Mark, cause: RootCause, steps: Sequence[str], typed: Callable[[str], str]
) -> list[ScreenLine]:
    ends = "".join(
        f"  {end}" for end in (cause.exploited, "" if cause.severity is Severity.INFO else cause.severity) if end
    )
    title = _NAMES.sub("", cause.title)
    first, *more = _wrapped(f"{mark.value} {number:<2} ", f"{title}{ends}")
    if len(more) > 1:  # two lines are enough to recognise it; the report has the rest
        _, *more = _wrapped(f"{mark.value} {number:<2} ", title)
        room = WIDTH - len(_INDENT) - len(_CUT) - len(ends)
        kept = textwrap.shorten(" ".join(more), room, placeholder="")
        more = [f"{_INDENT}{kept}{_CUT}{ends}"]
    lines = [ScreenLine(first, mark), *(ScreenLine(text, mark) for text in more)]
    if cause.locations:
        others = f" and {plural(cause.places - 1, 'more place')}" if cause.places > 1 else ""
        lines.append(ScreenLine(f"{_INDENT}{cause.locations[0]}{others}"))
    for step in steps:
        lines += [ScreenLine(text) for text in _with_command(_INDENT, typed(step))]
    return lines


def _steps(cause: RootCause) -> Sequence[str]:
    """Return the steps, the first ones; one step a cause unless there are several kinds of finding in it."""
    return cause.steps[:1] if cause.kind in (CauseKind.MALWARE, CauseKind.VULNERABILITY) else cause.steps


def _with_command(indent: str, text: str) -> list[str]:
    """Wrap prose, and never break a command: it stays on one line, however long."""
    first, *rest = text.split("\n")
    kept = _COMMAND.sub(lambda found: found.group().replace(" ", _GLUE), first)
    lines = [line.replace(_GLUE, " ") for line in _wrapped(indent, kept)]
    return [*lines, *(f"{' ' * len(indent)}{line}" for line in rest)]


def _wrapped(indent: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * max(len(indent), len(_INDENT)),
        break_long_words=False,
        break_on_hyphens=False,
    )

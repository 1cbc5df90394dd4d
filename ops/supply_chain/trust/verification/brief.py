"""The result of a verification on one screen: verdict, signer, what does not pass, and each kind of check with its count.

At most `MOST_LINES` lines of `WIDTH` columns, apart from settings that made the gate weaker, which are never left out. The
first character has the verdict too: `+` verified, `x` not verified, `?` not everything could be examined, `!` accepted and no pass.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from ops.supply_chain.contracts.files.verification import Check, Line, Signer, Verification
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.trust.verification.report import NO_SETTING, headline, weakened_lines

MOST_LINES = 25
MOST_PROBLEMS = 5
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")
"""A digest: its beginning is enough on a screen that has to name what differs, too."""

MOST_REASONS = 6
WIDTH = 80
REASON_COLUMNS = (220, 146, 75)
"""Most characters of a reason: three lines where there is room for all, two, and one where there is no room for two."""

_INDENT = "     "
_LABEL = 10
ALL_CHECKS = "all checks, each with a command that checks the same: --verbose"
_WORST_FIRST = (Outcome.FAIL, Outcome.NOT_EXAMINED, Outcome.PASS)
_MARKS = {Outcome.PASS: "+", Outcome.FAIL: "x", Outcome.NOT_EXAMINED: "?"}


def brief(verification: Verification) -> str:
    """Return the result as text for a screen."""
    head = _wrapped(f"{_shape(verification)} {headline(verification)}", 2)
    head += [line for about in _about(verification) for line in _wrapped(about, _LABEL)]
    foot = _wrapped(f"checks    {', '.join(_families(verification))}", _LABEL)
    foot += _wrapped(f"notes     {len(verification.notes)}; {ALL_CHECKS}", _LABEL)
    return "\n".join([*head, *_problems(verification, MOST_LINES - len(head) - len(foot)), *foot])


def _shape(verification: Verification) -> str:
    if verification.ruling is Outcome.PASS and verification.tolerated:
        return "!"
    return _MARKS[verification.ruling]


def _wrapped(text: str, indent: int) -> list[str]:
    """Return a line as lines of a screen; a word that is longer, such as an address, stays whole."""
    return textwrap.wrap(
        printable(text), WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def _problems(verification: Verification, room: int) -> list[str]:
    """Return the checks that do not pass: those that decide with as many of their lines as there is room for."""
    bad = sorted(
        (check for check in verification.checks if check.outcome is not Outcome.PASS),
        key=lambda check: _WORST_FIRST.index(check.ruling),
    )
    left = len(bad) - MOST_PROBLEMS
    more = [f"     and {plural(left, 'more check')} that {'does' if left == 1 else 'do'} not pass"] * (left > 0)
    found: list[str] = []
    three, two, alone = REASON_COLUMNS
    shapes = [(MOST_REASONS, three), *((most, two) for most in range(MOST_REASONS, 0, -1)), (1, alone)]
    for most, columns in shapes:
        found = [line for check in bad[:MOST_PROBLEMS] for line in _problem(check, most, columns)]
        if len(found) + len(more) <= room:
            break
    return [*found, *more]


def _about(verification: Verification) -> Iterator[str]:
    facts = verification.facts
    for signer in dict.fromkeys(_signer(line.signer) for line in _signed(verification) if line.signer is not None):
        yield f"signer    {signer}"
    if "commit" in facts:
        tag = f", tag {facts['tag']}" if facts.get("tag") else ""
        yield f"commit    {facts['commit']}{tag} (stated)"
    yield f"level     SLSA Build L{verification.level.build}"
    yield from (f"weakened  {setting}" for setting in weakened_lines(verification) if setting != NO_SETTING)


def _signed(verification: Verification) -> Iterator[Line]:
    yield from (line for check in verification.checks if check.code == "files.signed" for line in check.lines)


def _signer(signer: Signer) -> str:
    issuer = f", issuer {signer.issuer}" if signer.issuer else ""
    return f"{signer.identity}{issuer}" + (f", {signer.role}" if signer.role else "")


def _problem(check: Check, most: int, columns: int) -> Iterator[str]:
    wrong = sorted(
        (line for line in check.lines if line.outcome is not Outcome.PASS),
        key=lambda line: _WORST_FIRST.index(line.ruling),
    )
    tolerated = " (accepted here)" if check.ruling is Outcome.PASS else ""
    yield from _wrapped(f"{_MARKS[check.outcome]}    {check.title}{tolerated}", len(_INDENT))
    for position, line in enumerate([] if tolerated else wrong[:most], 1):
        left = len(wrong) - most
        more = f" (and {left} more)" if position == most and left > 0 else ""
        said = _DIGEST.sub(r"\1...", printable(f"{line.subject}: {line.message}"))
        shortened = textwrap.shorten(said, columns - len(more), placeholder=" ...")
        yield from _wrapped(f"{_INDENT}{shortened}{more}", len(_INDENT))


def _families(verification: Verification) -> Iterator[str]:
    """Yield each kind of check, with how many of its checks pass."""
    found: dict[str, list[bool]] = {}
    for check in verification.checks:
        found.setdefault(check.code.partition(".")[0], []).append(check.outcome is Outcome.PASS)
    yield from (f"{family} {sum(passed)} of {len(passed)}" for family, passed in found.items())

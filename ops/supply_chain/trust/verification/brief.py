"""The result of a verification on one screen: verdict, signer, what does not pass, and each kind of check with its count.

At most `MOST_LINES` lines, apart from settings that made the gate weaker, which are never left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ops.supply_chain.contracts.files.verification import Check, Line, Signer, Verification
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.trust.verification.report import NO_SETTING, headline, weakened_lines

MOST_LINES = 25
MOST_PROBLEMS = 5
MOST_REASONS = 6
MOST_COLUMNS = 400
ALL_CHECKS = "all checks, each with a command that checks the same: --verbose"
_WORST_FIRST = (Outcome.FAIL, Outcome.NOT_EXAMINED, Outcome.PASS)
_MARKS = {Outcome.PASS: "+", Outcome.FAIL: "x", Outcome.NOT_EXAMINED: "?"}


def brief(verification: Verification) -> str:
    """Return the result as text for a screen."""
    head = [headline(verification), *_about(verification)]
    foot = [
        f"checks    {', '.join(_families(verification))}",
        f"notes     {len(verification.notes)}; {ALL_CHECKS}",
    ]
    lines = [*head, *_problems(verification, MOST_LINES - len(head) - len(foot)), *foot]
    return "\n".join(printable(line) for line in lines)


def _problems(verification: Verification, room: int) -> list[str]:
    """Return the checks that do not pass: those that decide with as many of their lines as there is room for."""
    bad = sorted(
        (check for check in verification.checks if check.outcome is not Outcome.PASS),
        key=lambda check: _WORST_FIRST.index(check.ruling),
    )
    more = [f"     and {plural(len(bad) - MOST_PROBLEMS, 'more check')} that do not pass"] * (len(bad) > MOST_PROBLEMS)
    found: list[str] = []
    for most in range(MOST_REASONS, 0, -1):
        found = [line for check in bad[:MOST_PROBLEMS] for line in _problem(check, most)]
        if len(found) + len(more) <= room:
            break
    return [*found, *more]


def _about(verification: Verification) -> Iterator[str]:
    facts = verification.facts
    for signer in dict.fromkeys(_signer(line.signer) for line in _signed(verification) if line.signer is not None):
        yield f"signer    {signer}"
    if "commit" in facts:
        tag = f", tag {facts['tag']}" if facts.get("tag") else ""
        yield f"commit    {facts['commit']}{tag} (as the release states)"
    yield f"level     SLSA Build L{verification.level.build}"
    yield from (f"weakened  {setting}" for setting in weakened_lines(verification) if setting != NO_SETTING)


def _signed(verification: Verification) -> Iterator[Line]:
    yield from (line for check in verification.checks if check.code == "files.signed" for line in check.lines)


def _signer(signer: Signer) -> str:
    issuer = f", issuer {signer.issuer}" if signer.issuer else ""
    return f"{signer.identity}{issuer}" + (f", {signer.role}" if signer.role else "")


def _problem(check: Check, most: int) -> Iterator[str]:
    wrong = sorted(
        (line for line in check.lines if line.outcome is not Outcome.PASS),
        key=lambda line: _WORST_FIRST.index(line.ruling),
    )
    tolerated = " (accepted here)" if check.ruling is Outcome.PASS else ""
    yield f"{_MARKS[check.outcome]}    {check.title}{tolerated}"
    for position, line in enumerate([] if tolerated else wrong[:most], 1):
        left = len(wrong) - most
        more = f" (and {left} more)" if position == most and left > 0 else ""
        said = printable(f"{line.subject}: {line.message}")
        yield f"     {textwrap.shorten(said, MOST_COLUMNS - len(more), placeholder=' ...')}{more}"


def _families(verification: Verification) -> Iterator[str]:
    """Yield each kind of check, with how many of its checks pass."""
    found: dict[str, list[bool]] = {}
    for check in verification.checks:
        found.setdefault(check.code.partition(".")[0], []).append(check.outcome is Outcome.PASS)
    yield from (f"{family} {sum(passed)} of {len(passed)}" for family, passed in found.items())

"""The answer as text, as Markdown, and as plain data for JSON (`verification/1`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ops.supply_chain.contracts.verification import SCHEMA, Check, Line, Verification
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.verification.commands import ROOT_VARIABLE
from ops.supply_chain.verification.signatures import NOT_SIGNED

_WORDS = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.NOT_EXAMINED: "not examined"}
_WIDTH = 13
ROOT_HELP = f"{ROOT_VARIABLE} is the trusted root that you have from elsewhere, not the one in the release"


def document(verification: Verification) -> dict[str, Any]:
    """Return the answer as plain data."""
    plain = asdict(verification)
    plain["checks"] = [{**asdict(one), "outcome": one.outcome} for one in verification.checks]
    return {"schema": SCHEMA, "outcome": verification.outcome, **plain}


def text(verification: Verification) -> str:
    """Return the answer for people: failures line by line, each check with a command that checks the same."""
    lines = [headline(verification)]
    lines += [f"  {key:<9} {value}" for key, value in verification.facts.items()]
    lines += [f"  {'level':<9} SLSA Build L{verification.level.build}: {verification.level.reason}"]
    for one in verification.checks:
        lines.append(f"{_WORDS[one.outcome]:<{_WIDTH}} {one.title} ({counted(one)})")
        lines += [
            f"{'':<{_WIDTH}}   {line.subject}: {line.message}" for line in one.lines if line.outcome is not Outcome.PASS
        ]
        command = _command(one)
        lines += [f"{'':<{_WIDTH}}   $ {command}"] if command else []
    if any(ROOT_VARIABLE in _command(one) for one in verification.checks):
        lines.append(f"note: {ROOT_HELP}")
    lines += [f"note: {note}" for note in verification.notes]
    return "\n".join(printable(line) for line in lines)


def markdown(verification: Verification) -> str:
    """Return the answer as Markdown: a table of checks, a table of files with their signers, the commands."""
    return "\n".join(_markdown(verification)) + "\n"


def headline(verification: Verification) -> str:
    """Say in one line what came out."""
    name = f"{verification.component} {verification.version}".strip()
    rehearsal = " (a rehearsal, not a release)" if verification.rehearsal else ""
    if verification.outcome is Outcome.PASS:
        return f"{name}{rehearsal}: " + ("verified" if verification.signed else f"consistent; {NOT_SIGNED}")
    if verification.outcome is Outcome.FAIL:
        return f"{name}{rehearsal}: NOT VERIFIED, do not use it"
    return f"{name}{rehearsal}: not verified, because not everything could be examined"


def counted(one: Check) -> str:
    """Say how many lines of a check passed."""
    good = sum(line.outcome is Outcome.PASS for line in one.lines)
    return f"{good} of {len(one.lines)}"


def _command(one: Check) -> str:
    """Return the command of the first line that is not a pass, else of the first."""
    ordered = sorted(one.lines, key=lambda line: line.outcome is Outcome.PASS)
    return next((line.command for line in ordered if line.command), "")


def _markdown(verification: Verification) -> Iterator[str]:
    yield from (f"# {_cell(headline(verification))}", "")
    yield from (f"- {key}: {_cell(value)}" for key, value in verification.facts.items())
    yield f"- SLSA Build L{verification.level.build}: {verification.level.reason}"
    yield from ("", "| check | outcome | examined |", "|---|---|---|")
    for one in verification.checks:
        yield f"| {one.title} (`{one.code}`) | {_WORDS[one.outcome]} | {counted(one)} |"
    bad = [line for one in verification.checks for line in one.lines if line.outcome is not Outcome.PASS]
    if bad:
        yield from ("", "## What stands in the way", "")
        yield from (f"- {_cell(line.subject)}: {_cell(line.message)}" for line in bad)
    yield from _signers(verification)
    yield from _commands(verification)
    if verification.notes:
        yield from ("", "## Notes", "")
        yield from (f"- {_cell(note)}" for note in verification.notes)


def _signers(verification: Verification) -> Iterator[str]:
    signed = [line for one in verification.checks if one.code == "files.signed" for line in one.lines if line.signer]
    if not signed:
        return
    yield from ("", "## Signatures", "", "| file | by | at | log entry |", "|---|---|---|---|")
    for line in signed:
        yield _signer_row(line)


def _signer_row(line: Line) -> str:
    signer = line.signer
    if signer is None:
        return ""
    return f"| {_cell(line.subject)} | {_cell(signer.identity)} | {signer.signed_at} | {signer.log_index} |"


def _commands(verification: Verification) -> Iterator[str]:
    found = dict.fromkeys(line.command for one in verification.checks for line in one.lines if line.command)
    if not found:
        return
    yield from ("", "## Check the same yourself", "", f"In the release's folder; {_cell(ROOT_HELP)}.", "", "````sh")
    yield from (printable(command) for command in found)
    yield "````"


def _cell(value: str) -> str:
    """Write foreign text as a code span that holds it, in a table as well."""
    shown = printable(value).replace("|", "\\|").replace("`", "'")
    return f"`{shown}`"

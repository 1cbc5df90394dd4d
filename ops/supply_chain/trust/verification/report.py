"""The result of a verification as text, as Markdown, and as plain data for JSON (`verification/1`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ops.supply_chain.contracts.files.verification import (
    REHEARSAL,
    SCHEMA,
    UNSIGNED,
    VERIFIER_VERSION,
    Check,
    Line,
    Verification,
)
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.contracts.values.weakening import NOT_RECORDED, weakened_sentence
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.formats import markdown
from ops.supply_chain.trust.verification.commands import KEY_VARIABLE, ROOT_VARIABLE
from ops.supply_chain.trust.verification.source_state import UNCOMMITTED, is_uncommitted
from ops.supply_chain.trust.verification.verify import REAL

_WORDS = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.NOT_EXAMINED: "not examined"}
_WIDTH = 13
_TOLERATED = {
    REHEARSAL: "accepted, because this is a rehearsal",
    UNSIGNED: "accepted, because no signature is required",
}
_MOST_REASONS = 3
NO_SETTING = "by no setting: the release gate was as strict as its default, or stricter"
NOTHING_ELSE = "no other check would keep a real release from verifying"
ROOT_HELP = f"{ROOT_VARIABLE} is a trusted root that you obtained separately, not the one in the release"

KEY_HELP = f"{KEY_VARIABLE} is the file with the signer's public key, which you obtained separately"


def document(verification: Verification, *, verified_at: str) -> dict[str, Any]:
    """Return the result as plain data; `verified_at` is RFC 3339.

    `outcome` is the result, `ruling` decides the exit code. They differ only if a rehearsal or an unsigned release was
    accepted; `tolerated` then lists the reasons. `in_words` is the headline.
    """
    plain = asdict(verification)
    plain["checks"] = [
        {**asdict(check), "outcome": check.outcome, "ruling": check.ruling} for check in verification.checks
    ]
    return {
        "schema": SCHEMA,
        "verified_at": verified_at,
        "verifier_version": VERIFIER_VERSION,
        "outcome": verification.outcome,
        "ruling": verification.ruling,
        "in_words": headline(verification),
        "tolerated": sorted({line.tolerated for line in verification.tolerated}),
        **plain,
    }


def text(verification: Verification, *, reasons: bool = True) -> str:
    """Return the result as text: each check with a command that checks the same.

    Args:
        verification: What was verified.
        reasons: Whether each line that did not pass is shown below its check.
    """
    lines = [headline(verification)]
    lines += [f"  {key:<9} {value}" for key, value in verification.facts.items()]
    lines += [f"  {'level':<9} SLSA Build L{verification.level.build}: {verification.level.reason}"]
    lines += [f"  {'weakened':<9} {setting}" for setting in weakened_lines(verification)]
    for check in verification.checks:
        lines.append(f"{_WORDS[check.outcome]:<{_WIDTH}} {check.title} ({counted(check)}){_accepted(check)}")
        lines += [
            f"{'':<{_WIDTH}}   {line.subject}: {line.message}"
            for line in check.lines
            if reasons and line.outcome is not Outcome.PASS
        ]
        command = _command(check)
        lines += [f"{'':<{_WIDTH}}   $ {command}"] if command else []
    for variable, help_text in ((ROOT_VARIABLE, ROOT_HELP), (KEY_VARIABLE, KEY_HELP)):
        if any(variable in _command(check) for check in verification.checks):
            lines.append(f"note: {help_text}")
    lines += [f"note: {note}" for note in verification.notes]
    return "\n".join(printable(line) for line in lines)


def as_markdown(verification: Verification) -> str:
    """Return the result as Markdown: a table of checks, a table of files with their signers, the commands."""
    return "\n".join(_markdown(verification)) + "\n"


def headline(verification: Verification) -> str:
    """Return the result in one line, with the settings that made the gate weaker.

    Only a signed release without tolerated problems is called "verified".
    """
    settings = weakened_sentence(setting.in_words for setting in verification.weakened or ())
    return f"{_result(verification)}; {settings}" if settings else _result(verification)


def weakened_lines(verification: Verification) -> list[str]:
    """Return a line for each setting that made the gate weaker, or one for none or not recorded."""
    if verification.weakened is None:
        return [NOT_RECORDED]
    return [setting.in_words for setting in verification.weakened] or [NO_SETTING]


def _result(verification: Verification) -> str:
    name = excerpt(f"{verification.component} {verification.version}".strip())
    made = f"; {UNCOMMITTED}" if is_uncommitted(verification.facts) else ""
    rehearsal = " (a rehearsal, not a release)" if verification.rehearsal else ""
    if verification.ruling is Outcome.FAIL:
        return f"{name}{rehearsal}: NOT VERIFIED, do not use it"
    if verification.ruling is Outcome.NOT_EXAMINED:
        return f"{name}{rehearsal}: not verified, because not everything could be examined"
    if verification.rehearsal:
        how = "verified as a rehearsal" if verification.signed else f"consistent as a rehearsal; {NOT_SIGNED}"
        reasons = refusals(verification)
        would = f"a real release would not verify, because {reasons}" if reasons else NOTHING_ELSE
        return f"{name}: {how}{made}; {would}"
    # A release whose signatures did not count passes only if none was required.
    return (
        f"{name}: verified{made}" if verification.outcome is Outcome.PASS else f"{name}: consistent; {NOT_SIGNED}{made}"
    )


def refusals(verification: Verification) -> str:
    """Return why a real release with the same problems would not verify: the first problems, and how many more.

    Being a rehearsal is not such a problem. Empty if nothing else was tolerated.
    """
    found = [
        f"{line.subject}: {line.message}"
        for check in verification.checks
        for line in check.lines
        if line.tolerated and check.code != REAL
    ]
    more = len(found) - _MOST_REASONS
    return "; ".join(found[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")


def counted(check: Check) -> str:
    """Return how many lines of a check passed."""
    good = sum(line.outcome is Outcome.PASS for line in check.lines)
    return f"{good} of {len(check.lines)}"


def _accepted(check: Check) -> str:
    """Return why a check that did not pass is accepted; empty if it passed or is not accepted."""
    if check.outcome is Outcome.PASS or check.ruling is not Outcome.PASS:
        return ""
    return "; " + ", ".join(sorted({_TOLERATED[line.tolerated] for line in check.lines if line.tolerated}))


def _command(check: Check) -> str:
    """Return the command of the first line that did not pass, else of the first."""
    ordered = sorted(check.lines, key=lambda line: line.outcome is Outcome.PASS)
    return next((line.command for line in ordered if line.command), "")


def _markdown(verification: Verification) -> Iterator[str]:
    yield from (f"# {markdown.text(headline(verification))}", "")
    yield from (f"- {key}: {markdown.code(value)}" for key, value in verification.facts.items())
    yield f"- SLSA Build L{verification.level.build}: {verification.level.reason}"
    yield from (f"- weakened: {markdown.text(setting)}" for setting in weakened_lines(verification))
    yield from ("", "| check | outcome | examined |", "|---|---|---|")
    for check in verification.checks:
        yield f"| {check.title} (`{check.code}`) | {_WORDS[check.outcome]}{_accepted(check)} | {counted(check)} |"
    bad = [line for check in verification.checks for line in check.lines if line.ruling is not Outcome.PASS]
    yield from _section("Problems", bad)
    yield from _section("Accepted here, but would keep a real release from verifying", verification.tolerated)
    yield from _signers(verification)
    yield from _commands(verification)
    if verification.notes:
        yield from ("", "## Notes", "")
        yield from (f"- {markdown.text(note)}" for note in verification.notes)


def _section(title: str, lines: Sequence[Line]) -> Iterator[str]:
    if lines:
        yield from ("", f"## {title}", "")
        yield from (f"- {markdown.code(line.subject)}: {markdown.text(line.message)}" for line in lines)


def _signers(verification: Verification) -> Iterator[str]:
    signed = [
        line for check in verification.checks if check.code == "files.signed" for line in check.lines if line.signer
    ]
    if not signed:
        return
    yield from ("", "## Signatures", "", "| file | by | at | log entry |", "|---|---|---|---|")
    for line in signed:
        yield _signer_row(line)


def _signer_row(line: Line) -> str:
    signer = line.signer
    if signer is None:
        return ""
    entry = signer.log_index if signer.log_id else "no transparency log entry"
    at = signer.signed_at or "not proved"
    return f"| {markdown.code(line.subject)} | {markdown.code(signer.identity)} | {at} | {entry} |"


def _commands(verification: Verification) -> Iterator[str]:
    found = dict.fromkeys(line.command for check in verification.checks for line in check.lines if line.command)
    if not found:
        return
    known = [ROOT_HELP, *([KEY_HELP] if any(KEY_VARIABLE in command for command in found) else [])]
    where = "; ".join(["In the release's folder", *map(markdown.text, known)])
    yield from ("", "## Check the same yourself", "", f"{where}.", "", markdown.fenced(found, "sh"))

"""A release's verification as a table of files and checks, with the command of each.

What was tolerated, because it was a rehearsal or no signature was required, is shown as tolerated and never as a pass.
The overall outcome of the report (`verification/1`, written by `verify_release`) is not trusted: the outcome shown is
the worst of its lines, and it counts only for the current files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.assurance.report.tone import Tone, plural, tone_of, word_of
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome, worst

SCHEMA = "verification/1"
REAL = "release.real"
"""The check that a rehearsal never passes; this is no reason to reject the release itself."""

TOLERATED = "tolerated"
MOST_LINES = 40
AGAIN = f"Verify the release again: {command('verify')}."


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    outcome: Outcome
    message: str = ""
    command: str = ""
    tolerated: str = ""

    @property
    def ruling(self) -> Outcome:
        return Outcome.PASS if self.tolerated else self.outcome


class _Check(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    title: str
    lines: tuple[_Line, ...]


class _File(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    build: int
    reason: str


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    component: str
    version: str
    signed: bool
    rehearsal: bool
    checks: tuple[_Check, ...]
    level: _Level
    files: tuple[_File, ...]
    notes: tuple[str, ...] = ()


class CheckCell(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check for one file; `word` is empty where the check does not apply."""

    tone: Tone
    word: str
    message: str


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file, and a cell for each check that is about files."""

    name: str
    cells: tuple[CheckCell, ...]


class CheckCommand(msgspec.Struct, frozen=True, kw_only=True):
    """One command, and what it checks."""

    text: str
    subject: str


class CheckLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a check: what was checked, and the result."""

    tone: Tone
    word: str
    subject: str
    message: str


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """One check: its lines (`left` of them are not listed), how many passed, and its distinct commands.

    `lines` begin with those that did not pass.
    """

    code: str
    title: str
    tone: Tone
    word: str
    counted: str
    lines: tuple[CheckLineView, ...]
    left: int
    commands: tuple[CheckCommand, ...]


class VerificationView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole verification: `columns` are (code, title) of checks about files, in the order of the cells.

    `outcome` ignores what was tolerated. `refusals` are the reasons why a real release would be rejected.
    """

    outcome: Outcome
    refusals: tuple[str, ...]
    current: bool
    signed: bool
    rehearsal: bool
    level: str
    counted: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[FileRow, ...]
    checks: tuple[CheckView, ...]
    notes: tuple[str, ...]


def read_verification(
    plain: Mapping[str, Any], *, component: str, version: str, released: Mapping[str, str]
) -> VerificationView:
    """Read the report of a verification.

    Args:
        plain: The parsed document.
        component: The component of the run that is shown.
        version: Its version.
        released: Name -> SHA-256 of the files that are in the release's folder now.
    Raises:
        InputError: It is not such a document, or is about another release.
    """
    document = _document(plain)
    if (document.component, document.version) != (component, version):
        found = f"{document.component} {document.version}".strip() or "no named release"
        raise InputError(f"verification.json: is about {found}, expected {component} {version}", hint=AGAIN)
    seen = {file.name: file.sha256 for file in document.files}
    columns, rows = _matrix(document)
    passed = sum(_combined(check.lines, rehearsal=False)[0] is Tone.PASS for check in document.checks)
    return VerificationView(
        outcome=worst([worst([line.ruling for line in check.lines]) for check in document.checks]),
        refusals=tuple(_refusals(document)),
        current=bool(seen) and seen == dict(released),
        signed=document.signed,
        rehearsal=document.rehearsal,
        level=f"SLSA Build L{document.level.build}: {document.level.reason}",
        counted=f"{passed} of {plural(len(document.checks), 'check')}",
        columns=columns,
        rows=rows,
        checks=tuple(_check(check, rehearsal=document.rehearsal) for check in document.checks),
        notes=document.notes,
    )


def _document(plain: Mapping[str, Any]) -> _Document:
    try:
        document = msgspec.convert(plain, _Document, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(f"verification.json: {error}", hint=AGAIN) from error
    if document.schema != SCHEMA:
        raise InputError(f"verification.json: expected schema {SCHEMA}, found {document.schema}", hint=AGAIN)
    return document


def _refusals(document: _Document) -> Iterator[str]:
    for check in document.checks:
        for line in check.lines:
            if line.tolerated and line.outcome is not Outcome.PASS and check.code != REAL:
                yield f"{check.title}: {line.message}."


def _combined(lines: Sequence[_Line], *, rehearsal: bool) -> tuple[Tone, str]:
    """Return the common tone and word of lines; a rehearsal tolerates failures, so it has no plain pass."""
    ruling, outcome = worst([line.ruling for line in lines]), worst([line.outcome for line in lines])
    if ruling is not Outcome.PASS:
        return tone_of(ruling), word_of(ruling)
    if outcome is not Outcome.PASS:
        return Tone.UNKNOWN, TOLERATED
    return Tone.REHEARSED if rehearsal else Tone.PASS, word_of(outcome)


def _matrix(document: _Document) -> tuple[tuple[tuple[str, str], ...], tuple[FileRow, ...]]:
    names = {file.name for file in document.files}
    about = [check for check in document.checks if any(line.subject in names for line in check.lines)]
    subjects = sorted({line.subject for check in about for line in check.lines} & names)
    rows = tuple(
        FileRow(name=name, cells=tuple(_cell(check, name, rehearsal=document.rehearsal) for check in about))
        for name in subjects
    )
    return tuple((check.code, check.title) for check in about), rows


def _cell(check: _Check, name: str, *, rehearsal: bool) -> CheckCell:
    lines = [line for line in check.lines if line.subject == name]
    if not lines:
        return CheckCell(tone=Tone.PLAIN, word="", message="")
    tone, word = _combined(lines, rehearsal=rehearsal)
    shown = next(line for line in _worst_first(lines))
    return CheckCell(tone=tone, word=word, message=shown.message)


def _check(check: _Check, *, rehearsal: bool) -> CheckView:
    tone, word = _combined(check.lines, rehearsal=rehearsal)
    good = sum(line.outcome is Outcome.PASS for line in check.lines)
    ordered = _worst_first(check.lines)
    return CheckView(
        code=check.code,
        title=check.title,
        tone=tone,
        word=word,
        counted=f"{good} of {len(check.lines)}",
        lines=tuple(_line(line, rehearsal=rehearsal) for line in ordered[:MOST_LINES]),
        left=max(0, len(ordered) - MOST_LINES),
        commands=tuple(_commands(check.lines)),
    )


def _line(line: _Line, *, rehearsal: bool) -> CheckLineView:
    tone, word = _combined([line], rehearsal=rehearsal)
    return CheckLineView(tone=tone, word=word, subject=line.subject, message=line.message)


def _worst_first(lines: Sequence[_Line]) -> list[_Line]:
    order = (Outcome.FAIL, Outcome.NOT_EXAMINED, Outcome.PASS)
    return sorted(lines, key=lambda line: (order.index(line.ruling), order.index(line.outcome)))


def _commands(lines: Iterable[_Line]) -> list[CheckCommand]:
    """Return each command once; a command for several subjects counts them instead of naming one."""
    subjects: dict[str, list[str]] = {}
    for line in lines:
        if line.command:
            subjects.setdefault(line.command, []).append(line.subject)
    return [
        CheckCommand(text=text, subject=found[0] if len(found) == 1 else plural(len(found), "line"))
        for text, found in subjects.items()
    ]

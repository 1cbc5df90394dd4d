"""The result of a reproduction as text, for people: differences first, what depends on the run in one line a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.supply_chain.contracts.files.reproduction import ComparedField, ComparedFile, FileResult, Reproduction
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural

MOST_SHOWN = 8
"""Differences of one file on the screen; the report has a hundred."""

_MOST_TOOLS = 6
_WORDS = {
    FileResult.IDENTICAL: "identical",
    FileResult.OF_ITS_RUN: "describes its own run",
    FileResult.NOT_COMPARED: "not compared",
    FileResult.UNKNOWN: "cannot be compared",
    FileResult.DIFFERS: "differs",
}
_ORDER = (
    FileResult.DIFFERS,
    FileResult.UNKNOWN,
    FileResult.OF_ITS_RUN,
    FileResult.NOT_COMPARED,
    FileResult.IDENTICAL,
)


def reproduction_text(reproduction: Reproduction) -> str:
    """Render the result."""
    commit = reproduction.commit[:12]
    lines = [f"{reproduction.component} {reproduction.version}, commit {commit}: {headline(reproduction)}"]
    for result in _ORDER:
        lines += _section(result, reproduction.named(result))
    tools = [field for file in reproduction.files for field in file.tools]
    lines += [f"  other versions: {_tools(tools)}"] if tools else []
    lines += [f"  note: {note}" for note in reproduction.notes]
    lines += [f"  not independent: {sentence}" for sentence in reproduction.not_independent]
    return "\n".join(lines)


def headline(reproduction: Reproduction) -> str:
    """Return the result in one clause."""
    differs, unknown, identical = (
        len(reproduction.named(result)) for result in (FileResult.DIFFERS, FileResult.UNKNOWN, FileResult.IDENTICAL)
    )
    if differs:
        return f"not reproduced: {plural(differs, 'file differs', 'files differ')}"
    if unknown:
        return f"not reproduced: {plural(unknown, 'file')} could not be compared"
    return f"reproduced: {plural(identical, 'file is', 'files are')} identical, byte for byte"


def findings(reproduction: Reproduction) -> tuple[Finding, ...]:
    """Return a finding for each file that differs or could not be compared, and one for a release that does not verify."""
    found = [
        Finding(
            code="reproduce.differs",
            severity=Severity.HIGH,
            message=f"{file.name}: {_where(file.differences, file.further) or file.why}",
            next_step="Compare with dist/reproduction/rebuilt/; do not use the release before the difference is explained.",
        )
        for file in reproduction.named(FileResult.DIFFERS)
    ]
    unknown = reproduction.named(FileResult.UNKNOWN)
    for why in dict.fromkeys(file.why for file in unknown):
        names = [file.name for file in unknown if file.why == why]
        more = f" and {plural(len(names) - 1, 'other file')}" if len(names) > 1 else ""
        found.append(
            Finding(
                code="reproduce.not-examined",
                severity=Severity.UNKNOWN,
                message=f"{names[0]}{more}: {why}",
                next_step="Remove the cause, and run reproduce again.",
            )
        )
    if reproduction.verification is not Outcome.PASS:
        found.append(
            Finding(
                code="reproduce.not-verified",
                severity=Severity.INFO if reproduction.accepted else Severity.HIGH,
                message=f"the release was not verified: {reproduction.verified_why}",
                next_step=f"Run `{command('verify')}` on the release, and give reproduce the same options.",
            )
        )
    return tuple(found)


def _section(result: FileResult, files: Sequence[ComparedFile]) -> list[str]:
    if not files:
        return []
    if result in (FileResult.IDENTICAL, FileResult.NOT_COMPARED, FileResult.UNKNOWN):
        return [*_grouped(_WORDS[result], files)]
    lines = []
    for file in files:
        lines.append(f"  {_WORDS[result]}: {file.name}: {file.why}")
        lines += [f"    {_row(field)}" for field in file.differences[:MOST_SHOWN]]
        more = len(file.differences) - MOST_SHOWN + file.further
        lines += [f"    and {more} more in reproduction.json"] if more > 0 else []
        if file.run_fields:
            lines.append(
                f"    depends on the run: {', '.join(_short(path, count) for path, count in file.run_fields.items())}"
            )
    return lines


def _grouped(word: str, files: Sequence[ComparedFile]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for file in files:
        reasons.setdefault(file.why, []).append(file.name)
    for why, names in reasons.items():
        if word == _WORDS[FileResult.NOT_COMPARED]:
            yield f"  {word}: {plural(len(names), 'file')} {why}"
        else:
            yield f"  {word}: {why}"
            yield from (f"    {name}" for name in names)


def _row(field: ComparedField) -> str:
    where = f"{field.member}: {field.field}" if field.member else field.field
    why = f" ({field.why})" if field.why else ""
    return f"{where}: released {field.released}, rebuilt {field.rebuilt}{why}"


def _where(fields: Sequence[ComparedField], further: int) -> str:
    if not fields:
        return ""
    more = len(fields) - 1 + further
    return _row(fields[0]) + (f", and {plural(more, 'other difference')}" if more else "")


def _short(path: str, count: int) -> str:
    return f"{path.removeprefix('$.')}" + (f" x{count}" if count > 1 else "")


def _tools(fields: Sequence[ComparedField]) -> str:
    named = {field.why: field for field in reversed(fields) if field.why}
    rows = [f"{name} {named[name].released} for the release, {named[name].rebuilt} here" for name in sorted(named)]
    more = f", and {plural(len(rows) - _MOST_TOOLS, 'other')}" if len(rows) > _MOST_TOOLS else ""
    return "; ".join(rows[:_MOST_TOOLS]) + more

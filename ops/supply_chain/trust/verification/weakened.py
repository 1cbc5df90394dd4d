"""Check what made the release gate weaker than its default: the verdict states it, and until when it was accepted.

Source: docs/policies.md, "Settings that make the gate weaker".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ops.supply_chain.contracts.files.verification import Check, Line, StatedWeakening
from ops.supply_chain.contracts.values.weakening import MOST_DAYS
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.gate_file import finished
from ops.supply_chain.trust.verification.lines import check, failed, judged, passed, tolerated

PROFILE = "release"
"""The profile that every verdict on a release evaluates, whatever is configured."""

TITLE = "No setting made the release gate weaker than its default, unless its maker accepted it until a day"


def stated_weakenings(gate: Node | str) -> tuple[StatedWeakening, ...] | None:
    """Return the settings that the verdict names; None where it does not record them, or cannot be read."""
    try:
        return None if isinstance(gate, str) else _stated(gate)
    except UnexpectedShapeError:
        return None


def weakened(parts: ReleaseFileNames, gate: Node | str, *, why: str) -> list[Check]:
    """Check the settings that the verdict names; nothing where it does not record them.

    Args:
        parts: The names of the files.
        gate: The gate file, or why it cannot be read: then other checks fail.
        why: The reason to tolerate what was not accepted, or empty.
    """
    if isinstance(gate, str):
        return []
    try:
        found = _stated(gate)
        lines = [] if found is None else list(_lines(parts, gate, found))
    except UnexpectedShapeError as error:
        lines = [failed(parts.gate, str(error))]
    return [check("gate.weakened", TITLE, tolerated(lines, why))] if lines else []


def _stated(gate: Node) -> tuple[StatedWeakening, ...] | None:
    rows = gate["verdict"].get("weakened")
    if rows is None:
        return None
    return tuple(
        StatedWeakening(
            setting=excerpt(row["setting"].text()),
            default=excerpt(row["default"].text()),
            value=excerpt(row["value"].text()),
            **{key: excerpt(row.text_of(key)) for key in ("reason", "date", "until")},
        )
        for row in rows.rows()
    )


def _lines(parts: ReleaseFileNames, gate: Node, found: tuple[StatedWeakening, ...]) -> Iterator[Line]:
    command = commands.show(parts.gate, ".verdict.weakened")
    codes = [rule["code"].text() for rule in gate["verdict"]["rules"].rows()]
    if not any(code.startswith(f"{PROFILE}.") for code in codes):
        yield failed("verdict", f"has no rule of the profile {PROFILE}, which is always evaluated", command)
    day = finished(gate).date()
    for setting in found:
        change = f"from {setting.default} to {setting.value}"
        good = f"{change}, accepted until {setting.until}: {setting.reason}"
        yield from judged(
            setting.setting, (f"{change}: {problem}" for problem in _problems(setting, day)), good, command
        )
    if not found:
        yield passed("verdict", "names no setting that is weaker than its default", command)


def _problems(setting: StatedWeakening, day: date) -> Iterator[str]:
    """Yield why a setting was not accepted on the day of the release."""
    if not setting.until:
        yield "its maker did not accept it"
        return
    try:
        start, end = date.fromisoformat(setting.date), date.fromisoformat(setting.until)
    except ValueError:
        yield f"was accepted from {setting.date or 'no date'} until {setting.until}, which are no dates"
        return
    if not setting.reason.strip():
        yield "was accepted without a reason"
    # The records are finished before the verdict, perhaps on the day before.
    if not start - timedelta(days=1) <= day <= end or (end - start).days > MOST_DAYS:
        yield f"was accepted from {start} until {end}; the release was made on {day}, and {MOST_DAYS} days are allowed"

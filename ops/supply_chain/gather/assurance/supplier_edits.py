"""What people change in the stored backlog: fields on the command line, or a table that was edited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.gather.assurance.supplier_backlog import today_of
from ops.supply_chain.gather.assurance.supplier_views import write_views
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.suppliers.backlog.cells import LARGEST_BYTES
from ops.supply_chain.suppliers.backlog.documents import backlog_document
from ops.supply_chain.suppliers.backlog.edits import Edited, apply_changes
from ops.supply_chain.suppliers.backlog.measures import counts_of
from ops.supply_chain.suppliers.backlog.review import ReviewDay
from ops.supply_chain.suppliers.backlog.screen import coverage_of, item_lines, item_text, risk_text, screen_lines
from ops.supply_chain.suppliers.backlog.states import by_urgency
from ops.supply_chain.suppliers.backlog.tables import imported

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.backlog_store import BacklogStore

MOST_FOUND = 12
"""Items that are shown of those about a text."""

_HINT = f"See {command('backlog', '--show')} for the ids, and docs/backlog.md for the fields."


def edit(run: StageRun, store: BacklogStore) -> StageResult:
    """Change the stored backlog as the command line says: everything, or nothing if one change is refused.

    Raises:
        UsageError: A word is no change, or a change is refused; or another run is changing the backlog.
        InputError: The table was damaged or is older than a change; or the backlog is damaged.
        OutputError: It cannot be written.
    """
    day = ReviewDay(timestamp(run.now), today_of(run))
    ids: list[str] = []

    def changed(backlog: Backlog) -> Backlog:
        found = _changed(run, backlog, day)
        if found.problems:
            kind = InputError if run.args.table is not None else UsageError
            raise kind("\n  ".join(["nothing was changed:", *map(printable, found.problems)]), hint=_HINT)
        ids.extend(found.ids)
        return found.backlog

    backlog = store.change(changed)
    write_views(run.dist, backlog, coverage_of(backlog), day.today, generator=(GENERATOR, GENERATOR_VERSION))
    text = [f"{plural(len(ids), 'entry', 'entries')} changed"]
    if len(ids) == 1:
        text += _details(backlog, ids[0], day.today)
    return StageResult(
        outcome=Outcome.PASS, text="\n".join(text), counts={"changed": len(ids)}, document={"changed": ids}
    )


def show(run: StageRun, backlog: Backlog, key: str) -> StageResult:
    """Show the stored backlog, one item or risk of it, or the items about a text: a supplier, product, component, vulnerability or owner.

    Raises:
        UsageError: There is no such item or risk.
    """
    today = today_of(run)
    if not key:
        return StageResult(
            outcome=Outcome.PASS,
            text="\n".join(screen_lines(backlog, coverage_of(backlog), today)),
            counts=counts_of(backlog.items, backlog.risks, today),
            document=backlog_document(backlog, coverage_of(backlog), today),
        )
    text = _details(backlog, key, today)
    chosen = [item for item in backlog.items if item.id == key or key in {merged.item.id for merged in item.merged}]
    risks = [risk for risk in backlog.risks if risk.id == key]
    if text:
        return StageResult(outcome=Outcome.PASS, text="\n".join(text), document=(chosen or risks)[0])
    found = by_urgency((item for item in backlog.items if _is_about(item, key)), today)
    if not found:
        raise UsageError(
            f"--show {excerpt(key)}: no item or risk has this id, and no item is about it",
            hint=_HINT,
            kind=ErrorClass.COMMAND_LINE,
        )
    text = [line for item in found[:MOST_FOUND] for line in item_lines(item, today)]
    if len(found) > MOST_FOUND:
        text.append(f"  and {len(found) - MOST_FOUND:,} more: see --format json")
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join([plural(len(found), "item"), *text]),
        document=[msgspec.to_builtins(item) for item in found],
    )


def _is_about(item: BacklogItem, text: str) -> bool:
    places = (item.supplier, item.product, item.component, item.owner, *item.names)
    return any(text.casefold() in place.casefold() for place in places)


def _details(backlog: Backlog, key: str, today: str) -> list[str]:
    for item in backlog.items:
        if item.id == key or key in {merged.item.id for merged in item.merged}:
            return item_text(item, today)
    for risk in backlog.risks:
        if risk.id == key:
            return risk_text(risk, today)
    return []


def _changed(run: StageRun, backlog: Backlog, day: ReviewDay) -> Edited:
    if run.args.table is not None:
        path: Path = run.args.table
        found = imported(_content(path), backlog, day.today, where=printable(path.name))
        edited = apply_changes(backlog, found.changes, day)
        lines = [_with_line(problem, found.lines) for problem in edited.problems]
        return edited._replace(problems=tuple(lines))
    ids = [word for word in run.args.set if "=" not in word]
    changes: dict[str, str] = {}
    for word in run.args.set:
        name, equals, value = word.partition("=")
        if equals and name in changes:
            raise UsageError(f"--set: {excerpt(name)} is there twice", hint=_HINT, kind=ErrorClass.COMMAND_LINE)
        if equals:
            changes[name] = value
    if not changes or not ids:
        raise UsageError("--set: expected ID ... FIELD=VALUE ...", hint=_HINT, kind=ErrorClass.COMMAND_LINE)
    return apply_changes(backlog, dict.fromkeys(ids, changes), day)


def _with_line(problem: str, lines: Mapping[str, int]) -> str:
    """Return why a change is refused with the line of the table, as every other refusal of an import has it."""
    line = lines.get(problem.partition(":")[0])
    return problem if line is None else f"line {line}: {problem}"


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error

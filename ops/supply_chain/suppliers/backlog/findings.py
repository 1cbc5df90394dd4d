"""The backlog as findings of a gate.

| code | what | severity |
|---|---|---|
| `vulnerability.supplied` | a supplier's product contains an affected version, and the item is open | as of a lock: its rating |
| `malware.supplied` | a supplier's product contains what is, or may be, a malicious package | critical |
| `supplier.not-examined` | a document in quarantine, or components that could not be matched | info |

Items that were accepted, and those that statements or people say are not affected, are waived findings; fixed ones are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import UNSET

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem, ItemState, UncheckedPart
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.suppliers.backlog.screen import about, remedy
from ops.supply_chain.suppliers.backlog.states import basis_of, by_urgency, concerns, is_overdue, state_of

SUPPLIED, SUPPLIED_MALWARE, NOT_EXAMINED = "vulnerability.supplied", "malware.supplied", "supplier.not-examined"


def findings_of(backlog: Backlog, unchecked: Iterable[UncheckedPart], today: str) -> tuple[Finding, ...]:
    """Return the findings: of each item that is not fixed, and of what could not be checked."""
    items = (_item_finding(item, today) for item in by_urgency(backlog.items, today) if _is_shown(item, today))
    return (*items, *_unchecked(unchecked))


def _is_shown(item: BacklogItem, today: str) -> bool:
    state = state_of(item, today)
    return state is not ItemState.FIXED and bool(item.versions)


def _item_finding(item: BacklogItem, today: str) -> Finding:
    state = state_of(item, today)
    waived = basis_of(item, today) if state in (ItemState.ACCEPTED, ItemState.NOT_AFFECTED) else ""
    notes = "; ".join(concerns(item, today))
    return Finding(
        code=SUPPLIED_MALWARE if item.malware else SUPPLIED,
        severity=Severity.CRITICAL if item.malware else item.severity,
        message=f"{about(item)}{remedy(item)} ({item.id}, {state.value}{', overdue' if is_overdue(item, today) else ''})"
        + (f"; {printable(notes)}" if notes else ""),
        next_step=_step(item, state),
        package=printable(item.component),
        version=", ".join(dict.fromkeys(printable(version.version) for version in item.versions)),
        aliases=item.names,
        waived_by=excerpt(waived),
        due=item.due,
        first_seen=item.first_seen,
        published=item.published,
        exploitation=item.exploitation if item.exploitation != Exploitation() else UNSET,
    )


def _step(item: BacklogItem, state: ItemState) -> str:
    if state is ItemState.NEW:
        return f"Decide who deals with it: {command('backlog', '--set', item.id, 'state=triaged', 'owner=NAME')}"
    if state in (ItemState.TRIAGED, ItemState.IN_PROGRESS):
        ask = f"a version of {printable(item.product)} without it"
        waiting = command("backlog", "--set", item.id, "state=waiting-for-supplier")
        return f"Ask {printable(item.supplier)} for {ask}, then record that: {waiting}"
    return f"Take in the newer document when it comes; what is known of it: {command('backlog', '--show', item.id)}"


def _unchecked(found: Iterable[UncheckedPart]) -> Iterator[Finding]:
    for line in found:
        yield Finding(
            code=NOT_EXAMINED, severity=Severity.INFO, message=f"not checked: {line.text}", next_step=line.step
        )

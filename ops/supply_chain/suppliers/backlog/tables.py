"""The backlog and the risk register as tables, and what was edited in them.

Columns of people are those of `edits`; all others are written only. What is read back must be about the same items and the
same versions: spreadsheets turn `1.10` into `1.1` and `3.4.5` into a date, and sort columns apart from each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem, Risk
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.suppliers.backlog.cells import TableRow, read
from ops.supply_chain.suppliers.backlog.edits import ITEM_FIELDS, RISK_FIELDS
from ops.supply_chain.suppliers.backlog.register import band_of, review_of, score_of, status_of, values_of
from ops.supply_chain.suppliers.backlog.states import basis_of, concerns, state_of

ITEM_COLUMNS = (
    "id", "state", "supplier", "product", "product_versions", "component", "versions", "vulnerability", "aliases",
    "severity", "score", "exploited", "ransomware", "epss", "epss_percentile", "fixed_version", "clear_version", "due", "due_basis",
    "first_seen", "received", "published", "last_seen", "reopened", "fixed_on", "basis", "attention", "summary",
    "owner", "by", "until", "reason", "planned", "note", "revision",
)  # fmt: skip
RISK_COLUMNS = (
    "id", "status", "supplier", "product", "since", "cause", "event", "consequence", "proposed_likelihood",
    "proposed_impact", "proposed_exposure", "basis", "score", "band", "proposed_due", "proposed_review", "items", "likelihood", "impact", "exposure",
    "controls", "treatment", "action", "owner", "due", "residual_likelihood", "residual_impact", "residual_score",
    "accepted_by", "review", "note", "revision",
)  # fmt: skip

SEPARATOR = "; "
_ITEM_KEYS = ("supplier", "product", "component", "vulnerability")
_ITEM_VERSIONS = ("product_versions", "versions", "fixed_version", "clear_version")
_RISK_KEYS = ("supplier", "product")
MOST_PROBLEMS = 20
_EXPORT_AGAIN = "Nothing was changed. Make the changes again in the file that the last review wrote."


class Imported(NamedTuple):
    """What was edited in a table: id -> field -> text, the rows that were read, and the line of each id."""

    changes: dict[str, dict[str, str]]
    rows: int
    lines: dict[str, int]


def item_row(item: BacklogItem, today: str) -> dict[str, str]:
    """Return one row: column -> text."""
    found, decision = item.exploitation, item.decision
    row = {
        "id": item.id,
        "state": state_of(item, today).value,
        "supplier": item.supplier,
        "product": item.product,
        "product_versions": _listed(version.product_version for version in item.versions),
        "component": item.component,
        "versions": _listed(version.version for version in item.versions),
        "vulnerability": item.names[0],
        "aliases": SEPARATOR.join(item.names[1:]),
        "severity": item.severity.value,
        "score": item.score,
        "exploited": found.exploited,
        "ransomware": "yes" if found.ransomware else "",
        "epss": _number(found.epss),
        "epss_percentile": _number(found.percentile),
        "fixed_version": item.fixed_version,
        "clear_version": item.clear_version,
        "due": item.due,
        "due_basis": item.due_basis,
        "first_seen": item.first_seen,
        "received": item.received,
        "published": item.published,
        "last_seen": item.last_seen,
        "reopened": item.reopened,
        "fixed_on": item.fixed_on,
        "basis": basis_of(item, today),
        "attention": SEPARATOR.join(concerns(item, today)),
        "summary": item.summary,
        "owner": item.owner,
        "by": decision.by,
        "until": decision.until,
        "reason": decision.reason,
        "planned": decision.planned,
        "note": decision.note,
        "revision": str(decision.revision),
    }
    return {name: printable(text) for name, text in row.items()}


def risk_row(risk: Risk, today: str) -> dict[str, str]:
    """Return one row of the risk register: column -> text."""
    decision = risk.decision
    likelihood, impact = values_of(risk)
    score = likelihood * impact
    residual = decision.residual_likelihood * decision.residual_impact
    numbers = {
        "proposed_likelihood": risk.likelihood, "proposed_impact": risk.impact, "score": score_of(risk),
        "likelihood": decision.likelihood, "impact": decision.impact,
        "residual_likelihood": decision.residual_likelihood, "residual_impact": decision.residual_impact,
        "residual_score": residual,
    }  # fmt: skip
    texts = {name: getattr(decision, name) for name in ("controls", "action", "due", "accepted_by", "review", "note")}
    row = {
        **{name: str(value) if value else "" for name, value in numbers.items()},
        **texts,
        "id": risk.id,
        "status": status_of(risk, today),
        "supplier": risk.supplier,
        "product": risk.product,
        "since": risk.since,
        "cause": risk.cause,
        "event": risk.event,
        "consequence": risk.consequence,
        "basis": risk.basis,
        "band": band_of(score),
        "proposed_due": risk.due,
        "proposed_review": review_of(risk) if not decision.review else risk.review,
        "items": SEPARATOR.join(risk.items),
        "treatment": decision.treatment.value,
        "proposed_exposure": risk.exposure.value or "unknown",
        "exposure": decision.exposure.value,
        "owner": risk.owner,
        "revision": str(decision.revision),
    }
    return {name: printable(text) for name, text in row.items()}


def imported(data: bytes, backlog: Backlog, today: str, *, where: str) -> Imported:
    """Return what was edited in the CSV of the backlog or of the risk register.

    Args:
        data: The file's bytes.
        backlog: As it is now.
        today: An ISO date.
        where: What to call the file in an error.
    Raises:
        InputError: It is no such table, a column was damaged, or an item was changed after the table was written; with
            every such row, and nothing is to be changed.
    """
    about_risks = b"residual_likelihood" in data[:4096].replace(b"\x00", b"")
    columns, fields, keys = (
        (RISK_COLUMNS, RISK_FIELDS, _RISK_KEYS)
        if about_risks
        else (ITEM_COLUMNS, ITEM_FIELDS, (*_ITEM_KEYS, *_ITEM_VERSIONS))
    )
    rows = read(data, columns, where=where)
    current = (
        {risk.id: risk_row(risk, today) for risk in backlog.risks}
        if about_risks
        else {item.id: item_row(item, today) for item in backlog.items}
    )
    twice = {key for key, count in Counter(row.cells["id"] for row in rows).items() if count > 1}
    changes: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for row in rows:
        key = row.cells["id"]
        if key not in current:
            problems.append(f"line {row.line}: {excerpt(key)!r} is not an id of the backlog{_inside(key, backlog)}")
        elif key in twice:
            problems.append(f"line {row.line}: {key} is there twice")
        else:
            edited = {name: row.cells[name] for name in fields if _same(row.cells[name]) != current[key][name]}
            problems += _problems(row, current[key], keys, edited)
            if edited:
                changes[key] = edited
    if problems:
        more = f"\n  and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise InputError(f"{where}:\n  " + "\n  ".join(problems[:MOST_PROBLEMS]) + more, hint=_EXPORT_AGAIN)
    return Imported(changes, len(rows), {row.cells["id"]: row.line for row in rows})


def _problems(row: TableRow, current: Mapping[str, str], keys: Sequence[str], edited: Mapping[str, str]) -> list[str]:
    key = row.cells["id"]
    damaged = [
        f"line {row.line}: {key}: {name} is {excerpt(row.cells[name])!r}, expected {excerpt(current[name])!r}: "
        "a spreadsheet changed it, or a review since then"
        for name in keys
        if row.cells[name] != current[name]
    ]
    if not damaged and edited and row.cells["revision"] != current["revision"]:
        revisions = f"revision {excerpt(row.cells['revision'])!r}, now {current['revision']}"
        return [f"line {row.line}: {key}: was changed after this table was written ({revisions}): {', '.join(edited)}"]
    return damaged


def _inside(key: str, backlog: Backlog) -> str:
    whole = next((item.id for item in backlog.items for merged in item.merged if merged.item.id == key), "")
    return f": it is now part of {whole}" if whole else ""


def _same(text: str) -> str:
    return " ".join(text.split())


def _listed(texts: Iterable[str]) -> str:
    return SEPARATOR.join(dict.fromkeys(filter(None, texts)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5f}"

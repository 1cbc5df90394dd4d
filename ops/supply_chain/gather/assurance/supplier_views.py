"""The views of the backlog in `dist/suppliers/`: Markdown, CSV and JSON of backlog and risk register, and a CycloneDX VDR."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ops.supply_chain.contracts.files.backlog import Backlog
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.suppliers.backlog.cells import written
from ops.supply_chain.suppliers.backlog.documents import (
    backlog_document,
    backlog_markdown,
    register_document,
    register_markdown,
)
from ops.supply_chain.suppliers.backlog.register import by_score
from ops.supply_chain.suppliers.backlog.screen import ReviewCoverage
from ops.supply_chain.suppliers.backlog.states import by_urgency
from ops.supply_chain.suppliers.backlog.tables import ITEM_COLUMNS, RISK_COLUMNS, item_row, risk_row
from ops.supply_chain.suppliers.backlog.vdr import vdr

FOLDER = "suppliers"
VDR_NAME = "suppliers.vdr.cdx.json"


def write_views(
    dist: Path, backlog: Backlog, coverage: ReviewCoverage, today: str, *, generator: tuple[str, str]
) -> tuple[Path, ...]:
    """Write all views and return their paths.

    Args:
        dist: The folder of artifacts.
        backlog: As it is stored.
        coverage: What the review could not check.
        today: An ISO date.
        generator: Name and version of the program.
    Raises:
        OutputError: A file cannot be written.
    """
    folder = dist / FOLDER
    items, risks = by_urgency(backlog.items, today), by_score(backlog.risks, today)
    views = {
        "backlog.md": backlog_markdown(backlog, coverage, today).encode(),
        "backlog.csv": written(ITEM_COLUMNS, (item_row(item, today) for item in items)),
        "backlog.json": _json(backlog_document(backlog, coverage, today)),
        "risk-register.md": register_markdown(backlog, coverage, today).encode(),
        "risk-register.csv": written(RISK_COLUMNS, (risk_row(risk, today) for risk in risks)),
        "risk-register.json": _json(register_document(backlog, coverage, today)),
        VDR_NAME: _json(vdr(backlog, today, generator=generator)),
    }
    for name, data in views.items():
        write_atomic(folder / name, data, durable=False)
    return tuple(folder / name for name in views)


def _json(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"

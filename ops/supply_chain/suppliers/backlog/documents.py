"""Backlog and risk register as Markdown and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem, Risk
from ops.supply_chain.core.commands import pasteable
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats.markdown import bullets, code, heading, table, text
from ops.supply_chain.suppliers.backlog.measures import counts_of, measures_of
from ops.supply_chain.suppliers.backlog.register import (
    band_of,
    by_score,
    exposure_of,
    is_review_overdue,
    review_of,
    score_of,
    status_of,
    values_of,
)
from ops.supply_chain.suppliers.backlog.screen import ReviewCoverage, headline, remedy
from ops.supply_chain.suppliers.backlog.states import (
    basis_of,
    by_urgency,
    concerns,
    is_open,
    is_overdue,
    state_of,
)

SCALES = "Likelihood and impact are on scales of 1 to 5; a score of 15 is critical, of 10 high, of 5 medium."
MOST_CLOSED = 500
"""Closed items in the Markdown, the newest first; the CSV has all."""


def backlog_markdown(backlog: Backlog, coverage: ReviewCoverage, today: str) -> str:
    """Return the backlog for people: what is open by urgency, what needs attention, what could not be checked, what is closed."""
    items = by_urgency(backlog.items, today)
    open_items = [item for item in items if is_open(item, today)]
    closed = [item for item in items if not is_open(item, today)]
    parts = [
        heading(1, "Remediation backlog"),
        f"{text(headline(backlog, today))}. Reviewed {code(backlog.reviewed or 'never')}.",
        _numbers(backlog, today),
    ]
    parts += _not_checked(coverage)
    parts.append(heading(2, "Open"))
    parts.append(_open_table(open_items, today) if open_items else "Nothing is open.")
    concerned = [item for item in items if concerns(item, today)]
    if concerned:
        lines = (f"{code(item.id)}: {text('; '.join((*concerns(item, today), *item.conflicts)))}" for item in concerned)
        parts += [heading(2, "Attention"), bullets(lines)]
    if closed:
        parts += [heading(2, "Closed"), _closed_table(closed[:MOST_CLOSED], today)]
    if len(closed) > MOST_CLOSED:
        parts.append(f"And {len(closed) - MOST_CLOSED:,} more in {code('backlog.csv')}.")
    return "\n\n".join(parts) + "\n"


def register_markdown(backlog: Backlog, coverage: ReviewCoverage, today: str) -> str:
    """Return the risk register for people, the highest score first; what could not be checked may be a risk that it does not have."""
    risks = by_score(backlog.risks, today)
    late = sum(is_review_overdue(risk, today) for risk in risks)
    review = f" {plural(late, 'review is', 'reviews are')} overdue." if late else ""
    parts = [
        heading(1, "Risk register"),
        f"{plural(sum(bool(risk.items) for risk in risks), 'open risk')} of suppliers' products.{review} {SCALES}",
    ]
    parts += _not_checked(coverage)
    if risks:
        parts.append(heading(2, "Risks"))
        parts.append(
            table(
                (
                    "Risk",
                    "Score",
                    "L",
                    "I",
                    "Exposure",
                    "Supplier",
                    "Product",
                    "Status",
                    "Treatment",
                    "Owner",
                    "Due",
                    "Review",
                ),
                [_risk_cells(risk, today) for risk in risks],
                numbers=("Score", "L", "I"),
            )
        )
    for risk in risks:
        if risk.items:
            parts += [
                heading(2, f"{code(risk.id)} {text(risk.supplier)} {code(risk.product)}"),
                bullets(_risk_facts(risk)),
            ]
    return "\n\n".join(parts) + "\n"


def _not_checked(coverage: ReviewCoverage) -> list[str]:
    if not coverage.unchecked:
        return []
    return [heading(2, "Not checked"), bullets(f"{text(line.text)}. {_step(line.step)}" for line in coverage.unchecked)]


def _step(step: str) -> str:
    """Return what to do, a command in it as code, so that it can be copied."""
    commands = pasteable(step)
    if not commands:
        return text(step)
    before, _, after = step.partition(commands[0])
    return " ".join(filter(None, (text(before), code(commands[0]), text(after))))


def backlog_document(backlog: Backlog, coverage: ReviewCoverage, today: str) -> dict[str, Any]:
    """Return the backlog for programs; items in the order of urgency."""
    return {
        "schema": "supplier-backlog-view/1",
        "tenant": backlog.tenant,
        "reviewed": backlog.reviewed,
        "today": today,
        "counts": counts_of(backlog.items, backlog.risks, today),
        "measures": measures_of(backlog.items, today),
        "not_checked": [line.text for line in coverage.unchecked],
        "items": [
            {
                **msgspec.to_builtins(item),
                "state": state_of(item, today).value,
                "overdue": is_overdue(item, today),
                "basis": basis_of(item, today),
                "attention": list(concerns(item, today)),
            }
            for item in by_urgency(backlog.items, today)
        ],
    }


def register_document(backlog: Backlog, coverage: ReviewCoverage, today: str) -> dict[str, Any]:
    """Return the risk register for programs, the highest score first."""
    return {
        "schema": "supplier-risk-register-view/1",
        "tenant": backlog.tenant,
        "reviewed": backlog.reviewed,
        "today": today,
        "not_checked": [line.text for line in coverage.unchecked],
        "risks": [
            {
                **msgspec.to_builtins(risk),
                "status": status_of(risk, today),
                "score": score_of(risk),
                "band": band_of(score_of(risk)),
                "next_review": review_of(risk),
                "is_review_overdue": is_review_overdue(risk, today),
            }
            for risk in by_score(backlog.risks, today)
        ],
    }


def _numbers(backlog: Backlog, today: str) -> str:
    found = measures_of(backlog.items, today)
    lines = []
    if found["fixed"]:
        lines.append(
            f"{plural(found['fixed'], 'item')} fixed by newer documents: median {found['median_days_advisory_to_fix']:g} days after "
            f"the advisory, {found['median_days_known_to_fix']:g} days after advisory and product were both known."
        )
    if found["oldest_open_days"] is not None:
        lines.append(
            f"Oldest open item: {code(found['oldest_open'])}, {plural(found['oldest_open_days'], 'day')}; "
            f"median {found['median_days_open']:g} days."
        )
    return bullets(lines) if lines else "No item was fixed yet, and none is open."


def _open_table(items: Sequence[BacklogItem], today: str) -> str:
    heads = ("Item", "State", "Urgency", "Supplier and product", "Component", "Vulnerability", "Remedy", "Due", "Owner")
    return table(heads, [_open_cells(item, today) for item in items])


def _open_cells(item: BacklogItem, today: str) -> list[str]:
    products = ", ".join(dict.fromkeys(version.product_version for version in item.versions))
    versions = ", ".join(dict.fromkeys(version.version for version in item.versions))
    urgency = ", ".join(
        filter(None, (item.severity.value, item.score, item.exploitation.words, item.exploitation.score))
    )
    due = f"{item.due} (overdue)" if is_overdue(item, today) else item.due
    return [
        code(item.id),
        state_of(item, today).value,
        text(urgency),
        f"{text(item.supplier)} {code(f'{item.product} {products}'.rstrip())}",
        code(f"{item.component} {versions}".rstrip()),
        text(", ".join(item.names)),
        text(remedy(item).removeprefix(", ")),
        text(due),
        text(item.owner),
    ]


def _closed_table(items: Sequence[BacklogItem], today: str) -> str:
    return table(
        ("Item", "State", "Supplier and product", "Component", "Vulnerability", "By"),
        [
            [
                code(item.id),
                state_of(item, today).value,
                f"{text(item.supplier)} {code(item.product)}",
                code(item.component),
                text(", ".join(item.names)),
                text(basis_of(item, today)),
            ]
            for item in items
        ],
    )


def _risk_cells(risk: Risk, today: str) -> list[str]:
    likelihood, impact = values_of(risk)
    score = score_of(risk)
    return [
        code(risk.id),
        f"{score} {band_of(score)}" if score else "",
        str(likelihood or ""),
        str(impact or ""),
        exposure_of(risk).value or "unknown",
        text(risk.supplier),
        code(risk.product),
        text(status_of(risk, today)),
        text(risk.decision.treatment.value),
        text(risk.owner),
        text(risk.decision.due or risk.due),
        text(f"{review_of(risk)} (overdue)" if is_review_overdue(risk, today) else review_of(risk)),
    ]


def _risk_facts(risk: Risk) -> list[str]:
    decision = risk.decision
    residual = decision.residual_likelihood * decision.residual_impact
    facts = [
        ("Cause", risk.cause),
        ("Event", risk.event),
        ("Consequence", risk.consequence),
        ("Proposed", f"likelihood {risk.likelihood}, impact {risk.impact}. {risk.basis}"),
        ("Controls", decision.controls),
        ("Action", decision.action),
        ("Residual", f"{residual} ({band_of(residual)})" if residual else ""),
        ("Accepted by", decision.accepted_by),
        ("Note", decision.note),
    ]
    return [f"{name}: {text(value)}" for name, value in facts if value]

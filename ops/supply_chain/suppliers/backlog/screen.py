"""The review on one screen: how much is open, what comes first, what could not be checked, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ops.supply_chain.contracts.files.backlog import Backlog, BacklogItem, ItemState, Presence, Risk, UncheckedPart
from ops.supply_chain.core.commands import command, pasteable, quoted
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.suppliers.backlog.measures import counts_of
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
from ops.supply_chain.suppliers.backlog.states import (
    basis_of,
    by_urgency,
    concerns,
    is_open,
    is_overdue,
    state_of,
)

MOST_ITEMS = 6
ACCEPTED_DAYS = 90
"""For which an advised acceptance lasts."""

MOST_HISTORY = 10
"""Changes of an item, and items of a risk, that their details name."""

LONGEST_NAME = 60
"""Characters of a product or a version on the screen."""

MOST_LINES = 3
"""Of each kind of line below the items."""


class ReviewCoverage(NamedTuple):
    """What a review could not check, and the suppliers whose newest documents are not accepted."""

    unchecked: tuple[UncheckedPart, ...] = ()
    suppliers: tuple[str, ...] = ()


def nothing_received() -> str:
    """Return the line of a project that no supplier ever sent anything."""
    return f"no document of a supplier that can be reviewed was received yet: {command('supplier', 'PATH')}"


def coverage_of(backlog: Backlog) -> ReviewCoverage:
    """Return what the last review of a backlog could not check."""
    return ReviewCoverage(backlog.unchecked, backlog.requests)


def screen_lines(backlog: Backlog, coverage: ReviewCoverage, today: str) -> list[str]:
    """Return the screen, at most 25 lines."""
    items = by_urgency(backlog.items, today)
    open_items = [item for item in items if is_open(item, today)]
    text = [headline(backlog, today)]
    groups = _by_component(open_items)
    for group in groups[:MOST_ITEMS]:
        text += item_lines(group[0], today, others=group[1:])
    rest = sum(map(len, groups[MOST_ITEMS:]))
    if rest:
        text.append(f"  and {plural(rest, 'more open item')}: dist/suppliers/backlog.md")
    closed = [item for item in items if not is_open(item, today) and concerns(item, today)]
    text += [
        f"  attention: {item.id} ({state_of(item, today).value}): {concerns(item, today)[0]}"
        for item in closed[:MOST_LINES]
    ]
    late = [risk for risk in by_score(backlog.risks, today) if is_review_overdue(risk, today)]
    text += [
        f"  risk {risk.id} ({score_of(risk)}, {band_of(score_of(risk))}) of {_name(risk.supplier, risk.product)}: "
        f"review was due on {review_of(risk)}"
        for risk in late[:MOST_LINES]
    ]
    text += [f"  not checked: {_with_step(line)}" for line in coverage.unchecked[:MOST_LINES]]
    if len(coverage.unchecked) > MOST_LINES:
        text.append(f"  not checked: {len(coverage.unchecked) - MOST_LINES} more, see --format json")
    steps = next_steps(backlog, coverage, today)
    text += [f"{'next: ' if not place else '      '}{step}" for place, step in enumerate(steps)]
    return text


def headline(backlog: Backlog, today: str) -> str:
    """Return the counts in one line."""
    counts = counts_of(backlog.items, backlog.risks, today)
    open_items = [item for item in backlog.items if is_open(item, today)]
    products = {(item.supplier, item.product) for item in open_items}
    suppliers = {item.supplier for item in open_items}
    more = [
        f"{counts[name]:,} {word}"
        for name, word in (
            ("exploited", "exploited"),
            ("overdue", "overdue"),
            ("new", "new"),
            ("waiting", "waiting for the supplier"),
        )
        if counts[name]
    ]
    rest = [
        f"{counts[name]:,} {word}"
        for name, word in (("fixed", "fixed"), ("not_affected", "not affected"), ("accepted", "accepted"))
        if counts[name]
    ]
    where = f" in {plural(len(products), 'product')} of {plural(len(suppliers), 'supplier')}" if open_items else ""
    urgent = f" ({', '.join(more)})" if more else ""
    return "; ".join([f"{plural(counts['open'], 'open item')}{where}{urgent}", *([", ".join(rest)] if rest else [])])


def item_lines(item: BacklogItem, today: str, *, others: Sequence[BacklogItem] = ()) -> list[str]:
    """Return two lines about an open item: how urgent it is, and what it is about.

    Args:
        item: The item.
        today: An ISO date.
        others: Further open ones of the same component.
    """
    state = state_of(item, today).value + (", not checked" if item.presence is Presence.UNCHECKED else "")
    urgent = [item.severity.value if not item.malware else "malware"]
    urgent += filter(None, [item.exploitation.words.upper()[:9] + item.exploitation.words[9:]])
    urgent += filter(None, [item.exploitation.score])
    if item.due:
        urgent.append(f"{'overdue since' if is_overdue(item, today) else 'due'} {item.due}")
    owner = f"owner {printable(item.owner)}" if item.owner else "no owner"
    more = f" and {len(others)} more" if others else ""
    return [
        f"  {item.id}  {', '.join(urgent)}  [{state}, {owner}]",
        f"    {about(item)}{more}{remedy(item)}",
    ]


def about(item: BacklogItem) -> str:
    """Return what an item is about: product with versions, component with versions, vulnerability."""
    products = _few(version.product_version for version in item.versions)
    versions = _few(version.version for version in item.versions)
    product = f"{_name(item.supplier, item.product)} {products}".rstrip()
    possible = "may have" if item.presence is Presence.POSSIBLE else "has"
    return f"{product}: {' '.join(filter(None, (printable(item.component), versions)))} {possible} {item.names[0]}"


def _few(texts: Iterable[str]) -> str:
    found = list(dict.fromkeys(filter(None, texts)))
    return ", ".join(map(_short, found[:MOST_LINES])) + (", ..." if len(found) > MOST_LINES else "")


def _by_component(items: Iterable[BacklogItem]) -> list[list[BacklogItem]]:
    """Return items of the same component of a product together, in the order of their first ones."""
    groups: dict[tuple[str, str, str], list[BacklogItem]] = {}
    for item in items:
        groups.setdefault((item.supplier, item.product, item.component), []).append(item)
    return list(groups.values())


def remedy(item: BacklogItem) -> str:
    """Return the fixed version as a clause, and the version without any known vulnerability where that is another one."""
    if item.malware:
        return ", remove it"
    if not item.fixed_version:
        return ", no fixed version known"
    clear = item.clear_version if item.clear_version != item.fixed_version else ""
    return f", fixed in {printable(item.fixed_version)}" + (f" (all of them in {printable(clear)})" if clear else "")


def item_text(item: BacklogItem, today: str) -> list[str]:
    """Return everything that is known of an item, for a terminal."""
    state, decision = state_of(item, today), item.decision
    text = [f"{item.id}  {state.value}  {item.severity.value} {item.score}".rstrip(), f"  {about(item)}{remedy(item)}"]
    if item.summary:
        text.append(f"  {excerpt(item.summary)}")
    facts = [
        ("names", ", ".join(item.names)),
        ("exploitation", ", ".join(filter(None, (item.exploitation.words, item.exploitation.score)))),
        ("due", f"{item.due} ({item.due_basis})" if item.due else ""),
        (
            "first seen",
            f"{item.first_seen}; product received {item.received}; advisory published {item.published or '(no date)'}",
        ),
        ("state by", basis_of(item, today)),
        ("attention", "; ".join((*concerns(item, today), *item.conflicts))),
        ("owner", item.owner),
        ("planned", decision.planned),
        ("note", decision.note),
        ("same as", ", ".join(merged.item.id for merged in item.merged)),
    ]
    text += [f"  {name}: {printable(value)}" for name, value in facts if value]
    for version in (*item.versions, *item.older):
        status = version.statement.status if version.statement else "possible" if version.possible else "affected"
        old = " (earlier version)" if version in item.older else ""
        text.append(
            f"  {printable(version.product_version) or '(no version)'}: {printable(version.version)} {status}{old}, document {version.document[:12]}"
        )
    text += [
        f"  {entry.at} {printable(entry.by) or 'review'}: {excerpt(entry.text)}"
        for entry in item.history[-MOST_HISTORY:]
    ]
    return text


def risk_text(risk: Risk, today: str) -> list[str]:
    """Return everything that is known of a risk, for a terminal."""
    decision = risk.decision
    likelihood, impact = values_of(risk)
    score = score_of(risk)
    residual = decision.residual_likelihood * decision.residual_impact
    text = [f"{risk.id}  {status_of(risk, today)}  {_name(risk.supplier, risk.product)}"]
    facts = [
        ("score", f"{score} {band_of(score)} (likelihood {likelihood}, impact {impact})" if score else ""),
        ("exposure", exposure_of(risk).value or "unknown"),
        ("proposed", f"likelihood {risk.likelihood}, impact {risk.impact}: {risk.basis}" if risk.items else ""),
        ("cause", risk.cause),
        ("event", risk.event),
        ("consequence", risk.consequence),
        ("controls", decision.controls),
        ("treatment", decision.treatment.value),
        ("action", decision.action),
        ("owner", risk.owner),
        ("due", decision.due or risk.due),
        ("residual", f"{residual} {band_of(residual)}" if residual else ""),
        ("accepted by", decision.accepted_by),
        ("review", review_of(risk)),
        ("note", decision.note),
        ("items", ", ".join(risk.items[:MOST_HISTORY]) + (", ..." if len(risk.items) > MOST_HISTORY else "")),
    ]
    return text + [f"  {name}: {printable(value)}" for name, value in facts if value]


def next_steps(backlog: Backlog, coverage: ReviewCoverage, today: str) -> list[str]:
    """Return commands, the most important first."""
    items = by_urgency(backlog.items, today)
    steps = []
    untriaged = next((item for item in items if state_of(item, today) is ItemState.NEW), None)
    first = next((item for item in items if is_open(item, today)), None)
    ended = next((item for item in items if is_open(item, today) and item.decision.state is ItemState.ACCEPTED), None)
    if untriaged is not None:
        owner = [] if untriaged.owner else ["owner=NAME"]
        steps.append(command("backlog", "--set", untriaged.id, "state=triaged", *owner))
    elif ended is not None:
        until = (date.fromisoformat(today) + timedelta(days=ACCEPTED_DAYS)).isoformat()
        steps.append(command("backlog", "--set", ended.id, "state=accepted", f"until={until}", "by=NAME", "reason=WHY"))
    elif first is not None:
        steps.append(command("backlog", "--show", first.id))
    if coverage.suppliers:
        steps.append(command("supplier", "--request", quoted(printable(coverage.suppliers[0]))))
    steps += [found[0] for line in coverage.unchecked if (found := pasteable(line.step)) and found[0] not in steps][:1]
    return steps


def _with_step(line: UncheckedPart) -> str:
    """Return what could not be checked, and what to do where that is no command, which is among the next steps."""
    return line.text if pasteable(line.step) else f"{line.text}. {line.step}"


def _name(supplier: str, product: str) -> str:
    return f"{_short(supplier)} {_short(product)}"


def _short(text: str) -> str:
    """Return a name for one line: of a long one, the beginning."""
    line = printable(text)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 3]}..."

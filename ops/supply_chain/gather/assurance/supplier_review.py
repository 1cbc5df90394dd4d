"""One review of suppliers' products: compare, store the backlog, write its views, decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import DEFAULT_TENANT, RegistryAddress
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.files.backlog import Backlog, UncheckedPart
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.supplier_backlog import Observed, due_of, observe, today_of
from ops.supply_chain.gather.assurance.supplier_views import write_views
from ops.supply_chain.gather.gates.exploitation import NOT_CONFIGURED, exploitation_feeds, unchecked_exploitation
from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION
from ops.supply_chain.risk.gates.outcome import decide_outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.suppliers.backlog.documents import backlog_document
from ops.supply_chain.suppliers.backlog.findings import NOT_EXAMINED, findings_of
from ops.supply_chain.suppliers.backlog.measures import counts_of
from ops.supply_chain.suppliers.backlog.register import MIDDLE, ProductProfile, risks_after
from ops.supply_chain.suppliers.backlog.review import ReviewDay, review
from ops.supply_chain.suppliers.backlog.screen import nothing_received, screen_lines

if TYPE_CHECKING:
    from ops.supply_chain.adapters.exploitation.feeds import ExploitationFeeds
    from ops.supply_chain.adapters.files.backlog_store import BacklogStore


def review_registry(run: StageRun, address: RegistryAddress, store: BacklogStore) -> StageResult:
    """Compare the registry with the advisories, and take the result over into the backlog.

    Args:
        run: The stage's run.
        address: The registry.
        store: The backlog.
    Raises:
        StageError: Something cannot be read, or the backlog cannot be written; it is then as it was.
    """
    if address.file is not None and not address.file.exists():
        raise UnavailableError(
            f"{address.shown()}: there are documents of suppliers or a backlog, and no registry to compare",
            hint=f"Make it again from the stored documents: {command('supplier', '--rebuild')}",
        )
    documents = SupplierStore(run.artifacts, "" if address.tenant == DEFAULT_TENANT else address.tenant)
    before = store.read()
    with RegistryReader(address) as reader, exploitation_feeds(run) as exploitation:
        observed = observe(run, reader, documents, before.items, exploitation.of)
        observed = _with_exploitation(observed, exploitation)
        if not (observed.counts["products"] or observed.counts["unregistered"] or before.items):
            return StageResult(outcome=Outcome.PASS, text=nothing_received(), counts={"documents": 0})
        today = today_of(run)
        after = store.change(lambda backlog: _reviewed(run, backlog, observed, today))
        return _result(run, after, observed, today)


def profile_of(run: StageRun) -> Callable[[str], ProductProfile]:
    """Return what is configured of each supplier's products."""
    known = {
        entry.name: ProductProfile(entry.criticality, entry.exposure, entry.owner) for entry in run.config.suppliers
    }
    return lambda supplier: known.get(supplier, ProductProfile(MIDDLE))


def _reviewed(run: StageRun, backlog: Backlog, observed: Observed, today: str) -> Backlog:
    day = ReviewDay(timestamp(run.now), today)
    items = review(
        backlog.items, observed.observations, observed.check, tenant=backlog.tenant, day=day, due=due_of(run)
    )
    profile = profile_of(run)
    items = tuple(replace(item, default_owner=profile(item.supplier).owner) for item in items)
    risks = risks_after(
        backlog.risks,
        items,
        profile,
        tenant=backlog.tenant,
        today=today,
        review_days=run.config.backlog.days_between_reviews,
    )
    unchecked, requests = observed.coverage
    return replace(backlog, reviewed=day.at, unchecked=unchecked, requests=requests, items=items, risks=risks)


def _with_exploitation(observed: Observed, feeds: ExploitationFeeds) -> Observed:
    """Return a comparison with the feeds of exploitation that it used, and what they could not show."""
    if not feeds.configured:
        return observed._replace(notes=(*observed.notes, NOT_CONFIGURED)) if observed.observations else observed
    lines = [
        UncheckedPart(text=finding.message, step=finding.next_step)
        for finding in unchecked_exploitation(feeds, NOT_EXAMINED)
    ]
    return observed._replace(
        coverage=observed.coverage._replace(unchecked=(*observed.coverage.unchecked, *lines)),
        feeds=(*observed.feeds, *feeds.refs),
        notes=(*observed.notes, *feeds.notes),
    )


def _result(run: StageRun, backlog: Backlog, observed: Observed, today: str) -> StageResult:
    written = write_views(run.dist, backlog, observed.coverage, today, generator=(GENERATOR, GENERATOR_VERSION))
    findings = findings_of(backlog, observed.coverage.unchecked, today)
    counts = counts_of(backlog.items, backlog.risks, today)
    outcome = decide_outcome(
        findings,
        fail_on=run.config.gate.fail_on,
        all_examined=not observed.coverage.unchecked and not counts["unchecked_items"],
    )
    return StageResult(
        outcome=outcome,
        text="\n".join(screen_lines(backlog, observed.coverage, today)),
        says_findings=True,
        counts={**observed.counts, **counts},
        findings=findings,
        writes=tuple(run.dist_ref(path) for path in written),
        feeds=observed.feeds,
        options={"advisories": "given" if run.args.advisories else "default"},
        notes=observed.notes,
        document=backlog_document(backlog, observed.coverage, today),
    )

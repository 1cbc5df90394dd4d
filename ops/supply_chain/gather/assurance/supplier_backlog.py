"""What the registry and the advisories show of suppliers' products, as observations for the backlog.

Only components of accepted documents are matched. Documents in quarantine, components without a package URL and ecosystems
without a feed are named, and never count as clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.config.backlog import ReviewedVersions
from ops.supply_chain.contracts.files.backlog import AffectedVersion, BacklogItem, StatementSource, UncheckedPart
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Status, Vector
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.registry import IntakeDecision, PackageName, RegisteredDocument, RegistryHit
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.gather.assurance.supplier_advisories import (
    AdvisoryVerdicts,
    ComponentKey,
    ComponentVerdict,
    Hit,
    key_of,
    match_components,
)
from ops.supply_chain.gather.suppliers.statements import StatementFinder
from ops.supply_chain.risk.advisories.classification import Classifier
from ops.supply_chain.risk.advisories.response import ResponseClock
from ops.supply_chain.risk.advisories.severity import band_of
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.search import may_mean_another, spellings
from ops.supply_chain.suppliers.backlog.observed import Due, Observation, Subject, SubjectCheck
from ops.supply_chain.suppliers.backlog.products import (
    ProductDocuments,
    ProductKey,
    component_package,
    component_text,
    names,
    product_of,
    products_of,
    version_of,
)
from ops.supply_chain.suppliers.backlog.review import DueOf
from ops.supply_chain.suppliers.backlog.screen import ReviewCoverage
from ops.supply_chain.suppliers.entries import purl_of
from ops.supply_chain.suppliers.statements import Effective, SupplierStatement, effective

MOST_NAMED = 3
_WHY = {
    IntakeDecision.QUARANTINED: "is in quarantine",
    IntakeDecision.REFUSED: "was refused, and no other one of this product was accepted",
}
NO_COMPONENT = "the component of this item cannot be searched for"

ExploitationOf = Callable[[Sequence[str]], Exploitation | None]
"""What the feeds of exploitation say of a vulnerability, by all its names; None where none is configured."""


class Observed(NamedTuple):
    """What a comparison shows: observations, whether a subject could be checked, what could not; and which feeds were used."""

    observations: tuple[Observation, ...]
    check: Callable[[Subject], SubjectCheck]
    coverage: ReviewCoverage
    counts: dict[str, int]
    feeds: tuple[FeedRef, ...] = ()
    notes: tuple[str, ...] = ()


def observe(
    run: StageRun,
    reader: RegistryReader,
    store: SupplierStore,
    items: Sequence[BacklogItem],
    exploitation_of: ExploitationOf,
) -> Observed:
    """Compare the registry with the advisories.

    Args:
        run: The stage's run.
        reader: The registry.
        store: The documents' bytes.
        items: The backlog as it is; what they are about is searched for as well.
        exploitation_of: The feeds of exploitation.
    Raises:
        StageError: The registry, the cache or the configuration cannot be used.
    """
    registered = reader.documents()
    products = products_of(registered, all_versions=run.config.backlog.versions is ReviewedVersions.ALL)
    documents = {document.digest: document for found in products.values() for document in (*found.heads, *found.older)}
    heads = [document.digest for found in products.values() for document in found.heads]
    listed = reader.listed_versions(list(documents))
    newest = reader.listed_versions(heads) if len(heads) < len(documents) else listed
    matched = match_components(run, listed, store)
    observer = _Observer(run, reader, store, products, matched, exploitation_of)
    known = filter(None, (component_package(item.component) for item in items))
    affected = {PackageName(*key[:3]) for key, verdict in matched.verdicts.items() if verdict.hits}
    observations = tuple(observer.observations(sorted({*affected, *known})))
    unchecked = {
        key: matched.verdicts[key]
        for key, digest in ((key_of(component), digest) for component, digest in newest)
        if matched.verdicts[key].reason and not _is_product(key, documents.get(digest))
    }
    unaccepted = [document for found in products.values() for document in found.unaccepted]
    types = reader.listed_types(heads) if unchecked else ()
    missing = set(store.digests()) - {document.digest for document in registered}
    lines = (
        *_missing_lines(missing),
        *_unchecked_lines(unchecked, types, documents),
        *_unaccepted_lines(unaccepted),
    )
    return Observed(
        observations,
        observer.check,
        ReviewCoverage(lines, names(unaccepted)),
        {
            "products": len(products),
            "documents": len(documents),
            "components": len(newest),
            "unchecked": len(unchecked),
            "unaccepted": len(unaccepted),
            "unregistered": len(missing),
        },
        matched.feeds,
        matched.notes,
    )


def due_of(run: StageRun) -> DueOf:
    """Return the response clock of `[response]`: it starts when both the advisory and the product were known."""
    clock = ResponseClock(run.config.response, now=run.now)

    def due(severity: Severity, published: str, received: str, exploited: str) -> Due:
        start = max(published, received)
        moment = datetime.fromisoformat(start).replace(hour=12, tzinfo=UTC)
        known = date.fromisoformat(max(exploited, received)) if exploited else None
        found = clock.deadline(severity, published=moment, first_seen=moment, exploited=known)
        if found is None:
            return Due("", "")
        if known is not None and found.due != plain_due(severity, moment):
            return Due(found.due.isoformat(), f"exploitation known on {known}")
        basis = "publication of the advisory" if published > received else "receipt of the product"
        return Due(found.due.isoformat(), f"{basis} on {start}, {severity.value} severity")

    def plain_due(severity: Severity, moment: datetime) -> date | None:
        found = clock.deadline(severity, published=moment, first_seen=moment)
        return found.due if found else None

    return due


def today_of(run: StageRun) -> str:
    """Return the day of the run where deadlines are counted, an ISO date."""
    return ResponseClock(run.config.response, now=run.now).today.isoformat()


class _Observer:
    def __init__(
        self,
        run: StageRun,
        reader: RegistryReader,
        store: SupplierStore,
        products: dict[ProductKey, ProductDocuments],
        matched: AdvisoryVerdicts,
        exploitation_of: ExploitationOf,
    ) -> None:
        self._reader, self._products, self._matched = reader, products, matched
        self._source = StatementFinder(reader, run.config.suppliers, store)
        self._exploitation_of = exploitation_of
        self._classifier = Classifier(run.config.severity, today=ResponseClock(run.config.response, now=run.now).today)
        self._heads = {document.digest for found in products.values() for document in found.heads}
        self._counted = self._heads | {document.digest for found in products.values() for document in found.older}
        self._hits: dict[PackageName, list[RegistryHit]] = {}
        self._statements: dict[tuple[str, ...], tuple[SupplierStatement, ...]] = {}

    def observations(self, packages: Iterable[PackageName]) -> Iterator[Observation]:
        for package in packages:
            groups: defaultdict[tuple[Subject, tuple[str, ...]], list[tuple[RegistryHit, Hit]]] = defaultdict(list)
            for hit in self._of(package):
                subject = Subject(*product_of(hit.document), component_text(package))
                for found in self._verdict(hit).hits:
                    groups[subject, found.found.names].append((hit, found))
            for (subject, _), pairs in sorted(groups.items()):
                yield self._observation(subject, pairs)

    def check(self, subject: Subject) -> SubjectCheck:
        """Return whether a subject could be checked for what was not observed of it."""
        found = self._products.get(ProductKey(subject.supplier, subject.product))
        if found is None or not found.heads:
            return SubjectCheck(())
        digests = tuple(document.digest for document in found.heads)
        day = found.heads[0].ingested[:10]
        package = component_package(subject.component)
        if package is None or component_text(package) != subject.component:
            return SubjectCheck(digests, newest_day=day, reason=NO_COMPONENT)
        heads = set(digests)
        hits = [hit for hit in self._of(package) if hit.document.digest in heads]
        reason = next((verdict.reason for hit in hits if (verdict := self._verdict(hit)).reason), "")
        if not hits and self._is_named(package, heads):
            reason = f"its newest document lists {excerpt(package.name)} without a package URL that identifies it"
        return SubjectCheck(digests, frozenset(hit.component.version for hit in hits), day, reason)

    def _is_named(self, package: PackageName, heads: set[str]) -> bool:
        """Return whether one of some documents lists something of this name that nothing identifies as another package."""
        others = {other for spelling in spellings(package) for other in self._reader.packages(spelling)} - {package}
        return any(
            hit.document.digest in heads for other in others if may_mean_another(other) for hit in self._of(other)
        )

    def _of(self, package: PackageName) -> list[RegistryHit]:
        if package not in self._hits:
            found = self._reader.find(package)
            self._hits[package] = [hit for hit in found if hit.document.digest in self._counted]
        return self._hits[package]

    def _verdict(self, hit: RegistryHit) -> ComponentVerdict:
        return self._matched.verdicts.get(key_of(hit.component), ComponentVerdict())

    def _observation(self, subject: Subject, pairs: Sequence[tuple[RegistryHit, Hit]]) -> Observation:
        vulnerability = max((hit.found for _, hit in pairs), key=lambda found: (found.modified or 0, found.version))
        versions: list[AffectedVersion] = []
        older: list[AffectedVersion] = []
        conflicts: dict[str, None] = {}
        for hit, found in pairs:
            counts = effective(hit, found.found.names, self._about(found.found.names))
            conflicts.update(dict.fromkeys(_conflicts(hit, counts)))
            version = AffectedVersion(
                product_version=version_of(hit.document),
                version=hit.component.version,
                document=hit.document.digest,
                possible=found.found.status is Status.UNDECIDED,
                reason=found.found.reason,
                statement=_source(counts),
            )
            (versions if hit.document.digest in self._heads else older).append(version)
        severity = self._classifier.rate(vulnerability).severity
        vector = _vector(vulnerability.rating.vectors, severity)
        return Observation(
            subject,
            vulnerability.names,
            severity,
            min(hit.document.ingested[:10] for hit, _ in pairs),
            tuple(sorted(versions, key=_order)),
            tuple(sorted(older, key=_order)),
            f"{vector.score:.1f}" if vector and vector.score is not None else "",
            vector.value if vector else "",
            vulnerability.malware,
            printable(vulnerability.summary),
            _day(vulnerability.published),
            *_fixed(pairs),
            self._exploitation_of(vulnerability.names) or Exploitation(),
            tuple(conflicts),
        )

    def _about(self, found: tuple[str, ...]) -> tuple[SupplierStatement, ...]:
        if found not in self._statements:
            self._statements[found] = self._source.about(found)
        return self._statements[found]


def _order(version: AffectedVersion) -> tuple[str, str, str]:
    return (version.product_version, version.version, version.document)


def _source(counts: Effective) -> StatementSource | None:
    """Return the statement that counts; of one that closes nothing, the status is that it is under investigation."""
    statement, document = counts.statement, counts.document
    if statement is None or document is None:
        return None
    status = statement.status
    if status in ("fixed", "not_affected") and not counts.closes:
        status = "under_investigation"
    return StatementSource(
        status=status,
        supplier=document.supplier,
        document=document.digest,
        stated=statement.stated,
        justification=statement.justification,
        detail=printable(statement.detail),
    )


def _conflicts(hit: RegistryHit, counts: Effective) -> Iterator[str]:
    subject = f"{printable(hit.component.package.name)} {printable(hit.component.version)}"
    for item in counts.conflicts:
        who = printable(item.document.supplier) or "own release"
        yield f"{subject}: {who} states {item.statement.status} ({item.document.digest[:12]}), {counts.status} counts"
    for item in counts.possible:
        who = printable(item.document.supplier) or "own release"
        yield f"{subject}: a statement of {who} ({item.statement.status}, {item.document.digest[:12]}) may be about it, and does not count"


def _vector(vectors: Iterable[Vector], severity: Severity) -> Vector | None:
    """Return the vector with the highest score of the newest version of CVSS; one of the severity's band, where there is one.

    Records of several sources can differ: a score that contradicts the severity next to it would only confuse.
    """
    scored = [vector for vector in vectors if vector.score is not None]
    fitting = [vector for vector in scored if band_of(vector.score or 0.0) is severity]
    return max(fitting or scored, key=lambda vector: (vector.kind, vector.score or 0.0, vector.value), default=None)


def _day(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds is not None else ""


def _fixed(pairs: Sequence[tuple[RegistryHit, Hit]]) -> tuple[str, str]:
    """Return the versions that fix the vulnerability, the nearest of each listed one, and those without any that can be fixed."""
    fixes = (hit.found.fixed or (f"after {hit.found.ends_after}" if hit.found.ends_after else "") for _, hit in pairs)
    return _joined(fixes), _joined(hit.move_to for _, hit in pairs)


def _joined(versions: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(filter(None, map(printable, versions))))


def _shown(key: ComponentKey) -> str:
    path = "/".join(filter(None, (key.namespace, key.name)))
    return f"{excerpt(path)} {excerpt(key.version)}".rstrip()


def _is_product(key: ComponentKey, document: RegisteredDocument | None) -> bool:
    """Return whether a component is the product that its document describes."""
    if document is None or key.version != document.product_version:
        return False
    path = "/".join(filter(None, (key.namespace, key.name)))
    return document.product in (purl_of_key(key), path, key.name)


def purl_of_key(key: ComponentKey) -> str:
    """Return the package URL of a component without a version, as `product` of a document has it."""
    from ops.supply_chain.contracts.values.received_sbom import PackageIdentity

    return purl_of(PackageIdentity(key.type, key.namespace, key.name))


def _missing_lines(missing: Collection[str]) -> Iterator[UncheckedPart]:
    """Yield what is stored and not in the registry: a run that was killed left it, or the registry is another one."""
    if missing:
        text = f"{plural(len(missing), 'stored document')} {'is' if len(missing) == 1 else 'are'} not in the registry"
        yield UncheckedPart(text=text, step=f"Fill it again: {command('supplier', '--rebuild')}")


def _unaccepted_lines(documents: Sequence[RegisteredDocument]) -> Iterator[UncheckedPart]:
    """Yield a line for each document in quarantine; one for all of a supplier that has more than a few."""
    of: defaultdict[str, list[RegisteredDocument]] = defaultdict(list)
    for document in documents:
        of[document.supplier].append(document)
    for supplier, found in of.items():
        words = ["--request", quoted(printable(supplier))] if supplier else ["--status"]
        step = f"See what to correct: {command('supplier', *words)}"
        who = printable(supplier) or "(no supplier)"
        if len(found) > MOST_NAMED:
            named = ", ".join(f"{excerpt(document.name)} ({document.digest[:12]})" for document in found[:MOST_NAMED])
            text = f"{who}: {plural(len(found), 'document is', 'documents are')} not accepted: {named}, ..."
            yield UncheckedPart(text=text, step=step)
            continue
        for document in found:
            what = f"{who} {excerpt(document.product) or '(no product)'} {printable(document.product_version)}"
            text = f"{what.rstrip()}: {printable(document.name)} ({document.digest[:12]}) {_why(document)}"
            yield UncheckedPart(text=text, step=step)


def _why(document: RegisteredDocument) -> str:
    if document.decision is IntakeDecision.REFUSED and not document.product:
        return "was refused, and nothing of this supplier was accepted since"
    return _WHY[document.decision]


def _unchecked_lines(
    unchecked: dict[ComponentKey, ComponentVerdict],
    types: Sequence[tuple[str, str]],
    documents: dict[str, RegisteredDocument],
) -> Iterator[UncheckedPart]:
    """Yield a line for each type of package and reason: how many components, an example, in which products."""
    groups: defaultdict[tuple[str, str, str], list[ComponentKey]] = defaultdict(list)
    for key, verdict in unchecked.items():
        groups[key.type, verdict.reason, verdict.step].append(key)
    for (kind, reason, step), keys in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
        example = ", ".join(_shown(key) for key in keys[:MOST_NAMED])
        more = ", ..." if len(keys) > MOST_NAMED else ""
        products = dict.fromkeys(
            f"{printable(documents[digest].supplier)} {excerpt(documents[digest].product or documents[digest].name)}"
            for digest, other in types
            if other == kind and digest in documents
        )
        shown = ", ".join(list(products)[:MOST_NAMED]) + (", ..." if len(products) > MOST_NAMED else "")
        what = "" if kind.startswith(":") else f" of pkg:{kind}"
        text = (
            f"{plural(len(keys), 'component')}{what} in {shown or 'no product'} ({example}{more}): {printable(reason)}"
        )
        yield UncheckedPart(text=text, step=step or "Check them by hand.")

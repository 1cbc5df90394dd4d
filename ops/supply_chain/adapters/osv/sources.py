"""The sources of advisories, in order: the first one that answers is used, with the reasons why earlier ones were not.

The default order is OSV's snapshot (nothing about the project leaves the machine), the OSV API, and the
index's own per-release JSON. The last two receive names: only those of pins from the public index, unless the
address of the service is configured, which is consent. `--advisories` replaces the order with other snapshots.

A source with a record that does not reveal which package it concerns, or a snapshot that is too old, is only a partial
answer: it is used if no later source answers completely, and nothing then counts as examined.

A service that the project configures cannot be counted as a snapshot can. It is also queried about versions that are
known to be affected, and is only a partial answer if it has nothing about them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ops.supply_chain.adapters.http.failure import address
from ops.supply_chain.contracts.config.feeds import FeedsConfig
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.files.record import FeedOrigin, FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory, FeedFacts
from ops.supply_chain.core.addresses import INDEX_JSON_URL, INDEX_URL, OSV_API_URL, OSV_SNAPSHOT_URL
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.moments import age_text

if TYPE_CHECKING:
    from ops.supply_chain.adapters.osv.snapshot import AgeLimits

PinKey = tuple[str, str]

NO_ANSWER_REMEDY = "Check the network, or give a downloaded snapshot with --advisories FILE."

STALE_REMEDY = (
    "Fetch the snapshot again; a greater limit is [feeds].max_snapshot_age_days, for files [feeds].max_file_age_hours."
)
KNOWN_AFFECTED = (("django", "1.2"), ("jinja2", "2.4.1"), ("requests", "2.3.0"))
"""Old releases with several advisories each; jinja2 2.4.1 is the example in the documentation of OSV's API."""

KNOWN_MALWARE = (("1q847", "0.0.1"),)
"""MAL-2026-443."""

NOT_PUBLIC = "its name is not sent to {service}, because it does not come from the public index"


class SourceKind(StrEnum):
    """The kinds of source, in their default order."""

    SNAPSHOT = "snapshot"
    API = "api"
    INDEX = "index"


class AdvisoryQuery(NamedTuple):
    """A query to the sources: configuration, the pins, which of them are public, cache, time of the run, offline.

    `snapshot` is `[feeds].osv_snapshot` as it is opened: an address, or a path that was resolved in the project.
    """

    feeds: FeedsConfig
    package_index: IndexConfig
    pins: Sequence[PinKey]
    public: Collection[PinKey]
    cache: Path
    now: datetime
    offline: bool
    snapshot: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The packages of the pins."""
        return frozenset(name for name, _ in self.pins)


class SourceResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of one source.

    `advisories` is package -> its records. `unexamined` are the pins that it says nothing of, each with
    the reason. `unusable_reason` is why nothing counts as examined, or empty; `remedy` what to do about it. `facts`
    are those of a snapshot. `description` describes the source for people. `documents` gives, for some packages, the records' own JSON; None where the
    source has none. `query_url` is where another tool can ask the same source, empty where it cannot.
    """

    kind: SourceKind
    advisories: Mapping[str, tuple[Advisory, ...]]
    feed: FeedRef
    description: str
    unexamined: Mapping[PinKey, str] = msgspec.field(default_factory=dict)
    unusable_reason: str = ""
    remedy: str = ""
    facts: FeedFacts | None = None
    notes: tuple[str, ...] = ()
    documents: Callable[[], dict[str, list[bytes]]] | None = None
    query_url: str = ""


class Attempt(NamedTuple):
    """One source: its name, and the function that queries it; the stack holds what must stay open."""

    name: str
    ask: Callable[[ExitStack], SourceResult]


class SelectedSource(NamedTuple):
    """The answer that is used, and the sources before it that gave none, each with the reason."""

    answer: SourceResult
    skipped: tuple[tuple[str, str], ...]


@contextmanager
def first_answer(attempts: Sequence[Attempt]) -> Iterator[SelectedSource]:
    """Query the sources in order until one answers completely.

    Args:
        attempts: At least one.
    Yields:
        The selected source; its documents can be read within the block.
    Raises:
        UnavailableError: None answered; the message has each one's reason, the hint the remedies.
    """
    with ExitStack() as stack:
        skipped: list[tuple[str, str]] = []
        errors: list[UnavailableError] = []
        partial: SelectedSource | None = None
        for name, ask in attempts:
            try:
                answer = ask(stack)
            except UnavailableError as error:
                errors.append(error)
                skipped.append((name, error.message))
                continue
            if not answer.unusable_reason:
                yield SelectedSource(answer, tuple(skipped))
                return
            partial = partial or SelectedSource(answer, tuple(skipped))
            skipped.append((name, answer.unusable_reason))
        if partial is None:
            raise _no_answer(errors)
        yield partial


def attempts(query: AdvisoryQuery, given: Sequence[str], kinds: Collection[SourceKind]) -> list[Attempt]:
    """Return the sources to query, in order.

    Args:
        query: The query.
        given: The values of `--advisories`, which replace the default order; empty for the default.
        kinds: The kinds of the default order to use.
    """
    if given:
        return [
            Attempt(f"advisories {position}", _snapshot(query, source, origin=FeedOrigin.GIVEN))
            for position, source in enumerate(given, 1)
        ]
    default = {
        SourceKind.SNAPSHOT: Attempt("OSV snapshot", _default_snapshot(query)),
        SourceKind.API: Attempt("OSV API", lambda _: _ask_api(query)),
        SourceKind.INDEX: Attempt("index per-release JSON", lambda _: _ask_index(query)),
    }
    return [default[kind] for kind in SourceKind if kind in kinds]


def malicious_folder(query: AdvisoryQuery, folder: Path) -> Attempt:
    """Return a folder of malicious-packages records as a source, besides the selected one."""
    shown = configured_source(query.feeds.malicious)
    return Attempt(
        "malicious packages",
        _snapshot(query, str(folder), name="malicious-packages", origin=FeedOrigin.CONFIGURED, shown=shown),
    )


def _default_snapshot(query: AdvisoryQuery) -> Callable[[ExitStack], SourceResult]:
    configured = query.feeds.osv_snapshot
    if not configured:
        return _snapshot(query, OSV_SNAPSHOT_URL, origin=FeedOrigin.DEFAULT)
    source = query.snapshot or configured
    return _snapshot(query, source, origin=FeedOrigin.CONFIGURED, shown=configured_source(configured))


def configured_source(source: str) -> str:
    """Return a source of the configuration as records name it: an address without credentials and query, or a path without this machine's."""
    if "://" in source:
        return address(source)
    path = PurePath(source)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def age_limits(feeds: FeedsConfig, *, remote: bool, extra: bool) -> AgeLimits:
    """Return the age limits of a source.

    Args:
        feeds: `[feeds]`.
        remote: True for an address, False for a file or folder.
        extra: True for records that are used in addition to a snapshot.
    """
    from ops.supply_chain.adapters.osv.snapshot import AgeLimits

    newest: timedelta | None = None if extra else timedelta(days=feeds.max_snapshot_age_days)
    if not remote and feeds.max_file_age_hours is not None:
        newest = timedelta(hours=feeds.max_file_age_hours)
    return AgeLimits(confirmed=timedelta(hours=feeds.max_age_hours), newest=newest)


def _snapshot(
    query: AdvisoryQuery, source: str, *, origin: FeedOrigin, shown: str = "", name: str = "osv"
) -> Callable[[ExitStack], SourceResult]:
    def ask(stack: ExitStack) -> SourceResult:
        from ops.supply_chain.adapters.osv.snapshot import open_package_feed

        limits = age_limits(query.feeds, remote="://" in source, extra=name != "osv")
        feed = stack.enter_context(
            open_package_feed(
                source,
                query.names,
                cache=query.cache,
                now=query.now,
                offline=query.offline,
                limits=limits,
                name=name,
            )
        )
        ref = msgspec.structs.replace(feed.ref, origin=origin, address=shown or _given(source))
        description = _description(ref)
        found = feed.advisories(query.names)
        unusable = feed.unexamined(query.names)
        lost = next((item for item in unusable if not item.packages), None)
        reasons = {
            package: f"record {item.id or item.where}: {item.reason}" for item in unusable for package in item.packages
        }

        def documents() -> dict[str, list[bytes]]:
            return {
                package: [document for record in records if (document := feed.document(record.id)) is not None]
                for package, records in found.items()
            }

        return SourceResult(
            kind=SourceKind.SNAPSHOT,
            advisories=found,
            feed=ref,
            description=description,
            unexamined={pin: reasons[pin[0]] for pin in query.pins if pin[0] in reasons},
            # What an old feed knows of is reported; only its silence means nothing.
            unusable_reason=feed.stale
            or (f"record {lost.id or lost.where} cannot be read: {lost.reason}" if lost else ""),
            remedy=STALE_REMEDY if feed.stale else "",
            facts=feed.facts,
            notes=feed.notes,
            documents=documents,
        )

    return ask


def _ask_api(query: AdvisoryQuery) -> SourceResult:
    from ops.supply_chain.adapters.osv import api as osv_api

    url = query.feeds.osv_api or OSV_API_URL
    pins, withheld = _shareable(query, service="the OSV API", chosen=bool(query.feeds.osv_api))
    known = (*KNOWN_AFFECTED, *KNOWN_MALWARE) if query.feeds.osv_api else ()
    answer = osv_api.ask([*pins, *known], cache=query.cache, url=url, offline=query.offline)
    reasons = {package: f"record {item.id}: {item.reason}" for item in answer.unusable for package in item.packages}
    return SourceResult(
        kind=SourceKind.API,
        advisories=answer.advisories,
        feed=FeedRef(
            name="osv-api", version="v1", age_seconds=0, address=address(url), origin=_origin(query.feeds.osv_api)
        ),
        description=f"OSV API, queried now about {len(pins)} pins",
        unusable_reason=_ignorance(answer.advisories, known, service="OSV API"),
        remedy="Remove [feeds].osv_api to use OSV's own service.",
        unexamined=withheld | {pin: reasons[pin[0]] for pin in pins if pin[0] in reasons},
        query_url=f"{url.rstrip('/')}/v1/query",
    )


def _ask_index(query: AdvisoryQuery) -> SourceResult:
    from ops.supply_chain.adapters.index import vulnerabilities as index_vulnerabilities

    config = query.package_index
    if not config.json_url and (config.url or INDEX_URL).rstrip("/") != INDEX_URL.rstrip("/"):
        # Names from a private index must not be sent to the public one.
        raise UnavailableError(
            f"{index_vulnerabilities.SYSTEM}: the JSON address of the configured index is not known",
            hint="Set [index].json_url in .security-config.toml.",
        )
    pins, withheld = _shareable(query, service="the index", chosen=bool(config.json_url))
    url = config.json_url or INDEX_JSON_URL
    known = KNOWN_AFFECTED if config.json_url else ()
    answer = index_vulnerabilities.ask([*pins, *known], cache=query.cache, url=url, offline=query.offline)
    absent = {pin: "the index has no JSON of this release" for pin in answer.absent if pin in pins}
    return SourceResult(
        kind=SourceKind.INDEX,
        advisories=answer.advisories,
        feed=FeedRef(
            name="index-json", version="1", age_seconds=0, address=address(url), origin=_origin(config.json_url)
        ),
        description=f"the index's per-release JSON, queried now about {len(pins)} pins; it has no severities",
        unexamined=withheld | absent | {pin: why for pin, why in answer.unusable.items() if pin in pins},
        unusable_reason=_ignorance(answer.advisories, known, service="index JSON"),
        remedy="Use a snapshot with --advisories, or remove [index].json_url if the index is a mirror of PyPI.",
    )


def _ignorance(found: Mapping[str, tuple[Advisory, ...]], known: Collection[PinKey], *, service: str) -> str:
    """Return why a configured service knows too little, or empty.

    Args:
        found: Its answer.
        known: The affected versions that it was queried about besides the pins; empty if it is not configured.
        service: Its name.
    """
    for kind, pins in (("known vulnerabilities", KNOWN_AFFECTED), ("known malware", KNOWN_MALWARE)):
        asked = [pin for pin in pins if pin in known]
        if asked and not any(found.get(name) for name, _ in asked):
            versions = ", ".join(f"{name} {version}" for name, version in asked)
            return f"the configured {service} has nothing about {kind} ({versions})"
    return ""


def _shareable(query: AdvisoryQuery, *, service: str, chosen: bool) -> tuple[list[PinKey], dict[PinKey, str]]:
    pins = [pin for pin in query.pins if chosen or pin in query.public]
    if query.pins and not pins:
        raise UnavailableError(
            f"{service}: not queried, because no pin comes from the public index",
            hint="Use a snapshot, or set the address of the service in .security-config.toml to allow sending the names.",
        )
    told = set(pins)
    return pins, {pin: NOT_PUBLIC.format(service=service) for pin in query.pins if pin not in told}


def _origin(configured: str) -> FeedOrigin:
    return FeedOrigin.CONFIGURED if configured else FeedOrigin.DEFAULT


def _given(source: str) -> str:
    return address(source) if "://" in source else Path(source).name


def _description(feed: FeedRef) -> str:
    newest = "no record with a usable date"
    if feed.age_seconds is not None:
        newest = f"newest record {feed.version[:10]} ({age_text(feed.age_seconds)} ago)"
    chosen = f"{feed.address} ({feed.origin}), " if feed.origin is not FeedOrigin.DEFAULT else ""
    return f"{feed.name} snapshot {chosen}{(feed.sha256 or '')[:12]}, {feed.records} record{'s' * (feed.records != 1)}, {newest}"


def _no_answer(errors: Sequence[UnavailableError]) -> UnavailableError:
    if len(errors) == 1:
        return errors[0]
    listed = "\n".join(f"  {error.message}" for error in errors)
    return UnavailableError(f"no source of advisories answered:\n{listed}", hint=NO_ANSWER_REMEDY)

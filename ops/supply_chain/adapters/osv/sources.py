"""Where advisories come from, in order: the first source that answers decides, and says why not an earlier one.

The default order is OSV's snapshot (nothing about the project leaves the machine), the OSV API, and the
index's own per-release JSON. The last two are told names: only those of pins that come from the public
index, unless the address of the service is configured, which is a choice. `--advisories` replaces the order
with snapshots of its own.

A source that holds a record of which nobody can tell whom it concerns has answered in part: it is used
only where no later one answers whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.contracts.config.feeds import FeedsConfig
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory
from ops.supply_chain.core.addresses import INDEX_JSON_URL, INDEX_URL, OSV_API_URL, OSV_SNAPSHOT_URL
from ops.supply_chain.core.errors import UnavailableError

Pin = tuple[str, str]

NOT_PUBLIC = "its name is not told to {service}, because it does not come from the public index"


class SourceKind(StrEnum):
    """The kinds of source, in their default order."""

    SNAPSHOT = "snapshot"
    API = "api"
    INDEX = "index"


class Asking(NamedTuple):
    """What the sources need to know: configuration, the pins, which of them are public, cache, moment, offline."""

    feeds: FeedsConfig
    package_index: IndexConfig
    pins: Sequence[Pin]
    public: Collection[Pin]
    cache: Path
    now: datetime
    offline: bool

    @property
    def names(self) -> frozenset[str]:
        """The packages of the pins."""
        return frozenset(name for name, _ in self.pins)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a source told.

    `advisories` is package -> its records. `unexamined` are the pins that it says nothing of, each with
    the reason. `blind` tells why nothing at all counts as examined, empty where it does. `told` describes
    the source for people. `documents` gives, for some packages, the records' own JSON; None where the
    source has none. `query_url` is where another tool can ask the same source, empty where it cannot.
    """

    kind: SourceKind
    advisories: Mapping[str, tuple[Advisory, ...]]
    feed: FeedRef
    told: str
    unexamined: Mapping[Pin, str] = field(default_factory=dict)
    blind: str = ""
    notes: tuple[str, ...] = ()
    documents: Callable[[], dict[str, list[bytes]]] | None = None
    query_url: str = ""


class Attempt(NamedTuple):
    """One source: what it is called, and what asks it; the stack holds what must stay open."""

    name: str
    ask: Callable[[ExitStack], Answered]


class Chosen(NamedTuple):
    """The answer that counts, and the sources before it that gave none, each with the reason."""

    answer: Answered
    passed_over: tuple[tuple[str, str], ...]


@contextmanager
def first_answer(attempts: Sequence[Attempt]) -> Iterator[Chosen]:
    """Ask the sources in order until one answers whole.

    Args:
        attempts: At least one.
    Yields:
        What was chosen; its documents can be read within the block.
    Raises:
        UnavailableError: None answered; each is named with its reason and its remedy.
    """
    with ExitStack() as stack:
        passed_over: list[tuple[str, str]] = []
        errors: list[UnavailableError] = []
        partial: Chosen | None = None
        for name, ask in attempts:
            try:
                answer = ask(stack)
            except UnavailableError as error:
                errors.append(error)
                passed_over.append((name, error.message))
                continue
            if not answer.blind:
                yield Chosen(answer, tuple(passed_over))
                return
            partial = partial or Chosen(answer, tuple(passed_over))
            passed_over.append((name, answer.blind))
        if partial is None:
            raise _nobody(errors)
        yield partial


def attempts(asking: Asking, given: Sequence[str], kinds: Collection[SourceKind]) -> list[Attempt]:
    """List the sources to ask, in order.

    Args:
        asking: What they need to know.
        given: `--advisories`, which replace the default order; empty for the default.
        kinds: Which kinds of the default order are asked.
    """
    if given:
        return [Attempt(f"advisories {position}", _snapshot(asking, one)) for position, one in enumerate(given, 1)]
    default = {
        SourceKind.SNAPSHOT: Attempt("OSV snapshot", _snapshot(asking, asking.feeds.osv_snapshot or OSV_SNAPSHOT_URL)),
        SourceKind.API: Attempt("OSV API", lambda _: _ask_api(asking)),
        SourceKind.INDEX: Attempt("index per-release JSON", lambda _: _ask_index(asking)),
    }
    return [default[kind] for kind in SourceKind if kind in kinds]


def malicious_folder(asking: Asking, folder: Path) -> Attempt:
    """Return a folder of malicious-packages records as a source beside the chosen one."""
    return Attempt("malicious packages", _snapshot(asking, str(folder), name="malicious-packages"))


def _snapshot(asking: Asking, source: str, *, name: str = "osv") -> Callable[[ExitStack], Answered]:
    def ask(stack: ExitStack) -> Answered:
        from ops.supply_chain.adapters.osv.snapshot import Limits, open_feed

        feeds = asking.feeds
        limits = Limits(
            confirmed=timedelta(hours=feeds.max_age_hours),
            newest=None if feeds.max_file_age_hours is None else timedelta(hours=feeds.max_file_age_hours),
        )
        feed = stack.enter_context(
            open_feed(source, cache=asking.cache, now=asking.now, offline=asking.offline, limits=limits, name=name)
        )
        found = feed.advisories(asking.names)
        unusable = feed.unexamined(asking.names)
        lost = next((item for item in unusable if not item.packages), None)
        reasons = {
            package: f"record {item.id or item.where}: {item.reason}" for item in unusable for package in item.packages
        }

        def documents() -> dict[str, list[bytes]]:
            return {
                package: [document for one in records if (document := feed.document(one.id)) is not None]
                for package, records in found.items()
            }

        return Answered(
            kind=SourceKind.SNAPSHOT,
            advisories=found,
            feed=feed.ref,
            told=_told(feed.ref, feed.facts.records, url="://" in source),
            unexamined={pin: reasons[pin[0]] for pin in asking.pins if pin[0] in reasons},
            blind=f"record {lost.id or lost.where} cannot be understood: {lost.reason}" if lost else "",
            notes=feed.notes,
            documents=documents,
        )

    return ask


def _ask_api(asking: Asking) -> Answered:
    from ops.supply_chain.adapters.osv import api as osv_api

    url = asking.feeds.osv_api or OSV_API_URL
    pins, withheld = _tellable(asking, service="the OSV API", chosen=bool(asking.feeds.osv_api))
    answer = osv_api.ask(pins, cache=asking.cache, url=url, offline=asking.offline)
    reasons = {package: f"record {item.id}: {item.reason}" for item in answer.unusable for package in item.packages}
    return Answered(
        kind=SourceKind.API,
        advisories=answer.advisories,
        feed=FeedRef(name="osv-api", version="v1", age_seconds=0),
        told=f"OSV API, asked now about {answer.asked} pins",
        unexamined=withheld | {pin: reasons[pin[0]] for pin in pins if pin[0] in reasons},
        query_url=f"{url.rstrip('/')}/v1/query",
    )


def _ask_index(asking: Asking) -> Answered:
    from ops.supply_chain.adapters.index import vulnerabilities as index_vulnerabilities

    config = asking.package_index
    if not config.json_url and (config.url or INDEX_URL).rstrip("/") != INDEX_URL.rstrip("/"):
        # A private index's names must not be looked up at the public one because nobody said where else.
        raise UnavailableError(
            f"{index_vulnerabilities.SYSTEM}: no address is known for the configured index",
            hint="Set json_url beside url in [index] of .security-config.toml.",
        )
    pins, withheld = _tellable(asking, service="the index", chosen=bool(config.json_url))
    url = config.json_url or INDEX_JSON_URL
    answer = index_vulnerabilities.ask(pins, cache=asking.cache, url=url, offline=asking.offline)
    absent = dict.fromkeys(answer.absent, "the index has no JSON of this release")
    return Answered(
        kind=SourceKind.INDEX,
        advisories=answer.advisories,
        feed=FeedRef(name="index-json", version="1", age_seconds=0),
        told=f"the index's per-release JSON, asked now about {len(pins)} pins; it rates nothing",
        unexamined=withheld | absent | answer.unusable,
    )


def _tellable(asking: Asking, *, service: str, chosen: bool) -> tuple[list[Pin], dict[Pin, str]]:
    pins = [pin for pin in asking.pins if chosen or pin in asking.public]
    if asking.pins and not pins:
        raise UnavailableError(
            f"{service}: not asked, because no pin comes from the public index",
            hint="Use a snapshot, or set the address of the service in .security-config.toml to let it know the names.",
        )
    told = set(pins)
    return pins, {pin: NOT_PUBLIC.format(service=service) for pin in asking.pins if pin not in told}


def _told(feed: FeedRef, records: int, *, url: bool) -> str:
    age = "of unknown age" if feed.age_seconds is None else _age(feed.age_seconds)
    confirmed = f", confirmed {age} ago" if url else ""
    newest = f"newest record {feed.version[:10]}"
    if not url and feed.age_seconds is not None:
        newest += f" ({age} ago)"
    return f"{feed.name} snapshot {(feed.sha256 or '')[:12]}, {records} records, {newest}{confirmed}"


def _age(seconds: int) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def _nobody(errors: Sequence[UnavailableError]) -> UnavailableError:
    hints = list(dict.fromkeys(error.hint for error in errors if error.hint))
    if len(errors) == 1:
        return errors[0]
    listed = "\n".join(f"  {error.message}" for error in errors)
    return UnavailableError(f"no source of advisories answered:\n{listed}", hint=" ".join(hints))

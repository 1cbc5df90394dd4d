"""The OSV API: the records that affect each pin, queried in batches, with all details.

A version that the service returns a record for is treated as listed in that record, so that any doubt is a finding.
The service answers with an empty list for an unknown name, and leaves out withdrawn records.

Source: https://google.github.io/osv.dev/api/, https://google.github.io/osv.dev/post-v1-querybatch/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.osv.archive import MOST_RECORD_BYTES
from ops.supply_chain.adapters.osv.feed_index import FOLDER
from ops.supply_chain.contracts.values.advisory import Advisory, UnusableRecord, version_key
from ops.supply_chain.core.addresses import OSV_API_URL
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.formats.version_orders.ecosystems import PYPI

SYSTEM = "OSV API"
REMEDY = "Check the network, or give a downloaded snapshot with --advisories FILE."
QUERIES_PER_BATCH = 1000
"""The service refuses more with "too many queries"."""

MOST_PAGES = 1000
"""Pages of one query; a service that never ends must not block a run forever."""

MOST_ANSWER_BYTES = 64 << 20
JSON_TYPES = frozenset({"application/json"})

PinKey = tuple[str, str]
"""PEP 503 name and version as the lock writes it."""


class RecordRef(msgspec.Struct, frozen=True):
    """A record as listed in a batch: its id and the time of its last change."""

    id: str
    modified: str = ""


class ApiAnswer(NamedTuple):
    """The answer of the service.

    `advisories` is package -> records that affect one of its queried pins, sorted by id; other versions
    may have other records. `unusable` are records that cannot be read, each with the
    packages it was returned for.
    """

    advisories: dict[str, tuple[Advisory, ...]]
    unusable: tuple[UnusableRecord, ...]
    asked: int


class _Result(msgspec.Struct):
    vulns: list[RecordRef] | None = None
    next_page_token: str | None = None


class _Batch(msgspec.Struct):
    results: list[_Result | None]


def ask(
    pins: Iterable[PinKey],
    *,
    cache: Path,
    url: str = OSV_API_URL,
    offline: bool = False,
    timeouts: Timeouts | None = None,
) -> ApiAnswer:
    """Query the records that affect some pins.

    Args:
        pins: In any order; duplicates are queried once. Names in any spelling.
        cache: The user's cache folder; details are kept there by id and time of change.
        url: Root of the service.
        offline: True makes any request an error.
        timeouts: Time limits.
    Raises:
        UnavailableError: The service did not answer every query completely: nothing counts as examined.
        OutputError: The cache cannot be written.
    """
    wanted = sorted({(normalise(name), version) for name, version in pins})
    client = HttpClient(SYSTEM, remedy=REMEDY, timeouts=timeouts, offline=offline, configured=origins_of(url))
    return batch.run(_OsvService(client, url.rstrip("/"), cache / FOLDER / "details").ask(wanted))


class _OsvService:
    def __init__(self, client: HttpClient, url: str, details: Path) -> None:
        self._client = client
        self._url = url
        self._details = details

    async def ask(self, pins: Sequence[PinKey]) -> ApiAnswer:
        chunks = [tuple(pins[start : start + QUERIES_PER_BATCH]) for start in range(0, len(pins), QUERIES_PER_BATCH)]
        answers: dict[tuple[PinKey, ...], dict[PinKey, list[RecordRef]]] = {}
        documents: dict[RecordRef, bytes] = {}
        async with self._client:
            await batch.gather(chunks, self._chunk, answers)
            named = {pin: found for answer in answers.values() for pin, found in answer.items()}
            await batch.gather(_distinct(named), self._detail, documents)
        return _collect(named, documents, asked=len(pins))

    async def _chunk(self, pins: tuple[PinKey, ...]) -> dict[PinKey, list[RecordRef]]:
        """Query some pins, page by page, until there is no next page."""
        found: dict[PinKey, list[RecordRef]] = {pin: [] for pin in pins}
        tokens: dict[PinKey, str] = dict.fromkeys(pins, "")
        for _ in range(MOST_PAGES):
            results = await self._page(tokens)
            asked, tokens = tokens, {}
            for (pin, before), result in zip(asked.items(), results, strict=True):
                found[pin] += (result and result.vulns) or []
                after = (result and result.next_page_token) or ""
                if after and after == before:
                    raise self._malformed("returns the same page repeatedly")
                if after:
                    tokens[pin] = after
            if not tokens:
                return found
        raise self._malformed(f"has more than {MOST_PAGES} pages for one query")

    async def _page(self, tokens: Mapping[PinKey, str]) -> list[_Result | None]:
        queries = [_query(pin, token) for pin, token in tokens.items()]
        url = f"{self._url}/v1/querybatch"
        sent = json.dumps({"queries": queries}).encode()
        answer = await self._get(HttpRequest(url, MOST_ANSWER_BYTES, types=JSON_TYPES, absent=frozenset(), sent=sent))
        try:
            results = msgspec.json.decode(answer.body, type=_Batch).results
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._malformed(f"did not answer with results: {error}") from None
        if len(results) != len(queries):
            raise self._malformed(f"answered {len(results)} of {len(queries)} queries")
        return results

    async def _detail(self, named: RecordRef) -> bytes:
        """Return a record's bytes, from the cache if it has not changed."""
        path = self._details / f"{sha256_bytes(f'{named.id} {named.modified}'.encode())}.json"
        kept = _read(path)
        if named.modified and _is(kept, named):
            return kept
        url = f"{self._url}/v1/vulns/{_quoted(named.id)}"
        answer = await self._get(HttpRequest(url, MOST_RECORD_BYTES, types=JSON_TYPES, absent=frozenset()))
        if _head(answer.body).id not in ("", named.id):
            raise self._malformed(f"answered with a record other than {named.id}")
        if _is(answer.body, named):
            write_atomic(path, answer.body, durable=False)
        return answer.body

    async def _get(self, question: HttpRequest) -> HttpResponse:
        answer = await self._client.get(question)
        if answer is None:  # cannot be: no status means "absent" in these questions
            raise self._malformed("answered with no content")
        return answer

    def _malformed(self, reason: str) -> Exception:
        return self._client.unusable(self._url, Failed(reason))


def _query(pin: PinKey, token: str) -> dict[str, Any]:
    name, version = pin
    query: dict[str, Any] = {"package": {"ecosystem": PYPI, "name": name}, "version": version}
    return {**query, "page_token": token} if token else query


def _distinct(named: Mapping[PinKey, list[RecordRef]]) -> list[RecordRef]:
    return sorted({item for found in named.values() for item in found}, key=lambda item: (item.id, item.modified))


def _collect(named: Mapping[PinKey, list[RecordRef]], documents: Mapping[RecordRef, bytes], *, asked: int) -> ApiAnswer:
    said: dict[tuple[str, RecordRef], set[str]] = {}
    for (package, version), found in named.items():
        for item in found:
            said.setdefault((package, item), set()).add(version_key(version))
    advisories: dict[str, list[Advisory]] = {}
    unusable: list[UnusableRecord] = []
    for (package, item), versions in sorted(said.items(), key=lambda pair: (pair[0][0], pair[0][1].id)):
        read = read_record(documents[item], where=item.id)
        if isinstance(read, UnusableRecord):
            unusable.append(msgspec.structs.replace(read, packages=(package,)))
            continue
        known = next(
            (advisory for advisory in read.advisories if advisory.package == package), Advisory(read.id, package)
        )
        listed = tuple(sorted({*known.versions, *versions}))
        advisories.setdefault(package, []).append(msgspec.structs.replace(known, versions=listed))
    return ApiAnswer({package: tuple(found) for package, found in advisories.items()}, tuple(unusable), asked)


def _head(data: bytes) -> RecordRef:
    """Return a record's id and time of change; empty if it cannot be read, which `read_record` then reports."""
    try:
        return msgspec.json.decode(data, type=RecordRef)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return RecordRef("")


def _is(data: bytes, named: RecordRef) -> bool:
    return _head(data) == named


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")

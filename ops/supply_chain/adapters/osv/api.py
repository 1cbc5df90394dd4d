"""The OSV API: which records affect which pins, asked in batches, with every detail.

The service's word counts as well as our own reading of a record: a version that it names is taken for
listed in the record, so that a doubt between the two is a finding. The service answers with an empty
list for a name that it does not know, and says nothing of records that it has withdrawn.

Source: https://google.github.io/osv.dev/api/ ; limits in facts/standards.md section 7.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.answer import Answer, Question
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.osv.archive import MOST_RECORD_BYTES
from ops.supply_chain.adapters.osv.feed_index import FOLDER
from ops.supply_chain.contracts.values.advisory import Advisory, UnusableRecord, version_key
from ops.supply_chain.core.addresses import OSV_API_URL
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.osv import ECOSYSTEM, read_record

SYSTEM = "OSV API"
REMEDY = "Check the network and the service, or use a snapshot with --advisories."
QUERIES_PER_BATCH = 1000
"""The service refuses more: "too many queries"."""

MOST_PAGES = 1000
"""Of one query; a service that never stops must not hold a run for ever."""

MOST_ANSWER_BYTES = 64 << 20
JSON_TYPES = frozenset({"application/json"})

Pin = tuple[str, str]
"""PEP 503 name and version as the lock writes it."""


class Named(msgspec.Struct, frozen=True):
    """What a batch says of one record: its id and when it was changed."""

    id: str
    modified: str = ""


class ApiAnswer(NamedTuple):
    """What the service told.

    `advisories` is package -> records that affect one of its pins asked about, sorted by id; only these,
    so that a later version may have others. `unusable` are records that cannot be understood, each with
    the packages that it was named for.
    """

    advisories: dict[str, tuple[Advisory, ...]]
    unusable: tuple[UnusableRecord, ...]
    asked: int


class _Result(msgspec.Struct):
    vulns: list[Named] | None = None
    next_page_token: str | None = None


class _Batch(msgspec.Struct):
    results: list[_Result | None]


def ask(
    pins: Iterable[Pin],
    *,
    cache: Path,
    url: str = OSV_API_URL,
    offline: bool = False,
    timeouts: Timeouts | None = None,
) -> ApiAnswer:
    """Ask which records affect some pins.

    Args:
        pins: In any order; duplicates are asked once. Names in any spelling.
        cache: The user's cache folder; details are kept there by id and time of change.
        url: Root of the service.
        offline: Makes any question an error.
        timeouts: Time limits.
    Raises:
        UnavailableError: The service did not answer every question whole: nothing counts as examined.
        OutputError: The cache cannot be written.
    """
    wanted = sorted({(normalise(name), version) for name, version in pins})
    client = HttpClient(SYSTEM, remedy=REMEDY, timeouts=timeouts, offline=offline)
    return batch.run(_Service(client, url.rstrip("/"), cache / FOLDER / "details").ask(wanted))


class _Service:
    def __init__(self, client: HttpClient, url: str, details: Path) -> None:
        self._client = client
        self._url = url
        self._details = details

    async def ask(self, pins: Sequence[Pin]) -> ApiAnswer:
        chunks = [tuple(pins[start : start + QUERIES_PER_BATCH]) for start in range(0, len(pins), QUERIES_PER_BATCH)]
        answers: dict[tuple[Pin, ...], dict[Pin, list[Named]]] = {}
        documents: dict[Named, bytes] = {}
        async with self._client:
            await batch.gather(chunks, self._chunk, answers)
            named = {pin: found for answer in answers.values() for pin, found in answer.items()}
            await batch.gather(_distinct(named), self._detail, documents)
        return _collect(named, documents, asked=len(pins))

    async def _chunk(self, pins: tuple[Pin, ...]) -> dict[Pin, list[Named]]:
        """Ask for some pins, page after page, until none has a next one."""
        found: dict[Pin, list[Named]] = {pin: [] for pin in pins}
        tokens: dict[Pin, str] = dict.fromkeys(pins, "")
        for _ in range(MOST_PAGES):
            results = await self._page(tokens)
            asked, tokens = tokens, {}
            for (pin, before), result in zip(asked.items(), results, strict=True):
                found[pin] += (result and result.vulns) or []
                after = (result and result.next_page_token) or ""
                if after and after == before:
                    raise self._senseless("gives the same page again and again")
                if after:
                    tokens[pin] = after
            if not tokens:
                return found
        raise self._senseless(f"has more than {MOST_PAGES} pages for one query")

    async def _page(self, tokens: Mapping[Pin, str]) -> list[_Result | None]:
        queries = [_query(pin, token) for pin, token in tokens.items()]
        url = f"{self._url}/v1/querybatch"
        sent = json.dumps({"queries": queries}).encode()
        answer = await self._get(Question(url, MOST_ANSWER_BYTES, types=JSON_TYPES, absent=frozenset(), sent=sent))
        try:
            results = msgspec.json.decode(answer.body, type=_Batch).results
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._senseless(f"answered with something else than results: {error}") from None
        if len(results) != len(queries):
            raise self._senseless(f"answered {len(results)} of {len(queries)} queries")
        return results

    async def _detail(self, named: Named) -> bytes:
        """Return a record's bytes, from the cache where it has not changed since."""
        path = self._details / f"{sha256_bytes(f'{named.id} {named.modified}'.encode())}.json"
        kept = _read(path)
        if named.modified and _is(kept, named):
            return kept
        url = f"{self._url}/v1/vulns/{_quoted(named.id)}"
        answer = await self._get(Question(url, MOST_RECORD_BYTES, types=JSON_TYPES, absent=frozenset()))
        if _head(answer.body).id not in ("", named.id):
            raise self._senseless(f"answered with another record than {named.id}")
        if _is(answer.body, named):
            write_atomic(path, answer.body, durable=False)
        return answer.body

    async def _get(self, question: Question) -> Answer:
        answer = await self._client.get(question)
        if answer is None:  # cannot be: no status means "absent" in these questions
            raise self._senseless("answered with nothing")
        return answer

    def _senseless(self, reason: str) -> Exception:
        return self._client.unusable(self._url, Failed(reason))


def _query(pin: Pin, token: str) -> dict[str, Any]:
    name, version = pin
    query: dict[str, Any] = {"package": {"ecosystem": ECOSYSTEM, "name": name}, "version": version}
    return {**query, "page_token": token} if token else query


def _distinct(named: Mapping[Pin, list[Named]]) -> list[Named]:
    return sorted({item for found in named.values() for item in found}, key=lambda item: (item.id, item.modified))


def _collect(named: Mapping[Pin, list[Named]], documents: Mapping[Named, bytes], *, asked: int) -> ApiAnswer:
    said: dict[tuple[str, Named], set[str]] = {}
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
        known = next((one for one in read.advisories if one.package == package), Advisory(read.id, package))
        listed = tuple(sorted({*known.versions, *versions}))
        advisories.setdefault(package, []).append(msgspec.structs.replace(known, versions=listed))
    return ApiAnswer({package: tuple(found) for package, found in advisories.items()}, tuple(unusable), asked)


def _head(data: bytes) -> Named:
    """Return what a record says it is; empty where it is not understood, which `read_record` then tells."""
    try:
        return msgspec.json.decode(data, type=Named)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Named("")


def _is(data: bytes, named: Named) -> bool:
    return _head(data) == named


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")

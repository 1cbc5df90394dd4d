"""The Integrity API: the provenance object of a distribution file, or none, or the reason why it is unknown.

A 404 alone is no result: a service without this API answers every request with it. "There is none" counts
only with the service's own message: JSON with a `message` that names the file, as Warehouse
answers for a file that it knows. Any other 404 means that this service has no such API, or does not know
the file, and nothing was examined. The same for 403, by which administrators switch the API off.

Source: https://docs.pypi.org/api/integrity/ ; PEP 740; warehouse/api/integrity.py of pypi/warehouse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import quote

import msgspec

from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Account, Credentials, Origin
from ops.supply_chain.adapters.http.exchange import GONE, NOT_FOUND, HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import address
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

SYSTEM = "Integrity API"
REMEDY = "Check that this machine can reach it (network, proxy, certificates), then run again."
NO_API_REMEDY = (
    "Set [feeds].integrity_api to a service that has the API, or [publishers].attestations = false to record "
    "that this index has none."
)
DISABLED_REMEDY = "Run again when the service offers attestations again."
FORBIDDEN = 403
ACCEPT = "application/vnd.pypi.integrity.v1+json"
JSON_TYPES = frozenset({ACCEPT, "application/json"})
MOST_BYTES = 8 << 20
"""Of one provenance object; real ones have some ten thousand bytes."""

MOST_FAILURES = 8
"""After so many files without an answer the service is asked no more; also how many are asked first."""


class _Message(msgspec.Struct):
    message: str


def provenance_of(
    files: Iterable[DistributionFile],
    *,
    url: str,
    accounts: dict[Origin, Account],
    configured: Collection[Origin] = (),
    store: AnswerStore,
    timeouts: Timeouts | None = None,
) -> dict[DistributionFile, ProvenanceAnswer]:
    """Return the response of a service for each file; a failure is a response with a reason.

    Args:
        files: In any order.
        url: The service's root, ending in `/`, without account.
        accounts: Accounts of configured addresses.
        configured: Origins of configured addresses; no other may be private or gets an account.
        store: Keeps answers for conditional requests.
        timeouts: Time limits and number of attempts.
    Returns:
        One answer for each distinct file, sorted by file.
    Raises:
        UsageError: The netrc file is broken.
        OutputError: The cache cannot be written.
    """
    wanted = sorted(set(files))
    fetched: dict[DistributionFile, ProvenanceAnswer] = {}
    if wanted:
        client = HttpClient(
            SYSTEM,
            remedy=REMEDY,
            timeouts=timeouts,
            credentials=Credentials(accounts),
            configured=configured,
            store=store,
        )
        batch.run(_Service(client, url).ask_all(wanted, fetched))
    return {file: fetched[file] for file in wanted}


class _Service:
    def __init__(self, client: HttpClient, url: str) -> None:
        self._client = client
        self._url = url
        self._failures: list[ProvenanceAnswer] = []

    async def ask_all(
        self, wanted: Sequence[DistributionFile], fetched: dict[DistributionFile, ProvenanceAnswer]
    ) -> None:
        first = _first_to_ask(wanted)
        async with self._client:
            await batch.gather(first, self._ask, fetched)
            # A service that answers none of the first requests gets no ten thousand more.
            if all(fetched[file].reason for file in first):
                self._failures += [fetched[first[0]]] * MOST_FAILURES
            await batch.gather([file for file in wanted if file not in fetched], self._ask, fetched)

    async def _ask(self, file: DistributionFile) -> ProvenanceAnswer:
        if len(self._failures) >= MOST_FAILURES:
            return self._failures[-1]
        path = "/".join(quote(part, safe="") for part in (file.project, file.version, file.filename))
        question = HttpRequest(
            f"{self._url}{path}/provenance",
            MOST_BYTES,
            ACCEPT,
            JSON_TYPES,
            absent=frozenset(),
            kept=True,
            accepted=frozenset({FORBIDDEN, NOT_FOUND, GONE}),
        )
        try:
            return _understood(await self._client.get(question), file, self._url)
        except UnavailableError as error:
            self._failures.append(ProvenanceAnswer(reason=error.message, remedy=error.hint))
            return self._failures[-1]


def _first_to_ask(files: Sequence[DistributionFile]) -> list[DistributionFile]:
    """Return the first few, of as many projects as can be: one unknown project must not speak for the service."""
    place: Counter[str] = Counter()
    ranked = []
    for file in files:
        ranked.append((place[file.project], file))
        place[file.project] += 1
    return [file for _, file in sorted(ranked)[:MOST_FAILURES]]


def _understood(answer: HttpResponse | None, file: DistributionFile, url: str) -> ProvenanceAnswer:
    shown = f"{SYSTEM} {address(url)}"
    if answer is None:
        return ProvenanceAnswer(reason=f"{shown}: gave no answer", remedy=REMEDY)
    if answer.status == FORBIDDEN:
        said = _said(answer)
        detail = f" ({printable(said)[:200]})" if said else ""
        return ProvenanceAnswer(reason=f"{shown}: attestations are switched off there{detail}", remedy=DISABLED_REMEDY)
    if answer.status in (NOT_FOUND, GONE):
        if file.filename in _said(answer):
            return ProvenanceAnswer()
        reason = f"{shown}: HTTP status {answer.status} (no such API, or an unknown file)"
        return ProvenanceAnswer(reason=reason, remedy=NO_API_REMEDY)
    return ProvenanceAnswer(document=answer.body)


def _said(answer: HttpResponse) -> str:
    """Return the `message` of a JSON answer, empty where it is none."""
    if answer.media_type not in JSON_TYPES:
        return ""
    try:
        return msgspec.json.decode(answer.body, type=_Message).message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""

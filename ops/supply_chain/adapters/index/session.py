"""One kind of request to an index, sent many times: the client's settings, and typed responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from ops.supply_chain.adapters.http.batch import gather, run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Account, Credentials, Origin
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.adapters.index.core_metadata import FileLimits
from ops.supply_chain.adapters.index.project_json import JSON_TYPES, read_project
from ops.supply_chain.adapters.index.simple_page import ACCEPT, MEDIA_TYPES, read_listing
from ops.supply_chain.contracts.values.package_index import ProjectInfo, ProjectListing
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable

T = TypeVar("T")

SYSTEM = "package index"
REMEDY = "Check that this machine can reach it (network, proxy, certificates), then run again."
NAMED_AT_MOST = 5


class Limits(NamedTuple):
    """Most bytes of each kind of response; the largest real ones are well below half of these.

    `download_bytes` is for files that are hashed as they stream and need no memory.
    """

    page_bytes: int = 64 << 20
    json_bytes: int = 128 << 20
    of_files: FileLimits = FileLimits()
    download_bytes: int = 8 << 30


class IndexSession:
    """The settings of all requests to indexes in one run.

    Args:
        cache: The cache folder; `http/` below it is used.
        accounts: Accounts of configured addresses.
        configured: Origins of configured addresses; no other may be private or gets an account.
        offline: True makes every question an error.
        timeouts: Time limits and number of attempts.
        limits: Most bytes of an answer.
    """

    def __init__(
        self,
        cache: Path,
        *,
        accounts: dict[Origin, Account],
        configured: frozenset[Origin],
        offline: bool,
        timeouts: Timeouts,
        limits: Limits,
    ) -> None:
        self.offline = offline
        self.limits = limits
        self._cache = cache
        self._accounts = accounts
        self.configured = configured
        self._timeouts = timeouts

    def client(self) -> HttpClient:
        """Return a client for one batch of requests."""
        return HttpClient(
            SYSTEM,
            remedy=REMEDY,
            timeouts=self._timeouts,
            offline=self.offline,
            credentials=Credentials(self._accounts),
            configured=self.configured,
            store=AnswerStore(self._cache / "http"),
        )

    async def listing(self, client: HttpClient, index: str, name: str) -> ProjectListing | None:
        """Return a project's page of the simple API, or None if there is no such project.

        Raises:
            UnavailableError: It could not be fetched or is malformed.
        """
        question = HttpRequest(f"{index}{name}/", self.limits.page_bytes, ACCEPT, MEDIA_TYPES, kept=True)
        return await _understood(client, question, lambda answer: read_listing(answer, name))

    async def publisher(self, client: HttpClient, root: str, name: str) -> ProjectInfo | None:
        """Return the publisher metadata of a project, from its JSON below a root, or None if there is no such project.

        Raises:
            UnavailableError: It could not be fetched or is malformed.
        """
        question = HttpRequest(f"{root}{name}/json", self.limits.json_bytes, "application/json", JSON_TYPES, kept=True)
        return await _understood(client, question, lambda answer: read_project(answer.body, name))

    def ask_all(self, what: str, names: Iterable[str], ask: Callable[[HttpClient, str], Awaitable[T]]) -> dict[str, T]:
        """Send one kind of request for many projects at the same time.

        Args:
            what: The requested thing, for an error.
            names: Projects, in any spelling.
            ask: Sends the request for one project, by its PEP 503 name.
        Returns:
            PEP 503 name -> result, sorted by name.
        Raises:
            UnavailableError: At least one failed; the message has their number and names.
        """
        wanted = sorted({normalise(name) for name in names})
        fetched: dict[str, T] = {}

        async def work() -> None:
            async with self.client() as client:
                await gather(wanted, lambda name: ask(client, name), fetched)

        try:
            run(work())
        except UnavailableError as error:
            left = [name for name in wanted if name not in fetched]
            text = f"could not fetch {what} of {len(left)} of {len(wanted)} projects: {first_of(left)}"
            raise UnavailableError(f"{text}: {error.message}", hint=error.hint) from error
        return {name: fetched[name] for name in wanted}


async def _understood(client: HttpClient, question: HttpRequest, read: Callable[[HttpResponse], T]) -> T | None:
    answer = await client.get(question)
    try:
        return read(answer) if answer else None
    except Failed as failure:
        raise client.unusable(question.url, failure) from None


def first_of(names: Sequence[str]) -> str:
    """Return the first few names, and the number of the others."""
    shown = printable(", ".join(names[:NAMED_AT_MOST]))
    return shown if len(names) <= NAMED_AT_MOST else f"{shown} (and {len(names) - NAMED_AT_MOST} more)"

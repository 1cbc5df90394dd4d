"""The one HTTP client: asynchronous, HTTP/2 if available, with limits on time and size.

A response is either complete, of an expected type and within its size limit, or an `UnavailableError` that names the
system, the address without credentials, the reason and what to do. Certificates are verified, with the
authorities in `SSL_CERT_FILE` where that is set; proxies come from the environment. What is not configured gets no
account, and nothing that is on this machine or in a private network is asked unless it is configured (`reach`).
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from ops.supply_chain.adapters.http.credentials import Credentials, Origin, origin_of
from ops.supply_chain.adapters.http.exchange import OK, HttpRequest, HttpResponse, media_type, read_answer
from ops.supply_chain.adapters.http.failure import Failed, address, transport_failure, unavailable
from ops.supply_chain.adapters.http.reach import guard, is_inside_by_name, refusal
from ops.supply_chain.adapters.http.store import AnswerStore, StoredAnswer
from ops.supply_chain.adapters.http.tls import tls_context
from ops.supply_chain.core.errors import UnavailableError

if TYPE_CHECKING:
    import httpx

USER_AGENT = "sealwright"
MAX_REDIRECTS = 5
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Timeouts(NamedTuple):
    """Time limits and number of attempts.

    `total_seconds` bounds all that one request takes: every attempt, redirect, pause and body. `read_seconds` bounds the
    wait for the next bytes and, with `connect_seconds`, the time until the head of an answer is complete. `attempts`
    counts the first one. `backoff_seconds` doubles from attempt to attempt. `retry_after_seconds` is the longest wait that a
    server may ask for. `concurrency` is how many exchanges run at a time.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    total_seconds: float = 300
    attempts: int = 4
    backoff_seconds: float = 0.5
    retry_after_seconds: float = 60
    concurrency: int = 24


class HttpClient:
    """Client of one outside system; an asynchronous context manager.

    Args:
        system: The name of the system in errors, for example `package index`.
        remedy: What to do when it does not answer, one sentence.
        timeouts: Time limits and number of attempts.
        offline: True makes each question an error that names what was wanted.
        credentials: Accounts, each for one origin.
        configured: Origins that the configuration names: they may be on this machine or in a private network, and no
            other one gets an account.
        store: Keeps answers that may change, for conditional requests; None keeps none.
    """

    def __init__(
        self,
        system: str,
        *,
        remedy: str,
        timeouts: Timeouts | None = None,
        offline: bool = False,
        credentials: Credentials | None = None,
        configured: Collection[Origin] = (),
        store: AnswerStore | None = None,
    ) -> None:
        self._system = system
        self._remedy = remedy
        self._timeouts = timeouts or Timeouts()
        self._offline = offline
        self._credentials = credentials or Credentials()
        self._configured = frozenset(configured)
        self._store = store
        self._slots = asyncio.Semaphore(self._timeouts.concurrency)
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.aclose()

    def unusable(self, url: str, failure: Failed) -> UnavailableError:
        """Return the error for a complete response with unusable content."""
        return unavailable(self._system, url, failure, remedy=self._remedy)

    async def get(self, question: HttpRequest) -> HttpResponse | None:
        """Send a request, with retries for transient failures.

        Returns:
            The response, or None if the system has no such resource.
        Raises:
            UnavailableError: No answer, or none that can be used.
            UsageError: The netrc file is broken.
            OutputError: The cache cannot be written.
        """
        if self._offline:
            failure = Failed("not asked, this run is offline", advice="Run once without --offline to fill the cache.")
            raise self.unusable(question.url, failure)
        attempt = 0
        left = self._timeouts.total_seconds
        while True:
            try:
                async with self._slots:
                    began = time.monotonic()
                    try:
                        return await self._attempt(question, left)
                    finally:
                        left -= time.monotonic() - began
            except Failed as failure:
                attempt += 1
                wait = self._wait(failure, attempt)
                if wait is None or wait >= left:
                    raise self.unusable(question.url, failure) from None
            await asyncio.sleep(wait)
            left -= wait

    def _wait(self, failure: Failed, attempt: int) -> float | None:
        timeouts = self._timeouts
        asked = failure.wait_seconds or 0
        if not failure.transient or attempt >= timeouts.attempts or asked > timeouts.retry_after_seconds:
            return None
        return max(asked, timeouts.backoff_seconds * 2.0 ** (attempt - 1))

    async def _attempt(self, question: HttpRequest, seconds: float) -> HttpResponse | None:
        from ops.supply_chain.adapters.http.lean_httpx import httpx

        try:
            async with asyncio.timeout(seconds):
                return await self._follow(question)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise transport_failure(error) from None

    async def _follow(self, question: HttpRequest) -> HttpResponse | None:
        from ops.supply_chain.adapters.http.lean_httpx import httpx

        start = target = httpx.URL(question.url).copy_with(userinfo=b"", fragment=None)
        account = self._credentials.header(target) if origin_of(target) in self._configured else {}
        for _ in range(MAX_REDIRECTS + 1):
            self._check_address(target)
            known = account if origin_of(target) == origin_of(start) else {}
            result = await self._exchange(target, question, known)
            if not isinstance(result, str):
                return result
            target = _redirected(target, result)
        raise Failed(f"redirects more than {MAX_REDIRECTS} times")

    async def _exchange(
        self, target: httpx.URL, question: HttpRequest, account: dict[str, str]
    ) -> HttpResponse | str | None:
        stored = self._store.read(str(target), question.accept) if self._store and question.kept else None
        fields = {
            "Accept": question.accept,
            "Accept-Encoding": "gzip" if question.packed else "identity",
            **account,
            **({"Range": question.span} if question.span else {}),
            **({"Content-Type": "application/json"} if question.sent else {}),
            **(stored.conditions if stored else {}),
        }
        client = self._connected()
        method, sent = ("POST", question.sent) if question.sent else ("GET", None)
        request = client.build_request(method, target, headers=fields, content=sent)
        response = await self._head(client, request)
        try:
            client.cookies.clear()  # no cookie links the requests of a run
            return await self._read(response, question, stored)
        finally:
            await response.aclose()

    async def _head(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for the whole head of its answer: a head that comes byte by byte ends as well."""
        try:
            async with asyncio.timeout(self._timeouts.connect_seconds + self._timeouts.read_seconds):
                return await client.send(request, stream=True)
        except TimeoutError:
            raise Failed("no answer in time", transient=True) from None

    async def _read(
        self, response: httpx.Response, question: HttpRequest, stored: StoredAnswer | None
    ) -> HttpResponse | str | None:
        status, url = response.status_code, str(response.request.url)
        if status in REDIRECTS and "location" in response.headers:
            if not question.followed:
                raise Failed(f"redirects (HTTP status {status}), and what was sent is for this address alone")
            return str(response.headers["location"])
        if status in question.absent:
            return None
        if status == NOT_MODIFIED and stored is not None:
            return HttpResponse(OK, url, {}, media_type(stored.content_type), stored.body)
        answer = await read_answer(response, question, pace_seconds=self._timeouts.read_seconds)
        if self._store and question.kept and answer.status == OK:
            self._store.write(url, question.accept, answer.headers, answer.body)
        return answer

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            from ops.supply_chain.adapters.http.lean_httpx import httpx

            logging.getLogger("httpx").setLevel(logging.WARNING)  # its log shows addresses as they are
            timeouts = self._timeouts
            try:
                self._client = httpx.AsyncClient(
                    http2=True,
                    verify=tls_context(),
                    follow_redirects=False,
                    headers={"User-Agent": USER_AGENT},
                    timeout=httpx.Timeout(timeouts.read_seconds, connect=timeouts.connect_seconds, pool=None),
                    limits=httpx.Limits(max_connections=timeouts.concurrency),
                )
            except ValueError as error:  # what httpx raises for a proxy address in the environment that is none
                raise Failed("cannot be asked, a proxy in the environment is not an address") from error
            guard(self._client, [(host, port) for _, host, port in self._configured])
        return self._client

    def _check_address(self, url: httpx.URL) -> None:
        if not url.host or url.scheme not in ("http", "https"):
            raise Failed("is not an https address", advice="Give the full https address in the configuration.")
        if origin_of(url) not in self._configured and is_inside_by_name(url.host):
            raise refusal(url.host)
        if url.scheme == "http" and not is_loopback(url.host):
            raise Failed("is not https: anyone on the way could change the answer", advice="Give an https address.")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its address or by the name `localhost`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _redirected(current: httpx.URL, location: str) -> httpx.URL:
    target = current.join(location).copy_with(userinfo=b"", fragment=None)
    stays_here = current.scheme == "http" and is_loopback(current.host) and is_loopback(target.host)
    if target.scheme != "https" and not (target.scheme == "http" and stays_here):
        raise Failed(f"redirects to {address(str(target))}, which is not https")
    return target

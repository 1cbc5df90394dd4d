"""One exchange with the GitHub REST API, and how often to try it.

What was refused for a while (rate limits) stops every other exchange of the run for that while. A question is
asked again where that may help; a request that changes something is repeated only by a caller that has first checked whether
it was done: a lost answer is not a failed request.

Source: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ops.supply_chain.adapters.github.address import Api, origin_of_url
from ops.supply_chain.adapters.http.client import MAX_REDIRECTS, REDIRECTS, USER_AGENT, Timeouts, is_loopback
from ops.supply_chain.adapters.http.credentials import Token
from ops.supply_chain.adapters.http.exchange import HttpRequest, read_answer
from ops.supply_chain.adapters.http.failure import Failed, address, status_failure, transport_failure, unavailable
from ops.supply_chain.adapters.http.tls import tls_context
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

if TYPE_CHECKING:
    import httpx

SYSTEM = "GitHub"
REMEDY = "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept."
API_VERSION = "2022-11-28"
MOST_JSON_BYTES = 32 << 20
MOST_SAID = 200
SECONDARY_LIMIT_SECONDS = 60.0
"""Rate limits page: "Otherwise, wait for at least one minute before retrying"."""

TIMEOUTS = Timeouts(total_seconds=1800, attempts=6, retry_after_seconds=120, concurrency=4)
"""One large file may take long. More than a few uploads at once only meet the limit on making content."""

CREATED, NO_CONTENT, NOT_FOUND, UNPROCESSABLE = 201, 204, 404, 422
_UNAUTHORISED, _FORBIDDEN, _TOO_MANY = 401, 403, 429


class Reply(NamedTuple):
    """A status that was wanted, the JSON that came with it (None with 204), and what it says in words."""

    status: int
    document: Any
    said: str


class GithubApi:
    """One run's exchanges with the API; use it within one event loop.

    Args:
        api: Where it is.
        token: Empty for anonymous requests, which suffice for public releases.
        timeouts: Time limits and number of attempts, and how many exchanges at a time.
        offline: True makes each exchange an error.
    """

    def __init__(self, api: Api, token: Token, *, timeouts: Timeouts = TIMEOUTS, offline: bool = False) -> None:
        self.api = api
        self.timeouts = timeouts
        self._token = token
        self._offline = offline
        self._slots = asyncio.Semaphore(timeouts.concurrency)
        self._resume_at = 0.0
        self._client: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    def unusable(self, url: str, failure: Failed) -> UnavailableError:
        """Make the error for an exchange that is given up."""
        clean = Failed(self._token.out_of(failure.reason), advice=failure.advice)
        return unavailable(SYSTEM, self._token.out_of(url), clean, remedy=REMEDY)

    def url_of(self, path: str) -> str:
        """Return the whole address of a path, which has `/` first."""
        return self.api.url + path

    async def ask(self, path: str, *, accepted: frozenset[int] = frozenset()) -> Reply:
        """Ask a question that changes nothing, and ask again where that may help.

        Args:
            path: Below the API's address, with `/` first.
            accepted: Statuses besides 200 that are an answer.
        Raises:
            UnavailableError: No answer, or none that can be used.
        """
        url, attempt = self.url_of(path), 0
        while True:
            try:
                return await self.once("GET", url, accepted=accepted)
            except Failed as failure:
                attempt += 1
                await self.wait_or_give_up(url, failure, attempt)

    async def wait_or_give_up(self, url: str, failure: Failed, attempt: int) -> None:
        """Wait before the next attempt.

        Args:
            url: What was asked, for the error.
            failure: Why the last attempt failed.
            attempt: How many were made.
        Raises:
            UnavailableError: Retrying is useless.
        """
        timeouts = self.timeouts
        asked = failure.wait_seconds or 0
        if asked > timeouts.retry_after_seconds:
            late = Failed(f"{failure.reason}; it wants {asked:.0f} seconds of quiet", advice=failure.advice)
            raise self.unusable(url, late) from None
        if not failure.transient or attempt >= timeouts.attempts:
            raise self.unusable(url, failure) from None
        await asyncio.sleep(max(asked, timeouts.backoff_seconds * 2.0 ** (attempt - 1)))

    async def once(
        self,
        method: str,
        url: str,
        *,
        accepted: frozenset[int] = frozenset(),
        sent: object = None,
        content: AsyncIterator[bytes] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make one exchange of JSON, or send one file.

        Args:
            method: HTTP's.
            url: Whole; the API's, or its upload host's.
            accepted: Statuses besides 200 that are an answer.
            sent: JSON data to send.
            content: Bytes to send instead, with their `Content-Length` in `fields`.
            fields: Further header fields.
        Raises:
            Failed: No answer, or none that can be used.
        """
        body = {"content": content} if content is not None else {"json": sent} if sent is not None else {}
        async with self.stream(method, url, fields=fields, body=body) as response:
            if response.status_code == NO_CONTENT and NO_CONTENT in accepted:
                return Reply(NO_CONTENT, None, "")
            if response.status_code not in {200, *accepted}:
                await self.refuse(response)
            document = await _json(response)
        return Reply(response.status_code, document, self._said(document))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Make one exchange and hand out its answer, whatever its status, before its body is read.

        A GET follows redirects, and shows the token to the API's own origin only.

        Raises:
            Failed: There is no answer; also when its body breaks off while the block reads it.
        """
        from ops.supply_chain.adapters.http.lean_httpx import httpx

        await self._until_resumed()
        try:
            async with self._slots, asyncio.timeout(self.timeouts.total_seconds):
                target, hops = url, 0
                while True:
                    request = self._request(method, target, fields or {}, body or {}, own=not hops)
                    response = await self._connected().send(request, stream=True)
                    try:
                        if not _is_redirect(response):
                            yield response
                            return
                        target, hops = _followed(method, target, response, hops), hops + 1
                    finally:
                        await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise transport_failure(error) from None

    async def refuse(self, response: httpx.Response) -> NoReturn:
        """Read why an answer is none, and raise it.

        Raises:
            Failed: Always.
        """
        headers, status = response.headers, response.status_code
        try:
            said = self._said(await _json(response))
        except Failed:
            said = ""
        wait = _quiet_seconds(status, headers, said)
        if wait is not None:
            self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + wait)
            advice = "Wait until GitHub lets this account ask again, then run again."
            reason = f"limits how often it is asked (HTTP status {status})"
            raise Failed(reason, advice=advice, transient=True, wait_seconds=wait)
        plain = status_failure(status)
        reason = f"{plain.reason}: {said}" if said else plain.reason
        raise Failed(reason, advice=_ADVICE.get(status, ""), transient=plain.transient)

    def _request(
        self, method: str, url: str, fields: Mapping[str, str], body: Mapping[str, Any], *, own: bool
    ) -> httpx.Request:
        if self._offline:
            raise Failed("not asked, this run is offline", advice="Run without --offline.")
        # A redirect away from the API's origin, or an address from a forged answer, never gets the token.
        shown = self._token.header() if own or origin_of_url(url) == self.api.origin else {}
        standard = {
            "Accept": "application/vnd.github+json",
            "Accept-Encoding": "identity",
            "X-GitHub-Api-Version": API_VERSION,
        }
        return self._connected().build_request(method, url, headers={**standard, **fields, **shown}, **body)

    async def _until_resumed(self) -> None:
        quiet = self._resume_at - asyncio.get_running_loop().time()
        if 0 < quiet <= self.timeouts.retry_after_seconds:
            await asyncio.sleep(quiet)

    def _said(self, document: object) -> str:
        if not isinstance(document, dict) or not isinstance(document.get("message"), str):
            return ""
        errors = document.get("errors")
        codes = [error.get("code") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        words = [document["message"], *(code for code in codes if isinstance(code, str))]
        text = printable(without_credentials(self._token.out_of(", ".join(words))))
        return text if len(text) <= MOST_SAID else text[:MOST_SAID] + "..."

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            from ops.supply_chain.adapters.http.lean_httpx import httpx

            logging.getLogger("httpx").setLevel(logging.WARNING)  # its log shows addresses as they are
            timeouts = self.timeouts
            try:
                self._client = httpx.AsyncClient(
                    verify=tls_context(),
                    follow_redirects=False,
                    headers={"User-Agent": USER_AGENT},
                    timeout=httpx.Timeout(timeouts.read_seconds, connect=timeouts.connect_seconds, pool=None),
                )
            except ValueError as error:  # what httpx raises for a proxy address in the environment that is none
                raise Failed("cannot be asked, a proxy in the environment is not an address") from error
        return self._client


_ADVICE = {
    _UNAUTHORISED: "Put a valid token into GH_TOKEN or GITHUB_TOKEN, then run again.",
    _FORBIDDEN: "The token needs the permission to read and write the repository's contents.",
    NOT_FOUND: "Check repository and tag, and that the token in GH_TOKEN or GITHUB_TOKEN may see them.",
}


async def _json(response: httpx.Response) -> Any:
    accepted = frozenset({response.status_code})
    answer = await read_answer(response, HttpRequest(str(response.url), MOST_JSON_BYTES, accepted=accepted))
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        transient = response.status_code >= 500  # noqa: PLR2004 - RFC 9110 section 15.6
        reason = f"answered with HTTP status {response.status_code} and something that is not JSON"
        raise Failed(reason, transient=transient) from None


def _is_redirect(response: httpx.Response) -> bool:
    return response.status_code in REDIRECTS and "location" in response.headers


def _followed(method: str, url: str, response: httpx.Response, hops: int) -> str:
    target = str(response.request.url.join(response.headers["location"]))
    try:
        scheme, host, _ = origin_of_url(target)
    except ValueError:
        raise Failed("redirects to an address that is none") from None
    if method != "GET":
        reason = f"redirects to {address(target)}, and what changes something is not sent after"
        raise Failed(reason, advice="The repository has perhaps moved: give its new name.")
    if hops >= MAX_REDIRECTS:
        raise Failed(f"redirects more than {MAX_REDIRECTS} times")
    stays_here = scheme == "http" and url.startswith("http://") and is_loopback(host)
    if scheme != "https" and not stays_here:
        raise Failed(f"redirects to {address(target)}, which is not https")
    return target


def _quiet_seconds(status: int, headers: Mapping[str, str], said: str) -> float | None:
    """Return for how long nothing should be asked, or None where that is not what the answer means.

    Rate limits page: "If the retry-after response header is present, you should not retry your request until
    after that many seconds has elapsed. If the x-ratelimit-remaining header is 0, you should not make another
    request until after the time specified by the x-ratelimit-reset header."
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return float(after[:9])
    if headers.get("x-ratelimit-remaining", "") == "0":
        return _until(headers.get("x-ratelimit-reset", ""), headers.get("date", ""))
    return SECONDARY_LIMIT_SECONDS if status == _TOO_MANY or "rate limit" in said.lower() else None


def _until(reset: str, date: str) -> float:
    """Return the seconds from the answer's own moment to its reset, both by GitHub's clock."""
    try:
        return max(0.0, int(reset[:12]) - parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return SECONDARY_LIMIT_SECONDS

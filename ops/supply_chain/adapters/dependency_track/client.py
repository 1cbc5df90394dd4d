"""The API of one Dependency-Track server: its version, uploads, and whether an upload was processed.

The key comes from the environment alone and goes to the given address only: no redirect is followed. An upload is not
repeated by itself, because a lost answer may mean that it was taken.

Source: https://docs.dependencytrack.org/integrations/rest-api/, https://docs.dependencytrack.org/usage/cicd/
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

from ops.supply_chain.adapters.dependency_track.multipart import Form
from ops.supply_chain.adapters.http.client import USER_AGENT, Timeouts, is_loopback
from ops.supply_chain.adapters.http.credentials import Token
from ops.supply_chain.adapters.http.failure import Failed, address, status_failure, transport_failure, unavailable
from ops.supply_chain.adapters.http.tls import tls_context
from ops.supply_chain.core.errors import ErrorClass, InputError, UnavailableError, UsageError
from ops.supply_chain.core.text import plural, printable, without_credentials

if TYPE_CHECKING:
    import httpx

KEY_VARIABLE = "DEPENDENCY_TRACK_API_KEY"
KEY_FIELD = "X-Api-Key"
SYSTEM = "Dependency-Track"
TIMEOUTS = Timeouts(read_seconds=60, total_seconds=600, attempts=3)
POLL_SECONDS = 1.0
"""Between two questions whether an upload was processed; it doubles up to `LONGEST_POLL_SECONDS`."""

LONGEST_POLL_SECONDS = 10.0
MOST_BYTES = 1 << 20
"""Of an answer: all of them are small."""

MOST_ERRORS = 3
_KEY = re.compile(r"[!-~]{1,4096}")
_TOKEN = re.compile(r"[0-9A-Za-z-]{1,100}")
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:[.+-].*)?")
_REFUSED = 400

_ADVICE = {
    401: f"Put a valid API key of a team into {KEY_VARIABLE}, then run again.",
    403: "Give the key's team the permissions BOM_UPLOAD, PROJECT_CREATION_UPLOAD for a new project, and VULNERABILITY_ANALYSIS for VEX.",
    404: "Check the address and the project: one that does not exist is made only without --no-create; a parent has to exist.",
    413: "Raise the limit of the server, or of the proxy before it.",
    429: "Wait until the server takes requests again, then run again.",
}
_REMEDY = "Check the address of the API server (not that of its web pages), then run again."


class ServerVersion(NamedTuple):
    """Its version as it states it, and the first two numbers."""

    text: str
    number: tuple[int, int]


def key_from_environment() -> Token:
    """Return the API key of the environment; empty where there is none.

    Raises:
        UsageError: It cannot be one.
    """
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if text and not _KEY.fullmatch(text):
        raise UsageError(
            f"${KEY_VARIABLE} is not an API key: it has white space or other than ASCII characters in it",
            kind=ErrorClass.NO_TOKEN,
        )
    return Token(text)


def server_address(text: str) -> str:
    """Return the address of a server without a slash at its end; `/api` at its end is left out.

    Raises:
        UsageError: It is no https address, or has an account or a query; plain http is for this machine alone.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    plain_here = parts.scheme == "http" and is_loopback(host)
    if (
        not host
        or parts.username is not None
        or parts.query
        or parts.fragment
        or not (parts.scheme == "https" or plain_here)
    ):
        raise UsageError(
            f"{address(text)}: is not an https address without user, password and query",
            hint="Give the address of the API server, for example https://dtrack.example.com.",
            kind=ErrorClass.COMMAND_LINE,
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/api").rstrip("/")


class DependencyTrack:
    """One server; a context manager.

    Args:
        url: As `server_address` returns it.
        key: Sent with everything but the question for its version.
        timeouts: Time limits, and attempts of questions.
        sleep: Waits some seconds.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        url: str,
        key: Token,
        *,
        timeouts: Timeouts = TIMEOUTS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self._key = key
        self._timeouts = timeouts
        self._sleep, self._clock = sleep, clock
        self._client: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    def version(self) -> ServerVersion:
        """Return the server's version.

        Raises:
            UnavailableError: It does not answer, or is something else.
        """
        found = self._ask("/api/version", key=False)
        text = found.get("version")
        match = _VERSION.fullmatch(text) if isinstance(text, str) else None
        if match is None or found.get("application") != SYSTEM:
            raise self._unusable("/api/version", Failed("answers, but not as Dependency-Track does"))
        return ServerVersion(printable(match[0]), (int(match[1]), int(match[2])))

    def upload(self, path: str, content: Form) -> str:
        """Send a form once; return the token of its processing.

        Args:
            path: `/api/v1/bom` or `/api/v1/vex`.
            content: The form.
        Raises:
            InputError: The server refused the document.
            UnavailableError: It did not take it, or its answer has no token.
        """
        try:
            status, body = self._exchange("POST", path, content)
        except Failed as failure:
            raise self._unusable(path, failure) from None
        if status == _REFUSED:
            raise InputError(
                f"{SYSTEM} {address(self.url)} refused the document: {self._problem(body)}",
                hint="Correct what it names. Servers before 4.12 take CycloneDX up to 1.5, before 5.1 usually up to 1.6: [sbom].formats.",
            )
        found = self._usable(path, status, body)
        token = found.get("token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise self._unusable(path, Failed("took the upload, but its answer has no token"))
        return token

    def wait(self, token: str, *, seconds: float) -> None:
        """Wait until an upload was processed.

        Args:
            token: As `upload` returned it.
            seconds: How long at most.
        Raises:
            UnavailableError: It was not processed in that time, or the server does not answer.
        """
        path = f"/api/v1/event/token/{token}"
        end, pause = self._clock() + seconds, POLL_SECONDS
        while True:
            processing = self._ask(path, key=True).get("processing")
            if processing is False:
                return
            if processing is not True:
                raise self._unusable(path, Failed("does not state whether the upload was processed"))
            left = end - self._clock()
            if left <= 0:
                late = Failed(
                    f"took the upload, and has not processed it after {seconds:g} seconds",
                    advice="Wait, and check the server's log; then run again, with --wait SECONDS for more time.",
                )
                raise self._unusable(path, late)
            self._sleep(min(pause, left))
            pause = min(pause * 2, LONGEST_POLL_SECONDS)

    def _ask(self, path: str, *, key: bool) -> Mapping[str, Any]:
        """Ask a question, which may be repeated."""
        attempt = 0
        while True:
            try:
                status, body = self._exchange("GET", path, key=key)
                if status_failure(status).transient:
                    raise status_failure(status)
                return self._usable(path, status, body)
            except Failed as failure:
                attempt += 1
                if not failure.transient or attempt >= self._timeouts.attempts:
                    raise self._unusable(path, failure) from None
                self._sleep(self._timeouts.backoff_seconds * 2.0 ** (attempt - 1))

    def _exchange(self, method: str, path: str, content: Form | None = None, *, key: bool = True) -> tuple[int, bytes]:
        """Return the status and the body of an answer.

        Raises:
            Failed: There is none, or it is too large or too slow.
        """
        from ops.supply_chain.adapters.http.lean_httpx import httpx

        fields = {"Accept": "application/json", "Accept-Encoding": "identity"}
        fields |= self._key.as_field(KEY_FIELD) if key else {}
        if content is not None:
            fields["Content-Type"] = content.media_type
        sent = content.body if content is not None else None
        end = self._clock() + self._timeouts.total_seconds
        try:
            with self._connected().stream(method, f"{self.url}{path}", headers=fields, content=sent) as response:
                body = bytearray()
                for part in response.iter_raw():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Failed(f"answers with more than {MOST_BYTES} bytes")
                    if self._clock() > end:
                        raise Failed("the answer was not complete in time")
                if response.is_redirect:
                    target = address(response.headers.get("location", ""))
                    raise Failed(f"redirects to {target}", advice="Give that address, if it is the right one.")
                return response.status_code, bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise transport_failure(error) from None

    def _connected(self) -> httpx.Client:
        if self._client is None:
            from ops.supply_chain.adapters.http.lean_httpx import httpx

            logging.getLogger("httpx").setLevel(logging.WARNING)  # its log shows addresses as they are
            try:
                self._client = httpx.Client(
                    verify=tls_context(),
                    follow_redirects=False,
                    headers={"User-Agent": USER_AGENT},
                    timeout=httpx.Timeout(self._timeouts.read_seconds, connect=self._timeouts.connect_seconds),
                )
            except ValueError as error:  # what httpx raises for a proxy address in the environment that is none
                raise Failed("cannot be asked, a proxy in the environment is not an address") from error
        return self._client

    def _usable(self, path: str, status: int, body: bytes) -> Mapping[str, Any]:
        if status != 200:  # noqa: PLR2004 - RFC 9110
            plain, said = status_failure(status), self._problem(body)
            reason = f"{plain.reason}: {said}" if said else plain.reason
            raise self._unusable(path, Failed(reason, advice=_ADVICE.get(status, "")))
        found = _json(body)
        if not isinstance(found, dict):
            raise self._unusable(path, Failed("answers with something that is not JSON"))
        return found

    def _problem(self, body: bytes) -> str:
        """Return what an answer says is wrong: title, detail and first errors of a problem of RFC 9457, else its first line."""
        found = _json(body)
        if not isinstance(found, dict):
            return self._shown(body[:300].decode("utf-8", "replace").strip().partition("\n")[0])
        words = [found[key] for key in ("title", "detail") if isinstance(found.get(key), str)]
        errors = found.get("errors")
        listed = [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
        more = [f"and {plural(len(listed) - MOST_ERRORS, 'more error')}"] if len(listed) > MOST_ERRORS else []
        return self._shown("; ".join([*words, *listed[:MOST_ERRORS], *more]))

    def _shown(self, text: str) -> str:
        """Return what the server says in a form that can be shown: it may quote what it was sent."""
        shown = printable(without_credentials(self._key.out_of(text)))
        return shown if len(shown) <= 1000 else f"{shown[:1000]}..."  # noqa: PLR2004 - a few lines of a terminal

    def _unusable(self, path: str, failure: Failed) -> UnavailableError:
        return unavailable(SYSTEM, f"{self.url}{path}", failure, remedy=_REMEDY)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def newest_cyclonedx(version: ServerVersion) -> str:
    """Return the newest version of CycloneDX that a server takes for certain; empty if the server itself checks and says so.

    From 4.11 on a server refuses what it cannot read. One before takes it and loses it without a word.

    Source: https://github.com/DependencyTrack/dependency-track/issues/3584, .../issues/3815
    """
    if version.number >= (4, 11):
        return ""
    return "1.5" if version.number >= (4, 9) else "1.4"

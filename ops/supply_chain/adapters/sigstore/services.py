"""The services of a Sigstore instance as sigstore-python's signer calls them, with an end to waiting and typed errors.

The library's clients wait forever, follow redirects with the identity token, lose the reason of a refusal, and continue without a timestamp. These replace
front of them: each request ends after `TIMEOUT_SECONDS`, is repeated where that is harmless, and what goes
wrong names the service. Each service has so many requests at once, and none in a pause that it asked for (`turns.py`).
A time stamp is asked for before the log is written to, so that where there is none nothing is logged either.

Imports sigstore and requests when it is imported itself: import it where it is used.

Source: https://github.com/sigstore/sigstore-python (4.5), `sigstore.models` and `sigstore._internal.rekor`
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
import sigstore.models
from cryptography import x509
from requests.adapters import HTTPAdapter
from sigstore.models import SigningConfig
from urllib3.util import Retry

from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.adapters.sigstore.failure import IdentityRefusedError, ServiceError
from ops.supply_chain.adapters.sigstore.turns import LONGEST_PAUSE_SECONDS, LongPauseError, Turns
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.retry_after import retry_after_seconds

TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two bytes of an answer; a log may answer only once an entry is included."""

TOTAL_SECONDS = 180.0
"""For a whole exchange with its repetitions, from the name's resolution to the last byte; pauses do not count."""

MOST_BYTES = 16 << 20
"""Of an answer; the largest real ones have a thousandth of it."""

REPEATS = 2
REPEAT_PAUSE_SECONDS = 0.2
REPEATED_STATUS = (429, 500, 502, 503, 504)

AUTHORITY = "certificate authority"
LOG = "transparency log"
TIME_STAMPS = "time-stamping authority"
AGAIN = "Run it again when the service answers: what is signed already is kept."
REFUSED_STATUS = frozenset({400, 401, 403})
"""The request is understood, and this identity gets no certificate."""

_LONGEST_REASON = 300


class AdapterCache:
    """pydantic's adapters as sigstore makes them, each once: the library makes that of log entries for every answer of a log.

    Making one takes longer than signing: it describes all types of entries, and those that were never used each time again.

    Args:
        make: Makes the adapter of a type.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make, self._made, self._lock = make, dict[Any, Any](), threading.Lock()

    def __call__(self, kind: Any) -> Any:
        """Return the adapter of a type; usable from several threads."""
        with self._lock:
            if kind not in self._made:
                self._made[kind] = self._make(kind)
            return self._made[kind]


_models: Any = sigstore.models
if not isinstance(_models.TypeAdapter, AdapterCache):
    _models.TypeAdapter = AdapterCache(_models.TypeAdapter)


class FulcioClient:
    """The certificate authority, in the place of the library's `FulcioClient`.

    Args:
        client: The library's client.
        accept: Called with each certificate before anything is signed with it; raises to refuse it.
        stopped: Set when nothing further is to be signed: pauses end.
    """

    def __init__(
        self, client: Any, accept: Callable[[x509.Certificate], None], *, stopped: threading.Event | None = None
    ) -> None:
        self._client = client
        self._accept = accept
        self.certificate: x509.Certificate | None = None
        _prepare(client.session, client.url, Turns(stopped=stopped))

    @property
    def signing_cert(self) -> FulcioClient:
        """Return what has `post`; the library asks for it under this name."""
        return self

    def post(self, request: Any, identity: Any) -> Any:
        """Get a certificate.

        Raises:
            IdentityRefusedError: The authority refuses this identity, or `accept` does.
            ServiceError: It does not answer, or not with a certificate.
        """
        try:
            answer = self._client.signing_cert.post(request, identity)
        except Exception as error:  # the client leaks whatever an odd answer makes Python raise
            response = _response_of(error)
            if response is not None and response.status_code in REFUSED_STATUS:
                raise _refused(response) from error
            raise _failed(AUTHORITY, self._client.url, error) from error
        self._accept(answer.cert)
        self.certificate = answer.cert
        return answer


class RekorClient:
    """The transparency log, in the place of the library's `RekorClient`.

    Args:
        files: Client of the log that signatures over files go to.
        statements: Client of the one that attestations go to; it may be the same.
        stopped: Set when nothing further is to be signed: pauses end.
    """

    def __init__(self, files: Any, statements: Any, *, stopped: threading.Event | None = None) -> None:
        self._files, self._statements = files, statements
        self._turns = {client.url: Turns(stopped=stopped) for client in (files, statements)}

    def _build_hashed_rekord_request(self, **parts: Any) -> Any:
        return self._files._build_hashed_rekord_request(**parts)  # noqa: SLF001 - the name by which the library asks

    def _build_dsse_request(self, **parts: Any) -> Any:
        return self._statements._build_dsse_request(**parts)  # noqa: SLF001 - as above

    def create_entry(self, request: Any) -> Any:
        """Write an entry.

        Raises:
            ServiceError: The log does not answer, or not with an entry.
        """
        client = self._statements if request.get("kind") == "dsse" else self._files
        _prepare(client._session, client.url, self._turns[client.url])  # noqa: SLF001 - one session a thread, and no public way to it
        try:
            return client.create_entry(request)
        except Exception as error:  # as above
            raise _failed(LOG, client.url, error) from error


class TimeStamps:
    """A time-stamping authority, in the place of the library's client.

    Args:
        client: The library's client.
        stopped: Set when nothing further is to be signed: pauses end.
    """

    def __init__(self, client: Any, *, stopped: threading.Event | None = None) -> None:
        self._client = client
        self.url = client.url
        self._turns = Turns(stopped=stopped)

    def request_timestamp(self, signature: bytes) -> Any:
        """Get a time stamp over a signature.

        Raises:
            ServiceError: There is none to be had. The library would go on without.
        """
        _prepare(self._client._session, self.url, self._turns)  # noqa: SLF001 - as above
        try:
            return self._client.request_timestamp(signature)
        except Exception as error:  # as above
            raise _failed(TIME_STAMPS, self.url, error) from error


def log_of(
    config: SigningConfig, preferred: SigningConfig | None, *, stopped: threading.Event | None = None
) -> RekorClient:
    """Return the log of an instance.

    Args:
        config: The instance's choice of services.
        preferred: The same limited to version 1 of the log; None where it has none. Attestations go there:
            several clients cannot verify those of version 2.
        stopped: Set when nothing further is to be signed: pauses end.
    """
    files = config.get_tlogs()[0]
    return RekorClient(files, preferred.get_tlogs()[0] if preferred else files, stopped=stopped)


class _TimeoutAdapter(HTTPAdapter):
    """Ends waiting where the library sets no end, and repeats what failed for a moment.

    Args:
        turns: Of the service.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        # A request whose answer was lost is not repeated: a log would have it twice.
        super().__init__(
            max_retries=Retry(
                total=REPEATS,
                connect=REPEATS,
                read=False,
                status=0,
                other=0,
                allowed_methods=None,
                backoff_factor=REPEAT_PAUSE_SECONDS,
                raise_on_status=False,
                respect_retry_after_header=False,
            )
        )

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        if options.get("timeout") is None:
            options["timeout"] = TIMEOUT_SECONDS
        options["stream"] = True
        send, spent, attempt = super().send, 0.0, 0
        while True:
            try:
                with self._turns.turn():
                    began = time.monotonic()
                    response = within(TOTAL_SECONDS - spent, lambda: _whole(send(request, *args, **options)))
                    spent += time.monotonic() - began
            except TimeoutError as error:
                raise requests.ReadTimeout(str(error), request=request) from error
            except LongPauseError as error:
                raise requests.ConnectionError(str(error), request=request) from error
            if response.status_code not in REPEATED_STATUS:
                return response
            asked = retry_after_seconds(response.headers) or 0.0
            self._turns.pause(asked)
            over = attempt == REPEATS or spent >= TOTAL_SECONDS
            if over or asked > LONGEST_PAUSE_SECONDS or self._turns.stopped:
                return response
            time.sleep(REPEAT_PAUSE_SECONDS * 2**attempt)  # and for what is left of the pause, the next turn is late
            attempt += 1


def _whole(response: requests.Response) -> requests.Response:
    """Read the body of an answer, which the library would read without an end to time or size."""
    body = bytearray()
    for part in response.iter_content(1 << 16):
        body += part
        if len(body) > MOST_BYTES:
            raise requests.ConnectionError(f"answers with more than {MOST_BYTES} bytes")
    response._content = bytes(body)  # noqa: SLF001 - what `Response.content` itself sets
    return response


def _prepare(session: requests.Session, url: str, turns: Turns) -> None:
    """Give a session of one service an end to waiting, and the environment's proxies and authorities once for all.

    Otherwise requests looks into the environment for every request, and puts what a `.netrc` says about the host,
    or about any host, in the place of the identity token.
    """
    if not session.trust_env:
        return
    adapter = _TimeoutAdapter(turns)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    session.max_redirects = 0  # a redirected request would take the identity token to another host


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an error to its causes: the library wraps errors and loses their messages."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _response_of(error: Exception) -> requests.Response | None:
    found = (getattr(cause, "response", None) for cause in _chain(error))
    return next((response for response in found if isinstance(response, requests.Response)), None)


def _refused(response: requests.Response) -> IdentityRefusedError:
    said = _said(response)
    return IdentityRefusedError(
        f"{AUTHORITY}: refused this identity (HTTP {response.status_code}{said})",
        hint="Check that the token is fresh, meant for this instance and from an issuer that it accepts.",
    )


def _failed(service: str, url: str, error: Exception) -> ServiceError:
    response = _response_of(error)
    if response is not None and not response.ok:
        what = f"answers HTTP {response.status_code}{_said(response)}{_pause_asked(response)}"
    elif pause := next((cause for cause in _chain(error) if isinstance(cause, LongPauseError)), None):
        what = str(pause)
    elif silence := next((cause for cause in _chain(error) if _is_silence(cause)), None):
        what = f"does not answer ({type(silence).__name__})"
    else:
        what = f"its answer is malformed ({type(error).__name__})"
    return ServiceError(f"{service} {without_credentials(url)}: {what}", hint=AGAIN)


def _pause_asked(response: requests.Response) -> str:
    asked = retry_after_seconds(response.headers)
    return f", and {LongPauseError(asked)}" if asked else ""


def _said(response: requests.Response) -> str:
    try:
        message = json.loads(response.text)["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    text = printable(without_credentials(" ".join(str(message).split())))
    return f": {text[:_LONGEST_REASON]}" if text else ""


def _is_silence(error: BaseException) -> bool:
    """Return whether there was no answer; requests counts an answer that is not JSON among its own errors."""
    is_odd_answer = isinstance(error, requests.exceptions.InvalidJSONError)
    return isinstance(error, requests.RequestException) and not is_odd_answer

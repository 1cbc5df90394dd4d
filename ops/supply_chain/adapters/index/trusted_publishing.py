"""Trusted Publishing: an upload token of a few minutes for an identity token of the CI platform.

Each identity token can be exchanged once. A lost answer therefore means a new one, never the same exchange again. Neither
token goes to any other address than the configured one.

Source: https://docs.pypi.org/trusted-publishers/internals/ ; https://peps.python.org/pep-0807/
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from ops.supply_chain.adapters.http.batch import run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import printable, without_credentials

T = TypeVar("T", bound=msgspec.Struct)

SYSTEM = "Trusted Publishing"
REMEDY = "Run again when the index answers: what is uploaded already is kept."
PERMISSION = "Give the job `permissions: id-token: write`, and run it on the platform that is registered as publisher."
MOST_BYTES = 1 << 20
ATTEMPTS = 3
IDENTITY_SECONDS = 60.0
TIMEOUTS = Timeouts(attempts=1, read_seconds=30, total_seconds=60)

_UNSUPPORTED, _FORBIDDEN, _UNPROCESSABLE = 404, 403, 422
_MOST_SAID = 300


class RefusedError(Exception):
    """The index gives this identity no token; `reason` is a sentence without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Audience(msgspec.Struct):
    audience: str


class _Token(msgspec.Struct):
    token: str


class _Error(msgspec.Struct):
    code: str = ""
    description: str = ""


class _Refusal(msgspec.Struct):
    message: str = ""
    errors: list[_Error] = []


class _Spent(NamedTuple):
    """An exchange whose answer was lost; its identity token is spent."""

    error: UnavailableError


def upload_token(oidc_url: str, *, identity: Callable[[str], str] | None = None, timeouts: Timeouts = TIMEOUTS) -> str:
    """Return an upload token.

    Args:
        oidc_url: Root of the index's Trusted Publishing, ending in `/`.
        identity: Returns an identity token for an audience; by default that of the CI platform.
        timeouts: Time limits of each exchange.
    Raises:
        RefusedError: The index refuses this identity, or has no Trusted Publishing.
        UsageError: This is no CI platform with identity tokens, or the job may not have one.
        UnavailableError: The index or the platform did not answer.
    """
    detect = identity or platform_identity
    exchange = _Exchange(oidc_url, timeouts)
    for attempt in range(ATTEMPTS):
        audience = run(exchange.audience())
        found = run(exchange.mint(detect(audience)))
        if isinstance(found, str):
            return found
        if attempt + 1 == ATTEMPTS:
            raise found.error
        run(asyncio.sleep(timeouts.backoff_seconds * 2.0**attempt))
    raise AssertionError("unreachable")


def platform_identity(audience: str) -> str:
    """Return the identity token of the CI platform.

    Raises:
        UsageError: There is none.
        UnavailableError: The platform did not answer.
    """
    import id as platforms

    try:
        found = within(IDENTITY_SECONDS, lambda: platforms.detect_credential(audience))
    except (platforms.GitHubOidcPermissionCredentialError, platforms.AmbientCredentialError) as error:
        if isinstance(error, platforms.GitHubOidcPermissionCredentialError) or "could not find" in str(error).lower():
            raise _no_identity("this job may not request an identity token") from error
        raise _silent(error) from error
    except Exception as error:  # whatever an odd answer makes urllib3 and Python raise
        raise _silent(error) from error
    if not found:
        raise _no_identity(
            "there is neither an upload token in UV_PUBLISH_TOKEN nor an identity token of a CI platform"
        )
    return found


def _no_identity(text: str) -> UsageError:
    return UsageError(text, hint=PERMISSION, kind=ErrorClass.NO_TOKEN)


def _silent(error: Exception) -> UnavailableError:
    # Without the body of an answer, which the library's errors show: it may hold a token.
    said = printable(without_credentials(str(error).partition(", body=")[0]))[:200] or type(error).__name__
    return UnavailableError(f"CI platform: gave no identity token ({said})", hint="Run again.")


class _Exchange:
    def __init__(self, url: str, timeouts: Timeouts) -> None:
        self._url, self._timeouts = url, timeouts

    def _client(self, attempts: int) -> HttpClient:
        timeouts = self._timeouts._replace(attempts=attempts)
        return HttpClient(SYSTEM, remedy=REMEDY, timeouts=timeouts, configured=origins_of(self._url))

    async def audience(self) -> str:
        accepted = frozenset({_FORBIDDEN, _UNSUPPORTED})
        question = HttpRequest(
            f"{self._url}audience", MOST_BYTES, absent=frozenset(), accepted=accepted, followed=False
        )
        async with self._client(ATTEMPTS) as client:
            answer = await client.get(question)
            if answer is None or answer.status == _UNSUPPORTED:
                raise RefusedError("the index has no Trusted Publishing at this address (HTTP status 404)")
            if answer.status == _FORBIDDEN:
                raise RefusedError(f"the index has switched off Trusted Publishing ({_said(answer)})")
            return _read(client, answer, _Audience).audience

    async def mint(self, identity: str) -> str | _Spent:
        sent = json.dumps({"token": identity}).encode()
        accepted = frozenset({400, 401, _FORBIDDEN, _UNSUPPORTED, _UNPROCESSABLE})
        question = HttpRequest(
            f"{self._url}mint-token", MOST_BYTES, absent=frozenset(), accepted=accepted, sent=sent, followed=False
        )
        async with self._client(1) as client:
            try:
                answer = await client.get(question)
                if answer is not None and answer.status not in accepted:
                    return _read(client, answer, _Token).token
            except UnavailableError as error:
                return _Spent(error)
        reason = _said(answer).replace(identity, "***") if answer else "no answer"
        raise RefusedError(f"the index gives this identity no upload token: {reason}")


def _read(client: HttpClient, answer: HttpResponse, kind: type[T]) -> T:
    try:
        found = msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise client.unusable(answer.url, Failed("answered with something else than the expected JSON")) from None
    if not all(getattr(found, field) for field in found.__struct_fields__):
        raise client.unusable(answer.url, Failed("answered with an empty text"))
    return found


def _said(answer: HttpResponse) -> str:
    try:
        refusal = msgspec.json.decode(answer.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"HTTP status {answer.status}"
    words = [refusal.message, *(f"{error.code}: {error.description}" for error in refusal.errors)]
    text = printable(without_credentials("; ".join(filter(None, words))))[:_MOST_SAID]
    return text or f"HTTP status {answer.status}"

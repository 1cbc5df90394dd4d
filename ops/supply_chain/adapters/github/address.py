"""Where GitHub is and who we are there: API address, web host, upload host, token.

The token comes from the environment alone, so that it never appears on a command line, and goes to two places
only: the API, and the upload host that belongs to it.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables (`GITHUB_API_URL`),
https://cli.github.com/manual/gh_help_environment ("GH_TOKEN, GITHUB_TOKEN (in order of precedence)")
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from ops.supply_chain.adapters.http.client import is_loopback
from ops.supply_chain.adapters.http.credentials import DEFAULT_PORTS, Origin, Token
from ops.supply_chain.adapters.http.failure import Failed, address
from ops.supply_chain.core.addresses import GITHUB_API_URL
from ops.supply_chain.core.errors import ErrorClass, UsageError

API_VARIABLE = "GITHUB_API_URL"
TOKEN_VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN")

_TOKEN = re.compile(r"[!-~]{1,4096}")


class Api(NamedTuple):
    """The API's address without a slash at its end, and its origin."""

    url: str
    origin: Origin


def token_from_environment() -> Token:
    """Return the token of the environment.

    Raises:
        UsageError: It cannot be a token.
    """
    for name in TOKEN_VARIABLES:
        text = os.environ.get(name, "").strip()
        if text and not _TOKEN.fullmatch(text):
            raise UsageError(
                f"${name} is not a token: it has white space or other than ASCII characters in it",
                kind=ErrorClass.CONFIGURATION,
            )
        if text:
            return Token(text)
    return Token("")


def api_from_environment() -> Api:
    """Return the API's address: the environment's, else the public one.

    Raises:
        UsageError: It is none that a token may be sent to.
    """
    text = os.environ.get(API_VARIABLE, "") or GITHUB_API_URL
    try:
        parts = urlsplit(text)
        origin = origin_of_url(text)
    except ValueError:
        raise UsageError(f"${API_VARIABLE} is not an address", kind=ErrorClass.CONFIGURATION) from None
    plain_here = parts.scheme == "http" and is_loopback(origin[1])
    if not origin[1] or parts.username is not None or parts.query or not (parts.scheme == "https" or plain_here):
        raise UsageError(
            f"${API_VARIABLE} {address(text)}: is not an https address without user, password and query",
            hint="Unset it for GitHub itself, or give https://HOST/api/v3 for GitHub Enterprise Server.",
            kind=ErrorClass.CONFIGURATION,
        )
    return Api(text.rstrip("/"), origin)


def origin_of_url(url: str) -> Origin:
    """Return scheme, host and port of an address, the port spelled out.

    Raises:
        ValueError: It is no address.
    """
    parts = urlsplit(url)
    return (parts.scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme, 0))


def web_host(api: Api) -> str:
    """Return the host that repositories are cloned from."""
    return api.origin[1].removeprefix("api.")


def require_own_upload_host(api: Api, url: str) -> None:
    """Check that an upload address, which the API gave, belongs to it, because the token goes there.

    `api.HOST` uploads to `uploads.HOST`; a server uploads to itself.

    Raises:
        Failed: It does not.
    """
    try:
        scheme, host, _ = found = origin_of_url(url)
    except ValueError:
        raise Failed("names an upload address that is none") from None
    here = api.origin
    beside = scheme == "https" and here[1].startswith("api.") and host == f"uploads.{here[1].removeprefix('api.')}"
    on_loopback = is_loopback(here[1]) and is_loopback(host)
    if found != here and not beside and not on_loopback:
        raise Failed(f"names an upload host that is not its own ({address(url)})")

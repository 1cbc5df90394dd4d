"""Accounts of addresses: from the netrc file or from the caller.

An account belongs to one origin (scheme, host and port) and is never sent to another, whatever a
redirect or a page says. The netrc file's `default` entry is not used: it would be sent to every server.

Source: https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
"""

from __future__ import annotations

import base64
import netrc
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ops.supply_chain.core.errors import ErrorClass, UsageError

if TYPE_CHECKING:
    import httpx

NETRC_VARIABLE = "NETRC"
"""Environment variable with the path of the netrc file, if it is not `~/.netrc`."""

DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
Account = tuple[str, str]


class Token:
    """A secret: neither its text nor its length shows in a traceback, a log or an error.

    Args:
        text: Empty where there is none.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Token(****)" if self._text else "Token()"

    def __bool__(self) -> bool:
        return bool(self._text)

    def header(self) -> dict[str, str]:
        """Return the header field that shows it as a bearer token, or nothing."""
        return {"Authorization": f"Bearer {self._text}"} if self._text else {}

    def as_field(self, name: str) -> dict[str, str]:
        """Return it as the header field of another name, or nothing."""
        return {name: self._text} if self._text else {}

    def out_of(self, text: str) -> str:
        """Return text without it: what another system says may quote what it was sent."""
        return text.replace(self._text, "****") if self._text else text


def origin_of(url: httpx.URL) -> Origin:
    """Return scheme, host and port of a URL, the port spelled out."""
    return (url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme, 0))


def origins_of(*urls: str) -> frozenset[Origin]:
    """Return the origins of addresses; what is not an address has none."""
    found = set()
    for url in urls:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError:
            continue
        if host and port:
            found.add((parts.scheme, host, port))
    return frozenset(found)


class Credentials:
    """The accounts of one run.

    Args:
        accounts: Accounts from the caller, by origin; they take precedence over the netrc file.
    """

    def __init__(self, accounts: dict[Origin, Account] | None = None) -> None:
        self._accounts = accounts or {}
        self._netrc: netrc.netrc | None = None
        self._looked = False

    def header(self, url: httpx.URL) -> dict[str, str]:
        """Return the header field that names the account for a URL's origin, or nothing.

        Raises:
            UsageError: The netrc file exists and cannot be read.
        """
        account = self._accounts.get(origin_of(url)) or self._from_netrc(url.host)
        if account is None:
            return {}
        token = base64.b64encode(":".join(account).encode()).decode("ascii")
        return {"Authorization": f"Basic {token}"}

    def _from_netrc(self, host: str) -> Account | None:
        if not self._looked:
            self._netrc = _read_netrc()
            self._looked = True
        found = self._netrc.hosts.get(host) if self._netrc else None
        return (found[0] or "", found[2] or "") if found else None


def _read_netrc() -> netrc.netrc | None:
    given = os.environ.get(NETRC_VARIABLE, "")
    try:
        path = Path(given) if given else Path.home() / ".netrc"
        return netrc.netrc(path) if path.is_file() else None
    except netrc.NetrcParseError as error:
        # The error's own text quotes the file, and so perhaps a password.
        raise UsageError(
            f"{path}: is not a netrc file, line {error.lineno}", hint="Repair that line.", kind=ErrorClass.CONFIGURATION
        ) from None
    except (OSError, RuntimeError, UnicodeDecodeError):
        return None

"""Where an index is, and whose account is used there.

Source: PEP 503 ("All URLs which respond with an HTML5 page MUST ... redirect the URLs without a / to add
a /").
"""

from __future__ import annotations

import os
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ops.supply_chain.adapters.http.credentials import DEFAULT_PORTS, Account, Origin
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable, without_credentials

USERNAME_VARIABLE = "SEALWRIGHT_INDEX_USERNAME"
PASSWORD_VARIABLE = "SEALWRIGHT_INDEX_PASSWORD"  # noqa: S105 - the variable's name


class IndexAddress(NamedTuple):
    """A base address that ends in `/` and holds no account, its origin, and the account found in it."""

    url: str
    origin: Origin
    account: Account | None


def read_address(text: str, *, where: str) -> IndexAddress:
    """Read an index's address as a configuration or a lock gives it.

    Args:
        text: An absolute address, with or without a user and password, with or without the last `/`.
        where: What names it, for an error.
    Raises:
        UsageError: It is no such address.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port:
        shown = printable(without_credentials(text))
        raise UsageError(
            f"{where}: {shown!r} is not an https address",
            hint="Give the full address of a simple API.",
            kind=ErrorClass.CONFIGURATION,
        )
    account = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
    shown_host = f"[{host}]" if ":" in host else host
    place = shown_host if port == DEFAULT_PORTS.get(parts.scheme) else f"{shown_host}:{port}"
    url = f"{parts.scheme}://{place}{parts.path.rstrip('/')}/"
    return IndexAddress(url, (parts.scheme, host, port), account)


def accounts_for(*addresses: IndexAddress) -> dict[Origin, Account]:
    """Return the accounts for configured addresses: the one in the address, else the environment's."""
    user, password = os.environ.get(USERNAME_VARIABLE, ""), os.environ.get(PASSWORD_VARIABLE, "")
    given = (user, password) if user or password else None
    known = {address.origin: given for address in addresses if given}
    return known | {address.origin: address.account for address in addresses if address.account}

"""Constraints at an address: fetched as any page of an index is, with the same rules for addresses and accounts."""

from __future__ import annotations

from collections.abc import Sequence

from ops.supply_chain.adapters.http.batch import run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Credentials
from ops.supply_chain.adapters.http.exchange import HttpRequest
from ops.supply_chain.adapters.index.address import accounts_for, read_address
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

LARGEST_BYTES = 8 << 20
"""The constraints of the largest projects in use have a hundredth of this."""

_REMEDY = "Check that this machine can reach the address, or copy the constraints into the project."


def fetch_constraints(
    urls: Sequence[str], config: IndexConfig, *, offline: bool, timeouts: Timeouts | None = None
) -> dict[str, bytes | UnavailableError]:
    """Fetch constraints.

    Args:
        urls: HTTP addresses without accounts.
        config: An account is sent, and a private address asked, only where it names the host.
        offline: True fetches nothing.
        timeouts: Time limits and number of attempts.
    Returns:
        The content of each, or why it could not be fetched.
    """
    named = [read_address(url, where="[index]") for url in (config.url, config.json_url, *config.trusted) if url]
    accounts = accounts_for(*(read_address(url, where="[index].url") for url in (config.url,) if url))
    client = HttpClient(
        "constraints",
        remedy=_REMEDY,
        timeouts=timeouts or Timeouts(),
        offline=offline,
        credentials=Credentials(accounts),
        configured=frozenset(address.origin for address in named),
        store=None,
    )
    return run(_fetch(client, tuple(dict.fromkeys(urls))))


async def _fetch(client: HttpClient, urls: Sequence[str]) -> dict[str, bytes | UnavailableError]:
    found: dict[str, bytes | UnavailableError] = {}
    async with client:
        for url in urls:
            try:
                answer = await client.get(HttpRequest(url, LARGEST_BYTES))
            except UnavailableError as error:
                found[url] = error
                continue
            absent = UnavailableError(f"{printable(url)}: there is no such file", hint=_REMEDY)
            found[url] = absent if answer is None else answer.body
    return found

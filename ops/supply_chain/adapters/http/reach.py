"""Where a client may connect to: public addresses, and those that are configured.

A lock, a project page or a redirect may name any address. One on this machine, on its link or in a private network is
asked only where the configuration names it, so that no file of a project makes this machine send requests to its own
services. What counts is the address that is connected to: a name is resolved once, every address that it has is
checked, and the connection goes to the checked one, so that a name cannot answer differently the second time.

Behind a proxy the proxy resolves names; then only what the address itself says can be checked.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry,
RFC 6052 section 2.1 (IPv4 in IPv6)
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import httpcore

from ops.supply_chain.adapters.http.failure import Failed

if TYPE_CHECKING:
    import httpx

ADVICE = "An index that is there on purpose is listed in [index].trusted of .security-config.toml."

_LOCAL_NAME = "localhost"
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_DOCUMENTATION = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)
"""No machine of any network has one of these (RFC 5737, RFC 3849); a sandbox uses them in the place of public ones."""

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_inside(address: str) -> bool:
    """Return whether an IP address is this machine's, of its link, of a private network, or otherwise not public.

    Raises:
        ValueError: It is not an IP address.
    """
    return any(_is_special(meant) for meant in _meant(ipaddress.ip_address(address.partition("%")[0])))


def is_inside_by_name(host: str) -> bool:
    """Return whether a host is inside by what its name says alone: an IP address in any spelling, or `localhost`."""
    name = host.strip("[]").rstrip(".").lower()
    if name == _LOCAL_NAME or name.endswith(f".{_LOCAL_NAME}"):
        return True
    try:
        return is_inside(name)
    except ValueError:
        pass
    try:
        return is_inside(socket.inet_ntoa(socket.inet_aton(name)))  # 127.1, 0x7f000001, 2130706433
    except (OSError, ValueError):
        return False


def refusal(place: str) -> Failed:
    """Return the failure for an address that is inside and not configured."""
    reason = f"is on this machine or in a private network ({place}), and is not configured"
    return Failed(reason, advice=ADVICE)


def guard(client: httpx.AsyncClient, configured: Collection[tuple[str, int]]) -> None:
    """Let a client connect to public and configured addresses alone; connections to a proxy are not changed.

    Args:
        client: Before its first request.
        configured: Host and port of each configured address.
    """
    pool = client._transport._pool  # type: ignore[attr-defined]  # noqa: SLF001 - httpx has no public way to its pool
    if not isinstance(pool, httpcore.AsyncConnectionPool):
        raise TypeError("httpx does not connect through httpcore any more: connections would not be checked")
    pool._network_backend = _GuardedBackend(pool._network_backend, configured)  # noqa: SLF001 - as above


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Checks where each connection goes before it is made."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, configured: Collection[tuple[str, int]]) -> None:
        self._backend = backend
        self._configured = frozenset(configured)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        if (host, port) in self._configured:
            return await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        addresses = await _resolved(host, port, timeout)
        inside = next((address for address in addresses if is_inside(address)), None)
        if inside is not None:
            raise refusal(inside)
        last: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


async def _resolved(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses of a host, in the system's order, each once."""
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("its name was not resolved in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_special(address: _Ip) -> bool:
    if any(address in network for network in _DOCUMENTATION):
        return False
    return not address.is_global or address.is_multicast or address.is_reserved


def _meant(address: _Ip) -> list[_Ip]:
    """Return the address that is meant: the IPv4 address in place of an IPv6 address that only carries it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _TRANSLATED:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *([address.sixtofour] if address.sixtofour is not None else []), *(address.teredo or ())]

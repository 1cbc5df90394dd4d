"""A client connects to public and configured addresses alone, whatever a name, a redirect or a spelling says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.supply_chain.adapters.http.batch import run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import Origin, origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.reach import ADVICE, guard, is_inside, is_inside_by_name
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.bad_sockets import serving
from tests.fakes.index import Ask, FakeIndex, Mood

ONCE = Timeouts(connect_seconds=2, read_seconds=2, total_seconds=5, attempts=1)

INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",  # noqa: S104 - refused
    "169.254.169.254",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "151.101.0.223",
    "2606:4700::1111",
    "2a04:4e42::223",
    "64:ff9b::1.1.1.1",
    "::ffff:1.1.1.1",
    "203.0.113.80",
    "2001:db8::1",
]

BY_NAME = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.1", "0x7f.1", "0x7f000001", "2130706433",
    "0177.0.0.1", "[::1]", "127.0.0.1.", "10.1",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def ask(url: str, *configured: Origin, timeouts: Timeouts = ONCE) -> HttpResponse | None:
    async def work() -> HttpResponse | None:
        async with HttpClient("demo system", remedy="", timeouts=timeouts, configured=configured) as client:
            return await client.get(HttpRequest(url, 1 << 20))

    return run(work())


def refusal(url: str, *configured: Origin, timeouts: Timeouts = ONCE) -> UnavailableError:
    with pytest.raises(UnavailableError) as caught:
        ask(url, *configured, timeouts=timeouts)
    return caught.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give names addresses; each resolution takes the next list, and the last one stays."""

    def given(**answers: list[list[str]]) -> list[str]:
        asked: list[str] = []

        async def getaddrinfo(_loop: object, host: str | bytes, port: int, **_options: Any) -> list[Any]:
            host = host.decode() if isinstance(host, bytes) else host
            asked.append(host)
            known = answers[host.partition(".")[0]]
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))
                for address in (known.pop(0) if len(known) > 1 else known[0])
            ]

        monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
        return asked

    return given


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_that_are_public(address: str) -> None:
    assert not is_inside(address)


@pytest.mark.parametrize("host", [*BY_NAME, *INSIDE])
def test_hosts_that_are_inside_by_what_they_say(host: str) -> None:
    assert is_inside_by_name(host)


@pytest.mark.parametrize(
    "host", [*OUTSIDE, "pypi.org", "localhost.example", "127.0.0.1.example", "x", "1.1", "0x1010101"]
)
def test_hosts_that_are_not(host: str) -> None:
    assert not is_inside_by_name(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_what_is_not_configured_is_not_asked_on_this_machine(host: str) -> None:
    with FakeIndex() as index:
        url = index.url.replace("127.0.0.1", host)
        error = refusal(f"{url}demo/")
        assert index.requests == []
    assert error.message == (
        f"demo system {url}demo/: is on this machine or in a private network ({host}), and is not configured"
    )
    assert error.hint == ADVICE


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fc00::1", "::ffff:127.0.0.1"])
def test_a_public_name_of_a_private_address_is_not_asked(names: Callable[..., list[str]], address: str) -> None:
    names(rebound=[["1.1.1.1", address]])

    error = refusal("https://rebound.example/simple/")

    assert f"is on this machine or in a private network ({address}), and is not configured" in error.message


def test_the_checked_address_is_the_one_that_is_connected_to(names: Callable[..., list[str]]) -> None:
    connected: list[str] = []

    class Backend:
        async def connect_tcp(self, host: str, *_rest: object) -> None:
            connected.append(host)
            raise httpx.ConnectError("not today")

    asked = names(rebound=[["1.1.1.1"], ["127.0.0.1"]])

    async def work() -> None:
        async with httpx.AsyncClient() as client:
            client._transport._pool._network_backend = Backend()  # type: ignore[attr-defined]
            guard(client, [])
            with pytest.raises(httpx.ConnectError, match="not today"):
                await client.get("https://rebound.example/")

    run(work())
    assert (connected, asked) == (["1.1.1.1"], ["rebound.example"])


def test_an_address_that_does_not_answer_is_followed_by_the_next(names: Callable[..., list[str]]) -> None:
    connected: list[str] = []

    class Backend:
        async def connect_tcp(self, host: str, *_rest: object) -> None:
            connected.append(host)
            raise httpx_core().ConnectError("refused")

    names(public=[["1.1.1.1", "1.0.0.1"]])

    async def work() -> None:
        async with httpx.AsyncClient() as client:
            client._transport._pool._network_backend = Backend()  # type: ignore[attr-defined]
            guard(client, [])
            with pytest.raises(httpx.ConnectError, match="refused"):
                await client.get("https://public.example/")

    run(work())
    assert connected == ["1.1.1.1", "1.0.0.1"]


def httpx_core() -> Any:
    import httpcore

    return httpcore


def test_a_configured_name_may_be_private(names: Callable[..., list[str]]) -> None:
    with FakeIndex() as index:
        port = int(index.address.rsplit(":", 1)[1])
        names(corp=[["127.0.0.1"]])
        message = refusal(f"https://corp.example:{port}/", ("https", "corp.example", port)).message
    assert "private network" not in message  # it was connected to: what answers there does not speak TLS
    assert "private network" in refusal(f"https://corp.example:{port}/", ("https", "corp.example", 443)).message


def test_a_redirect_leads_to_no_other_port_of_this_machine() -> None:
    with FakeIndex() as index, FakeIndex() as other:
        index.location = f"{other.url}demo/"
        index.misbehave(Ask.SIMPLE, Mood.REDIRECT)
        error = refusal(f"{index.url}demo/", *origins_of(index.url))
        assert other.requests == []
    assert "is on this machine or in a private network (127.0.0.1), and is not configured" in error.message


def test_a_proxy_is_not_asked_for_what_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeIndex() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        assert "is not configured" in refusal("https://169.254.169.254/latest/").message
        assert proxy.requests == []
        assert "the proxy refused" in refusal("https://example.invalid/").message


def test_netrc_is_for_configured_origins_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeIndex() as index, FakeIndex() as other:
        other.location = f"{index.url}demo/"
        other.misbehave(Ask.SIMPLE, Mood.REDIRECT)
        ask(f"{other.url}demo/", *origins_of(index.url, other.url))
        assert "Authorization" in other.requests[0].headers
        assert "Authorization" not in index.requests[0].headers


def test_a_client_that_cannot_be_guarded_is_an_error() -> None:
    async def work() -> None:
        async with httpx.AsyncClient() as client:
            client._transport._pool = object()  # type: ignore[attr-defined]
            with pytest.raises(TypeError, match="would not be checked"):
                guard(client, [])
            client._transport._pool = httpx_core().AsyncConnectionPool()  # type: ignore[attr-defined]

    run(work())


SLOW = Timeouts(connect_seconds=0.2, read_seconds=0.2, total_seconds=5, attempts=1)
LINE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def test_a_head_that_comes_byte_by_byte_ends() -> None:
    with serving(LINE, 0.05, b"X") as url:
        error = refusal(url, *origins_of(url), timeouts=SLOW)
    assert error.message.endswith(": no answer in time")


def test_a_body_that_comes_byte_by_byte_ends() -> None:
    with serving(LINE + b"Content-Length: 100000\r\n\r\n", 0.02, b"x") as url:
        error = refusal(url, *origins_of(url), timeouts=SLOW)
    assert error.message.endswith(": sends less than 500 bytes per second")


def test_whatever_the_pace_the_whole_ends() -> None:
    with serving(LINE + b"Content-Length: 1000000\r\n\r\n", 0.01, b"x" * 1000) as url:
        error = refusal(url, *origins_of(url), timeouts=SLOW._replace(total_seconds=0.3))
    assert error.message.endswith(": the answer was not complete in time")


def test_attempts_and_pauses_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("ops.supply_chain.adapters.http.client.asyncio.sleep", sleep)
    with FakeIndex(retry_after="4") as index:
        index.misbehave(Ask.SIMPLE, Mood.TOO_MANY)
        url = f"{index.url}demo/"
        refusal(url, *origins_of(url), timeouts=ONCE._replace(attempts=9, total_seconds=10))
    assert pauses == [4, 4]

"""A loopback server's thread: it answers until it is ended, ends at once, and does nothing between."""

from __future__ import annotations

import selectors
import socket
import socketserver
import time

import pytest

from ops.supply_chain.rehearsal.accepting import Accepting


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(self.request.recv(100))


def _asked(server: socketserver.TCPServer, data: bytes) -> bytes:
    with socket.create_connection(server.server_address[:2], timeout=10) as connection:  # type: ignore[arg-type]
        connection.sendall(data)
        return connection.recv(100)


def test_it_answers_one_after_the_other_and_not_after_its_end() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Echo) as server:
        accepting = Accepting(server)
        accepting.start()
        assert [_asked(server, data) for data in (b"a", b"b")] == [b"a", b"b"]
        accepting.stop()
        with socket.create_connection(server.server_address[:2]) as connection:  # type: ignore[arg-type]
            connection.settimeout(0.05)
            connection.sendall(b"c")
            with pytest.raises(TimeoutError):
                connection.recv(100)


def test_it_wakes_for_a_connection_and_for_its_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    class Counted(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            waits.append(timeout)
            return super().select(timeout)

    monkeypatch.setattr(selectors, "DefaultSelector", Counted)
    with socketserver.TCPServer(("127.0.0.1", 0), _Echo) as server:
        accepting = Accepting(server)
        accepting.start()
        assert [_asked(server, data) for data in (b"a", b"b")] == [b"a", b"b"]
        time.sleep(0.05)
        accepting.stop()
    assert waits == [None] * 3


def test_ending_what_was_never_started_is_no_error() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Echo) as server:
        Accepting(server).stop()

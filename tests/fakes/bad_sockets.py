"""Addresses on loopback that are worse than a service that misbehaves: nobody there, never connected, never done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"


@contextmanager
def refusing() -> Iterator[str]:
    """An address where nobody listens, though nobody else can take it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def never_connecting() -> Iterator[str]:
    """An address whose queue of connections is full, so that a new one waits."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """A service that begins its answer and goes on byte by byte."""
    with serving(HEAD, 0.05, b" ") as url:
        yield url


@contextmanager
def serving(head: bytes, pause: float, piece: bytes) -> Iterator[str]:
    """A service that sends the start of an answer, and then a piece after each pause, until it is stopped."""
    stop = threading.Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_drip, args=(connection, stop, head, pause, piece), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            listening.shutdown(socket.SHUT_RDWR)


def _drip(connection: socket.socket, stop: threading.Event, head: bytes, pause: float, piece: bytes) -> None:
    with connection:
        try:
            connection.recv(65536)
            connection.sendall(head)
            while not stop.wait(pause):
                connection.sendall(piece)
        except OSError:
            return

"""The loopback server: threads, sockets and faults, and an end that leaves none of them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from ops.supply_chain.rehearsal.accepting import Accepting
from ops.supply_chain.rehearsal.faults import Faults, InjectedFault
from ops.supply_chain.rehearsal.services import HttpReply, Request, Services, refusal

HOST = "127.0.0.1"
MOST_BODY_BYTES = 256 << 20
"""A request may hold a whole SBOM in base64, and no more than this."""


class LoopbackServer(HTTPServer):
    """Listens on a port of 127.0.0.1 that the system chooses, one thread a connection.

    Args:
        services: Who answers.
        faults: What goes wrong.
    """

    # With the default of 5, eight client threads lose a connection request and wait a second for the next try.
    request_queue_size = 128

    def __init__(self, services: Services, faults: Faults) -> None:
        super().__init__((HOST, 0), _Handler)
        self.services = services
        self.faults = faults
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._accepting = Accepting(self)

    @property
    def base(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._accepting.start()

    def stop(self) -> None:
        """End every connection and every thread, and free the port."""
        self.stopping.set()
        self._accepting.stop()
        self.server_close()
        with self._lock:
            left = dict(self._connections)
        for connection in left.values():
            _break(connection)
        for thread in left:
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, known to `stop`."""
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[thread] = request
        thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            # The client may disconnect, and `stop` breaks connections: there is no one to report to.
            with suppress(OSError):
                self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)
            with self._lock:
                self._connections.pop(threading.current_thread(), None)


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    # Header and body leave in one packet: otherwise each answer waits 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, *_: Any) -> None:
        """Log nothing: the caller reports."""

    def _handle(self) -> None:
        request = self._read()
        if request is None:
            return
        services, faults = self.server.services, self.server.faults
        service = services.service_of(request)
        fault = faults.take(service) if service else InjectedFault()
        if fault.hang:
            self.server.stopping.wait(fault.hang)
        early = _answer_of(fault)
        answer = services.answer(service, request) if early is None or fault.after_work else early
        if fault.drop or self.server.stopping.is_set():
            self.close_connection = True
            return
        self._send(early or answer)

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            self._send(refusal(413, "Request Entity Too Large"))
            return None
        body = self.rfile.read(int(length))
        authorization = self.headers.get("Authorization", "")
        return Request(self.command, self.path, authorization, body, self.server.base)

    def _send(self, answer: HttpReply) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()


def _answer_of(fault: InjectedFault) -> HttpReply | None:
    if fault.status:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return replace(refusal(fault.status, fault.message), headers=headers)
    if fault.body is not None:
        return HttpReply(body=fault.body)
    return HttpReply() if fault.drop else None


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

"""An Integrity API on loopback, well-behaved or not.

Answers as Warehouse does: the provenance object of a file, or 404 with a JSON message that names the file, or,
for a path that it does not know, 404 with an HTML page. `mood` makes every answer go wrong; `forbidden` switches
the API off; `absent` makes it a service without this API. Used as a context manager:

    with FakeIntegrity() as service:
        service.add("demo", "1.0", "demo-1.0.tar.gz", document)
        provenance_of(files, url=service.url, ...)
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from tests.fakes.index import Mood
from tests.fakes.running import Running

JSON_TYPE = "application/vnd.pypi.integrity.v1+json"
DRIP_SECONDS = 0.05


class FakeIntegrity(Running):
    """The service; `documents` is (project, version, file) -> provenance object, None where it has none."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, ...], bytes | None] = {}
        self.mood: Mood | None = None
        self.absent = False
        self.forbidden = False
        self.location = "http://elsewhere.invalid/secret-token/"
        self.asked: list[str] = []
        self.statuses: list[int] = []
        super().__init__(_Server(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/integrity/"

    def add(self, project: str, version: str, filename: str, document: bytes | None) -> None:
        """Know a file, with its provenance object or without one."""
        self.documents[project, version, filename] = document


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, service: FakeIntegrity) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        service = self.server.service
        service.asked.append(self.path)
        words = [unquote(word) for word in self.path.strip("/").split("/")]
        key = (*words[1:4], "", "", "")[:3]
        if service.mood is not None:
            self._misbehave(service.mood, service.documents.get(key) or b"{}")
        elif service.absent or words[0] != "integrity" or words[-1] != "provenance" or key not in service.documents:
            self._send(404, b"" if service.absent else b"<html>Not Found</html>", "text/html")
        elif service.forbidden:
            self._send(403, b'{"message": "Attestations temporarily disabled"}', "application/json")
        else:
            self._answer(key[2], service.documents[key])

    def _answer(self, filename: str, document: bytes | None) -> None:
        if document is None:
            message = json.dumps({"message": f"No provenance available for {filename}"})
            self._send(404, message.encode(), "application/json", {"ETag": '"none"'})
            return
        tag = f'"{hashlib.sha256(document).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            self._send(304, b"", JSON_TYPE)
        else:
            self._send(200, document, JSON_TYPE, {"ETag": tag})

    def _send(self, status: int, body: bytes, kind: str, fields: dict[str, str] | None = None) -> None:
        self.server.service.statuses.append(status)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _misbehave(self, mood: Mood, body: bytes) -> None:
        packed = gzip.compress(body)
        plain: dict[Mood, tuple[int, bytes, str, dict[str, str]]] = {
            Mood.NOT_FOUND: (404, b"", "text/plain", {}),
            Mood.TOO_MANY: (429, b"slow down", "text/plain", {"Retry-After": "3600"}),
            Mood.SERVER_ERROR: (500, b"oh no", "text/plain", {}),
            Mood.UNAUTHORISED: (401, b"who are you", "text/plain", {}),
            Mood.WRONG_TYPE: (200, body, "text/html", {}),
            Mood.TRUNCATED_GZIP: (200, packed[: len(packed) // 2], JSON_TYPE, {"Content-Encoding": "gzip"}),
            Mood.MALFORMED: (200, b'{"version": 1, \xff\x00 [[[', JSON_TYPE, {}),
            Mood.GZIP_BOMB: (200, gzip.compress(b" " * (16 << 20)), JSON_TYPE, {"Content-Encoding": "gzip"}),
            Mood.REDIRECT: (302, b"", JSON_TYPE, {"Location": self.server.service.location}),
            Mood.REDIRECT_LOOP: (302, b"", JSON_TYPE, {"Location": self.path}),
            Mood.EMPTY: (200, b"", JSON_TYPE, {}),
        }
        if mood in plain:
            self._send(*plain[mood])
            return
        self.close_connection = True
        if mood is Mood.HANG:
            self.server.service._stop.wait(30)
        elif mood is not Mood.HANG_UP:
            self._broken_body(mood, body)

    def _broken_body(self, mood: Mood, body: bytes) -> None:
        length = {Mood.OVERSIZE: 1 << 40, Mood.TRUNCATED: len(body) + 100, Mood.DRIP: 100}.get(mood)
        self.send_response(200)
        self.send_header("Content-Type", JSON_TYPE)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if mood is Mood.ENDLESS:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        if mood is Mood.DRIP:
            while not self.server.service._stop.wait(DRIP_SECONDS):
                self.wfile.write(b" ")
                self.wfile.flush()
        elif mood is Mood.ENDLESS:
            while not self.server.service._stop.is_set():
                self.wfile.write(b"10000\r\n%b\r\n" % (b" " * (1 << 16)))
        else:
            self.wfile.write(body)


def provenance(attestations: list[Any], publisher: Mapping[str, object], *, version: int = 1) -> bytes:
    """Return a provenance object with one bundle."""
    bundle = {"publisher": {"claims": None, **publisher}, "attestations": attestations}
    return json.dumps({"version": version, "attestation_bundles": [bundle]}).encode()


def flipped(text: str, *, at: int) -> str:
    """Return base64 text in which one bit of one byte of what it stands for is another."""
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()

"""A stand-in for Dependency-Track on loopback: uploads, tokens, and many ways to misbehave."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.fakes.running import Running

KEY = "odt_0123456789abcdef"
TOKEN = "4b8f4b61-0b3c-4d1c-9a3d-0f2b7c1a9e10"  # noqa: S105 - of the fake


class DtMood(StrEnum):
    """Ways to misbehave, of uploads unless the name has another question."""

    PROBLEM = "problem"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    TOO_LARGE = "too-large"
    SERVER_ERROR = "server-error"
    REDIRECT = "redirect"
    NO_TOKEN = "no-token"  # noqa: S105 - words
    STRANGE_TOKEN = "strange-token"  # noqa: S105 - words
    NOT_JSON = "not-json"
    HUGE = "huge"
    HANG_UP = "hang-up"
    SILENT = "silent"
    NEVER_DONE = "never-done"
    POLL_ODD = "poll-odd"
    POLL_ERROR_ONCE = "poll-error-once"
    VERSION_PAGE = "version-page"
    QUOTES_KEY = "quotes-key"


class Received(NamedTuple):
    """One request: its method and path, its fields in lower case, its body, and the parts of its form by name."""

    method: str
    path: str
    fields: dict[str, str]
    body: bytes
    parts: dict[str, bytes]


class FakeDependencyTrack(Running):
    """The server; `polls` is how often it answers that it is processing before it is done."""

    def __init__(self, version: str = "4.13.2") -> None:
        self.version = version
        self.mood: DtMood | None = None
        self.polls = 1
        self.received: list[Received] = []
        super().__init__(_Server(self))

    @property
    def posted(self) -> list[str]:
        """The paths of uploads and polls, in order."""
        return [f"{request.method} {request.path}" for request in self.received]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeDependencyTrack) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        fake = self._note(b"")
        if self.path == "/api/version":
            if fake.mood is DtMood.VERSION_PAGE:
                return self._send(200, b"<html>the web pages</html>", "text/html")
            return self._json(200, {"version": fake.version, "application": "Dependency-Track", "timestamp": "x"})
        if self.path != f"/api/v1/event/token/{TOKEN}":
            return self._send(404, b"")
        if fake.mood is DtMood.POLL_ODD:
            return self._json(200, {"processing": "perhaps"})
        if fake.mood is DtMood.POLL_ERROR_ONCE:
            fake.mood = None
            return self._send(502, b"bad gateway")
        fake.polls -= 1
        return self._json(200, {"processing": fake.mood is DtMood.NEVER_DONE or fake.polls >= 0})

    def do_POST(self) -> None:
        fake = self._note(self.rfile.read(int(self.headers["Content-Length"])))
        if fake.mood is DtMood.HANG_UP:
            self.connection.close()
            return None
        if fake.mood is DtMood.SILENT:
            fake._stop.wait(5)
            return None
        answer = _ANSWERS.get(fake.mood) if fake.mood else None
        if answer is not None:
            status, kind, body, fields = answer
            return self._send(status, body, kind, fields)
        if self.headers.get("X-Api-Key") != KEY:
            return self._send(401, b"")
        if self.path not in ("/api/v1/bom", "/api/v1/vex"):
            return self._send(404, b"")
        fake.polls = max(fake.polls, 1)
        return self._json(200, {"token": TOKEN})

    def _note(self, body: bytes) -> FakeDependencyTrack:
        fields = {name.lower(): value for name, value in self.headers.items()}
        parts: dict[str, bytes] = {}
        if kind := fields.get("content-type", ""):
            message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
            for part in message.iter_parts():
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                parts[str(part.get_param("name", header="content-disposition"))] = content
        self.server.fake.received.append(Received(self.command, self.path, fields, body, parts))
        return self.server.fake

    def _json(self, status: int, value: Any, kind: str = "application/json") -> None:
        self._send(status, json.dumps(value).encode(), kind)

    def _send(self, status: int, body: bytes, kind: str = "", fields: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**({"Content-Type": kind} if kind else {}), **(fields or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_PROBLEM = {
    "status": 400,
    "title": "The uploaded BOM is invalid",
    "detail": "Schema validation failed",
    "errors": [f"$.components[{number}]: must be unique" for number in range(5)],
}
_ANSWERS: dict[DtMood, tuple[int, str, bytes, dict[str, str]]] = {
    DtMood.PROBLEM: (400, "application/problem+json", json.dumps(_PROBLEM).encode(), {}),
    DtMood.UNAUTHORISED: (401, "", b"", {}),
    DtMood.FORBIDDEN: (403, "text/plain", b"not allowed", {}),
    DtMood.NOT_FOUND: (404, "text/plain", b"The project could not be found.", {}),
    DtMood.TOO_LARGE: (413, "", b"", {}),
    DtMood.SERVER_ERROR: (500, "", b"", {}),
    DtMood.REDIRECT: (307, "", b"", {"Location": "http://elsewhere.invalid/api/v1/bom"}),
    DtMood.NO_TOKEN: (200, "application/json", b"{}", {}),
    DtMood.STRANGE_TOKEN: (200, "application/json", b'{"token": "../../x?y"}', {}),
    DtMood.NOT_JSON: (200, "text/html", b"<html>", {}),
    DtMood.HUGE: (200, "application/json", b" " * (2 << 20), {}),
    DtMood.QUOTES_KEY: (400, "application/problem+json", json.dumps({"title": f"no {KEY}"}).encode(), {}),
}

"""A package index on loopback that takes uploads: upload, simple (JSON and HTML) and Integrity API, and Trusted Publishing.

Behaves as Warehouse does, and badly where a test says so: `fault(ask, kind, times)` makes the next answers of a kind go
wrong; `swap`, `drop_attestations`, `hide` change what it serves afterwards. Used as a context manager.

Source: https://docs.pypi.org/api/upload/ ; https://docs.pypi.org/api/integrity/ ; https://docs.pypi.org/trusted-publishers/internals/
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import html
import json
import threading
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.running import Running

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
PUBLISHER = {"kind": "GitHub", "repository": "acme/widget", "workflow": "release.yml", "environment": None}
API_TOKEN = "pypi-apitoken-0123456789"  # noqa: S105 - of the stand-in
REQUEST_TOKEN = "request-token-0123456789"  # noqa: S105 - of the stand-in


def identity_token(number: int) -> str:
    """Return the identity token that the platform gives at the given request, counted from 1."""
    parts = [{"alg": "none"}, {"aud": "own", "jti": f"identity-{number}"}, {"not": "signed"}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


class Ask(StrEnum):
    """Kinds of request."""

    UPLOAD = "upload"
    SIMPLE = "simple"
    FILE = "file"
    INTEGRITY = "integrity"
    AUDIENCE = "audience"
    MINT = "mint"
    IDENTITY = "identity"


class Kind(StrEnum):
    """Ways to go wrong."""

    REFUSE = "refuse"  # 403
    BAD = "bad"  # 400
    DOWN = "down"  # 503
    MISSING = "missing"  # 404
    CUT = "cut"  # the connection ends before the request is processed
    LOST = "lost"  # processed, and the connection ends without an answer
    SLOW = "slow"  # no answer for a while
    REDIRECT = "redirect"  # to another host
    NONSENSE = "nonsense"  # 200 with something else
    REPEATED = "repeated"  # processed twice, as if a proxy had sent it again


class UploadIndex(Running):
    """The index; `files` is name -> bytes that it serves, `provenance` name -> attestations, `listed` name -> digest."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.listed: dict[str, str] = {}
        self.provenance: dict[str, list[Any]] = {}
        self.upload_time = "2026-11-20T00:00:00.000000Z"
        self.form = "json"
        self.hidden: dict[str, int] = {}
        self.hide_new = 0
        self.swap: dict[str, bytes] = {}
        self.drop_attestations = False
        self.refuse_identity = ""
        self.slow_seconds = 30.0
        self.requests: list[tuple[Ask, str]] = []
        self.uploads: list[str] = []
        self.authorizations: set[str] = set()
        self._tokens: set[str] = {API_TOKEN}
        self._spent: set[str] = set()
        self._faults: dict[Ask, list[Kind]] = {}
        self._lock = threading.Lock()
        super().__init__(_Server(self))

    def config(self, *, attestations: bool = True, closes: int = 14) -> str:
        """Return an entry of `[[indexes]]`."""
        rows = {"name": "own", "upload_url": "legacy/", "simple_url": "simple/"}
        rows |= {"integrity_url": "integrity/", "oidc_url": "_/oidc/"} if attestations else {}
        lines = [f'{key} = "{text if key == "name" else f"{self.address}/{text}"}"\n' for key, text in rows.items()]
        return "[[indexes]]\n" + "".join(lines) + f"closes_after_days = {closes}\n"

    def fault(self, ask: Ask, kind: Kind, times: int = 1) -> None:
        """Make the next answers of a kind go wrong."""
        self._faults.setdefault(ask, []).extend([kind] * times)

    def asked(self, ask: Ask) -> int:
        return sum(found == ask for found, _ in self.requests)

    def put(self, name: str, data: bytes, attestations: list[Any] | None = None) -> None:
        """Have a file from the start."""
        self.files[name], self.listed[name] = data, hashlib.sha256(data).hexdigest()
        self.provenance[name] = attestations or []

    def next_fault(self, ask: Ask) -> Kind | None:
        with self._lock:
            waiting = self._faults.get(ask)
            return waiting.pop(0) if waiting else None

    def take(self, form: dict[str, bytes], name: str, token: str) -> tuple[int, bytes]:
        """Process an upload, in Warehouse's order; nothing is stored unless the answer is 200."""
        with self._lock:
            return self._taken(form, name, token)

    def _taken(self, form: dict[str, bytes], name: str, token: str) -> tuple[int, bytes]:  # noqa: PLR0911 - as Warehouse
        if token not in self._tokens:
            return 403, b"Invalid or non-existent authentication information."
        data = form["content"]
        digest = hashlib.sha256(data).hexdigest()
        if form[":action"] != b"file_upload" or form["sha256_digest"].decode() != digest:
            return 400, b"The digest supplied does not match a digest calculated from the uploaded file."
        if name in self.listed:
            if self.listed[name] == digest:
                return 200, b""
            return 400, f"File already exists ({name!r}, with blake2_256 hash '0'). See /help/#file-name-reuse".encode()
        attestations = json.loads(form["attestations"]) if "attestations" in form else None
        if attestations is not None and token == API_TOKEN:
            return (
                400,
                b"Invalid attestations supplied during upload: Attestations are only supported with Trusted Publishing",
            )
        if attestations is not None and not 1 <= len(attestations) <= 2:
            return 400, b"Invalid attestations supplied during upload: wrong number"
        self.put(name, data, None if self.drop_attestations else attestations)
        self.files[name] = self.swap.get(name, data)
        self.hidden[name] = self.hide_new
        self.uploads.append(name)
        return 200, b""

    def mint(self, identity: str) -> tuple[int, Any]:
        """Exchange an identity token; each one once."""
        code = self.refuse_identity or ("invalid-reuse-token" if identity in self._spent else "")
        self._spent.add(identity)
        if code or identity.count(".") != 2:
            errors = [{"code": code or "invalid-token", "description": "not this one"}]
            return 422, {"message": "Token request failed", "errors": errors}
        token = f"pypi-minted-{len(self._tokens)}"
        self._tokens.add(token)
        return 200, {"success": True, "token": token, "expires": 1}

    def page(self, project: str) -> tuple[bytes, str] | None:
        """Return a project's page, without what is not visible yet."""
        names = [name for name in self.listed if name.startswith(f"{project}-")]
        shown = [name for name in sorted(names) if not self._hides(name)]
        if not names:
            return None
        if self.form == "html":
            rows = "".join(
                f'<a href="/files/{html.escape(name)}#sha256={self.listed[name]}">{html.escape(name)}</a>\n'
                for name in shown
            )
            return f"<!DOCTYPE html><html><body>{rows}</body></html>".encode(), "text/html"
        files = [
            {
                "filename": name,
                "url": f"/files/{name}",
                "hashes": {"sha256": self.listed[name]},
                "size": len(self.files[name]),
                "upload-time": self.upload_time,
                "provenance": None,
            }
            for name in shown
        ]
        whole = {"meta": {"api-version": "1.4"}, "name": project, "files": files}
        return json.dumps(whole).encode(), JSON_TYPE

    def _hides(self, name: str) -> bool:
        left = self.hidden.get(name, 0)
        self.hidden[name] = max(0, left - 1)
        return left > 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, index: UploadIndex) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self.identities = 0


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
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes) -> None:
        index, path = self.server.index, unquote(urlsplit(self.path).path)
        ask = _ask_of(path)
        if ask is None:
            self._send(404, b"", "text/plain")
            return
        index.requests.append((ask, path))
        index.authorizations.add(self.headers.get("Authorization", ""))
        kind = index.next_fault(ask)
        plain = {
            Kind.REFUSE: (403, b"not allowed"),
            Kind.BAD: (400, b"this is refused: see the rules"),
            Kind.DOWN: (503, b"down for maintenance"),
            Kind.MISSING: (404, b"nothing here"),
            Kind.NONSENSE: (200, b"<html>a captive portal</html>"),
        }
        if kind in plain:
            self._send(*plain[kind], "text/plain")
        elif kind is Kind.REDIRECT:
            self._send(307, b"", "text/plain", {"Location": f"http://elsewhere.invalid{path}"})
        elif kind is Kind.CUT:
            self.close_connection = True
        elif kind is Kind.SLOW:
            self.close_connection = True
            index._stop.wait(index.slow_seconds)
        else:
            answer = self._answer(ask, path, body)
            if kind is Kind.REPEATED:
                answer = self._answer(ask, path, body)
            if kind is Kind.LOST:
                self.close_connection = True
            else:
                self._send(*answer)

    def _answer(self, ask: Ask, path: str, body: bytes) -> tuple[int, bytes, str]:
        index = self.server.index
        if ask is Ask.UPLOAD:
            form, name = _form(self.headers["Content-Type"], body)
            basic = base64.b64decode(self.headers.get("Authorization", "").partition(" ")[2]).decode()
            user, _, token = basic.partition(":")
            return (*index.take(form, name, token if user == "__token__" else ""), "text/plain")
        if ask is Ask.MINT:
            status, document = index.mint(json.loads(body)["token"])
            return status, json.dumps(document).encode(), "application/json"
        if ask is Ask.AUDIENCE:
            return 200, b'{"audience": "own"}', "application/json"
        return self._identity() if ask is Ask.IDENTITY else self._found(ask, path.strip("/").split("/"))

    def _found(self, ask: Ask, words: list[str]) -> tuple[int, bytes, str]:
        index = self.server.index
        if ask is Ask.SIMPLE:
            page = index.page(words[-1])
            return (200, *page) if page else (404, b"", "text/plain")
        if ask is Ask.FILE:
            known = words[1] in index.files
            return (200, index.files[words[1]], "application/octet-stream") if known else (404, b"", "text/plain")
        if not index.provenance.get(words[3]):
            message = json.dumps({"message": f"No provenance available for {words[3]}"}).encode()
            return 404, message, "application/json"
        bundle = {"publisher": PUBLISHER, "attestations": index.provenance[words[3]]}
        document = json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()
        return 200, document, "application/vnd.pypi.integrity.v1+json"

    def _identity(self) -> tuple[int, bytes, str]:
        audience = parse_qs(urlsplit(self.path).query).get("audience", [""])[0]
        if self.headers.get("Authorization", "").lower() != f"bearer {REQUEST_TOKEN}" or audience != "own":
            return 401, b"", "text/plain"
        self.server.identities += 1
        return 200, json.dumps({"value": identity_token(self.server.identities)}).encode(), "application/json"

    def _send(self, status: int, body: bytes, kind: str, fields: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _ask_of(path: str) -> Ask | None:
    starts = {
        "/legacy/": Ask.UPLOAD,
        "/simple/": Ask.SIMPLE,
        "/files/": Ask.FILE,
        "/integrity/": Ask.INTEGRITY,
        "/_/oidc/audience": Ask.AUDIENCE,
        "/_/oidc/mint-token": Ask.MINT,
        "/identity": Ask.IDENTITY,
    }
    return next((ask for start, ask in starts.items() if path.startswith(start)), None)


def _form(content_type: str, body: bytes) -> tuple[dict[str, bytes], str]:
    """Return the fields of a multipart form, and the name of the file in it."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    form, name = dict[str, bytes](), ""
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        form[str(part.get_param("name", header="content-disposition"))] = data
        name = part.get_filename() or name
    return form, name

"""A package index on loopback, well-behaved or not.

Serves the simple API in JSON or HTML, `.metadata` files, distribution files with ranges, and project JSON,
all made up on the spot. `misbehave` makes one kind of answer go wrong. Used as a context manager:

    with FakeIndex() as index:
        index.add_wheel("demo", "1.0", requires=("idna",))
        PackageIndex(cache, url=index.url, json_url=index.json_url).project_files(["demo"])
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import socket
import tarfile
import zipfile
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from ops.supply_chain.adapters.http.client import Timeouts
from tests.fakes.running import Running

DRIP_SECONDS = 0.05
ENDLESS_BYTES = 1 << 16
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "text/html; charset=utf-8"


class Ask(StrEnum):
    """Kinds of question."""

    SIMPLE = "simple"
    METADATA = "metadata"
    FILE = "file"
    PROJECT = "project"


class Mood(StrEnum):
    """Ways to misbehave."""

    REFUSE = "refuse"  # nobody listens at the address
    HANG_UP = "hang-up"  # the connection ends without a byte
    HANG = "hang"  # no byte ever comes
    DRIP = "drip"  # a byte now and then
    NOT_FOUND = "not-found"
    TOO_MANY = "too-many"  # 429 with Retry-After
    SERVER_ERROR = "server-error"
    UNAUTHORISED = "unauthorised"
    WRONG_TYPE = "wrong-type"
    TRUNCATED = "truncated"  # fewer bytes than Content-Length says
    TRUNCATED_GZIP = "truncated-gzip"  # the right length of a cut gzip stream
    NO_LENGTH = "no-length"  # ends when the connection ends
    MALFORMED = "malformed"
    OVERSIZE = "oversize"  # says that it is huge
    ENDLESS = "endless"  # is huge without saying so
    GZIP_BOMB = "gzip-bomb"
    REDIRECT = "redirect"  # to plain http on another host
    REDIRECT_LOOP = "redirect-loop"
    EMPTY = "empty"


@dataclass
class FakeFile:
    """One distribution file and what the index says of it."""

    filename: str
    data: bytes
    metadata: bytes
    announced: str | bool | None
    yanked: str | None = None
    upload_time: str = "2026-01-02T03:04:05.678901Z"
    requires_python: str = ">=3.8"
    hashed: bool = True

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pin_hash(self) -> str:
        return f"sha256:{self.sha256}"


@dataclass
class Seen:
    """One request that came in."""

    path: str
    headers: dict[str, str]


@dataclass
class FakeIndex(Running):
    """The index; `form` is `json`, `html`, or `mislabelled` (HTML that says it is JSON)."""

    form: str = "json"
    sidecars: bool = True
    ranges: bool = True
    etags: bool = True
    account: tuple[str, str] | None = None
    retry_after: str = "0"
    files_at: str = ""
    location: str = "http://elsewhere.invalid/secret-token/"
    api_version: str = "1.4"
    requests: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.projects: dict[str, list[FakeFile]] = {}
        self.statuses: dict[str, dict[str, str]] = {}
        self.infos: dict[str, dict[str, Any]] = {}
        self.moods: dict[Ask, tuple[Mood, int]] = {}
        super().__init__(_Server(self))
        self.dead = _dead_address()

    @property
    def url(self) -> str:
        return f"{self._base(Ask.SIMPLE)}/simple/"

    @property
    def json_url(self) -> str:
        return f"{self._base(Ask.PROJECT)}/pypi/"

    def _base(self, ask: Ask) -> str:
        return self.dead if self.moods.get(ask, (None, 0))[0] is Mood.REFUSE else self.address

    def misbehave(self, ask: Ask, mood: Mood, *, times: int = 1_000_000) -> None:
        """Make the next answers of a kind go wrong."""
        self.moods[ask] = (mood, times)

    def asked(self, part: str) -> int:
        """Count the requests whose path contains a text."""
        return sum(part in seen.path for seen in self.requests)

    def add(self, name: str, file: FakeFile) -> FakeFile:
        """Offer a file."""
        self.projects.setdefault(name, []).append(file)
        return file

    def add_wheel(
        self,
        name: str,
        version: str,
        *,
        tag: str = "py3-none-any",
        requires: tuple[str, ...] = (),
        metadata: bytes | None = None,
        announce: str | bool | None = "hash",
        padding: int = 0,
        yanked: str | None = None,
    ) -> FakeFile:
        """Make and offer a wheel; `announce` is `hash`, True, False or None (says nothing)."""
        text = metadata if metadata is not None else core_metadata(name, version, requires=requires)
        told = f"sha256={hashlib.sha256(text).hexdigest()}" if announce == "hash" else announce
        stem = name.replace("-", "_")
        data = wheel_bytes(f"{stem}-{version}", text, padding=padding)
        return self.add(name, FakeFile(f"{stem}-{version}-{tag}.whl", data, text, told, yanked))

    def add_sdist(
        self, name: str, version: str, *, metadata: bytes | None = None, requires: tuple[str, ...] = ()
    ) -> FakeFile:
        """Make and offer a source distribution."""
        text = metadata if metadata is not None else core_metadata(name, version, requires=requires)
        data = sdist_bytes(f"{name}-{version}", text)
        return self.add(name, FakeFile(f"{name}-{version}.tar.gz", data, text, None))

    def page(self, name: str) -> tuple[bytes, str] | None:
        """Return a project's page and its media type."""
        if name not in self.projects:
            return None
        if self.form == "json":
            return json.dumps(self._json_page(name)).encode(), JSON_TYPE
        return self._html_page(name), JSON_TYPE if self.form == "mislabelled" else HTML_TYPE

    def _file_base(self) -> str:
        if {Ask.METADATA, Ask.FILE} & {ask for ask, (mood, _) in self.moods.items() if mood is Mood.REFUSE}:
            return self.dead
        return self.files_at or self.address

    def _json_page(self, name: str) -> dict[str, Any]:
        return {
            "meta": {"api-version": self.api_version},
            "name": name,
            "versions": [],
            "project-status": self.statuses.get(name, {"status": "active"}),
            "files": [self._json_file(file) for file in self.projects[name]],
        }

    def _json_file(self, file: FakeFile) -> dict[str, Any]:
        told: Any = file.announced
        if isinstance(told, str):
            told = dict([told.split("=")])
        return {
            "filename": file.filename,
            "url": f"{self._file_base()}/files/{file.filename}",
            "hashes": {"sha256": file.sha256} if file.hashed else {},
            "size": len(file.data),
            "upload-time": file.upload_time,
            "requires-python": file.requires_python,
            "yanked": file.yanked if file.yanked is not None else False,
            **({} if told is None else {"core-metadata": told}),
        }

    def _html_page(self, name: str) -> bytes:
        rows = []
        for file in self.projects[name]:
            told = "" if file.announced is None else f' data-core-metadata="{str(file.announced).lower()}"'
            yanked = "" if file.yanked is None else f' data-yanked="{html.escape(file.yanked)}"'
            fragment = f"#sha256={file.sha256}" if file.hashed else ""
            rows.append(
                f'<a href="{self._file_base()}/files/{file.filename}{fragment}"'
                f' data-requires-python="{html.escape(file.requires_python)}"'
                f' data-upload-time="{file.upload_time}"{told}{yanked}>{file.filename}</a><br/>'
            )
        status = self.statuses.get(name, {"status": "active"})["status"]
        head = (
            f'<meta name="pypi:repository-version" content="{self.api_version}">'
            f'<meta name="pypi:project-status" content="{status}">'
        )
        return f"<!DOCTYPE html><html><head>{head}<title>Links for {name}</title></head><body>{''.join(rows)}</body></html>".encode()


def core_metadata(name: str, version: str, *, requires: tuple[str, ...] = (), extra: str = "") -> bytes:
    """Return the text of a METADATA file."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {name}",
        f"Version: {version}",
        "Summary: made up",
        "License-Expression: MIT",
        *(f"Requires-Dist: {one}" for one in requires),
        *filter(None, [extra]),
    ]
    return ("\n".join(lines) + "\n\nA description.\n").encode()


def wheel_bytes(stem: str, metadata: bytes, *, padding: int = 0) -> bytes:
    """Return a wheel with `padding` bytes of other content that cannot be compressed away."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{stem}.dist-info/METADATA"), metadata)
        archive.writestr(zipfile.ZipInfo("content.bin"), b"x" * padding, compress_type=zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo(f"{stem}.dist-info/RECORD"), b"")
    return buffer.getvalue()


def sdist_bytes(stem: str, metadata: bytes) -> bytes:
    """Return a source distribution."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, data in ((f"{stem}/src/PKG-INFO", b"not this one"), (f"{stem}/PKG-INFO", metadata)):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _dead_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def impatient(timeouts: Timeouts, mood: Mood) -> Timeouts:
    """Return timeouts that end soon where an answer never comes: by the one limit that the mood is about.

    The other limit is far away, so that which of them is met first does not hang on how busy the machine is.
    """
    if mood is Mood.HANG:
        return timeouts._replace(read_seconds=0.2, total_seconds=60)
    return timeouts._replace(read_seconds=60, total_seconds=0.5) if mood is Mood.DRIP else timeouts


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, index: FakeIndex) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        index = self.server.index
        index.requests.append(Seen(self.path, dict(self.headers.items())))
        if index.account and self.headers.get("Authorization") != _basic(*index.account):
            self._send(401, b"who are you", "text/plain")
            return
        parts = unquote(self.path.partition("?")[0]).strip("/").split("/")
        ask, body, kind = self._find(parts)
        mood = self._mood(ask)
        if mood is not None:
            self._misbehave(mood, body or b"{}", kind)
        elif body is None:
            self._send(404, b"", "text/plain")
        else:
            self._serve(ask, body, kind)

    def _find(self, parts: list[str]) -> tuple[Ask, bytes | None, str]:
        index = self.server.index
        if parts[0] == "simple":
            page = index.page(parts[1])
            return Ask.SIMPLE, *(page or (None, JSON_TYPE))
        if parts[0] == "pypi":
            info = index.infos.get(parts[1])
            return Ask.PROJECT, json.dumps({"info": info}).encode() if info else None, "application/json"
        name = parts[-1].removesuffix(".metadata")
        file = next((one for files in index.projects.values() for one in files if one.filename == name), None)
        if name != parts[-1]:
            return Ask.METADATA, file.metadata if file and index.sidecars else None, "application/octet-stream"
        return Ask.FILE, file.data if file else None, "application/zip"

    def _mood(self, ask: Ask) -> Mood | None:
        mood, times = self.server.index.moods.get(ask, (None, 0))
        if mood is None or times < 1:
            return None
        self.server.index.moods[ask] = (mood, times - 1)
        return mood

    def _serve(self, ask: Ask, body: bytes, kind: str) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.server.index.etags and self.headers.get("If-None-Match") == tag:
            self._send(304, b"", kind)
            return
        span = self.headers.get("Range", "")
        if span and self.server.index.ranges and ask is Ask.FILE:
            start, end = _span(span, len(body))
            self._send(206, body[start:end], kind, {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}"})
            return
        fields = {"ETag": tag} if self.server.index.etags else {}
        if ask is Ask.SIMPLE and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, fields = gzip.compress(body), {**fields, "Content-Encoding": "gzip"}
        self._send(200, body, kind, fields)

    def _send(self, status: int, body: bytes, kind: str, fields: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _misbehave(self, mood: Mood, body: bytes, kind: str) -> None:
        index = self.server.index
        packed = gzip.compress(body)
        plain = {
            Mood.NOT_FOUND: (404, b"", "text/plain", {}),
            Mood.TOO_MANY: (429, b"slow down", "text/plain", {"Retry-After": index.retry_after}),
            Mood.SERVER_ERROR: (500, b"oh no", "text/plain", {}),
            Mood.UNAUTHORISED: (401, b"who are you", "text/plain", {}),
            Mood.WRONG_TYPE: (200, body, "image/png", {}),
            Mood.TRUNCATED_GZIP: (200, packed[: len(packed) // 2], kind, {"Content-Encoding": "gzip"}),
            Mood.MALFORMED: (200, b'{"meta": \xff\x00 [[[<a href=', kind, {}),
            Mood.GZIP_BOMB: (200, gzip.compress(b" " * (4 << 20)), kind, {"Content-Encoding": "gzip"}),
            Mood.REDIRECT: (302, b"", kind, {"Location": index.location}),
            Mood.REDIRECT_LOOP: (302, b"", kind, {"Location": self.path}),
            Mood.EMPTY: (200, b"", kind, {}),
        }
        if mood in plain:
            self._send(*plain[mood])
            return
        self.close_connection = True
        if mood is Mood.HANG:
            index._stop.wait(30)
        elif mood is not Mood.HANG_UP:
            self._broken_body(mood, body, kind)

    def _broken_body(self, mood: Mood, body: bytes, kind: str) -> None:
        length = {Mood.OVERSIZE: 1 << 40, Mood.TRUNCATED: len(body) + 100, Mood.DRIP: len(body)}.get(mood)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if mood is Mood.ENDLESS:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        if mood is Mood.DRIP:
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                self.wfile.flush()
                if self.server.index._stop.wait(DRIP_SECONDS):
                    return
        elif mood is Mood.ENDLESS:
            while not self.server.index._stop.is_set():
                self.wfile.write(b"%x\r\n%b\r\n" % (ENDLESS_BYTES, b" " * ENDLESS_BYTES))
        else:
            self.wfile.write(body)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _span(text: str, size: int) -> tuple[int, int]:
    first, _, last = text.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size)

"""An OSV-compatible service on loopback, over a snapshot: `query`, `querybatch`, `vulns/{id}`, `all.zip`.

Serves our own client, pip-audit (`--vulnerability-service osv --osv-url <url>/v1/query`) and uv
(`uv audit --service-url <url>`) alike. It decides by a matcher of its own, a few lines straight from the
schema's pseudocode, which orders what PEP 440 cannot read before everything, as the real service does,
so that our matcher is held against something else than itself.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from ops.supply_chain.rehearsal.accepting import Accepting

BATCH_LIMIT = 1000

FAULTS = (
    "500",
    "429",
    "404",
    "redirect",
    "wrong-type",
    "truncated",
    "malformed",
    "not-an-object",
    "empty",
    "oversize",
    "slow",
    "fewer-results",
    "more-results",
    "same-token",
    "endless-pages",
    "other-record",
)
"""What `OsvService.fault` can be set to; `OsvService.fault_path` says where it strikes."""


class OsvService:
    """What the service holds, and how it misbehaves.

    `page_size` is how many records a query gets at a time. `requests` are the paths asked, in order.
    """

    def __init__(self, snapshot: bytes, *, page_size: int = 1000) -> None:
        self.snapshot = snapshot
        self.page_size = page_size
        self.fault = ""
        self.fault_path = "/"
        self.url = ""
        self.requests: list[str] = []
        self.documents: dict[str, bytes] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self._by_package: dict[str, list[str]] = {}
        self._memo: dict[tuple[str, str], list[str]] = {}
        self.load(snapshot)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.snapshot).hexdigest()[:16]}"'

    def load(self, snapshot: bytes) -> None:
        """Take another snapshot; bytes that are no zip are only served as `all.zip`."""
        import io

        self.snapshot = snapshot
        self.documents, self.records, self._by_package, self._memo = {}, {}, {}, {}
        if not zipfile.is_zipfile(io.BytesIO(snapshot)):
            return
        with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
            for name in archive.namelist():
                self._add(archive.read(name))

    def _add(self, document: bytes) -> None:
        record = json.loads(document)
        self.documents[record["id"]] = document
        self.records[record["id"]] = record
        for package in {plain(entry["package"]["name"]) for entry in pypi_entries(record)}:
            self._by_package.setdefault(package, []).append(record["id"])

    def matches(self, package: str, version: str) -> list[str]:
        """Return the ids of the records that affect a version, withdrawn ones left out."""
        key = (plain(package), version)
        if key not in self._memo:
            self._memo[key] = [
                name
                for name in self._by_package.get(key[0], [])
                if not self.records[name].get("withdrawn") and affects(self.records[name], *key)
            ]
        return self._memo[key]


@contextmanager
def serve(service: OsvService) -> Iterator[OsvService]:
    """Serve on a free port of loopback for the time of the block; `service.url` is the root."""
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Server(("127.0.0.1", 0), handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    accepting = Accepting(server)
    accepting.start()
    try:
        yield service
    finally:
        accepting.stop()
        server.server_close()


def serve_snapshot(path: Path) -> OsvService:
    """Make a service from a snapshot file."""
    return OsvService(path.read_bytes())


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pypi_entries(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = record.get("affected") or []
    return [entry for entry in listed if (entry.get("package") or {}).get("ecosystem") == "PyPI"]


def affects(record: Mapping[str, Any], package: str, version: str) -> bool:
    """Evaluate a record as the schema's pseudocode does."""
    wanted = order(version)
    for entry in pypi_entries(record):
        if plain(entry["package"]["name"]) != package:
            continue
        if any(order(listed) == wanted for listed in entry.get("versions") or []):
            return True
        if any(_in_range(item, wanted) for item in entry.get("ranges") or [] if item["type"] == "ECOSYSTEM"):
            return True
    return False


def _in_range(item: Mapping[str, Any], wanted: tuple[Any, ...]) -> bool:
    vulnerable = False
    for event in sorted(item["events"], key=lambda event: order(next(iter(event.values())), low=True)):
        if "introduced" in event and (event["introduced"] == "0" or wanted >= order(event["introduced"])):
            vulnerable = True
        elif ("fixed" in event and wanted >= order(event["fixed"])) or (
            "last_affected" in event and wanted > order(event["last_affected"])
        ):
            vulnerable = False
    return vulnerable


def order(version: str, *, low: bool = False) -> tuple[Any, ...]:
    """Order versions: what PEP 440 cannot read comes first; with `low`, "0" before that."""
    if low and version == "0":
        return (-1,)
    try:
        return (1, Version(version))
    except InvalidVersion:
        return (0, version)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a client that opens many connections at once must not wait for a second SYN


class _Handler(BaseHTTPRequestHandler):
    service: OsvService
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
        pass

    def do_GET(self) -> None:
        self.service.requests.append(self.path)
        if self._misbehaves():
            return
        if self.path == "/all.zip":
            self._zip()
            return
        name = unquote(self.path.removeprefix("/v1/vulns/"))
        document = self.service.documents.get(name)
        if self._strikes("other-record"):
            document = self.service.documents[min(set(self.service.documents) - {name})]
        if document is None:
            self._send(404, b'{"code":5,"message":"Bug not found."}')
        else:
            self._send(200, document)

    def do_POST(self) -> None:
        self.service.requests.append(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self._misbehaves():
            return
        if self.path == "/v1/query":
            query = json.loads(body)
            found, token = self._page(query)
            answer: dict[str, Any] = {"vulns": [self.service.records[name] for name in found]} if found else {}
            self._send(200, json.dumps(answer | ({"next_page_token": token} if token else {})).encode())
        elif self.path == "/v1/querybatch":
            self._batch(json.loads(body)["queries"])
        else:
            self._send(404, b"{}")

    def _batch(self, queries: list[dict[str, Any]]) -> None:
        if len(queries) > BATCH_LIMIT:
            self._send(400, b'{"code":3,"message":"too many queries"}')
            return
        results = []
        for query in queries:
            found, token = self._page(query)
            vulns = [{"id": name, "modified": self.service.records[name].get("modified", "")} for name in found]
            results.append(({"vulns": vulns} if vulns else {}) | ({"next_page_token": token} if token else {}))
        if self._strikes("fewer-results"):
            results.pop()
        if self._strikes("more-results"):
            results.append({})
        self._send(200, json.dumps({"results": results}).encode())

    def _page(self, query: Mapping[str, Any]) -> tuple[list[str], str]:
        start = int(query.get("page_token") or "0")
        found = self.service.matches(query["package"]["name"], query["version"])
        end = start + self.service.page_size
        if self._strikes("same-token"):
            return found, "7"
        if self._strikes("endless-pages"):
            return [], str(end)
        return found[start:end], str(end) if end < len(found) else ""

    def _strikes(self, fault: str) -> bool:
        return self.service.fault == fault and self.path.startswith(self.service.fault_path)

    def _misbehaves(self) -> bool:
        if not self.path.startswith(self.service.fault_path):
            return False
        whole = b'{"results":[]}'
        plain_faults: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "500": (500, b"broken", {}),
            "429": (429, b"slow down", {"Retry-After": "3600"}),
            "404": (404, b"{}", {}),
            "redirect": (302, b"-", {"Location": "http://example.invalid/elsewhere"}),
            "wrong-type": (200, b"<html>", {"Content-Type": "text/html"}),
            "truncated": (200, whole, {"Content-Length": "9999"}),
            "malformed": (200, b'{"results": [', {}),
            "not-an-object": (200, b"[]", {}),
            "empty": (200, b"", {}),
            "oversize": (200, whole, {"Content-Length": str(1 << 40)}),
        }
        if self.service.fault == "slow":
            time.sleep(2)
        if self.service.fault not in plain_faults:
            return False
        status, body, fields = plain_faults[self.service.fault]
        self._send(status, body, **fields)
        self.close_connection = True
        return True

    def _zip(self) -> None:
        if self.headers.get("if-none-match") == self.service.etag:
            self.send_response(304)
            self.send_header("ETag", self.service.etag)
            self.end_headers()
            return
        self._send(200, self.service.snapshot, **{"Content-Type": "application/zip", "ETag": self.service.etag})

    def _send(self, status: int, body: bytes, **fields: str) -> None:
        packed = "gzip" in self.headers.get("accept-encoding", "") and len(body) > 1 << 12
        sent = gzip.compress(body, 1) if packed else body
        headers = {"Content-Type": "application/json", "Content-Length": str(len(sent)), **fields}
        self.send_response(status)
        for name, value in (headers | ({"Content-Encoding": "gzip"} if packed else {})).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(sent)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

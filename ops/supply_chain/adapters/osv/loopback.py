"""An OSV-compatible service on loopback over records that are already here: `POST /v1/query` only.

It is used for the comparison with pip-audit, which relies on the service that it queries. The service therefore
evaluates the records' own JSON directly by the schema's pseudocode and shares no code with the matcher, or the two
could only agree. Versions that PEP 440 cannot order sort before everything, as in the public service.

Source: https://ossf.github.io/osv-schema/#evaluation, https://google.github.io/osv.dev/post-v1-query/
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from packaging.version import InvalidVersion, Version

PATH = "/v1/query"
MOST_QUESTION_BYTES = 1 << 16
ORDERED = ("ECOSYSTEM", "SEMVER")
SPELLINGS = ("pypi", "pip", "python")
"""Spellings of the ecosystem, without case, that a reader of records cannot mistake."""

Order = tuple[int, Version | str]


@contextmanager
def serve(records: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    """Run the service within the block.

    Args:
        records: PEP 503 package name -> the JSON of each record that names it.
    Yields:
        The address for queries.
    """
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            size = int(length) if length.isascii() and length.isdigit() else MOST_QUESTION_BYTES + 1
            known = self.path == PATH and size <= MOST_QUESTION_BYTES
            body = answer(self.rfile.read(size), records) if known else None
            self._send(400 if body is None else 200, body or b"{}")
            self.close_connection = body is None

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it so
            """Log nothing: the log would have package names."""

    class _Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(question: bytes, records: Mapping[str, Sequence[bytes]]) -> bytes | None:
    """Return the answer to one query; None if the query is malformed.

    Args:
        question: `{"package": {"name": ..., "ecosystem": "PyPI"}, "version": ...}`.
        records: As in `serve`.
    """
    try:
        asked = json.loads(question)
        name, version = asked["package"]["name"], asked["version"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    name, wanted = re.sub(r"[-_.]+", "-", name).lower(), _order(version)
    documents = [json.loads(text) for text in records.get(name, ())]
    affected = [document for document in documents if _affects(document, name, wanted)]
    return json.dumps({"vulns": affected} if affected else {}).encode()


def _affects(record: Mapping[str, Any], name: str, wanted: Order) -> bool:
    for entry in record.get("affected") or ():
        package = entry.get("package") or {}
        if (
            package.get("ecosystem", "").strip().lower() not in SPELLINGS
            or re.sub(r"[-_.]+", "-", package.get("name", "")).lower() != name
        ):
            continue
        if any(_order(listed) == wanted for listed in entry.get("versions") or ()):
            return True
        if any(_in_range(item, wanted) for item in entry.get("ranges") or () if item.get("type") in ORDERED):
            return True
    return False


def _in_range(item: Mapping[str, Any], wanted: Order) -> bool:
    events = [next(iter(event.items())) for event in item.get("events") or ()]
    limits = [version for kind, version in events if kind == "limit"]
    # "BeforeLimits": without a limit every version is before them, else it has to be before one.
    if limits and "*" not in limits and not any(wanted < _order(limit) for limit in limits):
        return False
    vulnerable = False
    for kind, version in sorted(events, key=lambda event: _order(event[1], start=event[0] == "introduced")):
        bound = _order(version, start=kind == "introduced")
        if kind == "introduced" and wanted >= bound:
            vulnerable = True
        elif (kind == "fixed" and wanted >= bound) or (kind == "last_affected" and wanted > bound):
            vulnerable = False
    return vulnerable


def _order(version: str, *, start: bool = False) -> Order:
    """Return the sort key of a version; with `start`, "0" is before everything."""
    if start and version == "0":
        return (-1, "")
    try:
        return (1, Version(version))
    except InvalidVersion:
        return (0, version)

"""A package index on loopback with tiny wheels and upload times, for tests that run the real uv."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from ops.supply_chain.rehearsal.accepting import Accepting

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


def make_wheel(name: str, version: str, requires: tuple[str, ...] = (), code: str = "") -> tuple[str, bytes, bytes]:
    """Return file name, bytes and METADATA of a pure wheel with nothing in it, or with that code as its module."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata = "".join(f"{line}\n" for line in [*lines, *(f"Requires-Dist: {one}" for one in requires)]).encode()
    wheel = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in (("METADATA", metadata), ("WHEEL", wheel), ("RECORD", b"")):
            archive.writestr(zipfile.ZipInfo(f"{info}/{path}"), data)
        if code:
            archive.writestr(zipfile.ZipInfo(f"{name}.py"), code)
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl", packed.getvalue(), metadata


def make_sdist(name: str, version: str, script: str) -> tuple[str, bytes]:
    """Return file name and bytes of a source distribution whose build is that script, without any dependency."""
    top = f"{name}-{version}"
    toml = '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, text in (("PKG-INFO", metadata), ("pyproject.toml", toml), ("build.py", script)):
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{top}.tar.gz", packed.getvalue()


class WheelIndex:
    """What the index holds; releases are added and changed while it runs."""

    def __init__(self) -> None:
        self.address = ""
        self.account = ""
        self.tells_upload_times = True
        self.status = 200
        self.asked: list[str] = []
        self._files: dict[str, bytes] = {}
        self._projects: dict[str, list[dict[str, Any]]] = {}
        self.info: dict[str, dict[str, Any]] = {}

    @property
    def simple(self) -> str:
        return f"{self.address}/simple"

    @property
    def json_root(self) -> str:
        return f"{self.address}/pypi/"

    def add(self, name: str, version: str, uploaded: str, *requires: str, code: str = "", python: str = "") -> None:
        """Publish a release: a wheel of that version, uploaded at that RFC 3339 moment."""
        filename, data, metadata = make_wheel(name, version, requires, code)
        self._files |= {filename: data, f"{filename}.metadata": metadata}
        entry = {
            "filename": filename,
            "url": f"{self.address}/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            "core-metadata": {"sha256": hashlib.sha256(metadata).hexdigest()},
            "upload-time": uploaded,
            **({"requires-python": python} if python else {}),
        }
        self._projects.setdefault(name, []).append(entry)
        self.info.setdefault(name, {"author": f"{name} people", "project_urls": None})
        self.info[name] |= {"name": name, "version": version}

    def add_sdist(self, name: str, version: str, uploaded: str, script: str) -> None:
        """Publish a release that is a source distribution only, and is built by that script."""
        filename, data = make_sdist(name, version, script)
        self._files[filename] = data
        entry = {
            "filename": filename,
            "url": f"{self.address}/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            "upload-time": uploaded,
        }
        self._projects.setdefault(name, []).append(entry)

    def yank(self, name: str, version: str) -> None:
        """Yank a release."""
        for entry in self._of_version(name, version):
            entry["yanked"] = "broken"

    def withdraw(self, name: str, version: str) -> None:
        """Remove the files of a release."""
        for entry in self._of_version(name, version):
            self._projects[name].remove(entry)

    def _of_version(self, name: str, version: str) -> list[dict[str, Any]]:
        return [entry for entry in self._projects[name] if entry["filename"].split("-")[1].startswith(version)]

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """Return content type and body for a path, None for 404."""
        words = unquote(urlsplit(path).path).strip("/").split("/")
        if words[0] == "files":
            data = self._files.get(words[-1])
            return None if data is None else ("application/octet-stream", data)
        name = words[1]
        if name not in self._projects:
            return None
        if words[0] == "pypi":
            return "application/json", json.dumps({"info": self.info[name], "urls": [], "releases": {}}).encode()
        return SIMPLE_JSON, json.dumps(self._page(name)).encode()

    def refuses(self, authorization: str) -> bool:
        """Tell whether a request lacks the account that this index wants."""
        wanted = "Basic " + base64.b64encode(self.account.encode()).decode()
        return bool(self.account) and authorization != wanted

    def _page(self, name: str) -> dict[str, Any]:
        files = [dict(entry) for entry in self._projects[name]]
        for entry in files:
            if not self.tells_upload_times:
                del entry["upload-time"]
        return {"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []}


@contextmanager
def serving() -> Iterator[WheelIndex]:
    """Serve an empty index on a free loopback port for the time of the block."""
    index = WheelIndex()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            index.asked.append(self.path)
            found = index.answer(self.path)
            status = index.status
            if index.refuses(self.headers.get("Authorization", "")):
                status = 401
            elif found is None and status == 200:
                status = 404
            kind, body = found if found is not None and status == 200 else ("text/plain", b"no")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-cache")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed or had enough is no news

    server = Server(("127.0.0.1", 0), Handler)
    index.address = f"http://127.0.0.1:{server.server_port}"
    accepting = Accepting(server)
    accepting.start()
    try:
        yield index
    finally:
        accepting.stop()
        server.server_close()

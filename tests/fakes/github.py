"""GitHub's release API on loopback, well-behaved or not: API, upload host and download host, three origins.

Holds releases, drafts, tags, commits and assets as GitHub does: drafts are seen with a token only and not found by
tag; an upload under a name that is taken is refused with 422; one that breaks off leaves an asset in the state
`starter`, which the release's own list leaves out; a download is a redirect to another host. `misbehave` makes one
kind of answer go wrong. What must never happen is noted in `violations`: a public release that is not exactly the
`expected` files, a change of a public release, a token shown to the download host, a wrong or missing token.

    with FakeGithub() as github:
        github.expected = {"a.txt": sha256}
        monkeypatch.setenv("GITHUB_API_URL", github.api)
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from ops.supply_chain.rehearsal.accepting import Accepting

TOKEN = "ghp_veryVerySecret0123456789"  # noqa: S105 - made up
REPOSITORY = "acme/widget"
SECRET_QUERY = "X-Amz-Signature=s3cr3tSignature"  # noqa: S105 - made up


class Ask(StrEnum):
    """Kinds of request."""

    BY_TAG = "by-tag"
    LIST = "list"
    RELEASE = "release"
    ASSETS = "assets"
    TAG = "tag"
    COMMIT = "commit"
    CREATE = "create"
    UPLOAD = "upload"
    DELETE = "delete"
    PUBLISH = "publish"
    ASSET = "asset"  # the API's redirect to the bytes
    BYTES = "bytes"  # the download host


class Mood(StrEnum):
    """Ways to misbehave; LATE ones do first what was asked, so that only the answer is lost."""

    HANG_UP = "hang-up"
    HANG = "hang"
    SERVER_ERROR = "server-error"
    HTML_ERROR = "html-error"
    LATE_ERROR = "late-error"
    LATE_HANG_UP = "late-hang-up"
    LATE_HANG = "late-hang"
    TRUNCATED = "truncated"
    TOO_MANY = "too-many"  # 429 with Retry-After
    LIMITED = "limited"  # 403 with x-ratelimit-remaining 0 and x-ratelimit-reset
    SECONDARY = "secondary"  # 403 with nothing but words
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    REFUSED = "refused"  # 422
    MALFORMED = "malformed"
    WRONG_SHAPE = "wrong-shape"
    OVERSIZE = "oversize"
    REDIRECT = "redirect"  # to plain http elsewhere
    STARTER = "starter"  # an upload is cut in the middle
    CORRUPT = "corrupt"  # an upload is kept wrongly
    RENAMED = "renamed"
    FEWER = "fewer"  # bytes break off in the middle, with the right length announced
    NO_RANGES = "no-ranges"
    WRONG_BYTES = "wrong-bytes"
    MORE = "more"  # bytes than announced


LATE = {Mood.LATE_ERROR, Mood.LATE_HANG_UP, Mood.LATE_HANG, Mood.TRUNCATED, Mood.MALFORMED, Mood.WRONG_SHAPE}
OWN = {Mood.STARTER, Mood.CORRUPT, Mood.RENAMED, Mood.FEWER, Mood.NO_RANGES, Mood.WRONG_BYTES, Mood.MORE}


@dataclass
class Asset:
    """One asset."""

    id: int
    name: str
    data: bytes
    state: str = "uploaded"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Release:
    """One release."""

    id: int
    tag: str
    draft: bool
    fields: dict[str, Any]
    assets: dict[str, Asset] = field(default_factory=dict)


@dataclass
class Seen:
    """One request that came in."""

    ask: Ask | None
    method: str
    path: str
    headers: dict[str, str]


class FakeGithub:
    """The service; every folder of it is one lock's, so that nothing is ever half-changed."""

    def __init__(self) -> None:
        self.releases: dict[int, Release] = {}
        self.tags: dict[str, str] = {}
        self.annotated: dict[str, str] = {}
        self.commits: set[str] = set()
        self.expected: dict[str, str] | None = None
        self.digests = True
        self.immutable = False
        self.retry_after = "0"
        self.reset_in = 0
        self.slow_seconds = 0.0
        self.upload_host = ""
        self.redirect_to = "http://elsewhere.invalid/?token=secret-query"
        self.requests: list[Seen] = []
        self.violations: list[str] = []
        self.sent: Counter[str] = Counter()
        self.most_at_once = 0
        self.on_request: Callable[[Seen], None] = lambda seen: None
        self.moods: dict[Ask, list[Mood | None]] = {}
        self.lock = threading.RLock()
        self.stop = threading.Event()
        self._number = 100
        self.busy = 0
        self._servers = {role: _Server(self, role) for role in ("api", "uploads", "objects")}
        self._accepting: dict[_Server, Accepting] = {}

    def __enter__(self) -> Self:
        for server in self._servers.values():
            self._accepting[server] = Accepting(server)
            self._accepting[server].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        for server in self._servers.values():
            self._accepting.pop(server).stop()
            server.server_close()

    def address(self, role: str) -> str:
        return f"http://127.0.0.1:{self._servers[role].server_port}"

    @property
    def api(self) -> str:
        return self.address("api")

    def misbehave(self, ask: Ask, mood: Mood, *, times: int = 1_000_000, after: int = 0) -> None:
        """Make answers of a kind go wrong, after some that are right."""
        self.moods[ask] = [None] * after + [mood] * min(times, 1000)

    def behave(self) -> None:
        """Answer everything as GitHub does."""
        self.moods.clear()

    def number(self) -> int:
        self._number += 1
        return self._number

    def add(self, tag: str, files: dict[str, bytes], *, draft: bool = False, **fields: Any) -> Release:
        """Put a release there, as if somebody had made it before."""
        release = Release(self.number(), tag, draft, {"name": tag, "body": "", **fields})
        for name, data in files.items():
            release.assets[name] = Asset(self.number(), name, data)
        self.releases[release.id] = release
        return release

    def public(self, tag: str) -> Release | None:
        return next((one for one in self.releases.values() if one.tag == tag and not one.draft), None)

    def drafts(self, tag: str) -> list[Release]:
        return [one for one in self.releases.values() if one.tag == tag and one.draft]

    def asked(self, ask: Ask) -> int:
        return sum(seen.ask is ask for seen in self.requests)

    def check(self) -> None:
        """Note every public release that is not exactly what was expected."""
        for release in self.releases.values():
            if release.draft or self.expected is None:
                continue
            held = {name: one.sha256 for name, one in release.assets.items() if one.state == "uploaded"}
            if held != self.expected or len(held) != len(release.assets):
                self.violations.append(f"public release {release.tag} has {sorted(release.assets)}")

    def entered(self, by: int) -> None:
        with self.lock:
            self.busy += by
            self.most_at_once = max(self.most_at_once, self.busy)

    def release_json(self, release: Release) -> dict[str, Any]:
        return {
            "id": release.id,
            "tag_name": release.tag,
            "draft": release.draft,
            "html_url": f"https://github.com/{REPOSITORY}/releases/tag/{release.tag}",
            "upload_url": f"{self.upload_host or self.address('uploads')}/repos/{REPOSITORY}/releases/{release.id}"
            "/assets{?name,label}",
            "immutable": self.immutable and not release.draft,
            "assets": [self.asset_json(one) for one in release.assets.values() if one.state == "uploaded"],
            "author": {"login": "octocat"},
            **release.fields,
        }

    def asset_json(self, asset: Asset) -> dict[str, Any]:
        told = self.digests and asset.state == "uploaded"
        return {
            "id": asset.id,
            "name": asset.name,
            "size": len(asset.data),
            "state": asset.state,
            "digest": f"sha256:{asset.sha256}" if told else None,
            "url": "http://elsewhere.invalid/never-ask-this",
            "browser_download_url": "http://elsewhere.invalid/nor-this",
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, github: FakeGithub, role: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.github, self.role = github, role


ROUTES: tuple[tuple[Ask, str, str, str], ...] = (
    (Ask.BY_TAG, "api", "GET", r"/releases/tags/([^/]+)"),
    (Ask.LIST, "api", "GET", r"/releases"),
    (Ask.CREATE, "api", "POST", r"/releases"),
    (Ask.ASSET, "api", "GET", r"/releases/assets/(\d+)"),
    (Ask.DELETE, "api", "DELETE", r"/releases/assets/(\d+)"),
    (Ask.RELEASE, "api", "GET", r"/releases/(\d+)"),
    (Ask.PUBLISH, "api", "PATCH", r"/releases/(\d+)"),
    (Ask.ASSETS, "api", "GET", r"/releases/(\d+)/assets"),
    (Ask.TAG, "api", "GET", r"/git/ref/tags/([^/]+)"),
    (Ask.TAG, "api", "GET", r"/git/tags/([0-9a-f]+)"),
    (Ask.COMMIT, "api", "GET", r"/git/commits/([0-9a-f]+)"),
    (Ask.UPLOAD, "uploads", "POST", r"/releases/(\d+)/assets"),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def _any(self) -> None:
        github = self.server.github
        parts = urlsplit(self.path)
        ask, words = self._route(parts.path)
        seen = Seen(ask, self.command, self.path, dict(self.headers.items()))
        github.requests.append(seen)
        github.on_request(seen)
        github.entered(1)
        try:
            github.stop.wait(github.slow_seconds)
            self._answered(ask, words, {key: values[0] for key, values in parse_qs(parts.query).items()})
        finally:
            github.entered(-1)
            self.wfile.flush()

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_PATCH(self) -> None:
        self._any()

    def do_DELETE(self) -> None:
        self._any()

    def _route(self, path: str) -> tuple[Ask | None, tuple[str, ...]]:
        if self.server.role == "objects":
            return Ask.BYTES, (path.strip("/"),)
        for ask, role, method, pattern in ROUTES:
            found = re.fullmatch(f"/repos/{REPOSITORY}{pattern}", path)
            if found and (role, method) == (self.server.role, self.command):
                return ask, tuple(unquote(word) for word in found.groups())
        return None, ()

    def _answered(self, ask: Ask | None, words: tuple[str, ...], query: dict[str, str]) -> None:
        github = self.server.github
        if ask is None:
            self._read_body()
            return self._json(404, {"message": "Not Found"})
        self._check_token(ask)
        moods = github.moods.get(ask, [])
        mood = moods.pop(0) if moods else None
        if mood is not None and mood not in LATE and mood not in OWN:
            # What is refused at once is often refused before the body was read.
            if ask is not Ask.UPLOAD or mood not in (Mood.HANG_UP, Mood.TOO_MANY):
                self._read_body()
            else:
                self.close_connection = True
            return self._misbehave(mood, {})
        return self._served(ask, words, query, mood)

    def _check_token(self, ask: Ask) -> None:
        shown = self.headers.get("Authorization", "")
        wanted = (
            {f"Bearer {TOKEN}"}
            if ask not in (Ask.BYTES, Ask.BY_TAG, Ask.ASSETS, Ask.ASSET)
            else {"", f"Bearer {TOKEN}"}
        )
        if ask is Ask.BYTES:
            wanted = {""}
        if shown not in wanted:
            self.server.github.violations.append(f"{ask.value} was shown {shown!r}")

    def _served(self, ask: Ask, words: tuple[str, ...], query: dict[str, str], mood: Mood | None) -> None:
        github = self.server.github
        if ask is Ask.BYTES:
            return self._bytes(int(words[0]), mood)
        body = self._read_upload(mood) if ask is Ask.UPLOAD else self._read_body()
        with github.lock:
            status, document = self._do(ask, words, query, body, mood)
            github.check()
        if mood in LATE and mood is not None:
            return self._misbehave(mood, document)
        if status == 302:
            return self._send(302, b"", {"Location": str(document)})
        if mood is Mood.STARTER:
            self.close_connection = True
            return None
        return self._json(status, document)

    def _do(
        self, ask: Ask, words: tuple[str, ...], query: dict[str, str], body: bytes, mood: Mood | None
    ) -> tuple[int, Any]:
        github = self.server.github
        if ask in (Ask.RELEASE, Ask.ASSETS, Ask.UPLOAD, Ask.PUBLISH):
            release = github.releases.get(int(words[0]))
            return self._of_release(ask, release, query, body, mood) if release else _absent()
        match ask:
            case Ask.BY_TAG:
                public = github.public(words[0])
                found = (200, github.release_json(public)) if public else _absent()
            case Ask.LIST:
                rows = [github.release_json(one) for one in reversed(github.releases.values())]
                found = 200, _page(rows, query)
            case Ask.TAG:
                found = self._tag(words[0])
            case Ask.COMMIT:
                found = (200, {"sha": words[0]}) if words[0] in github.commits else _absent()
            case Ask.CREATE:
                found = self._create(json.loads(body))
            case _:
                found = self._asset(ask, int(words[0]))
        return found

    def _of_release(
        self, ask: Ask, release: Release, query: dict[str, str], body: bytes, mood: Mood | None
    ) -> tuple[int, Any]:
        github = self.server.github
        match ask:
            case Ask.ASSETS:
                return 200, _page([github.asset_json(one) for one in release.assets.values()], query)
            case Ask.UPLOAD:
                return self._upload(release, query["name"], body, mood)
            case Ask.PUBLISH:
                return self._publish(release, json.loads(body))
        return 200, github.release_json(release)

    def _tag(self, word: str) -> tuple[int, Any]:
        github = self.server.github
        if word in github.annotated.values():
            return 200, {
                "object": {
                    "type": "commit",
                    "sha": next(github.tags[k] for k, v in github.annotated.items() if v == word),
                }
            }
        if word not in github.tags:
            return _absent()
        kind = "tag" if word in github.annotated else "commit"
        return 200, {"object": {"type": kind, "sha": github.annotated.get(word) or github.tags[word]}}

    def _create(self, sent: dict[str, Any]) -> tuple[int, Any]:
        github = self.server.github
        if github.public(sent["tag_name"]):
            return _taken("Release", "tag_name")
        release = Release(github.number(), sent.pop("tag_name"), sent.pop("draft"), sent)
        github.releases[release.id] = release
        return 201, github.release_json(release)

    def _asset(self, ask: Ask, number: int) -> tuple[int, Any]:
        github = self.server.github
        for release in github.releases.values():
            for asset in list(release.assets.values()):
                if asset.id == number and ask is Ask.ASSET:
                    return 302, f"{github.address('objects')}/{number}?{SECRET_QUERY}"
                if asset.id == number:
                    if not release.draft:
                        github.violations.append(f"asset {asset.name} of a public release was removed")
                    del release.assets[asset.name]
                    return 204, None
        return _absent()

    def _upload(self, release: Release, name: str, body: bytes, mood: Mood | None) -> tuple[int, Any]:
        github = self.server.github
        if name in release.assets:
            return _taken("ReleaseAsset", "name")
        if not release.draft:
            github.violations.append(f"{name} was sent to a public release")
        if len(body) != int(self.headers["Content-Length"]):
            release.assets[name] = Asset(github.number(), name, b"", "starter")
            self.close_connection = True
            return 502, {"message": "Bad Gateway"}
        if mood is Mood.STARTER:
            release.assets[name] = Asset(github.number(), name, b"", "starter")
            return 502, None
        kept = name.replace("+", ".") if mood is Mood.RENAMED else name
        data = body[:-1] + b"?" if mood is Mood.CORRUPT else body
        release.assets[kept] = Asset(github.number(), kept, data)
        github.sent[name] += 1
        return 201, github.asset_json(release.assets[kept])

    def _publish(self, release: Release, sent: dict[str, Any]) -> tuple[int, Any]:
        github = self.server.github
        if not release.draft:
            github.violations.append("a public release was changed")
        if sent.get("draft") is False:
            if github.public(release.tag):
                return _taken("Release", "tag_name")
            commit = sent.get("target_commitish") or release.fields.get("target_commitish", "main")
            github.tags.setdefault(release.tag, commit)
            release.draft = False
        release.fields.update({key: value for key, value in sent.items() if key not in ("draft", "tag_name")})
        return 200, github.release_json(release)

    def _bytes(self, number: int, mood: Mood | None) -> None:
        github = self.server.github
        found = [one for release in github.releases.values() for one in release.assets.values() if one.id == number]
        if not found or mood is Mood.NOT_FOUND:
            return self._send(404, b"<Error/>", {"Content-Type": "application/xml"})
        if mood in LATE and mood is not None:
            return self._misbehave(mood, None)
        data = found[0].data
        if mood is Mood.WRONG_BYTES:
            data = b"?" + data[1:]
        if mood is Mood.MORE:
            data += b"more"
        start, span = 0, self.headers.get("Range", "")
        if span and mood is not Mood.NO_RANGES:
            start = int(span.removeprefix("bytes=").removesuffix("-"))
        status = 206 if span and mood is not Mood.NO_RANGES else 200
        fields = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if status == 206 else {}
        part = data[start:]
        if mood is Mood.FEWER:
            self.close_connection = True
            return self._send(status, part[: (len(part) + 1) // 2], fields, length=len(part))
        return self._send(status, part, fields)

    def _read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _read_upload(self, mood: Mood | None) -> bytes:
        length = int(self.headers["Content-Length"])
        if mood is Mood.STARTER:
            return self.rfile.read(length // 2)
        data = b""
        try:
            while len(data) < length and (piece := self.rfile.read1(min(1 << 16, length - len(data)))):
                data += piece
        except OSError:
            pass
        return data

    def _json(self, status: int, document: Any) -> None:
        if status == 204:
            self.send_response(204)
            self.end_headers()
            return
        self._send(status, json.dumps(document).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def _send(
        self, status: int, body: bytes, fields: dict[str, str] | None = None, *, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (fields or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _misbehave(self, mood: Mood, document: Any) -> None:
        github = self.server.github
        page = b"<html>Unicorn!</html>"
        message = json.dumps({"message": f"Bad\r\n::error::news for {TOKEN} at https://me:pw@github.com/"}).encode()
        reset = str(1_000_000_000 + github.reset_in)
        limit = {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": reset,
            "Date": formatdate(1_000_000_000, usegmt=True),
        }
        plain: dict[Mood, tuple[int, bytes, dict[str, str]]] = {
            Mood.SERVER_ERROR: (502, message, {}),
            Mood.LATE_ERROR: (502, page, {}),
            Mood.HTML_ERROR: (503, page, {}),
            Mood.TOO_MANY: (429, b'{"message": "slow down"}', {"Retry-After": github.retry_after}),
            Mood.SECONDARY: (403, b'{"message": "You have exceeded a secondary rate limit"}', {}),
            Mood.UNAUTHORISED: (401, b'{"message": "Bad credentials"}', {}),
            Mood.FORBIDDEN: (403, message, {}),
            Mood.NOT_FOUND: (404, b'{"message": "Not Found"}', {}),
            Mood.REFUSED: (422, b'{"message": "Validation Failed", "errors": [{"code": "custom"}]}', {}),
            Mood.MALFORMED: (200, b'{"id": \xff', {}),
            Mood.WRONG_SHAPE: (200, b'{"id": true, "tag_name": 7}', {}),
            Mood.REDIRECT: (307, b"", {"Location": github.redirect_to}),
        }
        if mood is Mood.LIMITED:
            self.send_response_only(403)
            return self._limited(limit)
        if mood in plain:
            status, body, fields = plain[mood]
            return self._send(status, body, fields)
        self.close_connection = True
        if mood in (Mood.HANG, Mood.LATE_HANG):
            github.stop.wait(30)
        elif mood is Mood.OVERSIZE:
            self._send(200, b"[", length=1 << 40)
        elif mood is Mood.TRUNCATED:
            body = json.dumps(document).encode() if isinstance(document, dict | list) else b"x"
            self._send(200, body[:-1], length=len(body))
        return None

    def _limited(self, fields: dict[str, str]) -> None:
        body = b'{"message": "API rate limit exceeded"}'
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _absent() -> tuple[int, Any]:
    return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


def _taken(resource: str, name: str) -> tuple[int, Any]:
    errors = [{"resource": resource, "code": "already_exists", "field": name}]
    return 422, {"message": "Validation Failed", "errors": errors}


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return rows[size * (page - 1) : size * page]

"""A project's page of the simple API, in either of its forms, read into one type.

The body decides which form it is: some indexes label one as the other.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/ (1.4).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index.simple_html import Anchor, Page, read_page
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.core.names import normalise

if TYPE_CHECKING:
    from ops.supply_chain.adapters.http.exchange import HttpResponse

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
MEDIA_TYPES = frozenset(
    {
        "application/vnd.pypi.simple.v1+json",
        "application/vnd.pypi.simple.v1+html",
        "application/json",
        "text/html",
    }
)
FILE_ENDINGS = (
    ".whl",
    ".tar.gz",
    ".zip",
    ".tar.bz2",
    ".tgz",
    ".tar.xz",
    ".tar.Z",
    ".tar",
    ".egg",
    ".exe",
    ".msi",
    ".rpm",
)
"""What an index calls a distribution file, today's forms and those of old."""

_HASH = re.compile(r"([a-z0-9_]+)[=:]([0-9a-fA-F]{32,128})")
_METADATA_HASHES = ("sha256", "sha512", "sha384")
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_STATUS_SINCE_MINOR = 4
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _JsonMeta(msgspec.Struct, rename="kebab"):
    api_version: str
    project_status: dict[str, Any] | None = None


class _JsonFile(msgspec.Struct, rename="kebab"):
    filename: str
    url: str
    hashes: dict[str, str]
    requires_python: str | None = None
    size: int | None = None
    upload_time: str | None = None
    yanked: bool | str = False
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None
    provenance: str | None = None


class _JsonPage(msgspec.Struct, rename="kebab"):
    meta: _JsonMeta
    name: str
    files: list[_JsonFile]
    project_status: dict[str, Any] | None = None


def read_listing(answer: HttpResponse, name: str) -> ProjectListing:
    """Read a project's page.

    Args:
        answer: A complete response of the index.
        name: The requested project, in PEP 503 form.
    Raises:
        Failed: It is neither form, is broken, is of an unknown major version, or is another project's.
    """
    body = answer.body.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if body.startswith(b"{"):
        return _from_json(body, answer.url, name)
    if body.startswith(b"<"):
        return _from_html(read_page(body.decode("utf-8", "replace")), answer.url, name)
    raise Failed("answered with neither JSON nor HTML")


def _from_json(body: bytes, address: str, name: str) -> ProjectListing:
    try:
        page = msgspec.json.decode(body, type=_JsonPage)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failed(f"answered with malformed JSON ({error})") from None
    _check_version(page.meta.api_version)
    if normalise(page.name) != name:
        raise Failed("answered for another project")
    status = page.project_status or page.meta.project_status or {}
    word = _text(status.get("status") or status.get("state"))
    return ProjectListing(
        name=name,
        files=tuple(_json_file(file, address) for file in page.files),
        status=word or "active",
        status_reason=_text(status.get("reason")),
        status_told=bool(word) or _has_status(page.meta.api_version),
        api_version=page.meta.api_version,
    )


def _json_file(file: _JsonFile, address: str) -> IndexFile:
    return IndexFile(
        filename=_checked_name(file.filename),
        url=_absolute(address, file.url),
        hashes=tuple(sorted(f"{algorithm.lower()}:{digest.lower()}" for algorithm, digest in file.hashes.items())),
        size=file.size,
        requires_python=file.requires_python or "",
        upload_time=file.upload_time or "",
        yanked=file.yanked is not False,
        yanked_reason=_text(file.yanked),
        core_metadata=_announced(file),
        provenance=file.provenance or "",
    )


def _announced(file: _JsonFile) -> str | bool | None:
    """Return the hash of a metadata file as text; True where it is published without one that can be compared."""
    published = file.core_metadata if file.core_metadata is not None else file.dist_info_metadata
    if not isinstance(published, dict):
        return published
    known = next((name for name in _METADATA_HASHES if name in published), None)
    return f"{known}:{published[known].lower()}" if known else bool(published)


def _from_html(page: Page, address: str, name: str) -> ProjectListing:
    version = page.meta.get("pypi:repository-version", "")
    if version:
        _check_version(version)
    base = urljoin(address, page.base) if page.base else address
    files = [_html_file(anchor, base) for anchor in page.anchors if _is_file(anchor)]
    # A login page and a proxy's apology are HTML as well: what is no simple page must not read as "no files".
    if not files and (page.anchors or not (version or "links for" in page.title.lower())):
        raise Failed("answered with a page that is no project page of a package index")
    word = page.meta.get("pypi:project-status", "")
    return ProjectListing(
        name=name,
        files=tuple(files),
        status=word or "active",
        status_reason=page.meta.get("pypi:project-status-reason", ""),
        status_told=bool(word) or _has_status(version),
        api_version=version,
    )


def _html_file(anchor: Anchor, base: str) -> IndexFile:
    url, _, fragment = anchor["href"].partition("#")
    published = anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata"))
    found = _HASH.fullmatch(published or "")
    digest = _HASH.search(fragment)
    return IndexFile(
        filename=_checked_name(_last_segment(url)),
        url=_absolute(base, url),
        hashes=(f"{digest[1]}:{digest[2].lower()}",) if digest else (),
        requires_python=anchor.get("data-requires-python", ""),
        upload_time=anchor.get("data-upload-time", ""),
        yanked="data-yanked" in anchor,
        yanked_reason=anchor.get("data-yanked", ""),
        core_metadata=f"{found[1]}:{found[2].lower()}" if found else _flag(published),
        provenance=anchor.get("data-provenance", ""),
    )


def _flag(published: str | None) -> bool | None:
    return None if published is None else published.strip().lower() != "false"


def _is_file(anchor: Anchor) -> bool:
    return _last_segment(anchor.get("href", "").partition("#")[0]).endswith(FILE_ENDINGS)


def _last_segment(url: str) -> str:
    return unquote(url.partition("?")[0].rsplit("/", 1)[-1])


def _absolute(base: str, url: str) -> str:
    try:
        whole = url if url.startswith("https://") else urljoin(base, url)
        host = urlsplit(whole).hostname if "@" in whole or "[" in whole else "-"
    except ValueError:
        raise Failed("answered with an invalid file address") from None
    if not host:
        raise Failed("answered with an invalid file address")
    return _USER.sub(r"\1", whole.partition("#")[0])


def _checked_name(filename: str) -> str:
    if not filename or "/" in filename or "\\" in filename or not filename.isprintable():
        raise Failed("answered with an invalid file name")
    return filename


def _check_version(version: str) -> None:
    # Spec, "Versioning": clients "MUST" fail on a major version that they do not know, and go on with a minor one.
    if version.partition(".")[0] != "1":
        raise Failed(f"answered in version {version[:20]!r} of the simple API, expected 1.x")


def _has_status(version: str) -> bool:
    # Spec 1.4: "If the project-status key is absent, the status is active"; before 1.4 there was no status.
    minor = version.partition(".")[2]
    return minor.isascii() and minor.isdigit() and int(minor[:9]) >= _STATUS_SINCE_MINOR


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

"""Documents of suppliers at addresses: downloaded within limits into a folder, each with the signatures next to it.

An address on the command line is asked whatever network it is in; a redirect leads to https on a public address, or to the
same server. User, password and query of an address are sent and never shown or stored. What a download is, its content says.

Source: https://www.rfc-editor.org/rfc/rfc9110, https://docs.sigstore.dev/about/bundle/
"""

from __future__ import annotations

import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from ops.supply_chain.adapters.files.supplier_files import (
    ARCHIVE_ENDS,
    MOST_SIGNATURE_BYTES,
    SIGNATURE_ENDS,
    GivenDocument,
    document_at,
)
from ops.supply_chain.adapters.http import batch
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.failure import address
from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError

MOST_BYTES = 1 << 30
"""Of one download; an archive can be larger than a document."""

TIMEOUTS = Timeouts(total_seconds=600)
LONGEST_NAME = 120

_SCHEMES = ("http://", "https://")
_ABSENT = frozenset({401, 403, 404, 410})
"""Statuses that say that there is no such signature: stores of objects answer 403 where they do not list a folder."""

_UNSAFE = re.compile(r"[^\w.+@ -]")
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


class _Download(NamedTuple):
    path: Path
    place: str


def is_address(text: str) -> bool:
    """Return whether a word of the command line is an address and no path."""
    return text.lower().startswith(_SCHEMES)


def documents_at(
    urls: Sequence[str], folder: Path, *, offline: bool, timeouts: Timeouts = TIMEOUTS
) -> Iterator[GivenDocument]:
    """Download documents; return them in the order of their addresses, read as they are needed.

    Args:
        urls: The addresses.
        folder: An empty one, which the caller removes.
        offline: True makes each address an error.
        timeouts: For each address.
    Raises:
        UsageError: An address cannot be one.
        UnavailableError: One was not answered, or not with a file within the limits.
        OutputError: The folder cannot be written.
    """
    for url in urls:
        _check(url)
    downloads = []
    for number, url in enumerate(urls):
        place = folder / str(number)
        place.mkdir(parents=True)
        downloads.append(batch.run(_download(url, place, offline=offline, timeouts=timeouts)))
    return chain.from_iterable(
        document_at(download.path, download.place, source=download.place) for download in downloads
    )


def _check(url: str) -> None:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host or not origins_of(url):
        raise UsageError(f"{address(url)}: is no address of a file", kind=ErrorClass.COMMAND_LINE)


async def _download(url: str, folder: Path, *, offline: bool, timeouts: Timeouts) -> _Download:
    client = HttpClient(
        "document",
        remedy="Check the address, or download the document and give its path.",
        timeouts=timeouts,
        offline=offline,
        configured=origins_of(url),
    )
    async with client:
        answer = await client.get(_request(url, MOST_BYTES, absent=frozenset()))
        path = _written(folder, _name(url), answer)
        for end in SIGNATURE_ENDS:
            signature = await client.get(_request(_beside(url, end), MOST_SIGNATURE_BYTES, absent=_ABSENT))
            if signature is not None and signature.media_type != "text/html":  # a page for what is not there
                _written(folder, f"{path.name}{end}", signature)
    return _Download(path, address(url))


def _request(url: str, limit: int, *, absent: frozenset[int]) -> HttpRequest:
    return HttpRequest(url, limit, absent=absent, packed=False, hashed=("sha256",), spooled=True)


def _beside(url: str, end: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path + end, fragment=""))


def _name(url: str) -> str:
    """Return a file name for an address: its own, as far as every file system has it."""
    last = _UNSAFE.sub("_", unquote(urlsplit(url).path.rpartition("/")[2]))
    return last[-LONGEST_NAME:].lstrip(". ") or "document"


def _written(folder: Path, name: str, answer: HttpResponse | None) -> Path:
    file = answer.file if answer is not None else None
    if file is None:
        raise OutputError(f"{folder}: a download has no content")
    with file:
        path = folder / f"{name}{_archive_end(name, file)}"
        file.seek(0)
        try:
            with path.open("xb") as target:
                shutil.copyfileobj(file, target)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be written: {error.strerror or error}",
                hint="Free space in the folder for temporary files (TMPDIR), then run again.",
            ) from error
    return path


def _archive_end(name: str, file: IO[bytes]) -> str:
    """Return the end that an archive's name lacks, by its first bytes; empty for any other file."""
    file.seek(0)
    head = file.read(65536)
    if name.lower().endswith(ARCHIVE_ENDS):
        return ""
    if head.startswith(_ZIP):
        return ".zip"
    return ".tar.gz" if head.startswith(_GZIP) and _is_tar(head) else ""


def _is_tar(head: bytes) -> bool:
    try:
        first = zlib.decompressobj(wbits=31).decompress(head, tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(first, "utf-8", "replace")
    except (zlib.error, tarfile.HeaderError):
        return False
    return True

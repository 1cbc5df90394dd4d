"""Cached responses for conditional requests.

Only a response with an ETag or a Last-Modified date is cached, and it is never used unless the server
answers 304 Not Modified: a response of yesterday is no evidence for today. One file an answer, written
whole or not at all; a file that does not read back to its own digest counts as absent.

Source: RFC 9110 section 13 (conditional requests).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic

FORMAT = 1
PRIVATE_FOLDER_MODE = 0o700
"""A private index's pages are not for the machine's other users."""


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One complete response, with its validators for a conditional request."""

    format: int
    url: str
    accept: str
    etag: str
    last_modified: str
    content_type: str
    sha256: str
    body: bytes

    @property
    def conditions(self) -> dict[str, str]:
        """The request header fields that ask for the answer only if it has changed."""
        fields = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in fields.items() if value}


class AnswerStore:
    """Keeps answers below a folder.

    Args:
        folder: Made when first written to, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, url: str, accept: str) -> StoredAnswer | None:
        """Return the kept answer to a question, or None."""
        try:
            stored = msgspec.msgpack.decode(self._path(url, accept).read_bytes(), type=StoredAnswer)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        asked = (stored.format, stored.url, stored.accept) == (FORMAT, url, accept)
        return stored if asked and sha256_bytes(stored.body) == stored.sha256 else None

    def write(self, url: str, accept: str, headers: Mapping[str, str], body: bytes) -> None:
        """Cache a response, if it has a validator for a conditional request.

        Args:
            url: What was asked, without credentials.
            accept: The forms that were asked for.
            headers: The answer's fields, names in lower case.
            body: All of it, decoded.
        Raises:
            OutputError: The cache folder cannot be written.
        """
        etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
        if not etag and not last_modified:
            return
        stored = StoredAnswer(
            format=FORMAT,
            url=url,
            accept=accept,
            etag=etag,
            last_modified=last_modified,
            content_type=headers.get("content-type", ""),
            sha256=sha256_bytes(body),
            body=body,
        )
        make_private(self._folder)
        write_atomic(self._path(url, accept), msgspec.msgpack.encode(stored), durable=False)

    def _path(self, url: str, accept: str) -> Path:
        key = sha256_bytes(f"{url}\n{accept}".encode("utf-8", "surrogateescape"))
        return self._folder / key[:2] / key


def make_private(folder: Path) -> None:
    """Make a cache folder that only its owner can enter; one that is there is left as it is."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError:
        return  # the write that follows says why, in its own words

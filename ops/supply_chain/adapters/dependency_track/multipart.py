"""A multipart form with the same bytes for the same content: the boundary is a digest of the parts.

Source: RFC 7578
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Form(NamedTuple):
    """The media type with the boundary, and the body."""

    media_type: str
    body: bytes


def form(fields: Sequence[tuple[str, str]], file: tuple[str, str, bytes]) -> Form:
    """Return a form of text fields and one file.

    Args:
        fields: (name, value) in the order in which they are sent; names are plain words.
        file: Its field, its name, and its bytes.
    """
    field, name, data = file
    parts = [(f'form-data; name="{key}"', b"text/plain; charset=utf-8", value.encode()) for key, value in fields]
    parts.append((f'form-data; name="{field}"; filename="{_quoted(name)}"', b"application/octet-stream", data))
    digest = hashlib.sha256()
    for head, _, content in parts:
        for piece in (head.encode(), content):
            digest.update(len(piece).to_bytes(8, "big") + piece)
    boundary = f"sealwright-{digest.hexdigest()}"
    chunks = []
    for head, kind, content in parts:
        chunks += [b"--", boundary.encode(), b"\r\nContent-Disposition: ", head.encode(), b"\r\nContent-Type: ", kind]
        chunks += [b"\r\n\r\n", content, b"\r\n"]
    chunks += [b"--", boundary.encode(), b"--\r\n"]
    return Form(f"multipart/form-data; boundary={boundary}", b"".join(chunks))


def _quoted(name: str) -> str:
    """Return a file name as RFC 7578 section 4.2 and browsers write it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

"""What all contract types share: frozen, keyword-only, unknown fields refused, defaults left out."""

from __future__ import annotations

from typing import Annotated

import msgspec

Sha256 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""64 lower-case hexadecimal digits."""

Count = Annotated[int, msgspec.Meta(ge=0)]
"""How many; never negative."""

Timestamp = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z")]
"""RFC 3339 in UTC, whole seconds, ending in `Z`."""


class Contract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every type that is written to disk."""


class FileRef(Contract, frozen=True, kw_only=True):
    """One file that was read or written, by digest.

    `path` is relative, with `/`: `project:functions/a/requirements.txt`, `dist:sbom/N-sbom.json`,
    `policy:base/...`; never an absolute path.
    """

    path: str
    sha256: Sha256
    size: Count


Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]

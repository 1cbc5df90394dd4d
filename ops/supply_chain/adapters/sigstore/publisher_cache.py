"""A cache of what indexes report about publishers: facts permanently, the rest with its timestamp.

That a file with certain bytes carries an attestation by a publisher is a fact, cached by the digests of file,
provenance object and trusted root. An answer of an index may change: it is reused only by an offline run, and only
while it is fresh enough for that run.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from ops.supply_chain.adapters.http.store import make_private
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.contracts.values.publisher import AttestedPublisher
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic

T = TypeVar("T")
FOLDER = "publishers/v1"


class KeptProject(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an index about a project, and its time; `info` is None if it had none."""

    asked: datetime
    info: ProjectInfo | None


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the Integrity API said of a file, and when; an empty `document` means that it has none."""

    asked: datetime
    filename: str
    document: bytes


class PublisherCache:
    """Keeps answers below `<cache>/publishers`.

    Args:
        cache: The cache folder.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / FOLDER

    def project(self, root: str, name: str) -> KeptProject | None:
        """Return what the project JSON below an address said of a project."""
        return self._read("project", f"{root}\n{name}", KeptProject)

    def keep_project(self, root: str, name: str, kept: KeptProject) -> None:
        """Keep what the project JSON said.

        Raises:
            OutputError: The cache folder cannot be written.
        """
        self._write("project", f"{root}\n{name}", kept)

    def files(self, root: str, project: str) -> dict[str, KeptFile]:
        """Return what an Integrity API said of a project's files, by SHA-256."""
        return self._read("files", f"{root}\n{project}", dict[str, KeptFile]) or {}

    def keep_files(self, root: str, project: str, files: dict[str, KeptFile]) -> None:
        """Add to what an Integrity API said of a project's files.

        Raises:
            OutputError: The cache folder cannot be written.
        """
        self._write("files", f"{root}\n{project}", {**self.files(root, project), **files})

    def verified(self, key: str) -> tuple[AttestedPublisher, ...]:
        """Return whom verified attestations named, empty where that is not known."""
        return self._read("verified", key, tuple[AttestedPublisher, ...]) or ()

    def keep_verified(self, key: str, publishers: tuple[AttestedPublisher, ...]) -> None:
        """Keep whom verified attestations named.

        Raises:
            OutputError: The cache folder cannot be written.
        """
        self._write("verified", key, publishers)

    def _path(self, kind: str, key: str) -> Path:
        name = sha256_bytes(key.encode("utf-8", "surrogateescape"))
        return self._folder / kind / name[:2] / name[2:]

    def _read(self, kind: str, key: str, type_: type[T]) -> T | None:
        try:
            return msgspec.msgpack.decode(self._path(kind, key).read_bytes(), type=type_)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _write(self, kind: str, key: str, value: object) -> None:
        make_private(self._folder.parent)
        write_atomic(self._path(kind, key), msgspec.msgpack.encode(value), durable=False)

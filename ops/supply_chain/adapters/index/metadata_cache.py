"""Core metadata that was read once, kept for good: it is a fact about a file that never changes.

Two levels below `<cache>/metadata/`: which file of an index represents a pin, by name, version and
hashes; and what that file's metadata says, by the file's hash. Both are kept apart for each index, because
an index serves metadata beside its files and nothing binds that copy to the lock: one index must not be
able to speak for another.

A choice of "none" is used offline only; it may change, and is requested again.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ops.supply_chain.adapters.http.store import make_private
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic

FORMAT = 1
"""Part of the folder's name; goes up when the parser of core metadata changes what it yields."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The file that represents a pin: its identity, or empty with the reason why there is none."""

    file: str = ""
    reason: str = ""


_CHOICE = msgspec.msgpack.Decoder(Choice)
_METADATA = msgspec.msgpack.Decoder(CoreMetadata)
_ENCODER = msgspec.msgpack.Encoder()


class MetadataCache:
    """The cached metadata of one index.

    Args:
        folder: `<cache>/metadata`; made when first written to.
        index: The index's address, without credentials.
    """

    def __init__(self, folder: Path, index: str) -> None:
        self._top = folder
        self._folder = f"{folder}/v{FORMAT}/{sha256_bytes(index.encode('utf-8', 'surrogateescape'))[:16]}"

    def choice(self, pin: Pin) -> Choice | None:
        """Return what was chosen for a pin, or None."""
        try:
            return _CHOICE.decode(_read(self._path("choice", pin_key(pin))))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def metadata(self, file: str) -> CoreMetadata | None:
        """Return the metadata of a file by its identity, or None."""
        try:
            return _METADATA.decode(_read(self._path("file", sha256_bytes(file.encode()))))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def keep_choice(self, pin: Pin, choice: Choice) -> None:
        """Keep what was chosen for a pin.

        Raises:
            OutputError: The cache folder cannot be written.
        """
        self._write("choice", pin_key(pin), choice)

    def keep_metadata(self, file: str, metadata: CoreMetadata) -> None:
        """Keep a file's metadata by the file's identity.

        Raises:
            OutputError: The cache folder cannot be written.
        """
        self._write("file", sha256_bytes(file.encode()), metadata)

    def _path(self, kind: str, key: str) -> str:
        return f"{self._folder}/{kind}/{key[:2]}/{key[2:]}"

    def _write(self, kind: str, key: str, value: msgspec.Struct) -> None:
        make_private(self._top)
        write_atomic(Path(self._path(kind, key)), _ENCODER.encode(value), durable=False)


def pin_key(pin: Pin) -> str:
    """Return the SHA-256 that names a pin's question to its index: name, version, sorted hashes."""
    return sha256_bytes("\n".join((pin.name, pin.version, *sorted(pin.hashes))).encode("utf-8", "surrogateescape"))


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as handle:  # noqa: PTH123 - called for every pin: pathlib doubles its time
        return handle.read()


def file_identity(file: IndexFile) -> str:
    """Return what names a file for good: its strongest hash, or its name where the index gives none."""
    known = dict(digest.split(":", 1) for digest in file.hashes)
    return next(
        (f"{name}:{known[name]}" for name in ("sha256", "sha512", "sha384") if name in known), f"name:{file.filename}"
    )
